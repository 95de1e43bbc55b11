"""The shop's orders over the last year and a half."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.shop.buyers import Buyer, guest, passer_by, registered
from commerce_sandbox.shop.dice import Dice
from commerce_sandbox.shop.markets import MARKET_SHARES
from commerce_sandbox.shop.moments import DAY, HOUR, TRADE_DAYS, written
from commerce_sandbox.shop.order_course import DELIVERED, courses_at_age
from commerce_sandbox.shop.placing import Occasion, PlacedOrder, place_order
from commerce_sandbox.shop.project import CART_LIFE_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.assortment import Assortment
    from commerce_sandbox.shop.model import Document

_IMPORT_DAYS = 120
_IMPORTED_AT_MOST = 120
_GUEST_SHARE = 0.25
_GUEST_NUMBERS = 1_000_000
_FEW = 10


@dataclass(frozen=True, slots=True)
class OrderBook:
    """The generated orders, what belongs to them, and where the unusual ones are.

    Attributes:
        orders: All orders.
        payments: All their payments.
        carts: The carts they came from, as far as the platform still keeps them.
        imported_ids: Orders of one bulk import, all modified on the same millisecond.
        nameless_ids: Orders with neither a customer nor an e-mail address.
        guest_ids: Orders of guests.
    """

    orders: list[Document] = field(default_factory=list)
    payments: list[Document] = field(default_factory=list)
    carts: list[Document] = field(default_factory=list)
    imported_ids: list[str] = field(default_factory=list)
    nameless_ids: list[str] = field(default_factory=list)
    guest_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clientele:
    """Everybody who may order: customers, and guests who come back now and then."""

    customers: Sequence[Buyer]
    guests: Sequence[Buyer]

    def draw(self, dice: Dice) -> Buyer:
        """Return a buyer; some order far more often than others."""
        if not self.customers or dice.chance(_GUEST_SHARE):
            return dice.pick(self.guests)
        return self.customers[min(dice.below(len(self.customers)), dice.below(len(self.customers)))]


def clientele(seed: int, customers: Sequence[Document], guests: int, history_start: int) -> Clientele:
    """Return who may order.

    Args:
        seed: Of the shop.
        customers: Registered customers that may order; one in eight never does.
        guests: About how many different guests there are.
        history_start: Nobody ordered earlier, in milliseconds since the epoch.
    """
    dice = Dice(seed, "buyers")
    members = [registered(dice, customer) for customer in customers if not dice.chance(0.125)]
    visitors = []
    for number in range(max(1, guests)):
        email = None
        if members and dice.chance(0.05):  # a customer who did not sign in
            email = dice.pick(members).email
        market = dice.draw(MARKET_SHARES)
        visitors.append(guest(dice, market, _GUEST_NUMBERS + number, history_start, email))
    return Clientele(members, visitors)


def bulk_import_moment(history_end: int) -> int:
    """Return the millisecond on which the predecessor's orders came in."""
    return history_end - _IMPORT_DAYS * DAY


def generate_orders(seed: int, count: int, assortment: Assortment, buyers: Clientele, history_end: int) -> OrderBook:
    """Return count orders with their payments and carts."""
    dice = Dice(seed, "orders")
    start = history_end - TRADE_DAYS * DAY
    imported = min(_IMPORTED_AT_MOST, count // 5)
    nameless = set(dice.sample(range(count), max(1, count // 400) if count >= _FEW else 0))
    placements: list[tuple[int, Buyer]] = []
    for place in range(count - imported):
        buyer = passer_by(start) if place in nameless else buyers.draw(dice)
        placements.append((dice.between(max(start, buyer.since), history_end), buyer))
    placements.sort(key=lambda placement: placement[0])
    book = OrderBook()
    oldest_cart = written(history_end - CART_LIFE_DAYS * DAY)
    for number, (moment, buyer) in enumerate(placements, start=1):
        course = DELIVERED if buyer.address is None else dice.draw(courses_at_age(history_end - moment))
        placed = place_order(dice, assortment, buyer, Occasion(moment, history_end, number, course))
        _enter(book, placed, buyer)
        if placed.cart["lastModifiedAt"] > oldest_cart:
            book.carts.append(placed.cart)
    _import_orders(dice, book, imported, assortment, buyers, history_end)
    return book


def _enter(book: OrderBook, placed: PlacedOrder, buyer: Buyer) -> None:
    identifier = placed.order["id"]
    book.orders.append(placed.order)
    book.payments.extend(placed.payments)
    if buyer.email is None:
        book.nameless_ids.append(identifier)
    elif buyer.customer_id is None:
        book.guest_ids.append(identifier)


def _import_orders(
    dice: Dice, book: OrderBook, count: int, assortment: Assortment, buyers: Clientele, history_end: int
) -> None:
    """Add the orders of the shop's predecessor, all brought in on one millisecond."""
    at = bulk_import_moment(history_end)
    imported_at = written(at)
    for number in range(1, count + 1):
        buyer = buyers.draw(dice)
        ordered = dice.between(at - 2 * TRADE_DAYS * DAY, at - HOUR)
        placed = place_order(dice, assortment, buyer, Occasion(ordered, at, number, DELIVERED))
        order = placed.order
        order |= {"createdAt": imported_at, "lastModifiedAt": imported_at, "version": 1, "origin": "Merchant"}
        order["createdBy"] = order["lastModifiedBy"] = {"clientId": "order-import"}
        order["orderNumber"] = f"OLD/{number:05d}"
        del order["cart"]
        if number % 2:
            order["completedAt"] = written(ordered)
        if number % 3 == 0:
            del order["taxedPrice"]
        _enter(book, placed, buyer)
        book.imported_ids.append(order["id"])
