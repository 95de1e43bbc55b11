"""The products stream, and the product variant that orders and carts carry copies of."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    flag,
    list_of,
    map_of,
    number,
    record,
    resource,
    text,
    timestamp,
    whole_number,
)
from tap_commercetools.schemas.shared import (
    ACTORS,
    attributes,
    custom_fields,
    dimensions,
    discounted_price,
    localized_text,
    money,
    price,
    reference,
)

_STOCK: dict[str, Schema] = {
    "isOnStock": flag("Whether any is left."),
    "restockableInDays": whole_number("Days until it is back in stock."),
    "availableQuantity": whole_number("How many can be sold."),
    "id": text("Id of the inventory entry."),
    "version": whole_number("Version of the inventory entry."),
}


def asset(description: str) -> Schema:
    """Return the schema of a file that belongs to a variant, such as a manual."""
    return record(
        description,
        {
            "id": text("The asset's id."),
            "key": text("The asset's key."),
            "name": localized_text("Name by language."),
            "description": localized_text("Description by language."),
            "tags": list_of("Tags for grouping.", {"type": ["string", "null"]}),
            "sources": list_of(
                "The files of the asset.",
                record(
                    "One file.",
                    {
                        "uri": text("Where the file is."),
                        "key": text("Key of the file within the asset."),
                        "dimensions": dimensions("Size of the picture."),
                        "contentType": text("Media type."),
                    },
                ),
            ),
            "custom": custom_fields("Custom fields of the asset."),
        },
    )


def product_variant(description: str) -> Schema:
    """Return the schema of a variant, the thing that is sold."""
    return record(
        description,
        {
            "id": whole_number("Number of the variant, unique within its product only."),
            "sku": text("Stock keeping unit, unique in the project."),
            "key": text("The project's own identifier."),
            "prices": list_of("The embedded prices.", price("One price.")),
            "price": price("The price selected by the query, if it selected one."),
            "attributes": attributes("The variant's attributes."),
            "images": list_of(
                "The variant's pictures.",
                record(
                    "One picture.",
                    {
                        "url": text("Where the picture is."),
                        "dimensions": dimensions("Size of the picture."),
                        "label": text("Label of the picture."),
                    },
                ),
            ),
            "assets": list_of("Files of the variant.", asset("One asset.")),
            "availability": record(
                "A copy of the stock, brought up to date with delay.",
                {**_STOCK, "channels": map_of("Stock by channel id.", record("Stock in one channel.", _STOCK))},
            ),
            "isMatchingVariant": flag("Search only: whether the variant matched."),
            "scopedPrice": record(
                "Search only: the price for the scope asked for.",
                {
                    "id": text("The price's id."),
                    "value": money("The price before discounts."),
                    "currentValue": money("The price that applies now."),
                    "country": text("Country the price is for."),
                    "customerGroup": reference("Customer group the price is for."),
                    "channel": reference("Channel the price is for."),
                    "validFrom": timestamp("Start of validity."),
                    "validUntil": timestamp("End of validity."),
                    "discounted": discounted_price("The price after a product discount."),
                    "custom": custom_fields("Custom fields of the price."),
                },
            ),
            "scopedPriceDiscounted": flag("Search only: whether the scoped price is discounted."),
            "recurrencePrices": list_of("Prices for recurring orders.", price("One price.")),
        },
    )


def product_data(description: str) -> Schema:
    """Return the schema of one representation of a product, published or draft."""
    return record(
        description,
        {
            "name": localized_text("Name by language."),
            "slug": localized_text("Part of the web address, by language."),
            "description": localized_text("Description by language."),
            "categories": list_of("Categories the product is in.", reference("One category.")),
            "categoryOrderHints": map_of("Sort position by category id.", {"type": ["string", "null"]}),
            "metaTitle": localized_text("Title for search engines, by language."),
            "metaDescription": localized_text("Description for search engines, by language."),
            "metaKeywords": localized_text("Keywords for search engines, by language."),
            "masterVariant": product_variant("The first variant; absent in projects with the Modular catalogue."),
            "variants": list_of("The other variants.", product_variant("One variant.")),
            "searchKeywords": map_of(
                "Search keywords by language.",
                list_of(
                    "Keywords of one language.",
                    record(
                        "One keyword.",
                        {
                            "text": text("The keyword."),
                            "suggestTokenizer": record(
                                "How suggestions split the keyword.",
                                {
                                    "type": text("Kind of splitting."),
                                    "inputs": list_of("Texts to suggest for.", {"type": ["string", "null"]}),
                                },
                            ),
                        },
                    ),
                ),
            ),
            "attributes": attributes("Attributes of the product as a whole."),
            "defaultVariant": reference("The variant shown first, in the Modular catalogue."),
        },
    )


PRODUCT: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "productType": reference("The product type, which defines the attributes."),
        "masterData": record(
            "The product itself, in its two representations.",
            {
                "published": flag("Whether shoppers can see the product."),
                "hasStagedChanges": flag("Whether the draft differs from what is published."),
                "current": product_data("What shoppers see, if published."),
                "staged": product_data("The draft."),
            },
        ),
        "taxCategory": reference("The tax category."),
        "state": reference("The workflow state."),
        "reviewRatingStatistics": record(
            "Summary of the reviews.",
            {
                "averageRating": number("Mean rating."),
                "highestRating": number("Best rating."),
                "lowestRating": number("Worst rating."),
                "count": whole_number("How many ratings count."),
                "ratingsDistribution": map_of("How many by rating.", {"type": ["integer", "null"]}),
            },
        ),
        "priceMode": text("Which prices count: Embedded or Standalone so far."),
        "warnings": list_of(
            "What the platform finds odd about the product.",
            record("One warning.", {"code": text("Kind of warning."), "message": text("What is odd.")}),
        ),
    }
)
