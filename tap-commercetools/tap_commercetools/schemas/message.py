"""The messages stream: what happened, one row per change."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, open_record, record, resource, text, whole_number
from tap_commercetools.schemas.shared import ACTORS, localized_text, reference

MESSAGE: Schema = resource(
    {
        **ACTORS,
        "sequenceNumber": whole_number("Counts the messages of one resource, by one; a gap means some are missing."),
        "resource": reference("What changed."),
        "resourceVersion": whole_number("The version the change led to."),
        "resourceUserProvidedIdentifiers": record(
            "How the project and people call what changed.",
            {
                "key": text("Key."),
                "externalId": text("Identifier in an outside system."),
                "orderNumber": text("Number of the order."),
                "customerNumber": text("Number of the customer."),
                "sku": text("Stock keeping unit."),
                "slug": localized_text("Slug by language."),
                "containerAndKey": record(
                    "A custom object.",
                    {"container": text("Its container."), "key": text("Its key within the container.")},
                ),
            },
        ),
        "type": text("What happened, such as CustomerCreated; decides what the payload holds."),
        "payload": open_record("The fields that messages of this type have besides, under the platform's names."),
    },
    version="Always 1.",
    createdAt="When it happened, UTC, three decimals; the replication key.",
    lastModifiedAt="The same as createdAt.",
)
"""The fields all messages have; those of each type, of which there are hundreds, are gathered in ``payload``."""
