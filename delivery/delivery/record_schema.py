"""Checks records against a JSON Schema and says what is wrong without showing any value."""

from __future__ import annotations

from typing import Any

import jsonschema_rs


class RecordSchema:
    """A compiled JSON Schema.

    Args:
        schema: The schema; formats are asserted, so `date-time` and `email` mean what they say.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = jsonschema_rs.validator_for(schema, validate_formats=True)

    def fault(self, record: dict[str, Any]) -> str | None:
        """Return what is wrong with a record, naming the field and the rule; None if nothing is.

        The text never holds a value of the record: it ends up in logs and beside rejected records.
        """
        if self._validator.is_valid(record):
            return None
        error = next(iter(self._validator.iter_errors(record)))
        return f"{_place(error.instance_path)}: {_rule(error)}"


def _place(path: list[str | int]) -> str:
    return "field " + ".".join(str(step) for step in path) if path else "the record"


def _rule(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    details = kind.as_dict()
    if kind.name == "required":
        return f"lacks '{details['property']}'"
    if kind.name == "additionalProperties":
        return "has a member that is not allowed: " + ", ".join(f"'{name}'" for name in details["unexpected"])
    if kind.name == "type":
        return "must be " + " or ".join(details["types"])
    return f"breaks the rule '{kind.name}' of the schema"
