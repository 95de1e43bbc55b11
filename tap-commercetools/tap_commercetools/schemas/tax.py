"""Taxes: the tax categories stream, the rates it holds, and amounts with their taxes."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, number, record, resource, text
from tap_commercetools.schemas.shared import ACTORS, money


def taxed_price(description: str) -> Schema:
    """Return the schema of an amount with its taxes."""
    return record(
        description,
        {
            "totalNet": money("Total without tax."),
            "totalGross": money("Total with tax."),
            "totalTax": money("The tax."),
            "taxPortions": list_of(
                "The tax by rate.",
                record(
                    "One rate's share.",
                    {
                        "name": text("Name of the tax."),
                        "rate": number("Rate, 0 to 1."),
                        "amount": money("Tax at this rate."),
                    },
                ),
            ),
        },
    )


def tax_rate(description: str) -> Schema:
    """Return the schema of a tax rate."""
    return record(
        description,
        {
            "id": text("The rate's id."),
            "key": text("The rate's key."),
            "name": text("Name of the tax."),
            "amount": number("Rate, 0 to 1."),
            "includedInPrice": flag("Whether prices contain the tax."),
            "country": text("Country the rate is for."),
            "state": text("State within the country."),
            "subRates": list_of(
                "What the rate is made of.",
                record("One part.", {"name": text("Name of the part."), "amount": number("Rate of the part.")}),
            ),
        },
    )


TAX_CATEGORY: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": text("Name of the category."),
        "description": text("Description."),
        "rates": list_of("The rates by country and state.", tax_rate("One rate.")),
    }
)
