"""The vocabulary the schemas are written in: each function makes one JSON Schema.

Everything can be null, because commercetools promises a field for new rows only, and every object is open, because it
adds fields and enum values within an API version. Only `row`, and `resource` with it, declares fields that are always
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

_ALWAYS_DESCRIBED = {
    "id": "The platform's identifier of the row, unique in its stream.",
    "version": "Grows with every change, not by one; the higher of two copies is the newer.",
    "createdAt": "When the row was created, UTC, three decimals.",
    "lastModifiedAt": "When the row last changed, UTC, three decimals; the replication key.",
}


def text(description: str) -> Schema:
    """Return the schema of a string or null."""
    return {"type": ["string", "null"], "description": description}


def whole_number(description: str) -> Schema:
    """Return the schema of an integer, up to 64 bits, or null."""
    return {"type": ["integer", "null"], "description": description}


def number(description: str) -> Schema:
    """Return the schema of a number or null."""
    return {"type": ["number", "null"], "description": description}


def flag(description: str) -> Schema:
    """Return the schema of true, false or null."""
    return {"type": ["boolean", "null"], "description": description}


def timestamp(description: str) -> Schema:
    """Return the schema of an ISO 8601 instant in UTC, or null."""
    return {"type": ["string", "null"], "format": "date-time", "description": description}


def date(description: str) -> Schema:
    """Return the schema of a calendar day, ``YYYY-MM-DD``, or null."""
    return {"type": ["string", "null"], "format": "date", "description": description}


def anything(description: str) -> Schema:
    """Return the schema of a value whose type the project, not the platform, decides."""
    return {
        "type": ["string", "number", "integer", "boolean", "array", "object", "null"],
        "description": description,
    }


def record(description: str, properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object with these known fields, open to others, or null."""
    return {
        "type": ["object", "null"],
        "additionalProperties": True,
        "properties": dict(properties),
        "description": description,
    }


def open_record(description: str) -> Schema:
    """Return the schema of an object none of whose fields are known, or null."""
    return {"type": ["object", "null"], "additionalProperties": True, "description": description}


def map_of(description: str, values: Schema) -> Schema:
    """Return the schema of an object with free names and values of one kind, or null."""
    return {"type": ["object", "null"], "additionalProperties": values, "description": description}


def list_of(description: str, items: Schema) -> Schema:
    """Return the schema of an array, or null."""
    return {"type": ["array", "null"], "items": items, "description": description}


def list_of_texts(description: str) -> Schema:
    """Return the schema of an array of strings, or null."""
    return list_of(description, {"type": ["string", "null"]})


def row(always: Mapping[str, Schema], properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of a whole row of a stream: an open object that is never null.

    Args:
        always: The fields every row has, by name; each is required and never null.
        properties: The other fields.
    """
    return {
        "type": "object",
        "additionalProperties": True,
        "required": list(always),
        "properties": {**{name: _never_null(schema) for name, schema in always.items()}, **properties},
    }


_KIND_OF_ALWAYS = {"id": text, "version": whole_number, "createdAt": timestamp, "lastModifiedAt": timestamp}


def resource(properties: Mapping[str, Schema], **described_otherwise: str) -> Schema:
    """Return the schema of a whole row: the four fields every row has, and these.

    Args:
        properties: The fields of this resource, by name.
        described_otherwise: Descriptions of those of the four fields that mean something else in this resource.
    """
    described = {**_ALWAYS_DESCRIBED, **described_otherwise}
    return row({name: _KIND_OF_ALWAYS[name](description) for name, description in described.items()}, properties)


def _never_null(schema: Schema) -> Schema:
    kind, _null = schema["type"]
    return {**schema, "type": kind}
