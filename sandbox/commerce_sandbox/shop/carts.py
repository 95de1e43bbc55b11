"""Carts that never became an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.checkout import check_out, usual_members
from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.documents import head
from commerce_sandbox.shop.moments import DAY, HOUR
from commerce_sandbox.shop.money import cent_money
from commerce_sandbox.shop.placing import cart_members
from commerce_sandbox.shop.project import CART_LIFE_DAYS

if TYPE_CHECKING:
    from commerce_sandbox.shop.assortment import Assortment
    from commerce_sandbox.shop.buyers import Buyer
    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.orders import Clientele

_SPREAD_DAYS = 60
_ANONYMOUS = "anonymous"
_EMPTY = "empty"
_KINDS = Choices.of({"Active": 62, _ANONYMOUS: 22, _EMPTY: 4, "Merged": 10, "Frozen": 2})
_SHIPPING_MEMBERS = ("shippingInfo", "taxedShippingPrice", "shippingAddress", "billingAddress")


def generate_carts(
    seed: int, count: int, assortment: Assortment, buyers: Clientele, history_end: int
) -> list[Document]:
    """Return count carts last touched within the last 60 days, most of them still active."""
    dice = Dice(seed, "carts")
    carts = []
    for _ in range(count):
        buyer = buyers.draw(dice)
        earliest = max(buyer.since, history_end - _SPREAD_DAYS * DAY)
        modified = dice.between(earliest, history_end)
        started = dice.between(max(earliest, modified - 3 * HOUR), modified)
        carts.append(draw_cart(dice, assortment, buyer, (started, modified), dice.draw(_KINDS)))
    return carts


def draw_cart(
    dice: Dice, assortment: Assortment, buyer: Buyer, times: tuple[int, int], kind: str = "Active"
) -> Document:
    """Return a cart that was left before the checkout: a basket, mostly without addresses.

    Args:
        dice: Where chance comes from.
        assortment: What can be bought.
        buyer: Whose cart it is.
        times: When it was started and last touched, in milliseconds since the epoch.
        kind: A cart state, ``anonymous`` for an active cart of nobody known, ``empty`` for one without goods.
    """
    started, modified = times
    cart_head = head(dice.identifier(), dice.between(1, 25), started, modified)
    if kind == _EMPTY:
        return cart_head | opened_cart(buyer)
    checkout = check_out(dice, assortment, buyer, modified)
    members = cart_members(checkout, buyer)
    if dice.chance(0.8):
        members = _before_addresses(members)
    if kind == _ANONYMOUS:
        for name in ("customerId", "customerEmail", "customerGroup"):
            members.pop(name, None)
        members["anonymousId"] = dice.identifier()
        members["createdBy"] = members["lastModifiedBy"] = {
            "clientId": "webshop",
            "anonymousId": members["anonymousId"],
        }
        members = _before_addresses(members)
    state = kind if kind in ("Active", "Merged", "Frozen") else "Active"
    return cart_head | {"cartState": state, **members}


def _before_addresses(members: Document) -> Document:
    """Return the cart as it is before an address is known: no shipping, hence no taxes."""
    currency = members["totalPrice"]["currencyCode"]
    kept = {name: value for name, value in members.items() if name not in _SHIPPING_MEMBERS}
    kept.pop("taxedPrice", None)
    for name in ("lineItems", "customLineItems"):
        kept[name] = [
            {member: value for member, value in line.items() if member not in ("taxedPrice", "taxRate")}
            for line in kept[name]
        ]
    goods = sum(line["totalPrice"]["centAmount"] for line in kept["lineItems"] + kept["customLineItems"])
    kept["totalPrice"] = cent_money(currency, goods)
    return kept


def opened_cart(buyer: Buyer) -> Document:
    """Return the members of a cart that nothing was put into yet."""
    return {
        "cartState": "Active",
        **buyer.members(),
        "lineItems": [],
        "customLineItems": [],
        "discountCodes": [],
        "directDiscounts": [],
        **usual_members(),
        "totalLineItemQuantity": 0,
        "totalPrice": cent_money(buyer.market.currency, 0),
        "deleteDaysAfterLastModification": CART_LIFE_DAYS,
        "createdBy": buyer.actor(),
        "lastModifiedBy": buyer.actor(),
    }
