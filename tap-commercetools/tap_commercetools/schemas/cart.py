"""The carts stream."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, record, resource, text, timestamp, whole_number
from tap_commercetools.schemas.purchase import CART_AND_ORDER
from tap_commercetools.schemas.shared import warnings

CART: Schema = resource(
    {
        **CART_AND_ORDER,
        "key": text("The project's own identifier."),
        "cartState": text("Active, Merged, Ordered or Frozen so far."),
        "freezeStrategy": text("How a frozen cart is frozen."),
        "lock": record(
            "Set while the cart is locked.",
            {"createdAt": timestamp("When it was locked."), "clientId": text("The API client that locked it.")},
        ),
        "totalLineItemQuantity": whole_number("Units of all line items together, custom line items left out."),
        "deleteDaysAfterLastModification": whole_number("Days without change after which the platform removes it."),
        "warnings": warnings("What the platform finds odd about the cart."),
    }
)
