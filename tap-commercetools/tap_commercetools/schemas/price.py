"""Prices: those embedded in variants, and the standalone prices stream."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, record, resource, text, whole_number
from tap_commercetools.schemas.shared import ACTORS, VALIDITY, custom_fields, money, reference


def discounted_price(description: str) -> Schema:
    """Return the schema of a price after a product discount."""
    return record(
        description,
        {"value": money("The reduced price."), "discount": reference("The product discount that applies.")},
    )


_SCOPE: dict[str, Schema] = {
    "country": text("Country the price is for; any, if absent."),
    "customerGroup": reference("Customer group the price is for; any, if absent."),
    "channel": reference("Channel the price is for; any, if absent."),
    **VALIDITY,
}

_PRICE: dict[str, Schema] = {
    "key": text("The price's key."),
    "value": money("The price before discounts."),
    **_SCOPE,
    "discounted": discounted_price("The price after a product discount; switches tiers off."),
    "tiers": list_of(
        "Prices for larger quantities.",
        record(
            "One tier.",
            {
                "minimumQuantity": whole_number("Quantity from which the tier applies."),
                "value": money("Price of one unit in this tier."),
            },
        ),
    ),
    "custom": custom_fields("Custom fields of the price."),
    "recurrencePolicy": reference("Recurrence policy the price is for."),
}


def price(description: str) -> Schema:
    """Return the schema of a price of a variant."""
    return record(description, {"id": text("The price's id."), **_PRICE})


def scoped_price(description: str) -> Schema:
    """Return the schema of the price that a search chose for a scope."""
    return record(
        description,
        {
            "id": text("The price's id."),
            "value": money("The price before discounts."),
            "currentValue": money("The price that applies now."),
            **_SCOPE,
            "discounted": discounted_price("The price after a product discount."),
            "custom": custom_fields("Custom fields of the price."),
        },
    )


STANDALONE_PRICE: Schema = resource(
    {
        **ACTORS,
        "sku": text("Stock keeping unit of the variant the price is for."),
        **_PRICE,
        "active": flag("Whether the price can be chosen."),
        "staged": record(
            "The price as it is to become.",
            {"value": money("The price before discounts."), "discounted": discounted_price("After a discount.")},
        ),
    }
)
