"""The order of a query's results, as the ``sort`` parameters ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_sandbox.commercetools.errors import refuse_parameter
from commerce_sandbox.commercetools.instants import instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from commerce_sandbox.commercetools.store import Document

_PARTS_OF_A_SORT = 2


@dataclass(frozen=True, slots=True)
class SortKey:
    """One ``sort`` parameter: a field, nested ones with dots, and the direction."""

    field: str
    descending: bool


def parse_sort(texts: Iterable[str], known_fields: Collection[str] | None) -> tuple[SortKey, ...]:
    """Read the ``sort`` parameters.

    Args:
        texts: The parameters in their order.
        known_fields: Fields that exist on the resource; None if that is not known.

    Raises:
        ApiError: 400 if one is not ``field asc`` or ``field desc``, or the field does not exist.
    """
    keys = []
    for text in texts:
        parts = text.split()
        if len(parts) != _PARTS_OF_A_SORT or parts[1].lower() not in {"asc", "desc"}:
            refuse_parameter("sort", f"Expected 'field asc' or 'field desc' but got '{text}'.")
        field = parts[0]
        if known_fields is not None and field.partition(".")[0] not in known_fields:
            refuse_parameter("sort", f"The field '{field.partition('.')[0]}' does not exist.")
        keys.append(SortKey(field, parts[1].lower() == "desc"))
    return tuple(keys)


def sort_documents(rows: list[tuple[Document, Any]], keys: Sequence[SortKey]) -> None:
    """Sort pairs of a document and anything by the document; missing values come first in ascending order.

    Rows with the same values keep the order they have.
    """
    for key in reversed(keys):
        path = key.field.split(".")
        rows.sort(key=lambda row, path=path: _sortable(row[0], path), reverse=key.descending)  # type: ignore[misc]


def _sortable(value: object, path: Sequence[str]) -> tuple[int, Any]:
    """Return the value at a path with the rank of its type in front, so that any two can be compared."""
    for position, name in enumerate(path):
        if isinstance(value, list):
            return min((_sortable(item, path[position:]) for item in value), default=(0, 0))
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, (int, float)):
        return 2, value
    if isinstance(value, str):
        moment = instant(value)
        return (4, value) if moment is None else (3, moment)
    return 0, 0
