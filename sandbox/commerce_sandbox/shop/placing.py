"""Placing one order: from a buyer and a basket to the order, its payments and its cart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.checkout import Checkout, check_out
from commerce_sandbox.shop.documents import head, reference
from commerce_sandbox.shop.fulfilment import draw_returned, undelivered, value_of, with_delivery, with_return
from commerce_sandbox.shop.moments import DAY, HOUR, MINUTE, written, year_of
from commerce_sandbox.shop.order_course import PARTLY_REFUNDED, REFUNDED, Course
from commerce_sandbox.shop.payments import draw_payments, refundable, refunded
from commerce_sandbox.shop.project import CART_LIFE_DAYS, REVIEW_STATE
from commerce_sandbox.shop.type_definitions import ORDER_DETAILS_TYPE

if TYPE_CHECKING:
    from commerce_sandbox.shop.assortment import Assortment
    from commerce_sandbox.shop.buyers import Buyer
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document

_CAMPAIGNS = ("autumn", "Sommerschluss", "rentrée", "", "black-friday")


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order with the resources that came with it.

    Attributes:
        order: The order.
        payments: Its payments, none when nothing was due.
        cart: The cart it came from.
    """

    order: Document
    payments: list[Document]
    cart: Document


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and how an order is placed.

    Attributes:
        moment: When, in milliseconds since the epoch.
        until: Nothing on the order is later than this.
        number: Running number, for ``orderNumber``.
        course: What became of it.
    """

    moment: int
    until: int
    number: int
    course: Course


def place_order(dice: Dice, assortment: Assortment, buyer: Buyer, occasion: Occasion) -> PlacedOrder:
    """Place an order and let it take its course."""
    moment = occasion.moment
    checkout = check_out(dice, assortment, buyer, moment)
    cart = ordered_cart(dice, checkout, buyer, moment)
    order = new_order(dice, checkout, buyer, occasion)
    order["cart"] = reference("cart", cart["id"])
    payments = draw_payments(
        dice, buyer.payer(), buyer.market.currency, checkout.due, occasion.course.settlement, moment
    )
    order, payments, modified = _take_course(dice, order, payments, occasion)
    if payments:
        order["paymentInfo"] = {"payments": [reference("payment", payment["id"]) for payment in payments]}
    order["version"] = 1 + len(payments) + dice.between(0, 6) if modified > moment else 1 + len(payments)
    order["lastModifiedAt"] = written(modified)
    return PlacedOrder(order, payments, cart)


def new_order(dice: Dice, checkout: Checkout, buyer: Buyer, occasion: Occasion) -> Document:
    """Return an order as it is right after the checkout, with the states of its course set."""
    course = occasion.course
    order = head(dice.identifier(), 1, occasion.moment, occasion.moment) | checkout.members
    order |= {"orderState": course.order_state, "syncInfo": [], "createdBy": buyer.actor()}
    order["lastModifiedBy"] = order["createdBy"]
    if course.payment_state is not None:
        order["paymentState"] = course.payment_state
    if course.shipment_state is not None:
        order["shipmentState"] = course.shipment_state
    if not dice.chance(0.03):
        order["orderNumber"] = f"{buyer.country}-{year_of(occasion.moment)}-{occasion.number:06d}"
    if dice.chance(0.03):
        order["state"] = REVIEW_STATE
    if dice.chance(0.15):
        order["custom"] = {"type": ORDER_DETAILS_TYPE, "fields": _details(dice)}
    return order


def _details(dice: Dice) -> Document:
    fields: Document = {"campaign": dice.pick(_CAMPAIGNS)}
    if dice.chance(0.3):
        fields["giftMessage"] = "Alles Gute! 🎂\n“Joyeux anniversaire” · お誕生日おめでとう"
    if dice.chance(0.3):
        fields["climateNeutral"] = dice.chance(0.5)
    return fields


def _take_course(
    dice: Dice, order: Document, payments: list[Document], occasion: Occasion
) -> tuple[Document, list[Document], int]:
    """Ship, return and refund as the course says; return the order, its payments and when it was last touched."""
    course, until = occasion.course, occasion.until
    modified = dice.between(occasion.moment, min(until, occasion.moment + 3 * MINUTE))
    if course.shipped != "none":
        modified = dice.between(modified, min(until, modified + 4 * DAY))
        lines = undelivered(order)
        shipped = lines if course.shipped == "all" else lines[: (len(lines) + 1) // 2]
        order = with_delivery(dice, order, shipped, modified)
    if course.order_state in ("Complete", "Cancelled"):
        modified = dice.between(modified, min(until, modified + 6 * DAY))
    if course.settlement in (REFUNDED, PARTLY_REFUNDED) or course.returned != "none":
        modified = dice.between(modified, min(until, modified + 30 * DAY))
    owed = sum(refundable(payment) for payment in payments)
    if course.returned != "none":
        returned = draw_returned(dice, order, everything=course.returned == "all")
        states = _return_states(course)
        order = with_return(dice, order, returned, modified, states)
        owed = owed if course.returned == "all" else min(owed, value_of(returned))
    elif course.settlement == PARTLY_REFUNDED:
        owed = dice.between(1, max(1, owed // 2))
    if course.settlement in (REFUNDED, PARTLY_REFUNDED):
        payments = refunded(dice, payments, owed, modified)
    return order, payments, modified


def _return_states(course: Course) -> tuple[str, str]:
    if course.returned == "announced":
        return "Advised", "NonRefundable"
    if course.settlement in (REFUNDED, PARTLY_REFUNDED):
        return "BackInStock", "Refunded"
    return "Returned", "Initial"


def cart_members(checkout: Checkout, buyer: Buyer) -> Document:
    """Return the members that only carts have, beside those of the checkout."""
    return checkout.members | {
        "directDiscounts": [],
        "totalLineItemQuantity": sum(line["quantity"] for line in checkout.members["lineItems"]),
        "deleteDaysAfterLastModification": CART_LIFE_DAYS,
        "createdBy": buyer.actor(),
        "lastModifiedBy": buyer.actor(),
    }


def ordered_cart(dice: Dice, checkout: Checkout, buyer: Buyer, moment: int) -> Document:
    """Return the cart that an order was made from."""
    started = moment - dice.between(MINUTE, 2 * HOUR)
    return head(dice.identifier(), dice.between(4, 30), started, moment) | {
        "cartState": "Ordered",
        **cart_members(checkout, buyer),
    }
