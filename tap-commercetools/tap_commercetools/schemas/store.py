"""Where is sold and what: the stores, channels and product selections streams."""

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
from tap_commercetools.schemas.review import REVIEW_RATING_STATISTICS
from tap_commercetools.schemas.shared import ACTORS, address, custom_fields, localized_text, reference

STORE: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier, by which other rows refer to the store."),
        "name": localized_text("Name by language."),
        "languages": list_of_texts("Languages of the store."),
        "countries": list_of(
            "Countries of the store.", record("One country.", {"code": text("ISO 3166-1 alpha-2 code.")})
        ),
        "distributionChannels": list_of("Channels its prices come from.", reference("One channel.")),
        "supplyChannels": list_of("Channels its stock comes from.", reference("One channel.")),
        "productSelections": list_of(
            "What it sells; none means everything.",
            record(
                "One selection.",
                {"productSelection": reference("The selection."), "active": flag("Whether it counts.")},
            ),
        ),
        "storefront": record(
            "Web addresses of the shop.",
            {
                "checkoutUrlTemplate": text("Pattern of the address of a checkout."),
                "orderUrlTemplate": text("Pattern of the address of an order."),
                "termsOfServiceUrl": text("Terms of service."),
                "privacyPolicyUrl": text("Privacy policy."),
                "refundPolicyUrl": text("Refund policy."),
                "shippingPolicyUrl": text("Shipping policy."),
                "cookiePolicyUrl": text("Cookie policy."),
                "imprintUrl": text("Imprint."),
                "faqUrl": text("Frequent questions."),
                "contactUrl": text("Contact page."),
            },
        ),
        "custom": custom_fields("Custom fields of the store."),
    }
)

CHANNEL: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "roles": list_of_texts("What it is for: InventorySupply, ProductDistribution, OrderExport ... so far."),
        "name": localized_text("Name by language."),
        "description": localized_text("Description by language."),
        "address": address("Where it is."),
        "reviewRatingStatistics": REVIEW_RATING_STATISTICS,
        "geoLocation": record(
            "Where it is, as GeoJSON.",
            {
                "type": text("Point so far."),
                "coordinates": list_of("Longitude, then latitude.", {"type": ["number", "null"]}),
            },
        ),
        "custom": custom_fields("Custom fields of the channel."),
    }
)

PRODUCT_SELECTION: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": localized_text("Name by language."),
        "productCount": whole_number("How many products are assigned to it."),
        "mode": text("Individual, or IndividualExclusion: all products but these."),
        "type": text("Deprecated by the platform in favour of mode."),
        "custom": custom_fields("Custom fields of the selection."),
    }
)
