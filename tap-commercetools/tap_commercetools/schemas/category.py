"""The categories stream."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, list_of, resource, text
from tap_commercetools.schemas.shared import (
    ACTORS,
    SEARCH_ENGINE_TEXTS,
    asset,
    custom_fields,
    localized_text,
    reference,
)

CATEGORY: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "externalId": text("Identifier in an outside system."),
        "name": localized_text("Name by language."),
        "slug": localized_text("Part of the web address, by language."),
        "description": localized_text("Description by language."),
        "ancestors": list_of("The categories above, the root first.", reference("One category.")),
        "parent": reference("The category right above; absent for a root."),
        "orderHint": text("Sort position among its siblings: a decimal, 0 to 1, as text."),
        **SEARCH_ENGINE_TEXTS,
        "custom": custom_fields("Custom fields of the category."),
        "assets": list_of("Files of the category.", asset("One asset.")),
    }
)
