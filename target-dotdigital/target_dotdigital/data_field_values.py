"""Types of data fields, and values as a field of a type takes them.

Dotdigital: types are String, Numeric, Date and Boolean and can never be changed; texts hold 1 000 characters,
numbers 18 digits before and 9 after the point.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import Enum
from typing import Any

from target_dotdigital.iso_time import parse_time, write_time

LONGEST_TEXT = 1_000
DIGITS_BEFORE_POINT = 18
SMALLEST_STEP = Decimal("0.000000001")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
LONGEST_NUMBER_TEXT = 1_000
_TOO_LARGE: int = 10**LONGEST_NUMBER_TEXT
_YES = frozenset({"true", "yes", "y", "1", "on"})
_NO = frozenset({"false", "no", "n", "0", "off"})


class FieldType(str, Enum):
    """Type of a data field, as the service calls it."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOLEAN = "Boolean"


class ValueMismatch(ValueError):
    """A value that a field cannot hold; the text says what the field takes, never what the value is."""


def type_of_schema(schema: dict[str, Any]) -> FieldType | None:
    """Return the type that fits a property's JSON Schema; None if the schema does not tell.

    Args:
        schema: Schema of one property; `type` may be a list, `anyOf` is looked through.
    """
    types = schema.get("type")
    listed = types if isinstance(types, list) else [types]
    named = {name for name in listed if isinstance(name, str)}
    named.discard("null")
    if not named:
        branches = schema.get("anyOf") or schema.get("oneOf")
        listed = branches if isinstance(branches, list) else []
        found = {found for branch in listed if isinstance(branch, dict) if (found := type_of_schema(branch))}
        return found.pop() if len(found) == 1 else None
    if named <= {"integer", "number"}:
        return FieldType.NUMERIC
    if named == {"boolean"}:
        return FieldType.BOOLEAN
    if named == {"string"}:
        return FieldType.DATE if schema.get("format") in ("date", "date-time") else FieldType.STRING
    return None


def type_of_value(value: object) -> FieldType:
    """Return the type that a first value asks for."""
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    return FieldType.NUMERIC if isinstance(value, (int, float, Decimal)) else FieldType.STRING


def fitted(value: object, field_type: FieldType) -> Any:  # noqa: ANN401 - JSON
    """Return a value as a field of a type takes it. Null clears the field, and so does an empty text.

    Raises:
        ValueMismatch: If the field cannot hold it.
    """
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        message = "a data field holds no arrays or objects"
        raise ValueMismatch(message)
    if isinstance(value, (int, float, Decimal)) and not _can_be_written(value):
        message = "a data field holds no such number"
        raise ValueMismatch(message)
    if value == "" and field_type is not FieldType.STRING:
        return None
    fit = {
        FieldType.STRING: _text,
        FieldType.NUMERIC: _number,
        FieldType.DATE: _date,
        FieldType.BOOLEAN: _boolean,
    }[field_type]
    return fit(value)


def _can_be_written(number: float | Decimal) -> bool:
    if isinstance(number, Decimal):
        return number.is_finite() and number.adjusted() < LONGEST_NUMBER_TEXT
    return abs(number) < _TOO_LARGE


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:LONGEST_TEXT]


def _number(value: object) -> int | Decimal:
    if isinstance(value, bool):
        message = "the field is Numeric and takes no true or false"
        raise ValueMismatch(message)
    text = str(value).strip()
    if len(text) > LONGEST_NUMBER_TEXT or not _NUMBER.fullmatch(text):
        message = "the field is Numeric and takes numbers only"
        raise ValueMismatch(message)
    number = Decimal(text)
    if number.adjusted() >= DIGITS_BEFORE_POINT:
        message = f"the field is Numeric and holds {DIGITS_BEFORE_POINT} digits before the point"
        raise ValueMismatch(message)
    if isinstance(value, int):
        return value
    try:
        rounded = number.quantize(SMALLEST_STEP, ROUND_HALF_EVEN)
    except InvalidOperation:
        message = "the field is Numeric, and the number has too many digits"
        raise ValueMismatch(message) from None
    if rounded.adjusted() >= DIGITS_BEFORE_POINT:
        message = f"the field is Numeric and holds {DIGITS_BEFORE_POINT} digits before the point"
        raise ValueMismatch(message)
    plain = rounded.normalize()
    return int(plain) if plain == plain.to_integral_value() else plain


def _date(value: object) -> str:
    moment = parse_time(value) if isinstance(value, str) else None
    if moment is None:
        message = "the field is a Date and takes ISO 8601 dates only"
        raise ValueMismatch(message)
    return write_time(moment)


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    message = "the field is Boolean and takes true or false, yes or no, 1 or 0"
    raise ValueMismatch(message)
