"""What happens to orders and carts while a shop runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.carts import draw_cart, opened_cart
from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.documents import reference
from commerce_sandbox.shop.fulfilment import draw_returned, undelivered, value_of, with_delivery, with_return
from commerce_sandbox.shop.moments import read
from commerce_sandbox.shop.order_course import CONFIRMED, PLACED
from commerce_sandbox.shop.payments import refundable, refunded, total_of, transaction
from commerce_sandbox.shop.placing import Occasion, place_order
from commerce_sandbox.shop.sales import assortment_on_sale, published_products, visitors_of
from commerce_sandbox.shop.shop_store import ShopStore, chosen, dice_for, touched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.shop.assortment import Assortment
    from commerce_sandbox.shop.buyers import Buyer
    from commerce_sandbox.shop.model import Document

_COURSES = Choices.of({PLACED: 40, CONFIRMED: 60})
_NUMBERS = 100_000_000
_ON_THE_WAY = ("Shipped", "Delivered", "Partial")


def place_orders(store: ShopStore, count: int, seed: int) -> list[str]:
    """Place orders, every second one a guest's: each leaves a cart, its payments, and less stock."""
    dice = dice_for(store, "carts", seed, "place_orders")
    stock = _stock_by_sku(store)
    identifiers: list[str] = []
    for visit in _visits(store, dice, count):
        occasion = Occasion(visit.moment, visit.moment, dice.below(_NUMBERS), dice.draw(_COURSES))
        placed = place_order(dice, visit.assortment, visit.buyer, occasion)
        store.update("carts", placed.cart | {"id": visit.cart_id})
        for payment in placed.payments:
            store.create("payments", payment)
        order = store.create("orders", placed.order | {"cart": reference("cart", visit.cart_id)})
        _take_from_stock(store, stock, order)
        identifiers.append(order["id"])
    return identifiers


def abandon_carts(store: ShopStore, count: int, seed: int) -> list[str]:
    """Leave filled carts behind, every second one a stranger's who gave a mail address."""
    dice = dice_for(store, "carts", seed, "abandon_carts")
    identifiers: list[str] = []
    for visit in _visits(store, dice, count):
        cart = draw_cart(dice, visit.assortment, visit.buyer, (visit.moment, visit.moment))
        store.update("carts", cart | {"id": visit.cart_id})
        identifiers.append(visit.cart_id)
    return identifiers


@dataclass(frozen=True, slots=True)
class _Visit:
    """Somebody who opened a cart at a moment (milliseconds since the epoch) and may fill it."""

    buyer: Buyer
    cart_id: str
    moment: int
    assortment: Assortment


def _visits(store: ShopStore, dice: Dice, count: int) -> Iterator[_Visit]:
    """Open up to count carts, every second one a stranger's; fewer where nothing is on sale."""
    visitors, products = visitors_of(store), published_products(store)
    assortment: Assortment | None = None
    for place in range(count if products else 0):
        buyer = visitors.draw(dice, stranger=place % 2 == 1)
        if assortment is not None and not assortment.offers[buyer.country]:
            continue
        cart = store.create("carts", {"id": dice.identifier(), **opened_cart(buyer)})
        moment = read(cart["createdAt"])
        if assortment is None:
            assortment = assortment_on_sale(store, products, moment)
        if assortment.offers[buyer.country]:
            yield _Visit(buyer, cart["id"], moment, assortment)


def _stock_by_sku(store: ShopStore) -> dict[str, str]:
    return {entry["sku"]: entry["id"] for entry in store.all("inventory") if "supplyChannel" not in entry}


def _take_from_stock(store: ShopStore, stock: dict[str, str], order: Document) -> None:
    for line in order["lineItems"]:
        entry = store.get("inventory", stock.get(line["variant"]["sku"], ""))
        if entry is not None:
            for figure in ("quantityOnStock", "availableQuantity"):
                entry[figure] = max(0, entry[figure] - line["quantity"])
            store.update("inventory", entry)


