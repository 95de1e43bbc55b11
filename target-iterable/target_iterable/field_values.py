"""Puts a value into the form that a field's type asks for, if nothing of it is lost.

Iterable: the first value a field ever receives fixes its type in the project, and a value that cannot be coerced is
refused with its whole batch. An integer fits a `double`, a fraction does not fit a `long`. Date strings come in several
forms, of which the one written here reads back unchanged.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_LONG = 2**63 - 1
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](\d\d:\d\d)(?:(:\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?:[Zz]|([+-]\d\d(?::?\d\d)?)))?)?",
    re.ASCII,
)
_NO_OFFSET = {None, "+00", "-00", "+0000", "-0000", "+00:00", "-00:00"}


class Misfit(Exception):
    """A value that a field of this type cannot take without a loss."""


def fit_value(kind: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value as a field of a type takes it.

    Args:
        kind: Iterable's name of the type; values of a type that is not known here are left as they are.
        value: A JSON value that is neither null nor a list; numbers may be `Decimal`.

    Raises:
        Misfit: If the type cannot take it.
    """
    fit = _FITS.get(kind)
    return value if fit is None else fit(value)


def canonical_date(text: str) -> str | None:
    """Return a date as Iterable reads it back, `yyyy-MM-dd HH:mm:ss +00:00`; None if the text is no ISO 8601 date.

    Without a time it is midnight, without a zone UTC. Fractions of a second, which Iterable does not keep, are left
    out.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day, time, seconds, offset = found.groups()
    written = f"{day} {time or '00:00'}{seconds or ':00'}"
    try:
        local = datetime.fromisoformat(written)
        if offset in _NO_OFFSET:
            return f"{written} +00:00"
        hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > len("+00") else 0
        ahead = timezone(timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1))
        moment = local.replace(tzinfo=ahead).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return f"{moment.year:04d}-{moment:%m-%d %H:%M:%S} +00:00"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _string(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return value
    if _is_number(value):
        return str(value)
    raise Misfit


def _long(value: Any) -> int:  # noqa: ANN401 - JSON
    # Compared before it is converted: a huge exponent would make a huge integer.
    if not _is_number(value) or not -LARGEST_LONG <= value <= LARGEST_LONG or value != int(value):
        raise Misfit
    return int(value)


def _double(value: Any) -> float | Decimal:  # noqa: ANN401 - JSON
    if not _is_number(value):
        raise Misfit
    if not isinstance(value, int):
        number: float | Decimal = value
        return number
    try:
        number = float(value)
    except OverflowError:
        raise Misfit from None
    if number != value:
        raise Misfit
    return number


def _boolean(value: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        return value
    raise Misfit


def _date(value: Any) -> str:  # noqa: ANN401 - JSON
    date = canonical_date(value) if isinstance(value, str) else None
    if date is None:
        raise Misfit
    return date


def _place(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and value.keys() == {"lat", "lon"} and all(map(_is_number, value.values())):
        return value
    raise Misfit


def _object(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return value
    raise Misfit


_FITS: dict[str, Callable[[Any], Any]] = {
    "string": _string,
    "long": _long,
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "geo_location": _place,
    "object": _object,
}

AS_IT_IS: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "double": frozenset({float, Decimal}),
    "boolean": frozenset({bool}),
}
"""Classes whose every value a field of a type takes unchanged."""
SINGLE_VALUES = frozenset({str, int, float, Decimal, bool})
"""Classes of values that a field takes unchanged whose type nobody has fixed yet."""
