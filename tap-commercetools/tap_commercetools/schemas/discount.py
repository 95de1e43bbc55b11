"""The discount codes, cart discounts and product discounts streams."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    flag,
    list_of,
    list_of_texts,
    record,
    resource,
    text,
    whole_number,
)
from tap_commercetools.schemas.shared import (
    ACTORS,
    VALIDITY,
    custom_fields,
    key_reference,
    localized_text,
    money,
    reference,
)


def _pattern(description: str) -> Schema:
    return list_of(
        description,
        record(
            "So many units of lines of one kind.",
            {
                "type": text("CountOnLineItemUnits or CountOnCustomLineItemUnits so far."),
                "predicate": text("Which lines."),
                "minCount": whole_number("How many at least."),
                "maxCount": whole_number("How many at most."),
                "excludeCount": whole_number("How many are left out."),
            },
        ),
    )


CART_DISCOUNT_VALUE: Schema = record(
    "What is taken off; which fields are there depends on the type.",
    {
        "type": text("relative, absolute, fixed or giftLineItem so far."),
        "permyriad": whole_number("relative: ten-thousandths taken off."),
        "money": list_of("absolute: what is taken off; fixed: the new price.", money("Amount in one currency.")),
        "applicationMode": text("How the reduction is spread over the lines."),
        "product": reference("giftLineItem: the product given."),
        "variantId": whole_number("giftLineItem: number of the variant given."),
        "supplyChannel": reference("giftLineItem: channel its stock comes from."),
        "distributionChannel": reference("giftLineItem: channel its price comes from."),
    },
)

CART_DISCOUNT_TARGET: Schema = record(
    "What the reduction applies to; which fields are there depends on the type.",
    {
        "type": text("lineItems, customLineItems, shipping, totalPrice, a multiBuy kind or pattern so far."),
        "predicate": text("Which lines."),
        "triggerQuantity": whole_number("multiBuy: how many must be bought."),
        "discountedQuantity": whole_number("multiBuy: how many of them are reduced."),
        "triggerPattern": _pattern("pattern: what must be bought."),
        "targetPattern": _pattern("pattern: what is reduced."),
        "maxOccurrence": whole_number("multiBuy and pattern: how often it applies at most."),
        "selectionMode": text("multiBuy and pattern: whether the cheapest or the dearest are reduced."),
    },
)

_DISCOUNT: dict[str, Schema] = {
    **ACTORS,
    "key": text("The project's own identifier."),
    "name": localized_text("Name by language."),
    "description": localized_text("Description by language."),
    "sortOrder": text("Rank among discounts: a decimal, 0 to 1, as text; the higher comes first."),
    "isActive": flag("Whether the discount applies at all."),
    "references": list_of("What its predicates refer to by id.", reference("One resource.")),
    **VALIDITY,
}

CART_DISCOUNT: Schema = resource(
    {
        **_DISCOUNT,
        "value": CART_DISCOUNT_VALUE,
        "target": CART_DISCOUNT_TARGET,
        "cartPredicate": text("Which carts it applies to."),
        "stores": list_of("Stores it is limited to; none means all.", key_reference("One store.")),
        "requiresDiscountCode": flag("Whether it applies only where a discount code was entered."),
        "stackingMode": text("Whether further discounts apply after it."),
        "discountGroup": reference("The group of which only the best discount applies."),
        "recurringOrderScope": record(
            "Whether it applies to recurring orders.",
            {
                "type": text("Which orders it applies to."),
                "recurrencePolicies": list_of("Recurrence policies it is limited to.", reference("One policy.")),
            },
        ),
        "custom": custom_fields("Custom fields of the discount."),
    }
)

PRODUCT_DISCOUNT: Schema = resource(
    {
        **_DISCOUNT,
        "value": record(
            "What is taken off; which fields are there depends on the type.",
            {
                "type": text("relative, absolute or external so far."),
                "permyriad": whole_number("relative: ten-thousandths taken off."),
                "money": list_of("absolute: what is taken off.", money("Amount in one currency.")),
            },
        ),
        "predicate": text("Which products and prices it applies to."),
    }
)

DISCOUNT_CODE: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "code": text("What the buyer enters."),
        "name": localized_text("Name by language."),
        "description": localized_text("Description by language."),
        "cartDiscounts": list_of("The cart discounts it brings.", reference("One discount.")),
        "stores": list_of("Stores it is limited to; none means all.", key_reference("One store.")),
        "cartPredicate": text("Which carts it can be entered for."),
        "isActive": flag("Whether it can be entered at all."),
        "references": list_of("What its predicate refers to by id.", reference("One resource.")),
        "maxApplications": whole_number("How often it can be used in all."),
        "maxApplicationsPerCustomer": whole_number("How often one customer can use it."),
        "groups": list_of_texts("Groups it belongs to."),
        **VALIDITY,
        "applicationVersion": whole_number("The platform's own count; changes at any time."),
        "custom": custom_fields("Custom fields of the code."),
    }
)
