"""The products and product projections streams."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, list_of_texts, map_of, record, resource, text
from tap_commercetools.schemas.product_variant import product_variant
from tap_commercetools.schemas.review import REVIEW_RATING_STATISTICS
from tap_commercetools.schemas.shared import (
    ACTORS,
    SEARCH_ENGINE_TEXTS,
    attributes,
    localized_text,
    reference,
    warnings,
)

_CONTENT: dict[str, Schema] = {
    "name": localized_text("Name by language."),
    "slug": localized_text("Part of the web address, by language."),
    "description": localized_text("Description by language."),
    "categories": list_of("Categories the product is in.", reference("One category.")),
    "categoryOrderHints": map_of("Sort position by category id.", {"type": ["string", "null"]}),
    **SEARCH_ENGINE_TEXTS,
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
                            "inputs": list_of_texts("Texts to suggest for."),
                        },
                    ),
                },
            ),
        ),
    ),
    "attributes": attributes("Attributes of the product as a whole."),
}

_OVERALL: dict[str, Schema] = {
    "key": text("The project's own identifier."),
    "productType": reference("The product type, which defines the attributes."),
    "taxCategory": reference("The tax category."),
    "state": reference("The workflow state."),
    "reviewRatingStatistics": REVIEW_RATING_STATISTICS,
    "priceMode": text("Which prices count: Embedded or Standalone so far."),
}

_PUBLICATION: dict[str, Schema] = {
    "published": flag("Whether shoppers can see the product."),
    "hasStagedChanges": flag("Whether the draft differs from what is published."),
}


def _representation(description: str) -> Schema:
    return record(
        description,
        {**_CONTENT, "defaultVariant": reference("The variant shown first, in the Modular catalogue.")},
    )


PRODUCT: Schema = resource(
    {
        **ACTORS,
        **_OVERALL,
        "masterData": record(
            "The product itself, in its two representations.",
            {
                **_PUBLICATION,
                "current": _representation("What shoppers see, if published."),
                "staged": _representation("The draft."),
            },
        ),
        "warnings": warnings("What the platform finds odd about the product."),
    }
)

PRODUCT_PROJECTION: Schema = resource(
    {**_OVERALL, **_PUBLICATION, **_CONTENT},
    id="The product's id.",
    version="The product's version; grows with every change, not by one.",
)
"""One representation of a product; who created or changed it is not said."""
