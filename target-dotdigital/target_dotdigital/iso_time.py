"""ISO 8601 times. Dotdigital: dates are UTC, in both directions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)


def parse_time(text: str) -> datetime | None:
    """Return the moment a text names, in UTC, or None if it is not ISO 8601.

    A date alone is its midnight; a time without a zone is taken as UTC.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "").ljust(6, "0")[:6]),
            tzinfo=timezone.utc,
        )
        return moment - _offset(zone)
    except (ValueError, OverflowError):
        return None


def write_time(moment: datetime) -> str:
    """Return a moment as text in UTC; fractions of a second are written only if there are any."""
    in_utc = moment.astimezone(timezone.utc)
    # Not strftime: it does not pad years before 1000 on every platform.
    text = in_utc.replace(tzinfo=None).isoformat(timespec="milliseconds" if in_utc.microsecond else "seconds")
    return f"{text}Z"


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone.startswith("-") else offset
