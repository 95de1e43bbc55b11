"""What is bought: line items and custom line items, as carts, orders and quotes carry them."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, record, text, timestamp, whole_number
from tap_commercetools.schemas.price import price
from tap_commercetools.schemas.product_variant import product_variant
from tap_commercetools.schemas.shared import (
    custom_fields,
    localized_text,
    money,
    reference,
)
from tap_commercetools.schemas.tax import tax_rate, taxed_price


def included_discounts(description: str) -> Schema:
    """Return the schema of the share each discount has in a reduction."""
    return list_of(
        description,
        record(
            "One discount's share.",
            {"discount": reference("The discount."), "discountedAmount": money("By how much it reduces.")},
        ),
    )


def discounted_line_price(description: str) -> Schema:
    """Return the schema of a price after cart discounts."""
    return record(
        description,
        {"value": money("The reduced price."), "includedDiscounts": included_discounts("What reduced it.")},
    )


_RECURRENCE: dict[str, Schema] = {"recurrencePolicy": reference("The policy.")}

_SHARED: dict[str, Schema] = {
    "id": text("The line's id."),
    "key": text("The line's key."),
    "name": localized_text("Name by language, as it was when added."),
    "quantity": whole_number("How many."),
    "totalPrice": money("What the line costs after discounts, all units together."),
    "discountedPricePerQuantity": list_of(
        "Discounted prices and for how many units each holds.",
        record(
            "One price.",
            {
                "quantity": whole_number("For how many units."),
                "discountedPrice": discounted_line_price("Price of one unit."),
            },
        ),
    ),
    "taxedPrice": taxed_price("The line's total with taxes."),
    "taxedPricePortions": list_of(
        "Taxed totals by shipping method, with several methods.",
        record(
            "One method's share.",
            {"shippingMethodKey": text("The method."), "taxedPrice": taxed_price("Its share.")},
        ),
    ),
    "state": list_of(
        "Workflow states of the units.",
        record(
            "One state.",
            {"quantity": whole_number("How many units are in it."), "state": reference("The state.")},
        ),
    ),
    "taxRate": tax_rate("The tax rate applied."),
    "perMethodTaxRate": list_of(
        "Tax rates by shipping method, with several methods.",
        record(
            "One method's rate.",
            {"shippingMethodKey": text("The method."), "taxRate": tax_rate("Its rate.")},
        ),
    ),
    "priceMode": text("How the price came about."),
    "shippingDetails": record(
        "Where the units go, with several addresses.",
        {
            "targets": list_of(
                "The addresses.",
                record(
                    "One address.",
                    {
                        "addressKey": text("Key of the address."),
                        "quantity": whole_number("How many units go there."),
                        "shippingMethodKey": text("By which method."),
                    },
                ),
            ),
            "valid": flag("Whether the quantities add up."),
        },
    ),
    "custom": custom_fields("Custom fields of the line."),
}

LINE_ITEM: Schema = record(
    "One product bought.",
    {
        **_SHARED,
        "productId": text("Id of the product."),
        "productKey": text("Key of the product."),
        "productSlug": localized_text("Slug of the product; empty once the product is deleted."),
        "productType": reference("The product type."),
        "variant": product_variant("The variant as it was when added."),
        "price": price("The unit price before cart discounts."),
        "supplyChannel": reference("Channel the stock comes from."),
        "distributionChannel": reference("Channel the price comes from."),
        "lineItemMode": text("Standard or GiftLineItem so far."),
        "inventoryMode": text("How stock is counted for this line."),
        "reservation": reference("The stock reservation."),
        "addedAt": timestamp("When the line was added."),
        "lastModifiedAt": timestamp("When the line last changed."),
        "recurrenceInfo": record(
            "How the line recurs.",
            {**_RECURRENCE, "priceSelectionMode": text("Whether the price stays fixed.")},
        ),
    },
)

CUSTOM_LINE_ITEM: Schema = record(
    "One amount that is no product: a fee, a voucher; may be negative.",
    {
        **_SHARED,
        "money": money("The unit price before cart discounts."),
        "slug": text("Identifies the kind of line."),
        "taxCategory": reference("The tax category."),
        "recurrenceInfo": record("How the line recurs.", _RECURRENCE),
    },
)
