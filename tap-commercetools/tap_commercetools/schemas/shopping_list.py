"""The shopping lists stream: wish lists and the like."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, record, resource, text, timestamp, whole_number
from tap_commercetools.schemas.product_variant import product_variant
from tap_commercetools.schemas.shared import ACTORS, custom_fields, key_reference, localized_text, reference

_LINE: dict[str, Schema] = {
    "id": text("The line's id."),
    "key": text("The line's key."),
    "name": localized_text("Name by language."),
    "quantity": whole_number("How many."),
    "addedAt": timestamp("When the line was added."),
    "custom": custom_fields("Custom fields of the line."),
}

SHOPPING_LIST: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": localized_text("Name by language."),
        "slug": localized_text("Part of the web address, by language."),
        "description": localized_text("Description by language."),
        "customer": reference("Whose list it is."),
        "anonymousId": text("The anonymous session whose list it is."),
        "store": key_reference("The store."),
        "businessUnit": key_reference("The business unit."),
        "lineItems": list_of(
            "The products wished for.",
            record(
                "One product.",
                {
                    **_LINE,
                    "productId": text("Id of the product."),
                    "variantId": whole_number("Number of the variant within the product."),
                    "productType": reference("The product type."),
                    "published": flag("Whether shoppers can see the product."),
                    "deactivatedAt": timestamp("When the product could no longer be bought."),
                    "variant": product_variant("The variant, where the answer was expanded."),
                    "productSlug": localized_text("Slug of the product, where the answer was expanded."),
                },
            ),
        ),
        "textLineItems": list_of(
            "Wishes in words.",
            record("One wish.", {**_LINE, "description": localized_text("Description by language.")}),
        ),
        "deleteDaysAfterLastModification": whole_number("Days without change after which the platform removes it."),
        "custom": custom_fields("Custom fields of the list."),
    }
)
