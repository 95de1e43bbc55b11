"""The shipping methods stream and the zones stream that their rates are for."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, record, resource, text
from tap_commercetools.schemas.shared import ACTORS, custom_fields, key_reference, localized_text, reference
from tap_commercetools.schemas.shipping import shipping_rate

SHIPPING_METHOD: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": text("Name."),
        "localizedName": localized_text("Name by language."),
        "description": text("Description; deprecated by the platform in favour of localizedDescription."),
        "localizedDescription": localized_text("Description by language."),
        "taxCategory": reference("The tax category of all its rates."),
        "zoneRates": list_of(
            "What it costs, zone by zone.",
            record(
                "One zone.",
                {
                    "zone": reference("The zone."),
                    "shippingRates": list_of("The rates, one per currency.", shipping_rate("One rate.")),
                },
            ),
        ),
        "active": flag("Whether it can be chosen."),
        "isDefault": flag("Whether it is the project's default method."),
        "predicate": text("Which carts it can be chosen for."),
        "stores": list_of("Stores it is limited to; none means all.", key_reference("One store.")),
        "carrier": text("Who carries the goods."),
        "custom": custom_fields("Custom fields of the method."),
    }
)

ZONE: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": text("Name."),
        "description": text("Description."),
        "locations": list_of(
            "Countries and states in the zone.",
            record("One place.", {"country": text("ISO 3166-1 alpha-2 code."), "state": text("State within it.")}),
        ),
    }
)
