"""Orders that come again, and the rhythms in which they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference
from commerce_sandbox.shop.moments import DAY, read, written
from commerce_sandbox.shop.project import CART_LIFE_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_SCHEDULES: dict[str, tuple[str, Document]] = {
    "every-two-weeks": ("Every two weeks", {"type": "standard", "value": 2, "intervalUnit": "Weeks"}),
    "monthly": ("Every month", {"type": "standard", "value": 1, "intervalUnit": "Months"}),
    "on-the-first": ("On the first of the month", {"type": "dayOfMonth", "day": 1}),
}
_STATES = ("Active", "Active", "Active", "Paused", "Canceled", "Expired", "Failed")
_MOST = 40


def recurrence_policies(past: Past) -> list[Document]:
    """Return the rhythms on offer."""
    return [
        past.head() | {"key": key, "name": {"en": name}, "schedule": schedule}
        for key, (name, schedule) in _SCHEDULES.items()
    ]


def recurring_orders(past: Past, orders: Sequence[Document]) -> list[Document]:
    """Return recurring orders that began with one order in twelve whose cart still exists, forty at most."""
    dice = past.dice
    suitable = orders_with_cart(orders, past.end)
    documents = []
    for order in dice.sample(suitable, min(_MOST, -(-len(suitable) // 12))):
        started, state = read(order["createdAt"]), dice.pick(_STATES)
        document = past.head(started) | {
            "key": f"recurring-{order['id'][:8]}",
            "cart": order["cart"],
            "originOrder": reference("order", order["id"]),
            "startsAt": order["createdAt"],
            "lastOrderAt": order["createdAt"],
            "recurringOrderState": state,
            "schedule": dice.pick(tuple(_SCHEDULES.values()))[1],
            "customer": reference("customer", order["customerId"]),
            "customerEmail": order["customerEmail"],
        }
        if state == "Active":
            document["nextOrderAt"] = written(past.end + dice.between(1, 30) * DAY)
            if dice.chance(0.2):
                document["skipConfiguration"] = {"type": "Counter", "totalToSkip": 2, "skipped": 1}
        if "store" in order:
            document["store"] = order["store"]
        documents.append(document)
    return documents


def orders_with_cart(orders: Sequence[Document], history_end: int) -> list[Document]:
    """Return the orders of customers whose carts have not expired yet."""
    oldest = written(history_end - (CART_LIFE_DAYS - 1) * DAY)
    return [order for order in orders if "customerId" in order and "cart" in order and order["createdAt"] > oldest]
