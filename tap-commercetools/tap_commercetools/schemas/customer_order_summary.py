"""The customer order summaries stream: records the tap works out, not rows of the platform."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, list_of, record, row, text, timestamp, whole_number
from tap_commercetools.schemas.shared import key_reference, localized_text, money

CUSTOMER_ORDER_SUMMARY: Schema = row(
    {"id": text("customer/<customer id>, or guest/<mail address> for orders without a customer.")},
    {
        "customerId": text("Id of the customer; null for a guest."),
        "customerEmail": text(
            "Mail address: a customer's present one (null if the customer is gone), a guest's as the orders have it."
        ),
        "stores": list_of(
            "Stores a customer is tied to, none meaning all; of a guest, or who is gone, those of the orders.",
            key_reference("One store."),
        ),
        "orderCount": whole_number("Orders that are not cancelled."),
        "cancelledOrderCount": whole_number("Orders that are cancelled; they are in no other field."),
        "firstPurchaseAt": timestamp("When the first order was placed; an imported order's true date."),
        "lastPurchaseAt": timestamp("When the last order was placed; an imported order's true date."),
        "valueByCurrency": list_of(
            "What the orders are worth, by currency in the order of its code.",
            record(
                "One currency.",
                {
                    "currencyCode": text("ISO 4217 code."),
                    "orderCount": whole_number("Orders in this currency that are not cancelled."),
                    "lifetimeValue": money("Their totals with tax and shipping, less refunds; never below zero."),
                    "refunded": money("What refunds have taken off."),
                    "averageOrderValue": money("Value by order, rounded half to even."),
                },
            ),
        ),
        "topCategories": list_of(
            "The five categories of which most units were bought and kept, most first.",
            record(
                "One category.",
                {
                    "id": text("Id of the category."),
                    "key": text("Key of the category."),
                    "name": localized_text("Name of the category, by language."),
                    "quantity": whole_number("Units bought and kept of products that are now in the category."),
                },
            ),
        ),
        "lastModifiedAt": timestamp("When the last of the orders or their payments changed; null without orders."),
    },
)
