"""Instants as text: read leniently, written with three decimals and ``Z``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

_TIMESTAMP = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](?P<time>\d{2}:\d{2}:\d{2})(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_CANONICAL_LENGTH = len("2026-11-21T10:00:00.000Z")
_MILLISECONDS_LENGTH = _CANONICAL_LENGTH - 1

TIME_FIELDS = frozenset({"createdAt", "lastModifiedAt"})
"""The time fields of every row, which are emitted with three decimals and ``Z``."""


def parse_timestamp(text: str) -> datetime:
    """Return the instant a text names, aware, in UTC, to the microsecond.

    commercetools normally writes exactly three decimals and ``Z``; any number from none to nine is accepted (digits
    beyond the sixth are cut off), as is an offset, no zone (read as UTC) and a day alone (its first instant).

    Args:
        text: The instant, ISO 8601.

    Raises:
        ValueError: If the text is not such an instant.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        message = "not an ISO 8601 timestamp such as 2026-11-21T10:00:00.000Z"
        raise ValueError(message)
    moment = datetime.fromisoformat(f"{match['day']}T{match['time'] or '00:00:00'}")
    microseconds = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        return moment.replace(microsecond=microseconds, tzinfo=timezone.utc) - _offset(match["zone"])
    except OverflowError:
        message = "before the first year or after the last"
        raise ValueError(message) from None


def format_timestamp(moment: datetime) -> str:
    """Write an aware instant in UTC with three decimals and ``Z``; anything finer is cut off."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def is_plain(text: str) -> bool:
    """Tell whether an instant is written as commercetools normally writes it: three decimals and ``Z``."""
    return (
        len(text) == _CANONICAL_LENGTH
        and text[19] == "."
        and text[10] == "T"
        and text[-1] == "Z"
        and text[7] == "-"  # not so in the date of a week
    )


def normalise_timestamp(text: str) -> str:
    """Rewrite an instant with three decimals and ``Z``, so that text sorts like time.

    Args:
        text: The instant, ISO 8601.

    Raises:
        ValueError: If the text is not such an instant.
    """
    return text if is_plain(text) else format_timestamp(parse_timestamp(text))


def normalise_times(row: dict[str, Any]) -> None:
    """Rewrite the time fields of a row as `normalise_timestamp` does; what is no text stays as it is.

    Raises:
        ValueError: If a text is not an instant.
    """
    for field in TIME_FIELDS & row.keys():
        if isinstance(row[field], str):
            row[field] = normalise_timestamp(row[field])


def sort_key(text: str) -> str:
    """Return a text that sorts as the instants do, whatever number of decimals each was written with.

    Args:
        text: The instant, ISO 8601; one written as commercetools does is not taken apart, which makes this cheap.

    Raises:
        ValueError: If the text is not such an instant.
    """
    if is_plain(text):
        return text[:-1]
    moment = parse_timestamp(text).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return moment[:_MILLISECONDS_LENGTH] + moment[_MILLISECONDS_LENGTH:].rstrip("0")


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
