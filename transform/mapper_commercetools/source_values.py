"""Reading a platform record that may lack anything.

The platform marks few members as required and adds new ones at any time, so a member that is absent, null or of
an unexpected type reads as absent. What must not be guessed (money, ids) has readers of its own that reject.
"""

from __future__ import annotations

from typing import Any

from mapper_commercetools.outcomes import RejectRecordError

Record = dict[str, Any]
_NOTHING: Record = {}


def text(record: Record, name: str) -> str | None:
    """Return a string member; None if it is absent or blank."""
    value = record.get(name)
    return value if isinstance(value, str) and value and not value.isspace() else None


def whole_number(record: Record, name: str) -> int | None:
    """Return an integer member; None if it is absent or anything else (a boolean is not a number)."""
    value = record.get(name)
    return value if type(value) is int else None


def nested(record: Record, name: str) -> Record:
    """Return an object member; an empty one if it is absent. Not to be changed."""
    value = record.get(name)
    return value if isinstance(value, dict) else _NOTHING


def nested_list(record: Record, name: str) -> list[Record]:
    """Return the objects of an array member; empty if it is absent."""
    value = record.get(name)
    return [item for item in value if isinstance(item, dict)] if value and isinstance(value, list) else []


def reference_id(record: Record, name: str) -> str | None:
    """Return the id that a reference `{typeId, id}` names."""
    return text(nested(record, name), "id")


def reference_ids(record: Record, name: str) -> list[str]:
    """Return the ids of an array of references."""
    ids = (text(item, "id") for item in nested_list(record, name))
    return [id_ for id_ in ids if id_]


def reference_keys(record: Record, name: str) -> list[str]:
    """Return the keys of an array of key references `{typeId, key}` (stores)."""
    keys = (text(item, "key") for item in nested_list(record, name))
    return [key for key in keys if key]


def required_id(record: Record) -> str:
    """Return the record's id.

    Raises:
        RejectRecordError: If there is none.
    """
    identifier = text(record, "id")
    if identifier is None:
        message = "id: missing"
        raise RejectRecordError(message)
    return identifier
