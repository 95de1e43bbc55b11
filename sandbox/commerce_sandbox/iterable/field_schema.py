"""The fields that a project knows: their types, their number, and what a batch adds to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.iterable.answers import RefusalError, refusal
from commerce_sandbox.iterable.field_values import (
    MAX_VALUE_LENGTH,
    MismatchError,
    coerce_scalar,
    first_type,
    incoming_types,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.iterable.json_value import JsonValue

_ABSENT: Final = object()


class OversizedValueError(Exception):
    """A string longer than Iterable stores.

    Attributes:
        path: Where the value stands.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(slots=True)
class FieldSchema:
    """Types of all fields of one kind of data.

    Attributes:
        category: What error messages call the kind: ``user``, ``customEvent``, ``purchase``, ``catalog``.
        types: Type of each field by its dotted path. The schema of events starts each path with the event's
            name, since fields are typed per event name while their number counts over all events.
        built_in: Fields every project has, which do not count towards the limit.
    """

    category: str
    types: dict[str, str] = field(default_factory=dict)
    built_in: Mapping[str, str] = field(default_factory=dict)

    def type_of(self, path: str) -> str | None:
        """Return a field's type, or None while no value has come."""
        return self.types.get(path) or self.built_in.get(path)

    def every_type(self) -> dict[str, str]:
        """Return all fields with their types, by name, built-in ones included."""
        return dict(sorted({**self.built_in, **self.types}.items()))


@dataclass(slots=True)
class SchemaChange:
    """One request's passage through a schema: nothing is kept unless it is committed.

    Attributes:
        schema: What is known so far.
        create_new_fields: Whether unknown fields are added (else dropped); may change between elements.
        prefix: Begins each path in schemas that hold several scopes; may change between elements.
        new_types: Fields that this request adds.
        created: The same without the prefix, in order of appearance.
        filtered: Fields that were dropped, without the prefix, in order of appearance.
        mismatches: First clash of each field: path to the vendor's description of it.
    """

    schema: FieldSchema
    create_new_fields: bool
    prefix: str = ""
    new_types: dict[str, str] = field(default_factory=dict)
    created: dict[str, None] = field(default_factory=dict)
    filtered: dict[str, None] = field(default_factory=dict)
    mismatches: dict[str, dict[str, Any]] = field(default_factory=dict)

    def admit(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return data as it would be stored: coerced, without dropped fields; nulls stay at every level.

        Raises:
            OversizedValueError: If a string is longer than Iterable stores.
        """
        return self._admit_object(self.prefix, data)

    def check(self, limit: int, project_id: int) -> None:
        """Refuse what does not fit the schema.

        Raises:
            RefusalError: 400 ``RequestFieldsTypesMismatched`` or ``UniqueFieldsLimitExceeded``.
        """
        if self.mismatches:
            raise _types_mismatched(self.schema.category, self.mismatches, project_id)
        total = len(self.schema.types) + len(self.new_types)
        if self.new_types and total > limit:
            raise _limit_exceeded(limit, total, sorted(self.new_types), project_id)

    def commit(self, limit: int, project_id: int) -> None:
        """Add the new fields to the schema.

        Raises:
            RefusalError: As ``check`` does; nothing is added then.
        """
        self.check(limit, project_id)
        self.schema.types.update(self.new_types)

    def _admit_object(self, prefix: str, data: Mapping[str, Any]) -> dict[str, Any]:
        admitted: dict[str, Any] = {}
        types = self.schema.types
        for name, value in data.items():
            path = prefix + name
            if type(value) is str and types.get(path) == "string" and len(value) <= MAX_VALUE_LENGTH:
                admitted[name] = value
                continue
            stored = self._admit_value(path, name, value)
            if stored is not _ABSENT:
                admitted[name] = stored
        return admitted

    def _admit_value(self, path: str, name: str, value: JsonValue) -> JsonValue:
        if value is None:
            return None
        sample = _first_element(value) if isinstance(value, list) else value
        if sample is None:
            return value
        expected = self.schema.type_of(path) or self.new_types.get(path)
        if expected is None:
            if not self.create_new_fields:
                self.filtered[path[len(self.prefix) :]] = None
                return _ABSENT
            expected = self.new_types[path] = first_type(name, sample)
            self.created[path[len(self.prefix) :]] = None
        if isinstance(value, list):
            return [self._fit(path, expected, element) for element in value if element is not None]
        return self._fit(path, expected, value)

    def _fit(self, path: str, expected: str, value: JsonValue) -> JsonValue:
        if isinstance(value, str) and len(value) > MAX_VALUE_LENGTH:
            raise OversizedValueError(path)
        if expected == "object" and isinstance(value, dict):
            return self._admit_object(f"{path}.", value)
        if expected == "object" and isinstance(value, list):
            return value
        try:
            return coerce_scalar(expected, value)
        except MismatchError:
            self.mismatches.setdefault(
                path[len(self.prefix) :],
                {
                    "_type": "UnexpectedType",
                    "category": self.schema.category,
                    "expectedType": expected,
                    "incomingTypes": incoming_types(value),
                    "offendingValue": value,
                },
            )
            return None


def _first_element(values: list[Any]) -> JsonValue:
    return next((element for element in values if element is not None), None)


def _types_mismatched(category: str, mismatches: Mapping[str, Mapping[str, Any]], project_id: int) -> RefusalError:
    details = " ".join(
        f"Field '{path}' already exists for type '{category}' and has a data type of '{clash['expectedType']}' "
        f"but possible types '{', '.join(clash['incomingTypes'])}' in the request."
        for path, clash in mismatches.items()
    )
    return refusal(
        400,
        "RequestFieldsTypesMismatched",
        f"Project {project_id}: The request does not have the same data types as the data previously "
        f"submitted. {details}",
        {"validationErrors": mismatches},
    )


def _limit_exceeded(limit: int, total: int, new_fields: list[str], project_id: int) -> RefusalError:
    return refusal(
        400,
        "UniqueFieldsLimitExceeded",
        f"Project {project_id}: the request would raise the number of fields to {total}, which exceeds the "
        f"limit of {limit}. New fields: [{', '.join(new_fields)}]",
        {"limit": limit, "requestedTotal": total, "newFields": new_fields},
    )
