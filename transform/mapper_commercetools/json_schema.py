"""Pieces of the JSON Schemas of mapped streams."""

from __future__ import annotations

from typing import Any

JsonSchema = dict[str, Any]


def nullable(type_name: str, description: str, **more: Any) -> JsonSchema:
    """Return the schema of a value that may be null."""
    return {"type": [type_name, "null"], "description": description, **more}


def required(type_name: str, description: str, **more: Any) -> JsonSchema:
    """Return the schema of a value that is never null."""
    return {"type": type_name, "description": description, **more}


def open_object(properties: dict[str, JsonSchema], description: str, *, needs: tuple[str, ...] = ()) -> JsonSchema:
    """Return the schema of an object that may have further properties."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(needs),
        "additionalProperties": True,
    }


def array_of(items: JsonSchema, description: str) -> JsonSchema:
    """Return the schema of an array."""
    return {"type": "array", "description": description, "items": items}


def record_schema(properties: dict[str, JsonSchema], *, needs: tuple[str, ...]) -> JsonSchema:
    """Return the schema of a record: exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(needs), "additionalProperties": False}


CONSENT_FIELDS = "consentFields"
"""The member of a person's record that names the boolean fields in it that say a consent."""
CONSENT_FIELDS_SCHEMA: JsonSchema = array_of(
    required("string", "Name of a field"),
    "Names of the fields under dataFields that say a consent; for the loader, not for the API",
)