def ship_orders(store: ShopStore, count: int, seed: int) -> list[str]:
    """Send off what is left of confirmed orders."""
    dice = dice_for(store, "orders", seed, "ship_orders")
    orders = chosen(store, dice, "orders", count, _can_be_shipped)
    for order in orders:
        packed, moment = touched(store, "orders", order)
        shipped = with_delivery(dice, packed, undelivered(packed), moment)
        store.update("orders", shipped | {"orderState": "Confirmed", "shipmentState": "Shipped"})
    return [order["id"] for order in orders]


def cancel_orders(store: ShopStore, count: int, seed: int) -> list[str]:
    """Cancel orders that have not left yet: money is given back, or its reservation let go."""
    dice = dice_for(store, "orders", seed, "cancel_orders")
    orders = chosen(store, dice, "orders", count, _can_be_cancelled)
    for order in orders:
        states = {"orderState": "Cancelled", "shipmentState": "Canceled"}
        cancelled = store.update("orders", order | states)
        moment = read(cancelled["lastModifiedAt"])
        payments = _payments(store, order)
        _write_changed(store, payments, [_let_go(dice, payment, moment) for payment in payments])
    return [order["id"] for order in orders]


def refund_orders(store: ShopStore, count: int, seed: int) -> list[str]:
    """Take back goods of delivered orders and give their price back: all of it for one order in three."""
    dice = dice_for(store, "orders", seed, "refund_orders")
    orders = chosen(store, dice, "orders", count, lambda order: _can_be_refunded(store, order))
    for order in orders:
        unpacked, moment = touched(store, "orders", order)
        everything = dice.chance(1 / 3)
        returned = draw_returned(dice, unpacked, everything=everything)
        states = ("BackInStock", "Refunded")
        store.update("orders", with_return(dice, unpacked, returned, moment, states))
        payments = _payments(store, order)
        owed = sum(refundable(payment) for payment in payments)
        amount = owed if everything else min(owed, value_of(returned))
        _write_changed(store, payments, refunded(dice, payments, amount, moment))
    return [order["id"] for order in orders]


def _can_be_shipped(order: Document) -> bool:
    return (
        order["orderState"] == "Confirmed"
        and order.get("shipmentState") not in ("Shipped", "Delivered")
        and "shippingInfo" in order
        and bool(undelivered(order))
    )


def _can_be_cancelled(order: Document) -> bool:
    return order["orderState"] in ("Open", "Confirmed") and order.get("shipmentState") not in _ON_THE_WAY


def _can_be_refunded(store: ShopStore, order: Document) -> bool:
    if order["orderState"] != "Complete" or "returnInfo" in order:
        return False
    return sum(refundable(payment) for payment in _payments(store, order)) > 0


def _payments(store: ShopStore, order: Document) -> list[Document]:
    references = order.get("paymentInfo", {}).get("payments", [])
    found = [store.get("payments", entry["id"]) for entry in references]
    return [payment for payment in found if payment is not None]


def _let_go(dice: Dice, payment: Document, moment: int) -> Document:
    """Return a payment with its charge given back, or its reservation cancelled; unchanged when there is neither."""
    if refundable(payment) > 0:
        return refunded(dice, [payment], refundable(payment), moment)[0]
    planned = payment["amountPlanned"]
    reserved = total_of(payment, "Authorization") - total_of(payment, "CancelAuthorization")
    if reserved <= 0 or total_of(payment, "Charge") > 0:
        return payment
    cancelled = transaction(
        dice, "CancelAuthorization", "Success", planned["currencyCode"], planned["centAmount"], moment
    )
    return payment | {"transactions": [*payment["transactions"], cancelled]}


def _write_changed(store: ShopStore, before: list[Document], after: list[Document]) -> None:
    for old, new in zip(before, after, strict=True):
        if new is not old:
            store.update("payments", new)
