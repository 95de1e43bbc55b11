"""How far an order has come: the states it may be in, by its age."""

from __future__ import annotations

from dataclasses import dataclass

from commerce_sandbox.shop.dice import Choices
from commerce_sandbox.shop.moments import DAY

OPEN = "open"
CHARGED = "charged"
INVOICED = "invoiced"
FAILED = "failed"
VOIDED = "voided"
REFUNDED = "refunded"
PARTLY_REFUNDED = "partly refunded"


@dataclass(frozen=True, slots=True)
class Course:
    """What became of an order.

    Attributes:
        name: For people who read the code.
        order_state: ``orderState``.
        payment_state: ``paymentState``, None when it was never set.
        shipment_state: ``shipmentState``, None when it was never set.
        settlement: What happened to the money, one of the constants of this module.
        shipped: Share of the lines that left the warehouse: ``all``, ``part`` or ``none``.
        returned: What came back: ``all``, ``part``, ``announced`` (nothing yet) or ``none``.
    """

    name: str
    order_state: str
    payment_state: str | None
    shipment_state: str | None
    settlement: str
    shipped: str = "none"
    returned: str = "none"


PLACED = Course("placed", "Open", "Pending", "Pending", OPEN)
SILENT = Course("no states set", "Open", None, None, OPEN)
CARD_REFUSED = Course("card refused", "Open", "Failed", "Pending", FAILED)
CONFIRMED = Course("confirmed", "Confirmed", "Paid", "Ready", CHARGED)
BACKORDER = Course("not in stock", "Confirmed", "Paid", "Backorder", CHARGED)
DELAYED = Course("delayed", "Confirmed", "Paid", "Delayed", CHARGED)
PARTLY_SHIPPED = Course("partly shipped", "Confirmed", "Paid", "Partial", CHARGED, shipped="part")
SHIPPED = Course("shipped", "Confirmed", "Paid", "Shipped", CHARGED, shipped="all")
INVOICE_OPEN = Course("invoice open", "Confirmed", "BalanceDue", "Shipped", INVOICED, shipped="all")
DELIVERED = Course("delivered", "Complete", "Paid", "Delivered", CHARGED, shipped="all")
CANCELLED = Course("cancelled before payment", "Cancelled", "Pending", "Canceled", VOIDED)
CANCELLED_OWED = Course("cancelled, refund owed", "Cancelled", "CreditOwed", "Canceled", CHARGED)
CANCELLED_REFUNDED = Course("cancelled and refunded", "Cancelled", "Paid", "Canceled", REFUNDED)
RETURN_ANNOUNCED = Course("return announced", "Complete", "Paid", "Delivered", CHARGED, "all", "announced")
RETURN_OPEN = Course("returned, refund owed", "Complete", "CreditOwed", "Delivered", CHARGED, "all", "part")
PARTLY_RETURNED = Course("partly returned", "Complete", "Paid", "Delivered", PARTLY_REFUNDED, "all", "part")
RETURNED = Course("returned", "Complete", "Paid", "Delivered", REFUNDED, "all", "all")
GOODWILL = Course("refund without a return", "Complete", "Paid", "Delivered", PARTLY_REFUNDED, "all")

_FRESH = Choices.of({PLACED: 40, CONFIRMED: 35, CARD_REFUSED: 6, SILENT: 4, BACKORDER: 6, CANCELLED: 9})
_RECENT = Choices.of(
    {CONFIRMED: 14, SHIPPED: 34, PARTLY_SHIPPED: 8, DELAYED: 6, BACKORDER: 5, DELIVERED: 22, INVOICE_OPEN: 5}
    | {CANCELLED_REFUNDED: 3, RETURN_ANNOUNCED: 3}
)
_SETTLED = Choices.of(
    {DELIVERED: 760, PARTLY_RETURNED: 55, RETURNED: 35, RETURN_OPEN: 12, RETURN_ANNOUNCED: 8, GOODWILL: 12}
    | {CANCELLED: 25, CANCELLED_OWED: 10, CANCELLED_REFUNDED: 25, INVOICE_OPEN: 12, SILENT: 15, CARD_REFUSED: 8}
    | {DELAYED: 5, BACKORDER: 5, PARTLY_SHIPPED: 8, PLACED: 5}
)


def courses_at_age(age: int) -> Choices[Course]:
    """Return what may have become of an order this old, in milliseconds."""
    if age < 2 * DAY:
        return _FRESH
    if age < 14 * DAY:
        return _RECENT
    return _SETTLED
