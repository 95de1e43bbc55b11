"""The states stream: the steps of a project's own workflows."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, list_of_texts, resource, text
from tap_commercetools.schemas.shared import ACTORS, localized_text, reference

STATE: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "type": text("What can be in this state: OrderState, LineItemState, ProductState ... so far."),
        "name": localized_text("Name by language."),
        "description": localized_text("Description by language."),
        "initial": flag("Whether a workflow can begin with it."),
        "builtIn": flag("Whether the platform brought it."),
        "roles": list_of_texts("What it brings about: ReviewIncludedInStatistics or Return so far."),
        "transitions": list_of("The states that can follow; absent means any, empty means none.", reference("One.")),
    }
)
