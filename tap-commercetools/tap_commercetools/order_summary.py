"""What somebody has bought so far: all orders of one customer or guest, folded into one summary.

The rules:

*Who.* An order belongs to its ``customerId``; without one it is a guest's, known by ``customerEmail`` exactly as the
platform wrote it. Upper and lower case are kept apart, because that is how the platform compares the two in a query.

*Which orders.* Every order that is not ``Cancelled`` counts, one that came back entirely too: it was a purchase, and
is worth nothing. A cancelled order is counted as such, and is in no amount, date or category.

*When.* An order was placed at ``completedAt`` if it was imported (its ``createdAt`` is the import), else at
``createdAt``.

*What it is worth.* Its total with tax, shipping included and after discounts (``taxedPrice.totalGross``, or
``totalPrice`` where the platform has worked out no tax), less the successful ``Refund`` transactions of its payments;
return items carry no money. Two things are not taken off: a refund of what was charged beyond the total, as when an
order was made smaller after it was paid or something was charged twice, because that money is not in the total; and
more than the total, because what is given beyond the price is a present and makes no other order worth less.
A payment that several orders share is settled once, for these orders together, so none of its refunds counts twice;
what was charged for a cancelled one among them is what their refunds give back first. Chargebacks are disputes and not
refunds, and are left out. A refund in another currency than the order's takes nothing off it.

*Average.* The value in a currency divided by the number of orders in it, rounded half to even to the smallest unit.

*Categories.* By units bought and kept: gifts are not bought, returned units are not kept (a return that is only
``Advised`` is still with the buyer). A unit counts in each category its product is assigned to now, not in their
ancestors; a product that is gone has none. The five with the most units, ties in the order of their ids.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_commercetools.errors import UnreadableRowError, shown_id
from tap_commercetools.timestamps import normalise_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_CATEGORIES = 5


class Currency(NamedTuple):
    """The unit amounts are counted in.

    Attributes:
        code: ISO 4217 code.
        digits: Decimals of its smallest unit, which is the one counted.
    """

    code: str
    digits: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer, or a guest; exactly one of the two is set.

    Attributes:
        customer_id: The customer's id.
        email: The mail address guest orders were placed with.
    """

    customer_id: str | None = None
    email: str | None = field(default=None, repr=False)

    @classmethod
    def of_order(cls, order: Mapping[str, Any]) -> Buyer | None:
        """Return whose order this is, or None if it names neither a customer nor a mail address."""
        if customer_id := order.get("customerId"):
            return cls(customer_id=customer_id)
        if email := order.get("customerEmail"):
            return cls(email=email)
        return None

    @property
    def key(self) -> str:
        """The id of the buyer's summary: ``customer/<id>`` or ``guest/<mail address>``."""
        return f"guest/{self.email}" if self.customer_id is None else f"customer/{self.customer_id}"


@dataclass(frozen=True, slots=True)
class Category:
    """A category of products.

    Attributes:
        id: Its id.
        key: Its key, if it has one and the token may see it.
        name: Its name by language, if the token may see it.
    """

    id: str
    key: str | None = None
    name: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """The money of one payment that has moved; amounts in the smallest unit.

    Attributes:
        id: Its id.
        changed_at: When it last changed, UTC, three decimals.
        charged: Successful charges.
        refunded: Successful refunds.
    """

    id: str
    changed_at: str
    charged: Mapping[Currency, int]
    refunded: Mapping[Currency, int]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Payment:
        """Read a payment of the platform.

        Raises:
            UnreadableRowError: If an amount or its last change cannot be read.
        """
        place = f"payment with {shown_id(str(document.get('id')))}"
        moved: dict[str, Counter[Currency]] = {"Charge": Counter(), "Refund": Counter()}
        for transaction in _records(document.get("transactions")):
            if transaction.get("state") == "Success" and transaction.get("type") in moved:
                currency, units = _amount(transaction.get("amount"), f"{place}: transactions.amount")
                moved[transaction["type"]][currency] += units
        changed_at = _instant(document.get("lastModifiedAt"), f"{place}: lastModifiedAt")
        return cls(document["id"], changed_at, dict(moved["Charge"]), dict(moved["Refund"]))


class _Bill(NamedTuple):
    """What a paid order contributes to the settlement of its payments."""

    payments: tuple[str, ...]
    currency: Currency
    units: int
    counts: bool


