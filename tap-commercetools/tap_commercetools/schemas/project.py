"""The project itself: its settings, one row."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    flag,
    list_of,
    list_of_texts,
    record,
    row,
    text,
    timestamp,
    whole_number,
)
from tap_commercetools.schemas.shared import actor, key_reference, localized_text


def _search_index(description: str) -> Schema:
    return record(
        description,
        {
            "status": text("Activated, Deactivated or Indexing so far."),
            "lastModifiedAt": timestamp("When that last changed."),
            "lastModifiedBy": actor("Who changed it last."),
        },
    )


_EXPIRY = whole_number("Days without change after which the platform removes them, if they do not say otherwise.")

PROJECT: Schema = row(
    {
        "key": text("The project's key; it has no id."),
        "version": whole_number("Grows with every change, not by one."),
        "createdAt": timestamp("When the project was created, UTC, three decimals."),
    },
    {
        "name": text("Name."),
        "countries": list_of_texts("Countries sold to, as ISO 3166-1 alpha-2 codes."),
        "currencies": list_of_texts("Currencies sold in, as ISO 4217 codes."),
        "languages": list_of_texts("Languages, such as en or de-DE."),
        "trialUntil": text("Month in which a trial ends, YYYY-MM; trials only."),
        "productCatalogModel": text("Classic or Modular: whether variants are rows of their own."),
        "messages": record(
            "Whether changes are told in messages.",
            {
                "enabled": flag("Whether messages can be read."),
                "deleteDaysAfterCreation": whole_number("Days after which a message is gone."),
            },
        ),
        "carts": record(
            "How carts work.",
            {
                "deleteDaysAfterLastModification": _EXPIRY,
                "countryTaxRateFallbackEnabled": flag("Whether a country's tax rate serves states without one."),
                "priceRoundingMode": text("How prices are rounded."),
                "taxRoundingMode": text("How tax is rounded."),
            },
        ),
        "shoppingLists": record("How shopping lists work.", {"deleteDaysAfterLastModification": _EXPIRY}),
        "shippingRateInputType": record(
            "What shipping rates are chosen by.",
            {
                "type": text("CartValue, CartClassification or CartScore so far."),
                "values": list_of(
                    "The classes, of CartClassification.",
                    record("One class.", {"key": text("Its key."), "label": localized_text("Its name by language.")}),
                ),
            },
        ),
        "externalOAuth": record(
            "The project's own service that tokens are checked with; its credential is not described here.",
            {"url": text("Where it is.")},
        ),
        "searchIndexing": record(
            "Which searches there are.",
            {
                "products": _search_index("Search of product projections."),
                "productsSearch": _search_index("Search of products."),
                "orders": _search_index("Search of orders."),
                "customers": _search_index("Search of customers."),
                "businessUnits": _search_index("Search of business units."),
            },
        ),
        "businessUnits": record(
            "How business units work.",
            {
                "myBusinessUnitStatusOnCreation": text("Status of a unit that a customer creates."),
                "myBusinessUnitAssociateRoleOnCreation": key_reference("Role of the customer who creates a unit."),
            },
        ),
        "inventory": record(
            "How stock works.",
            {
                "reservationExpirationInMinutes": whole_number("Minutes after which a cart's reservation ends."),
                "releaseExpiredReservations": flag("Whether ended reservations give the stock free."),
            },
        ),
        "discounts": record(
            "How discounts work.",
            {"discountCombinationMode": text("Stacking or BestDeal so far.")},
        ),
    },
)
"""The one schema whose rows have neither an id nor lastModifiedAt: the key identifies the project."""
