"""Deliveries and returns on an order; every function returns a changed copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.moments import DAY, written
from commerce_sandbox.shop.money import divided_half_even

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document

_CARRIERS = ("Example Post", "Parcel Example", "Colis Exemple")
_COMMENTS = ("too small", "gefällt nicht", "arrivé cassé", "wrong colour", "サイズ違い")


def with_delivery(dice: Dice, order: Document, lines: Sequence[Document], moment: int) -> Document:
    """Return the order with these lines sent off in one or two parcels; unchanged when it has no shipping."""
    if "shippingInfo" not in order or not lines:
        return order
    parcels = [
        {
            "id": dice.identifier(),
            "createdAt": written(moment),
            "trackingData": {
                "trackingId": f"TRK{dice.code(9)}",
                "carrier": dice.pick(_CARRIERS),
                "isReturn": False,
            },
        }
        for _ in range(dice.pick((1, 1, 1, 2)))
    ]
    delivery = {
        "id": dice.identifier(),
        "createdAt": written(moment),
        "items": [{"id": line["id"], "quantity": line["quantity"]} for line in lines],
        "parcels": parcels,
    }
    shipping = order["shippingInfo"]
    return order | {"shippingInfo": shipping | {"deliveries": [*shipping.get("deliveries", []), delivery]}}


def undelivered(order: Document) -> list[Document]:
    """Return the lines that no delivery names yet."""
    delivered = {
        item["id"] for delivery in order.get("shippingInfo", {}).get("deliveries", []) for item in delivery["items"]
    }
    return [line for line in order["lineItems"] if line["id"] not in delivered]


def draw_returned(dice: Dice, order: Document, *, everything: bool) -> list[tuple[Document, int]]:
    """Return lines with the number of pieces that come back: all of everything, or a part of some."""
    lines = order["lineItems"]
    if everything:
        return [(line, line["quantity"]) for line in lines]
    chosen = dice.sample(lines, max(1, len(lines) // 2))
    return [(line, dice.between(1, line["quantity"])) for line in chosen]


def with_return(
    dice: Dice,
    order: Document,
    returned: Sequence[tuple[Document, int]],
    moment: int,
    states: tuple[str, str],
) -> Document:
    """Return the order with a ReturnInfo.

    Args:
        dice: Where chance comes from.
        order: The order; it is not changed.
        returned: Lines and how many pieces of each come back.
        moment: When, in milliseconds since the epoch.
        states: ``shipmentState`` and ``paymentState`` of the items. The platform knows no amounts here.
    """
    info = {
        "items": [
            {
                "type": "LineItemReturnItem",
                "id": dice.identifier(),
                "lineItemId": line["id"],
                "quantity": quantity,
                "comment": dice.pick(_COMMENTS),
                "shipmentState": states[0],
                "paymentState": states[1],
                "createdAt": written(moment),
                "lastModifiedAt": written(moment),
            }
            for line, quantity in returned
        ],
        "returnTrackingId": f"RET-{dice.code(6)}",
        "returnDate": written(moment // DAY * DAY),
    }
    return order | {"returnInfo": [*order.get("returnInfo", []), info]}


def paid_for_line(line: Document) -> int:
    """Return what a line cost with tax, in minor units."""
    taxed = line.get("taxedPrice")
    money = taxed["totalGross"] if taxed is not None else line["totalPrice"]
    return int(money["centAmount"])


def value_of(returned: Sequence[tuple[Document, int]]) -> int:
    """Return what was paid for the returned pieces, each line rounded half to even, in minor units."""
    return sum(divided_half_even(paid_for_line(line) * quantity, line["quantity"]) for line, quantity in returned)
