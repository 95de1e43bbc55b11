"""Recomputes the order summaries of those whose orders changed, from all the orders the platform has of them.

Nothing is carried over from run to run: a summary is made of the platform's present data alone, so a new runner that
knows nothing but a bookmark gets the same as one that has run for years.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tap_commercetools.known_changes import KnownChanges, joined
from tap_commercetools.lookup import rows_with
from tap_commercetools.order_summary import Buyer, Category, OrderHistory, Payment, payment_ids, product_ids
from tap_commercetools.page_size import LARGEST_PAGE, PRODUCTS_PER_PAGE, PageSize
from tap_commercetools.recent import Recent
from tap_commercetools.timestamps import normalise_timestamp

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator, Mapping

    from tap_commercetools.known_changes import Changes
    from tap_commercetools.lookup import FetchPage

BUYERS_AT_ONCE = 200
ORDERS_AT_ONCE = 200
BUYERS_REMEMBERED = 200_000
PRODUCTS_REMEMBERED = 20_000

T = TypeVar("T")


class _Changes(NamedTuple):
    """Changes of each collection that summaries are made of."""

    orders: str = ""
    payments: str = ""


class CustomerOrderSummaries:
    """Makes the records of the stream ``customer_order_summaries``.

    Needs the scopes view_orders, view_payments, view_customers, and view_published_products or view_products; only
    with the last are products that were taken off sale still found, and so in the top categories.

    One instance serves one run: it remembers whose summary it has made (the last 200 000) and makes it again only if
    that summary did not know the change. Two limits: an order that passes from a guest to a customer changes the
    customer's summary, while the guest's must be asked for with `of_buyers`; and a payment that orders of two buyers
    share counts for each of them.

    Args:
        fetch: Fetches a page of a collection.
        logger: Where it is told what was left out; never a mail address.
    """

    def __init__(self, fetch: FetchPage, logger: logging.Logger) -> None:
        self._fetch = fetch
        self._logger = logger
        self._categories = ProductCategories(fetch)
        self._known = KnownChanges(BUYERS_REMEMBERED)
        self._orders_page = PageSize(LARGEST_PAGE)
        self._payments_page = PageSize(LARGEST_PAGE)

    def of_changed_orders(self, orders: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the summaries of those whose orders changed, all of them by the end of the iteration.

        Args:
            orders: The changed orders; of these only whose they are and when they changed is used.

        Raises:
            RequestRefusedError: If the platform refuses a query.
            TapError: If a row is too heavy for the platform.
            UnreadableRowError: If an order or a payment cannot be read.
        """
        nobody = 0
        needed: dict[Buyer, Changes] = {}
        for order in orders:
            buyer = Buyer.of_order(order)
            if buyer is None:
                nobody += 1
                continue
            self._need(needed, buyer, _Changes(orders=normalise_timestamp(order["lastModifiedAt"])))
            if len(needed) == BUYERS_AT_ONCE:
                yield from self._summaries(needed)
                needed = {}
        yield from self._summaries(needed)
        if nobody:
            self._logger.info("%d changed orders name neither customer nor mail address: in no summary", nobody)

    def of_changed_payments(self, payments: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the summaries of those whose payments changed: a refund alone does not change the order.

        Args:
            payments: The changed payments; errors as in `of_changed_orders`.
        """
        for batch in _batches(payments, BUYERS_AT_ONCE):
            changed = {payment["id"]: normalise_timestamp(payment["lastModifiedAt"]) for payment in batch}
            needed: dict[Buyer, Changes] = {}
            for order in self._orders_with("paymentInfo.payments.id", changed):
                buyer = Buyer.of_order(order)
                if buyer is not None:
                    newest = max((changed.get(each, "") for each in payment_ids(order)), default="")
                    self._need(needed, buyer, _Changes(payments=newest))
            yield from self._summaries(needed)

    def of_buyers(self, buyers: Iterable[Buyer]) -> Iterator[dict[str, Any]]:
        """Yield the summary of each of these, whether it was made before or not; errors as in `of_changed_orders`.

        Somebody of whom the platform has no orders (any more) gets a summary of zeros.
        """
        for batch in _batches(buyers, BUYERS_AT_ONCE):
            yield from self._summaries(dict.fromkeys(batch, _Changes()))

    def _need(self, needed: dict[Buyer, Changes], buyer: Buyer, changes: Changes) -> None:
        if not self._known.cover(buyer.key, changes):
            needed[buyer] = joined(needed.get(buyer, _Changes()), changes)

    def _summaries(self, needed: Mapping[Buyer, Changes]) -> Iterator[dict[str, Any]]:
        histories = {buyer: OrderHistory(buyer) for buyer in needed}
        for orders in _batches(self._orders_of(needed), ORDERS_AT_ONCE):
            payments = self._payments_of(orders)
            categories = self._categories.of(set().union(*map(product_ids, orders)))
            for order in orders:
                buyer = Buyer.of_order(order)
                if buyer in histories:  # not so if the platform takes upper and lower case for the same
                    histories[buyer].add(order, payments, categories)
        customers = self._customers(needed)
        for buyer, changes in needed.items():
            history = histories.pop(buyer)
            seen = _Changes(history.newest_order_change, history.newest_payment_change)
            self._known.note(buyer.key, joined(seen, changes))
            yield {**history.summary(), **customers.get(buyer.customer_id or "", {})}

    def _customers(self, buyers: Iterable[Buyer]) -> dict[str, dict[str, Any]]:
        """Return what customers say of themselves now, by id: an order's address may be older."""
        ids = [buyer.customer_id for buyer in buyers if buyer.customer_id is not None]
        found = rows_with(self._fetch, "customers", "id", ids)
        return {row["id"]: {"customerEmail": row.get("email"), "stores": row.get("stores") or []} for row in found}

    def _orders_of(self, buyers: Iterable[Buyer]) -> Iterator[dict[str, Any]]:
        customers = [buyer.customer_id for buyer in buyers if buyer.customer_id is not None]
        guests = [buyer.email for buyer in buyers if buyer.email is not None]
        yield from self._orders_with("customerId", customers)
        yield from self._orders_with("customerEmail", guests, "customerId is not defined")

    def _orders_with(self, field: str, values: Iterable[str], condition: str = "") -> Iterator[dict[str, Any]]:
        return rows_with(self._fetch, "orders", field, values, condition, self._orders_page)

    def _payments_of(self, orders: Iterable[Mapping[str, Any]]) -> dict[str, Payment]:
        identifiers = chain.from_iterable(map(payment_ids, orders))
        found = rows_with(self._fetch, "payments", "id", identifiers, page_size=self._payments_page)
        return {payment.id: payment for payment in map(Payment.read, found)}


class ProductCategories:
    """Tells which categories products are assigned to, and remembers it for the products asked for last.

    Args:
        fetch: Fetches a page of a collection.
    """

    def __init__(self, fetch: FetchPage) -> None:
        self._fetch = fetch
        self._products: Recent[tuple[Category, ...]] = Recent(PRODUCTS_REMEMBERED)
        self._shared: dict[str, Category] = {}
        self._page = PageSize(PRODUCTS_PER_PAGE)

    def of(self, products: Iterable[str]) -> dict[str, tuple[Category, ...]]:
        """Return the categories of these products' current data, by product id; none of a product that is gone.

        Raises:
            RequestRefusedError: If the platform refuses the query.
            TapError: If a single product is too heavy for the platform.
        """
        found: dict[str, tuple[Category, ...]] = {}
        unknown: list[str] = []
        for product in products:
            categories = self._products.get(product)
            if categories is None:
                unknown.append(product)
            else:
                found[product] = categories
        found.update(self._read(unknown))
        return found

    def _read(self, products: list[str]) -> dict[str, tuple[Category, ...]]:
        read: dict[str, tuple[Category, ...]] = dict.fromkeys(products, ())
        expand = ["masterData.current.categories[*]"]
        for product in rows_with(self._fetch, "products", "id", products, page_size=self._page, expand=expand):
            current = (product.get("masterData") or {}).get("current") or {}
            read[product["id"]] = tuple(map(self._category, current.get("categories") or ()))
        for identifier, categories in read.items():
            self._products.put(identifier, categories)
        return read

    def _category(self, reference: Mapping[str, Any]) -> Category:
        """Return the one object for a category, however many products are in it."""
        shown = reference.get("obj") or {}
        category = Category(reference["id"], shown.get("key"), shown.get("name"))
        return self._shared.setdefault(category.id, category)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
