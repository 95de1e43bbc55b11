"""What returned units were worth."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mapper_commercetools.money import divide_half_even
from mapper_commercetools.source_values import Record, nested_list, text, whole_number

if TYPE_CHECKING:
    from mapper_commercetools.line_items import OrderLine


def refunded_units(order: Record, lines: list[OrderLine]) -> int:
    """Work out the refunds of an order from its return items with `paymentState` `Refunded`.

    A return item carries no money. The refund of n of a line's q units is the line's total times n/q, rounded
    half-even to the smallest unit, so that the refunds of a line grow with n and returning all of it refunds exactly
    its total. Not known here: refunds of shipping, goodwill refunds and returns paid in part; those are in the
    payments' `Refund` transactions.

    Returns:
        The sum in the smallest unit of the order's currency, never negative.
    """
    returned: defaultdict[str, int] = defaultdict(int)
    for return_info in nested_list(order, "returnInfo"):
        for item in nested_list(return_info, "items"):
            line_id = text(item, "lineItemId") or text(item, "customLineItemId")
            quantity = whole_number(item, "quantity")
            if item.get("paymentState") == "Refunded" and line_id and quantity and quantity > 0:
                returned[line_id] += quantity
    if not returned:
        return 0
    refunded = 0
    for line in lines:
        units = min(returned[line.id], line.quantity) if line.id else 0
        if units and line.total > 0:
            refunded += divide_half_even(line.total * units, line.quantity)
    return refunded
