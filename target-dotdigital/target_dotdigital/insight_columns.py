"""Types of the properties of an Insight collection, and values checked against them.

Dotdigital: a collection's schema is fixed by the first value seen of each property; later records may add properties
and never change a type. Column types are STRING, FLOAT, TIMESTAMP, BOOLEAN and RECORD, arrays are columns of mode
REPEATED; a text that looks like an ISO date makes a TIMESTAMP. A wrong first value therefore spoils a property for
good: types come from the account where it has the collection, else from the SCHEMA, else from the first value.

A text property whose first value happens to look like a date would become a TIMESTAMP all the same. So each property
is `proven` once the account is known to hold its type; until then such a value is in doubt, and whoever sends it makes
sure of the property first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_dotdigital.insight_json import JsonRefused, cleaned_name
from target_dotdigital.iso_time import parse_time, write_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STRING, FLOAT, TIMESTAMP, BOOLEAN, RECORD = "STRING", "FLOAT", "TIMESTAMP", "BOOLEAN", "RECORD"
_NUMBERS = frozenset({"FLOAT", "INTEGER", "NUMERIC"})
_SCALARS = frozenset({STRING, FLOAT, TIMESTAMP, BOOLEAN})
_KIND_OF_TYPE = {"boolean": BOOLEAN, "integer": FLOAT, "number": FLOAT, "object": RECORD, "string": STRING}
PLAIN_TEXT = "text"
"""Stands for a text that looks like a date, in the record that makes a property a text."""
_WORDS = {STRING: "text", FLOAT: "a number", TIMESTAMP: "an ISO date", BOOLEAN: "true or false", RECORD: "an object"}


@dataclass(slots=True)
class Column:
    """One property.

    Attributes:
        type: One of the column types.
        repeated: Whether it holds an array; None if that is not known.
        fields: The properties of a RECORD, by name.
        origin: Who fixed the type, for error texts.
        mixed: Whether the SCHEMA allows values of several types, which are all stored as text then.
        proven: Whether the account is known to hold this type.
    """

    type: str
    repeated: bool | None = False
    fields: dict[str, Column] = field(default_factory=dict)
    origin: str = ""
    mixed: bool = False
    proven: bool = False

    @property
    def words(self) -> str:
        """What the property takes."""
        return f"an array of {_WORDS[self.type]}" if self.repeated else _WORDS[self.type]


class CollectionColumns:
    """The properties of one collection, as far as they are fixed."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}
        self._declared: dict[str, Any] | None = None
        self._in_doubt: dict[str, Column] = {}

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
        if schema is not self._declared:
            self._declared = schema
            _take_over(_declared_fields(schema), self._columns)

    def fit(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a record's JSON with each value in its property's type; fixes the types of new properties.

        Args:
            document: Storable JSON: no nulls, no empty containers, no arrays in arrays.

        Raises:
            JsonRefused: If a value is of another type.
        """
        fitting = _Fitting()
        shaped = fitting.object(document, self._columns, "")
        for columns, name, column in fitting.added:
            columns.setdefault(name, column)
        self._in_doubt |= fitting.in_doubt
        return shaped

    @property
    def in_doubt(self) -> frozenset[str]:
        """The text properties, by place, that would become TIMESTAMP if a value that came were their first one."""
        return frozenset(self._in_doubt)

    def prove(self, places: Iterable[str]) -> None:
        """Take note that the account holds these properties as texts now."""
        for place in places:
            column = self._in_doubt.pop(place, None)
            if column is not None:
                column.proven = True


def with_plain_texts(document: dict[str, Any], places: frozenset[str]) -> tuple[dict[str, Any], set[str]]:
    """Return a record's JSON with plain texts where texts look like dates, and where that was.

    Args:
        document: JSON that was fitted.
        places: The properties to look at.
    """
    found: set[str] = set()

    def shaped(value: Any, place: str) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return {name: shaped(content, f"{place}.{name}" if place else name) for name, content in value.items()}
        if isinstance(value, list):
            return [shaped(item, place) for item in value]
        if place in places and _kind(value) == TIMESTAMP:
            found.add(place)
            return PLAIN_TEXT
        return value

    return {name: shaped(content, name) for name, content in document.items()}, found


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
            fields_of_it = _live_columns(item.get("fields"))
            found[str(item["name"])] = Column(kind, repeated, fields_of_it, "in the account", proven=True)
    return found


def _declared_fields(schema: dict[str, Any]) -> dict[str, Column]:
    properties = schema.get("properties")
    found: dict[str, Column] = {}
    for name, declared in (properties if isinstance(properties, dict) else {}).items():
        column, clean = _declared_column(declared), cleaned_name(name)
        if column is not None and clean:
            found.setdefault(clean, column)
    return found


def _take_over(declared: dict[str, Column], columns: dict[str, Column]) -> None:
    for name, column in declared.items():
        held = columns.setdefault(name, column)
        if held is column or held.type != column.type:
            continue
        held.mixed = held.mixed or column.mixed
        _take_over(column.fields, held.fields)


def _declared_column(schema: object) -> Column | None:
    """Return the property that a JSON Schema tells; None if it leaves open which of several it is."""
    branches = list(_branches(schema))
    if not branches:
        return None
    arrays = [branch for kind, branch in branches if kind == "array"]
    if arrays:
        column = _declared_column({"anyOf": [branch.get("items") for branch in arrays]})
        unclear = column is None or column.repeated or len(arrays) < len(branches)
        return None if unclear or column is None else replace(column, repeated=True)
    kinds = {kind for kind, _ in branches}
    if kinds == {RECORD}:
        column = Column(RECORD, origin="in the SCHEMA")
        for _, branch in branches:
            _take_over(_declared_fields(branch), column.fields)
        return column
    if not kinds <= _SCALARS:
        return None
    if len(kinds) == 1:
        return Column(kinds.pop(), origin="in the SCHEMA")
    # Values of several types are all texts: whichever comes first, the property is the same.
    return Column(STRING, origin="in the SCHEMA", mixed=True)


def _branches(schema: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each kind of value a schema allows, but null, with the part that allows it."""
    if not isinstance(schema, dict):
        return
    types = schema.get("type")
    for name in types if isinstance(types, list) else [types]:
        if name == "string":
            # Only a declared date is known to be one whenever it comes.
            yield (TIMESTAMP if schema.get("format") in ("date", "date-time") else STRING), schema
        elif name == "array":
            yield name, schema
        elif isinstance(name, str) and name in _KIND_OF_TYPE:
            yield _KIND_OF_TYPE[name], schema
    for union in ("anyOf", "oneOf"):
        branches = schema.get(union)
        for branch in branches if isinstance(branches, list) else []:
            yield from _branches(branch)


class _Fitting:
    """One document being fitted.

    Attributes:
        added: New properties: whose they are, their names, what they are.
        in_doubt: Text properties, by place, that hold a text that looks like a date and are not proven.
    """

    def __init__(self) -> None:
        self.added: list[tuple[dict[str, Column], str, Column]] = []
        self.in_doubt: dict[str, Column] = {}

    def object(self, value: dict[str, Any], columns: dict[str, Column], place: str) -> dict[str, Any]:
        shaped: dict[str, Any] = {}
        for name, content in value.items():
            where = f"{place}.{name}" if place else name
            column = columns.get(name)
            if column is None:
                column = next((new for holder, known, new in self.added if holder is columns and known == name), None)
            if column is None:
                column = _first_column(content, where)
                self.added.append((columns, name, column))
            shaped[name] = self._value(content, column, where)
        return shaped

    def _value(self, value: Any, column: Column, place: str) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            if column.repeated is False:
                raise _clash(place, column)
            return [self._single(item, column, place) for item in value]
        if column.repeated:
            raise _clash(place, column)
        return self._single(value, column, place)

    def _single(self, value: Any, column: Column, place: str) -> Any:  # noqa: ANN401 - JSON
        kind = _kind(value)
        if column.type == RECORD and kind == RECORD:
            return self.object(value, column.fields, place)
        if column.type == TIMESTAMP and kind == TIMESTAMP:
            moment = parse_time(value)
            return value if moment is None else write_time(moment)
        if column.type == STRING and kind == TIMESTAMP:
            if not column.proven:
                self.in_doubt[place] = column
            return value
        if column.type == kind:
            return value
        if column.type == STRING and kind == FLOAT:
            # An id that one source writes as a number and another as text: the text loses nothing.
            return str(value)
        if column.mixed and kind == BOOLEAN:
            return "true" if value else "false"
        raise _clash(place, column)


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


def _clash(place: str, column: Column) -> JsonRefused:
    return JsonRefused(f"property '{place}' must be {column.words}: its type is fixed {column.origin}")
