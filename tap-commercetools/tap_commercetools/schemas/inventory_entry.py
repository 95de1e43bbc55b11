"""The inventory stream: how many of a variant there are, in one place."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, record, resource, text, timestamp, whole_number
from tap_commercetools.schemas.shared import ACTORS, custom_fields, reference

INVENTORY_ENTRY: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "sku": text("Stock keeping unit; one row per unit and supply channel."),
        "supplyChannel": reference("Channel the stock is in; absent for stock of no channel."),
        "quantityOnStock": whole_number("How many there are, reserved ones among them."),
        "availableQuantity": whole_number("How many can be sold."),
        "minCartQuantity": whole_number("How many a cart must have at least."),
        "maxCartQuantity": whole_number("How many a cart can have at most."),
        "restockableInDays": whole_number("Days between two restockings."),
        "expectedDelivery": timestamp("When more are to arrive."),
        "reservationExpirationInMinutes": whole_number("Minutes after which a cart's reservation ends."),
        "stockLevels": record(
            "Levels to plan with.",
            {
                "reorderPoint": whole_number("Level at which to order more."),
                "safetyStock": whole_number("Level kept for the unforeseen."),
            },
        ),
        "custom": custom_fields("Custom fields of the entry."),
    }
)
