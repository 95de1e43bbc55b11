"""Where a setting says that a value is: a path of member names within a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapper_commercetools.source_values import Record

Path = tuple[str, ...]
ListedValue = str | bool | int
"""A value that a setting lists, to be compared with what a record holds."""

PATH_PATTERN = r"^[^.]+(\.[^.]+)*$"
LISTED_VALUES: dict[str, Any] = {"type": "array", "items": {"type": ["string", "boolean", "integer"]}}


def parse_path(text: str) -> Path:
    """Return the steps of `custom.fields.loyaltyTier`."""
    return tuple(text.split("."))


def value_at(record: Record, path: Path) -> Any:  # noqa: ANN401  a custom field holds anything
    """Return what a record holds at a path; None if it is not there."""
    value: Any = record
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def is_listed(value: object, values: tuple[ListedValue, ...]) -> bool:
    """Tell whether a value is one of those listed, of the same type and spelt the same."""
    # True == 1 in Python: the type must be the same, or a loyalty level of 1 would be a yes.
    return any(type(value) is type(listed) and value == listed for listed in values)
