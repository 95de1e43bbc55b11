"""Makes the JSON of an Insight record storable, or says why it cannot be.

Dotdigital: property names are of `[A-Za-z0-9_-]`; an array directly inside an array is refused, and so are values of
several types in one array and names that differ in `-` and `_` only; null is not documented; an empty container can
fix the wrong type of a property for good.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

MOST_LEVELS = 50
"""Far more than any shop's records have; the service states no number."""

LARGEST_NUMBER = 2**63 - 1
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class JsonRefused(ValueError):
    """JSON that cannot be stored; the text names the property and never a value."""


def storable(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record's JSON as it can be stored: names cleaned, nulls and empty containers left out.

    Raises:
        JsonRefused: If an array stands inside an array, two names become the same, a number is none that JSON has, or
            objects stand too deep in each other.
    """
    return _object(record, "", 1)


def _object(value: dict[str, Any], place: str, level: int) -> dict[str, Any]:
    if level > MOST_LEVELS:
        message = f"it has more than {MOST_LEVELS} levels of objects in each other"
        raise JsonRefused(message)
    shaped: dict[str, Any] = {}
    spellings: dict[str, str] = {}
    for name, content in value.items():
        clean = cleaned_name(name)
        where = f"{place}.{name}" if place else name
        if not clean:
            message = f"property '{where}' has no character that a property name may have"
            raise JsonRefused(message)
        kept = _value(content, where, level)
        if kept is None:
            continue
        other = spellings.setdefault(clean.replace("-", "_"), name)
        if other != name:
            message = f"properties '{other}' and '{where}' have names that are the same to Dotdigital"
            raise JsonRefused(message)
        shaped[clean] = kept
    return shaped


def cleaned_name(name: str) -> str:
    """Return a property name as the platform takes it: spaces and dots become `_`, other characters go."""
    return _UNSAFE.sub("", re.sub(r"[\s.]+", "_", name.strip()))


def _value(value: Any, place: str, level: int) -> Any:  # noqa: ANN401 - JSON
    """Return a value as it can be stored; None if there is nothing to store."""
    if isinstance(value, dict):
        return _object(value, place, level + 1) or None
    if isinstance(value, list):
        return _array(value, place, level) or None
    if isinstance(value, (int, float, Decimal)) and not is_storable_number(value):
        message = f"property '{place}' is a number that Insight data cannot hold"
        raise JsonRefused(message)
    return value


def is_storable_number(value: float | Decimal) -> bool:
    """Tell whether a number can be stored."""
    if isinstance(value, int):
        return abs(value) <= LARGEST_NUMBER
    return math.isfinite(value)


def _array(values: list[Any], place: str, level: int) -> list[Any]:
    if any(isinstance(item, list) for item in values):
        message = f"property '{place}' is an array with an array directly inside, which Insight data cannot hold"
        raise JsonRefused(message)
    return [shaped for item in values if (shaped := _value(item, f"{place}[]", level)) is not None]
