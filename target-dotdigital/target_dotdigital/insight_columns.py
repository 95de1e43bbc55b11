"""Types of the properties of an Insight collection, and values checked against them.

Dotdigital: a collection's schema is fixed by the first value seen of each property; later records may add properties
and never change a type. Column types are STRING, FLOAT, TIMESTAMP, BOOLEAN and RECORD, arrays are columns of mode
REPEATED; a text that looks like an ISO date makes a TIMESTAMP. A wrong first value therefore spoils a property for
good: types come from the account where it has the collection, else from the SCHEMA, else from the first value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from target_dotdigital.insight_json import JsonRefused, cleaned_name
from target_dotdigital.iso_time import parse_time, write_time

STRING, FLOAT, TIMESTAMP, BOOLEAN, RECORD = "STRING", "FLOAT", "TIMESTAMP", "BOOLEAN", "RECORD"
_NUMBERS = frozenset({"FLOAT", "INTEGER", "NUMERIC"})
_WORDS = {STRING: "text", FLOAT: "a number", TIMESTAMP: "an ISO date", BOOLEAN: "true or false", RECORD: "an object"}


@dataclass(slots=True)
class Column:
    """One property.

    Attributes:
        type: One of the column types.
        repeated: Whether it holds an array; None if that is not known.
        fields: The properties of a RECORD, by name.
        origin: Who fixed the type, for error texts.
    """

    type: str
    repeated: bool | None = False
    fields: dict[str, Column] = field(default_factory=dict)
    origin: str = ""

    @property
    def words(self) -> str:
        """What the property takes."""
        return f"an array of {_WORDS[self.type]}" if self.repeated else _WORDS[self.type]


class CollectionColumns:
    """The properties of one collection, as far as they are fixed."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}

    def add_live(self, schema: object) -> None:
        """Take over the properties the account has fixed.

        Args:
            schema: What the schema call answers; an object or an array of columns.
        """
        columns = schema if isinstance(schema, list) else [schema]
        for column in columns:
            if isinstance(column, dict) and column.get("name") == "json":
                self._columns = _live_columns(column.get("fields"))

    def add_declared(self, schema: dict[str, Any]) -> None:
        """Take over what a SCHEMA says about properties that are not fixed yet.

        Args:
            schema: JSON Schema of the stored JSON.
        """
        _add_declared(schema, self._columns)

    def fit(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a record's JSON with each value in its property's type; fixes the types of new properties.

        Args:
            document: Storable JSON: no nulls, no empty containers, no arrays in arrays.

        Raises:
            JsonRefused: If a value is of another type.
        """
        added: list[tuple[dict[str, Column], str, Column]] = []
        shaped = _fit_object(document, self._columns, "", added)
        for columns, name, column in added:
            columns.setdefault(name, column)
        return shaped


def _live_columns(fields: object) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for item in fields if isinstance(fields, list) else []:
        if not isinstance(item, dict) or not item.get("name"):
            continue
        kind = str(item.get("type", "")).upper()
        kind = FLOAT if kind in _NUMBERS else kind
        if kind in _WORDS:
            # Some answers leave the mode out: then both are taken.
            mode = str(item.get("mode") or "").upper()
            repeated = None if not mode else mode == "REPEATED"
            found[str(item["name"])] = Column(kind, repeated, _live_columns(item.get("fields")), "in the account")
    return found


def _add_declared(schema: dict[str, Any], columns: dict[str, Column]) -> None:
    properties = schema.get("properties")
    for name, declared in (properties if isinstance(properties, dict) else {}).items():
        column = _declared_column(declared) if isinstance(declared, dict) else None
        clean = cleaned_name(name)
        if column is None or not clean:
            continue
        held = columns.setdefault(clean, column)
        if held.type == RECORD and held is not column:
            _add_declared(_items_of(declared), held.fields)


def _declared_column(schema: dict[str, Any]) -> Column | None:
    types = schema.get("type")
    named = {types} if isinstance(types, str) else set(types or [])
    named.discard("null")
    if named == {"array"}:
        items = schema.get("items")
        column = _declared_column(items) if isinstance(items, dict) else None
        return None if column is None or column.repeated else Column(column.type, True, column.fields, column.origin)  # noqa: FBT003
    if len(named) != 1 and named != {"integer", "number"}:
        return None
    kind = named.pop()
    if kind == "string":
        # A date among plain texts makes the property a TIMESTAMP: a declared text is only known not to be a number.
        return Column(TIMESTAMP if schema.get("format") in {"date", "date-time"} else STRING, origin="in the SCHEMA")
    if kind == "object":
        column = Column(RECORD, origin="in the SCHEMA")
        _add_declared(schema, column.fields)
        return column
    known = {"boolean": BOOLEAN, "integer": FLOAT, "number": FLOAT}.get(kind)
    return None if known is None else Column(known, origin="in the SCHEMA")


def _items_of(schema: dict[str, Any]) -> dict[str, Any]:
    items = schema.get("items")
    return items if isinstance(items, dict) else schema


def _fit_object(
    value: dict[str, Any],
    columns: dict[str, Column],
    place: str,
    added: list[tuple[dict[str, Column], str, Column]],
) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    for name, content in value.items():
        where = f"{place}.{name}" if place else name
        column = columns.get(name)
        if column is None:
            column = next((new for holder, known, new in added if holder is columns and known == name), None)
        if column is None:
            column = _first_column(content, where)
            added.append((columns, name, column))
        shaped[name] = _fit(content, column, where, added)
    return shaped


def _first_column(value: Any, place: str) -> Column:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        kinds = {_kind(item) for item in value}
        if kinds == {STRING, TIMESTAMP}:
            kinds = {STRING}
        if len(kinds) > 1:
            message = f"property '{place}' is an array of values of several types"
            raise JsonRefused(message)
        return Column(kinds.pop(), repeated=True, origin="by the first value")
    return Column(_kind(value), origin="by the first value")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, (int, float, Decimal)):
        return FLOAT
    if isinstance(value, dict):
        return RECORD
    return TIMESTAMP if parse_time(str(value)) is not None else STRING


def _fit(value: Any, column: Column, place: str, added: list[tuple[dict[str, Column], str, Column]]) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        if column.repeated is False:
            raise _clash(place, column)
        return [_fit_single(item, column, place, added) for item in value]
    if column.repeated:
        raise _clash(place, column)
    return _fit_single(value, column, place, added)


def _fit_single(
    value: Any,  # noqa: ANN401 - JSON
    column: Column,
    place: str,
    added: list[tuple[dict[str, Column], str, Column]],
) -> Any:  # noqa: ANN401 - JSON
    kind = _kind(value)
    if column.type == RECORD and kind == RECORD:
        return _fit_object(value, column.fields, place, added)
    if column.type == TIMESTAMP and kind == TIMESTAMP:
        moment = parse_time(value)
        return value if moment is None else write_time(moment)
    if column.type == kind or (column.type == STRING and kind == TIMESTAMP):
        return value
    if column.type == STRING and kind == FLOAT:
        # An id that one source writes as a number and another as text: the text loses nothing.
        return str(value)
    raise _clash(place, column)


def _clash(place: str, column: Column) -> JsonRefused:
    return JsonRefused(f"property '{place}' must be {column.words}: its type is fixed {column.origin}")