@dataclass(slots=True)
class OrderHistory:
    """Takes in a buyer's orders, in any order, each once; keeps less than a kilobyte of each and no document.

    Attributes:
        buyer: Whose orders they are.
        newest_order_change: When the last of them changed, UTC, three decimals; empty while there are none.
        newest_payment_change: The same of their payments.
    """

    buyer: Buyer
    newest_order_change: str = ""
    newest_payment_change: str = ""
    _cancelled: int = 0
    _first: str | None = None
    _last: str | None = None
    _orders: Counter[Currency] = field(default_factory=Counter)
    _totals: Counter[Currency] = field(default_factory=Counter)
    _bills: list[_Bill] = field(default_factory=list)
    _payments: dict[str, Payment] = field(default_factory=dict)
    _units: Counter[str] = field(default_factory=Counter)
    _categories: dict[str, Category] = field(default_factory=dict)
    _stores: set[str] = field(default_factory=set)

    def add(
        self,
        order: Mapping[str, Any],
        payments: Mapping[str, Payment],
        categories: Mapping[str, Sequence[Category]],
    ) -> None:
        """Take in one order.

        Args:
            order: The order, as the platform sent it.
            payments: Payments by id, this order's among them; one that is missing no longer exists.
            categories: Categories by product id, those of this order's products among them.

        Raises:
            UnreadableRowError: If its total or one of its times cannot be read.
        """
        place = f"order with {shown_id(str(order.get('id')))}"
        changed_at = _instant(order.get("lastModifiedAt"), f"{place}: lastModifiedAt")
        self.newest_order_change = max(self.newest_order_change, changed_at)
        currency, units = _total(order, place)
        counts = order.get("orderState") != "Cancelled"
        store = (order.get("store") or {}).get("key")
        self._stores |= {store} if store else set()
        paid_by = [payments[each] for each in payment_ids(order) if each in payments]
        if paid_by:
            self._bills.append(_Bill(tuple(payment.id for payment in paid_by), currency, units, counts))
        for payment in paid_by:
            self._payments[payment.id] = payment
            self.newest_payment_change = max(self.newest_payment_change, payment.changed_at)
        if not counts:
            self._cancelled += 1
            return
        self._orders[currency] += 1
        self._totals[currency] += units
        placed_field = "completedAt" if order.get("completedAt") else "createdAt"
        placed_at = _instant(order.get(placed_field), f"{place}: {placed_field}")
        self._first = min(self._first or placed_at, placed_at)
        self._last = max(self._last or placed_at, placed_at)
        for product_id, kept in _units_kept(order):
            for category in categories.get(product_id, ()):
                self._units[category.id] += kept
                self._categories[category.id] = category

    def summary(self) -> dict[str, Any]:
        """Return the record of the stream ``customer_order_summaries``; without orders, one of zeros and nulls."""
        return {
            "id": self.buyer.key,
            "customerId": self.buyer.customer_id,
            "customerEmail": self.buyer.email,
            "orderCount": sum(self._orders.values()),
            "cancelledOrderCount": self._cancelled,
            "firstPurchaseAt": self._first,
            "lastPurchaseAt": self._last,
            "valueByCurrency": list(self._values()),
            "topCategories": self._top_categories(),
            "stores": [{"typeId": "store", "key": key} for key in sorted(self._stores)],
            "lastModifiedAt": max(self.newest_order_change, self.newest_payment_change) or None,
        }

    def _values(self) -> Iterator[dict[str, Any]]:
        refunded: Counter[Currency] = Counter()
        for bills in _sharing_payments(self._bills):
            refunded.update(self._taken_off(bills))
        for currency in sorted(self._orders):
            value = self._totals[currency] - refunded[currency]
            orders = self._orders[currency]
            yield {
                "currencyCode": currency.code,
                "orderCount": orders,
                "lifetimeValue": _money(currency, value),
                "refunded": _money(currency, refunded[currency]),
                "averageOrderValue": _money(currency, _divide_half_even(value, orders)),
            }

    def _taken_off(self, bills: Sequence[_Bill]) -> dict[Currency, int]:
        """Return what refunds take off the orders that share some payments."""
        payments = [self._payments[each] for each in {each for bill in bills for each in bill.payments}]
        taken_off = {}
        for currency in {currency for payment in payments for currency in payment.refunded}:
            total = sum(bill.units for bill in bills if bill.counts and bill.currency == currency)
            charged = sum(payment.charged.get(currency, 0) for payment in payments)
            refunded = sum(payment.refunded.get(currency, 0) for payment in payments)
            beyond_total = max(charged - total, 0)
            taken_off[currency] = min(max(refunded - beyond_total, 0), total)
        return taken_off

    def _top_categories(self) -> list[dict[str, Any]]:
        most = sorted(self._units.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES]
        found = [(self._categories[identifier], units) for identifier, units in most]
        return [
            {"id": category.id, "key": category.key, "name": category.name, "quantity": units}
            for category, units in found
        ]


