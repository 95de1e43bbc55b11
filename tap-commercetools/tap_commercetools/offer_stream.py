"""The stream of product offers: products with their stock and standalone prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_commercetools.derived_stream import DerivedStream
from tap_commercetools.errors import TapError
from tap_commercetools.keyset import Condition
from tap_commercetools.message_history import history_cut
from tap_commercetools.product_offers import PRICE_DELETED, STOCK_DELETED, ProductOffers, changed_sku

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.helpers import types

    from tap_commercetools.keyset import Keyset
    from tap_commercetools.page import Record
    from tap_commercetools.window import Window

_MESSAGES = "messages"
_DELETED = Condition("type in :types", tuple(("types", kind) for kind in (STOCK_DELETED, PRICE_DELETED)))


class OfferStream(DerivedStream):
    """Offers of the products that changed themselves, or in their stock or standalone prices.

    That an entry or a price was deleted only messages tell, which are read if the project keeps them and the
    credentials reach them.
    """

    collections = ("products", "inventory", "standalone-prices")
    _offers: ProductOffers

    @override
    def get_records(self, context: types.Context | None) -> Iterator[Record]:
        """Yield the offers.

        Raises:
            TapError: If the stream cannot be read; the message says why and what to do.
        """
        self._offers = ProductOffers(self.commercetools.client.fetch_page)
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
