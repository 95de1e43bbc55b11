"""Makes the JSON of an Insight record storable, or says why it cannot be.

Dotdigital: property names are of `[A-Za-z0-9_-]`; an array directly inside an array is refused, and so are values of
several types in one array and names that differ in `-` and `_` only; null is not documented; an empty container can
fix the wrong type of a property for good.
"""

from __future__ import annotations

import re
from typing import Any

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class JsonRefused(ValueError):
    """JSON that cannot be stored; the text names the property and never a value."""


def storable(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record's JSON as it can be stored: names cleaned, nulls and empty containers left out.

    Raises:
        JsonRefused: If an array stands inside an array, or two names become the same.
    """
    return _object(record, "")


def _object(value: dict[str, Any], place: str) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    spellings: dict[str, str] = {}
    for name, content in value.items():
        clean = cleaned_name(name)
        where = f"{place}.{name}" if place else name
        if not clean:
            message = f"property '{where}' has no character that a property name may have"
            raise JsonRefused(message)
        kept = _value(content, where)
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


def _value(value: Any, place: str) -> Any:  # noqa: ANN401 - JSON
    """Return a value as it can be stored; None if there is nothing to store."""
    if isinstance(value, dict):
        return _object(value, place) or None
    if isinstance(value, list):
        return _array(value, place) or None
    return value


def _array(values: list[Any], place: str) -> list[Any]:
    if any(isinstance(item, list) for item in values):
        message = f"property '{place}' is an array with an array directly inside, which Insight data cannot hold"
        raise JsonRefused(message)
    return [shaped for item in values if (shaped := _value(item, f"{place}[]")) is not None]