def payment_ids(order: Mapping[str, Any]) -> list[str]:
    """Return the ids of an order's payments."""
    references = _records((order.get("paymentInfo") or {}).get("payments"))
    return [reference["id"] for reference in references if reference.get("id")]


def product_ids(order: Mapping[str, Any]) -> set[str]:
    """Return the ids of the products in an order."""
    return {line["productId"] for line in _records(order.get("lineItems")) if line.get("productId")}


def _units_kept(order: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    returned: Counter[str] = Counter()
    for return_info in _records(order.get("returnInfo")):
        for item in _records(return_info.get("items")):
            if item.get("shipmentState") != "Advised" and item.get("lineItemId"):
                returned[item["lineItemId"]] += item.get("quantity") or 0
    for line in _records(order.get("lineItems")):
        kept = (line.get("quantity") or 0) - returned[line.get("id", "")]
        if kept > 0 and line.get("productId") and line.get("lineItemMode") != "GiftLineItem":
            yield line["productId"], kept


def _sharing_payments(bills: Iterable[_Bill]) -> Iterable[list[_Bill]]:
    """Group bills so that no payment is in two groups; most are alone in theirs."""
    leader: dict[str, str] = {}

    def leader_of(payment: str) -> str:
        above = leader.setdefault(payment, payment)
        while above != payment:
            leader[payment] = leader[above]
            payment, above = above, leader[above]
        return payment

    for bill in bills:
        first = leader_of(bill.payments[0])
        for payment in bill.payments[1:]:
            leader[leader_of(payment)] = first
    groups: defaultdict[str, list[_Bill]] = defaultdict(list)
    for bill in bills:
        groups[leader_of(bill.payments[0])].append(bill)
    return groups.values()


def _total(order: Mapping[str, Any], place: str) -> tuple[Currency, int]:
    gross = (order.get("taxedPrice") or {}).get("totalGross")
    if gross is not None:
        return _amount(gross, f"{place}: taxedPrice.totalGross")
    return _amount(order.get("totalPrice"), f"{place}: totalPrice")


def _amount(value: object, place: str) -> tuple[Currency, int]:
    """Read money; commercetools: totals and transactions are always of cent precision."""
    if isinstance(value, dict) and value.get("type", "centPrecision") == "centPrecision":
        code, units, digits = value.get("currencyCode"), value.get("centAmount"), value.get("fractionDigits")
        if isinstance(code, str) and type(units) is int and type(digits) is int:
            return _currency(code, digits), units
    raise _unreadable(place, "not money of cent precision")


@lru_cache(maxsize=256)
def _currency(code: str, digits: int) -> Currency:
    """Return the one object for a currency, so that many amounts of it take little memory."""
    return Currency(code, digits)


def _instant(value: object, place: str) -> str:
    try:
        if isinstance(value, str):
            return normalise_timestamp(value)
    except ValueError:
        pass
    raise _unreadable(place, "not a timestamp")


def _unreadable(place: str, fault: str) -> UnreadableRowError:
    return UnreadableRowError(f"{place} is {fault}, so the summary of who bought would be wrong")


def _records(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _money(currency: Currency, units: int) -> dict[str, Any]:
    return {
        "type": "centPrecision",
        "currencyCode": currency.code,
        "centAmount": units,
        "fractionDigits": currency.digits,
    }


def _divide_half_even(dividend: int, divisor: int) -> int:
    quotient, remainder = divmod(dividend, divisor)
    return quotient + (2 * remainder > divisor or (2 * remainder == divisor and quotient % 2 == 1))
