"""The stream of product offers: products with their stock and standalone prices."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from tap_commercetools.derived_stream import DerivedStream, made_by_halving, readable_fields
from tap_commercetools.errors import TapError, fault_of
from tap_commercetools.keyset import Condition
from tap_commercetools.message_history import history_cut
from tap_commercetools.product_offers import PRICE_DELETED, STOCK_DELETED, ProductOffers, changed_sku, skus_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers import types

    from tap_commercetools.keyset import Keyset
    from tap_commercetools.known_changes import Changes
    from tap_commercetools.left_out import LeftOut
    from tap_commercetools.lookup import FetchPage
    from tap_commercetools.page import Page, Record
    from tap_commercetools.window import Window

_MESSAGES = "messages"
_PRODUCTS = "products"
_PRODUCTS_AT_ONCE = 200
"""How many products one fault makes work for; as many SKUs at least are asked for at once."""
_SKU = re.compile(rb'"sku"\s*:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)
_WHATEVER_COMES = ("9999", "9999")
"""Later than any change of stock or prices."""
_DELETED = Condition("type in :types", tuple(("types", kind) for kind in (STOCK_DELETED, PRICE_DELETED)))


class PossibleOffers(ProductOffers):
    """Offers, but for those of products that cannot be read, or whose stock or prices cannot.

    Such an offer is told once, by its key, and not tried again in this run. Of a product that cannot be read the SKUs
    can, so that it is found for each change of them and not taken for one that is not there.

    Args:
        fetch: Fetches a page of a collection.
        left_out: Is told of the offers that cannot be made.
    """

    def __init__(self, fetch: FetchPage, left_out: LeftOut) -> None:
        super().__init__(self._fetch_readable)
        self._fetch_as_it_is = fetch
        self._left_out = left_out
        self._spoilt: dict[str, str] = {}

    def _fetch_readable(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = self._fetch_as_it_is(path, query, limit)
        if path != _PRODUCTS or not page.faults:
            return page
        identified = {place: self._identified(page.documents[place], fault) for place, fault in page.faults.items()}
        documents = [identified.get(place) or document for place, document in enumerate(page.documents)]
        faults = {place: fault for place, fault in page.faults.items() if identified[place] is None}
        return replace(page, documents=documents, faults=faults)

    def _identified(self, document: msgspec.Raw, fault: str) -> msgspec.Raw | None:
        """Return a product that has nothing but id and SKUs, and note that it cannot be read; None if it has no id."""
        fields = readable_fields(document, ("id",))
        identifier = None if fields is None else fields.get("id")
        if not isinstance(identifier, str):
            return None
        self._spoilt[identifier] = fault
        variants = [{"sku": sku} for sku in _skus_in(bytes(document))]
        found = {"id": identifier, "priceMode": "Standalone", "masterData": {"current": {"variants": variants}}}
        return msgspec.Raw(msgspec.json.encode(found))

    @override
    def _offers(self, products: Iterable[Record], changes: Mapping[str, Changes]) -> Iterator[Record]:
        made_of = super()._offers

        def make(batch: Sequence[Record]) -> Iterator[Record]:
            return made_of(batch, changes)

        rest = iter(products)
        while batch := list(islice(rest, _PRODUCTS_AT_ONCE)):
            for product in batch:
                if product["id"] in self._spoilt:
                    self._give_up(product, self._spoilt[product["id"]])
            readable = [product for product in batch if product["id"] not in self._spoilt]
            yield from made_by_halving(readable, make, lambda product, error: self._give_up(product, fault_of(error)))

    def _give_up(self, product: Record, fault: str) -> None:
        self._left_out.tell(fault, product["id"])
        self._products.note(product["id"], _WHATEVER_COMES[:1])
        for sku in skus_of(product):
            self._skus.note(sku, _WHATEVER_COMES)


def _skus_in(document: bytes) -> list[str]:
    """Return the SKUs within a product that cannot be read as a whole."""
    values = b",".join(_SKU.findall(document))
    try:
        return msgspec.json.decode(b"[" + values + b"]", type=list[str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


class OfferStream(DerivedStream):
    """Offers of the products that changed themselves, or in their stock or standalone prices.

    That an entry or a price was deleted only messages tell, which are read if the project keeps them and the
    credentials reach them.
    """

    collections = (_PRODUCTS, "inventory", "standalone-prices")
    _offers: PossibleOffers

    @override
    def get_records(self, context: types.Context | None) -> Iterator[Record]:
        """Yield the offers.

        Raises:
            TapError: If the stream cannot be read; the message says why and what to do.
        """
        self._offers = PossibleOffers(self.commercetools.client.fetch_page, self.left_out)
        yield from super().get_records(context)
        if self._offers.skus_of_no_product:
            self.logger.info(
                "%s: %d changes of stock or prices are of SKUs that no product has: in no offer",
                self.name,
                self._offers.skus_of_no_product,
            )

    @override
    def made_of(self, rows: Sequence[Record]) -> Iterator[Record]:
        yield from self._offers.of_changed_products(row for row in rows if "masterData" in row)
        changed = (changed_sku(row) for row in rows if "masterData" not in row)
        yield from self._offers.of_changed_skus(change for change in changed if change is not None)

    @property
    def _messages_tell(self) -> bool:
        tap = self.commercetools
        granted = tap.client.granted_scopes()
        if granted is not None and not granted.allow(tap.settings.project_key, ("view_messages",)):
            return False
        return tap.project is not None and tap.project.messages_enabled

    @override
    def paths(self) -> list[str]:
        return [*super().paths(), *([_MESSAGES] if not self._is_first_run and self._messages_tell else [])]

    @override
    def keyset(self, window: Window, path: str) -> Keyset:
        return window.keyset("createdAt", _DELETED) if path == _MESSAGES else super().keyset(window, path)

    @override
    def window_begins(self, window: Window) -> None:
        super().window_begins(window)
        with self.commercetools.termination.waiting():
            self._require_variants_in_products()
            messages_tell = self._messages_tell
        project = self.commercetools.project
        if self._is_first_run:
            return
        if project is None or not messages_tell:
            self.logger.info(
                "%s: deleted stock and prices show only when their product changes: the project keeps no messages, or "
                "the API client lacks view_messages or view_project_settings",
                self.name,
            )
            return
        warning = history_cut(self.keyset(window, _MESSAGES).start, self.commercetools.client.clock.now(), project)
        if warning is not None:
            self.logger.warning("%s: %s", self.name, warning)

    @override
    def check(self) -> None:
        self._require_variants_in_products()
        super().check()

    def _require_variants_in_products(self) -> None:
        project = self.commercetools.project
        if project is not None and project.modular:
            message = (
                f"stream {self.name}: the project keeps variants as resources of their own (catalogue model Modular), "
                "so products name no SKUs. Deselect the stream, and select variants, inventory and standalone_prices"
            )
            raise TapError(message)
