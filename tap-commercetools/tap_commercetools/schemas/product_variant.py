"""The thing that is sold: the variants stream, and the variant that products, carts and orders carry copies of."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    flag,
    list_of,
    map_of,
    record,
    resource,
    text,
    whole_number,
)
from tap_commercetools.schemas.price import price, scoped_price
from tap_commercetools.schemas.shared import ACTORS, asset, attributes, image, reference, warnings

_STOCK: dict[str, Schema] = {
    "isOnStock": flag("Whether any is left."),
    "restockableInDays": whole_number("Days until it is back in stock."),
    "availableQuantity": whole_number("How many can be sold."),
    "id": text("Id of the inventory entry."),
    "version": whole_number("Version of the inventory entry."),
}


def product_variant(description: str) -> Schema:
    """Return the schema of a variant as part of another row."""
    return record(
        description,
        {
            "id": whole_number("Number of the variant, unique within its product only."),
            "sku": text("Stock keeping unit, unique in the project."),
            "key": text("The project's own identifier."),
            "prices": list_of("The embedded prices.", price("One price.")),
            "price": price("The price selected by the query, if it selected one."),
            "attributes": attributes("The variant's attributes."),
            "images": list_of("The variant's pictures.", image("One picture.")),
            "assets": list_of("Files of the variant.", asset("One asset.")),
            "availability": record(
                "A copy of the stock, brought up to date with delay.",
                {**_STOCK, "channels": map_of("Stock by channel id.", record("Stock in one channel.", _STOCK))},
            ),
            "recurrencePrices": list_of("Prices for recurring orders.", price("One price.")),
            "isMatchingVariant": flag("Search only: whether the variant matched."),
            "scopedPrice": scoped_price("Search only: the price for the scope asked for."),
            "scopedPriceDiscounted": flag("Search only: whether the scoped price is discounted."),
        },
    )


VARIANT: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "variantId": whole_number("Number of the variant, unique within its product only."),
        "product": reference("The product."),
        "productKey": text("Key of the product; Classic catalogue only."),
        "published": flag("Whether shoppers can see the variant; in the Classic catalogue, whether its product."),
        "isMaster": flag("Whether it is the product's master variant; Classic catalogue only."),
        "current": product_variant(
            "What shoppers see, if published; number, key, prices and stock: Classic catalogue only."
        ),
        "staged": product_variant("The draft; number, key, prices and stock: Classic catalogue only."),
        "warnings": warnings("What the platform finds odd about the variant."),
    },
    id="The variant's own id in the Modular catalogue; '<product id>/<variant id>' in the Classic one.",
    version="Grows with every change, not by one; in the Classic catalogue, the product's.",
    createdAt="When the variant, in the Classic catalogue its product, was created, UTC, three decimals.",
    lastModifiedAt="When the variant, in the Classic catalogue its product, last changed; the replication key.",
)
"""One shape for both catalogue models. Classic projects have no variants of their own: each is made from a product."""
