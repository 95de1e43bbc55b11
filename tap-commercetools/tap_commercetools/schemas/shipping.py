"""How goods travel: shipping information, rates, deliveries and parcels, as carts and orders carry them."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, record, text, timestamp, whole_number
from tap_commercetools.schemas.line_item import discounted_line_price
from tap_commercetools.schemas.shared import (
    address,
    custom_fields,
    localized_text,
    money,
    reference,
)
from tap_commercetools.schemas.tax import tax_rate, taxed_price


def _items(description: str) -> Schema:
    return list_of(
        description,
        record("One line's units.", {"id": text("Id of the line."), "quantity": whole_number("How many.")}),
    )


_PARCEL: Schema = record(
    "One parcel.",
    {
        "id": text("The parcel's id."),
        "key": text("The parcel's key."),
        "createdAt": timestamp("When the parcel was recorded."),
        "measurements": record(
            "Size and weight.",
            {
                "heightInMillimeter": whole_number("Height."),
                "lengthInMillimeter": whole_number("Length."),
                "widthInMillimeter": whole_number("Width."),
                "weightInGram": whole_number("Weight."),
            },
        ),
        "trackingData": record(
            "How to follow the parcel.",
            {
                "trackingId": text("Number of the shipment."),
                "carrier": text("Who carries it."),
                "provider": text("Who provides the tracking."),
                "providerTransaction": text("The provider's transaction."),
                "isReturn": flag("Whether it is on its way back."),
            },
        ),
        "items": _items("What is in the parcel."),
        "custom": custom_fields("Custom fields of the parcel."),
    },
)

_DELIVERY: Schema = record(
    "One delivery.",
    {
        "id": text("The delivery's id."),
        "key": text("The delivery's key."),
        "createdAt": timestamp("When the delivery was recorded."),
        "items": _items("What is delivered."),
        "parcels": list_of("The parcels.", _PARCEL),
        "address": address("Where it goes."),
        "custom": custom_fields("Custom fields of the delivery."),
    },
)


def shipping_rate(description: str) -> Schema:
    """Return the schema of what a way of shipping costs in one currency."""
    return record(
        description,
        {
            "price": money("Price of shipping."),
            "freeAbove": money("Order value from which shipping is free."),
            "isMatching": flag("Whether the rate matched."),
            "tiers": list_of(
                "Prices by value, score or class.",
                record(
                    "One tier.",
                    {
                        "type": text("What the tier goes by."),
                        "minimumCentAmount": whole_number("Order value from which it applies."),
                        "score": whole_number("Score from which it applies."),
                        "value": text("Class for which it applies."),
                        "price": money("Price in this tier."),
                        "priceFunction": record(
                            "Formula of the price.",
                            {"currencyCode": text("Currency."), "function": text("The formula.")},
                        ),
                        "isMatching": flag("Whether the tier matched."),
                    },
                ),
            ),
        },
    )


SHIPPING_RATE_INPUT: Schema = record(
    "What the shipping rate was chosen by.",
    {
        "type": text("Score or Classification."),
        "score": whole_number("The score."),
        "key": text("Key of the class."),
        "label": localized_text("Name of the class by language."),
    },
)

SHIPPING_INFO: Schema = record(
    "How the goods are shipped and what that costs.",
    {
        "shippingMethodName": text("Name of the method."),
        "price": money("What shipping costs before discounts."),
        "shippingRate": shipping_rate("The rate the price comes from."),
        "taxedPrice": taxed_price("What shipping costs with taxes."),
        "taxRate": tax_rate("The tax rate applied."),
        "taxCategory": reference("The tax category."),
        "shippingMethod": reference("The method."),
        "deliveries": list_of("What has been sent.", _DELIVERY),
        "discountedPrice": discounted_line_price("What shipping costs after discounts."),
        "shippingMethodState": text("Whether the method still fits the cart."),
        "estimatedDelivery": record(
            "When the goods should arrive.",
            {"from": timestamp("At the earliest."), "until": timestamp("At the latest.")},
        ),
    },
)

SHIPPING: Schema = record(
    "One of several ways the goods are shipped.",
    {
        "shippingKey": text("Key of this way."),
        "shippingInfo": SHIPPING_INFO,
        "shippingAddress": address("Where it goes."),
        "shippingRateInput": SHIPPING_RATE_INPUT,
        "shippingCustomFields": custom_fields("Custom fields of this way."),
    },
)
