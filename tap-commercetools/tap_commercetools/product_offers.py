"""Puts products together with their stock and their standalone prices, all as they are now.

commercetools: a product does not change when its stock or its standalone prices do; these are collections of their own,
tied to its variants by SKU. Nothing is carried over from run to run: an offer is made of the platform's present data
alone.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_commercetools.known_changes import KnownChanges, joined
from tap_commercetools.lookup import rows_with
from tap_commercetools.page_size import LARGEST_PAGE, PRODUCTS_PER_PAGE, PageSize
from tap_commercetools.product_data import variants_in
from tap_commercetools.timestamps import normalise_times, normalise_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_commercetools.known_changes import Changes
    from tap_commercetools.lookup import FetchPage
    from tap_commercetools.page import Record

STOCK_DELETED = "InventoryEntryDeleted"
PRICE_DELETED = "StandalonePriceDeleted"

SKUS_AT_ONCE = 1_000
SKUS_REMEMBERED = 200_000
PRODUCTS_REMEMBERED = 50_000

_VERSIONS = ("current", "staged")
_PLACES = ("masterVariant", "variants")
_SKU_FIELDS = tuple(f"masterData.{version}.{place}.sku" for version in _VERSIONS for place in _PLACES)
_WHATEVER_COMES = "9999"
"""Later than any change: prices of a product that does not use them need not be known."""


class _Changes(NamedTuple):
    """Changes of what is known by SKU."""

    stock: str = ""
    prices: str = ""


def changed_sku(row: Mapping[str, Any]) -> tuple[str, Changes] | None:
    """Return the SKU that a changed row is about, and what of it changed.

    Args:
        row: An inventory entry, a standalone price, or a message that one of them was deleted.

    Returns:
        The SKU with the instant of the change; None if the row names no SKU.
    """
    sku = row.get("sku")
    if not sku:
        return None
    is_message = "resource" in row
    instant = normalise_timestamp(row["createdAt" if is_message else "lastModifiedAt"])
    is_price = row.get("type") == PRICE_DELETED if is_message else "value" in row
    return sku, _Changes(prices=instant) if is_price else _Changes(stock=instant)


def skus_of(product: Mapping[str, Any]) -> list[str]:
    """Return the SKUs of a product's variants, on sale and in draft, each once."""
    master = product.get("masterData") or {}
    variants = chain.from_iterable(variants_in(master.get(version) or {}) for version in _VERSIONS)
    return list(dict.fromkeys(variant["sku"] for variant in variants if variant.get("sku")))


class ProductOffers:
    """Makes the records of the stream ``product_offers``.

    Needs the scopes view_products and view_standalone_prices.

    One instance serves one run: it remembers what it has made, by product and by SKU, and makes it again only for a
    change that it did not know. commercetools: a SKU is unique in the project, so one product has it.

    Args:
        fetch: Fetches a page of a collection.

    Attributes:
        skus_of_no_product: How often the stock or price of a SKU changed that no product has.
    """

    def __init__(self, fetch: FetchPage) -> None:
        self._fetch = fetch
        self._products = KnownChanges(PRODUCTS_REMEMBERED)
        self._skus = KnownChanges(SKUS_REMEMBERED)
        self._products_page = PageSize(PRODUCTS_PER_PAGE)
        self._stock_page = PageSize(LARGEST_PAGE)
        self._prices_page = PageSize(LARGEST_PAGE)
        self.skus_of_no_product = 0

    def of_changed_products(self, products: Iterable[Record]) -> Iterator[Record]:
        """Yield the offers of changed products.

        Args:
            products: The products as the platform sent them, times with three decimals.

        Raises:
            RequestRefusedError: If the platform refuses a query.
            TapError: If a row is too heavy for the platform.
        """
        unknown = (each for each in products if not self._products.cover(each["id"], (each["lastModifiedAt"],)))
        yield from self._offers(unknown, {})

    def of_changed_skus(self, changed: Iterable[tuple[str, Changes]]) -> Iterator[Record]:
        """Yield the offers of the products whose stock or standalone prices changed.

        A changed price makes no offer of a product that uses its embedded prices.

        Args:
            changed: SKUs and what of them changed, from `changed_sku`; errors as in `of_changed_products`.
        """
        needed: dict[str, Changes] = {}
        for sku, changes in changed:
            if not self._skus.cover(sku, changes):
                needed[sku] = joined(needed.get(sku, _Changes()), changes)
        found: set[str] = set()
        yield from self._offers(self._concerned(needed, found), needed)
        for sku in needed.keys() - found:
            self._skus.note(sku, needed[sku])
            self.skus_of_no_product += 1

    def _concerned(self, needed: Mapping[str, Changes], found: set[str]) -> Iterator[Record]:
        """Yield the products that changes of SKUs concern, each once.

        Args:
            needed: The changes, by SKU.
            found: Gets the SKUs that products have.
        """
        seen: set[str] = set()
        for product in rows_with(self._fetch, "products", _SKU_FIELDS, needed, page_size=self._products_page):
            if product["id"] in seen:
                continue
            seen.add(product["id"])
            normalise_times(product)
            asked = needed.keys() & set(skus_of(product))
            found |= asked
            stock_changed = any(_Changes(*needed[sku]).stock for sku in asked)
            if stock_changed or _uses_standalone_prices(product):
                yield product
            else:
                for sku in asked:
                    self._skus.note(sku, _Changes(prices=_WHATEVER_COMES))

    def _offers(self, products: Iterable[Record], changes: Mapping[str, Changes]) -> Iterator[Record]:
        for batch in _batches(products):
            stock = self._by_sku("inventory", chain.from_iterable(skus for _, skus in batch), self._stock_page)
            with_prices = chain.from_iterable(skus for product, skus in batch if _uses_standalone_prices(product))
            prices = self._by_sku("standalone-prices", with_prices, self._prices_page)
            for product, skus in batch:
                for sku in skus:
                    seen = _Changes(
                        _newest(stock.get(sku, ())),
                        _newest(prices.get(sku, ())) if _uses_standalone_prices(product) else _WHATEVER_COMES,
                    )
                    self._skus.note(sku, joined(seen, changes.get(sku, _Changes())))
                self._products.note(product["id"], (product["lastModifiedAt"],))
                yield {
                    **product,
                    "inventory": [entry for sku in skus for entry in stock.get(sku, ())],
                    "standalonePrices": [price for sku in skus for price in prices.get(sku, ())],
                }

    def _by_sku(self, path: str, skus: Iterable[str], page_size: PageSize) -> Mapping[str, list[Record]]:
        """Return the rows of a collection by SKU, those of one SKU in the order of their ids."""
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for row in rows_with(self._fetch, path, "sku", skus, page_size=page_size):
            normalise_times(row)
            found[row["sku"]].append(row)
        return found


def _uses_standalone_prices(product: Mapping[str, Any]) -> bool:
    return product.get("priceMode") == "Standalone"


def _newest(rows: Iterable[Record]) -> str:
    return max((row["lastModifiedAt"] for row in rows), default="")


def _batches(products: Iterable[Record]) -> Iterator[list[tuple[Record, list[str]]]]:
    """Yield products with their SKUs, as many as have about a thousand SKUs: some full queries, and not too much."""
    batch: list[tuple[Record, list[str]]] = []
    count = 0
    for product in products:
        skus = skus_of(product)
        if batch and count + len(skus) > SKUS_AT_ONCE:
            yield batch
            batch, count = [], 0
        batch.append((product, skus))
        count += len(skus)
    if batch:
        yield batch
