"""Types of field values: what a first value makes of a field, and what later values are coerced to.

Iterable fixes a field's type with the first value it ever receives. An integer then still fits a double; a
fraction does not fit a long, nor a word a date.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from commerce_sandbox.iterable.json_value import JsonValue

MAX_VALUE_LENGTH: Final = 32_000
"""Characters that one string value may have."""

GEO_LOCATION_SUFFIX: Final = "_geo_location"

FIELD_TYPES: Final = frozenset({"boolean", "date", "geo_location", "long", "double", "object", "string"})
"""The types that a catalog's field mappings know."""

_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:"
    r" (\d{2}):(\d{2}):(\d{2})(?: ([+-]\d{2}:\d{2}))?"
    r"|T(\d{2}):(\d{2}):(\d{2})\.(\d{3})(Z|[+-]\d{2}:?\d{2})"
    r")?"
)


class MismatchError(Exception):
    """A value that cannot be coerced to its field's type."""


@lru_cache(maxsize=65_536)
def stored_date(value: str) -> str | None:
    """Return a date string as Iterable reads it back, or None when it is not one of the accepted forms.

    Accepted: ``yyyy-MM-dd``, ``yyyy-MM-dd HH:mm:ss``, ``yyyy-MM-dd HH:mm:ss ZZ`` and
    ``yyyy-MM-ddTHH:mm:ss.SSSZ``; fractional seconds only in the ``T`` form. Read back:
    ``yyyy-MM-dd HH:mm:ss +00:00``.
    """
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone, t_hour, t_minute, t_second, _, t_zone = found.groups()
    clock = (hour or t_hour or "00", minute or t_minute or "00", second or t_second or "00")
    offset = (zone or t_zone or "+00:00").replace("Z", "+00:00")
    if ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock[0]}:{clock[1]}:{clock[2]}{offset}")
        return written_date(moment)
    except (ValueError, OverflowError):
        return None


def written_date(moment: datetime) -> str:
    """Return a moment in the form in which Iterable reads dates back: ``yyyy-MM-dd HH:mm:ss +00:00``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S +00:00").rjust(26, "0")


def first_type(name: str, value: JsonValue) -> str:
    """Return the type that a first value gives to the field ``name``; an array counts as its elements."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long"
    if isinstance(value, float):
        return "double"
    if isinstance(value, str):
        return "string" if stored_date(value) is None else "date"
    if name.endswith(GEO_LOCATION_SUFFIX) and is_geo_location(value):
        return "geo_location"
    return "object"


def incoming_types(value: JsonValue) -> list[str]:
    """Return how an error names the type of a value; recorded for a word: ``string`` and ``keyword``."""
    kind = first_type("", value)
    return ["string", "keyword"] if kind == "string" else [kind]


def is_geo_location(value: JsonValue) -> bool:
    """Tell whether a value is ``{"lat": number, "lon": number}``."""
    return (
        isinstance(value, dict)
        and value.keys() == {"lat", "lon"}
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in value.values())
    )


def coerce_scalar(expected: str, value: JsonValue) -> JsonValue:  # noqa: PLR0911 - one case per type
    """Return a value as a field of the type ``expected`` stores it.

    Raises:
        MismatchError: If it cannot be coerced.
    """
    kind = type(value)
    if expected == "string" and kind is str:
        return value
    if expected == "long":
        if kind is int:
            return value
        if kind is float and value.is_integer():
            return int(value)
    if expected == "double" and kind in {int, float}:
        return float(value)
    if expected == "boolean" and kind is bool:
        return value
    if expected == "date" and kind is str:
        stored = stored_date(value)
        if stored is not None:
            return stored
    if expected == "geo_location" and is_geo_location(value):
        return value
    raise MismatchError
