"""The custom objects stream: whatever a project keeps on the platform."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, anything, resource, text
from tap_commercetools.schemas.shared import ACTORS

CUSTOM_OBJECT: Schema = resource(
    {
        **ACTORS,
        "container": text("Groups objects of one purpose."),
        "key": text("Identifies the object within its container."),
        "value": anything("The object itself; its kind is the project's own."),
    }
)
