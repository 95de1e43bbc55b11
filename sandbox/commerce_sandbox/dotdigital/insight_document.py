"""Checking the JSON of one Insight record: the rules every document obeys, and the schema of its collection.

One walk does both, since a large import is walked once per value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.insight_columns import Column
from commerce_sandbox.dotdigital.insight_refusal import Reason, RecordRefusedError
from commerce_sandbox.dotdigital.iso_time import parse_iso

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.insight_columns import ColumnType
    from commerce_sandbox.dotdigital.settings import InsightLimits

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(slots=True)
class DocumentCheck:
    """The check of one document; :meth:`accept` then extends the schema by what is new in it.

    Attributes:
        schema: The collection's schema.
        limits: The vendor's unpublished bounds.
        distinct_names: Number of columns the schema has, at every depth together.
        added: Number of columns the document adds.
    """

    schema: Column
    limits: InsightLimits
    distinct_names: int
    added: int = 0
    _new: dict[tuple[int, str], tuple[Column, Column]] = field(default_factory=dict)
    _clashes: list[str] = field(default_factory=list)

    def check(self, document: dict[str, Any]) -> None:
        """Check a document.

        Raises:
            RecordRefusedError: If it breaks a rule or clashes with the schema.
        """
        self._check_object(document, self.schema, "")
        if self._clashes:
            raise RecordRefusedError(Reason.SCHEMA_CLASH, *self._clashes)
        if self.distinct_names + self.added > self.limits.distinct_names:
            text = f"the collection would have more than {self.limits.distinct_names} distinct properties"
            raise RecordRefusedError(Reason.TOO_MANY_NAMES, text)

    def accept(self) -> None:
        """Extend the schema by the columns that the document adds."""
        for (_, name), (parent, column) in self._new.items():
            parent.add(name, column)

    def _check_object(self, value: dict[str, Any], parent: Column, path: str) -> None:
        if path.count(".") >= self.limits.depth:
            raise RecordRefusedError(Reason.INVALID_JSON, f"the record is nested deeper than {self.limits.depth}")
        dashes = parent.has_dash
        for name, content in value.items():
            column = parent.fields.get(name)
            if column is not None and self._plainly_fits(content, column):
                continue
            where = f"{path}.{name}" if path else name
            if column is None:
                pending = self._new.get((id(parent), name))
                column = pending[1] if pending else None
            if column is None:
                self._check_name(name, where)
                column = self._infer(content, where)
                self._new[id(parent), name] = (parent, column)
                self.added += 1
                dashes = dashes or "-" in name
            self._check_value(content, column, where)
        if dashes:
            self._check_dashes(value, path)

    def _plainly_fits(self, content: object, column: Column) -> bool:
        """Tell whether a value is what nearly all values are: a text or a number in a column of its type."""
        if column.repeated:
            return False
        if type(content) is str:
            return column.type == "STRING" and len(content) <= self.limits.text_length
        if type(content) is float or type(content) is int:
            return column.type == "FLOAT" and abs(content) < self.limits.number
        return False

    def _check_name(self, name: str, where: str) -> None:
        if len(name) > self.limits.name_length:
            text = f"{where[:60]}... has a name longer than {self.limits.name_length}"
            raise RecordRefusedError(Reason.NAME_TOO_LONG, text)
        if _NAME.fullmatch(name) is None:
            text = f"{where}: a name holds letters, digits, - and _"
            raise RecordRefusedError(Reason.NAME_CHARACTERS, text)

    def _check_dashes(self, value: dict[str, Any], path: str) -> None:
        seen: dict[str, str] = {}
        for name in value:
            other = seen.setdefault(name.replace("-", "_"), name)
            if other != name:
                text = f"{path or 'the record'} has both {other} and {name}"
                raise RecordRefusedError(Reason.DASH_UNDERSCORE_CLASH, text)

    def _infer(self, value: object, where: str) -> Column:
        """Return the column that a first value fixes; an empty list fixes a list of texts."""
        if isinstance(value, list):
            return Column(self._item_type(value, where) or "STRING", repeated=True)
        return Column(self._type_of(value, where))

    def _item_type(self, values: list[Any], where: str) -> ColumnType | None:
        """Return the type of a list's items, None for an empty list; dates among other texts are texts."""
        types = {self._type_of(item, f"{where}[]") for item in values}
        if types == {"STRING", "TIMESTAMP"}:
            return "STRING"
        if len(types) > 1:
            raise RecordRefusedError(Reason.MIXED_LIST, f"{where} mixes {', '.join(sorted(types))}")
        return types.pop() if types else None

    def _type_of(self, value: object, where: str) -> ColumnType:
        if isinstance(value, str):
            return "STRING" if parse_iso(value) is None else "TIMESTAMP"
        if isinstance(value, bool):
            return "BOOLEAN"
        if isinstance(value, dict):
            return "RECORD"
        if value is None:
            if self.limits.nulls_refused:
                raise RecordRefusedError(Reason.INVALID_JSON, f"{where} is null; leave the property out")
            return "STRING"
        if isinstance(value, list):
            raise RecordRefusedError(Reason.NESTED_ARRAY, f"{where} is a list inside a list")
        return "FLOAT"

    def _check_value(self, value: object, column: Column, where: str) -> None:
        if isinstance(value, list):
            # Looks at every item, so that a rule broken in the list is found before a clash with the schema.
            self._item_type(value, where)
            if not column.repeated:
                self._clash(column, where)
                return
            for item in value:
                self._check_single(item, column, where)
        elif column.repeated and value is not None:
            self._clash(column, where)
        else:
            self._check_single(value, column, where)

    def _check_single(self, value: object, column: Column, where: str) -> None:
        if isinstance(value, str):
            if len(value) > self.limits.text_length:
                raise RecordRefusedError(Reason.TEXT_TOO_LONG, f"{where} is longer than {self.limits.text_length}")
            fits = column.type == "STRING" or (column.type == "TIMESTAMP" and parse_iso(value) is not None)
        elif isinstance(value, bool):
            fits = column.type == "BOOLEAN"
        elif isinstance(value, int | float):
            if abs(value) >= self.limits.number:
                raise RecordRefusedError(Reason.NUMBER_TOO_LARGE, f"{where} is {self.limits.number:g} or more")
            fits = column.type == "FLOAT"
        elif isinstance(value, dict):
            fits = column.type == "RECORD"
            # Rules come before clashes, so an object out of place is still looked through.
            self._check_object(value, column if fits else Column("RECORD"), where)
        else:
            self._type_of(value, where)
            fits = True
        if not fits:
            self._clash(column, where)

    def _clash(self, column: Column, where: str) -> None:
        self._clashes.append(f"{where} should be {column.wanted()}")
