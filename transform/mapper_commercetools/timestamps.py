"""Instants and dates: read leniently, written in one form per destination, always UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import msgspec

from mapper_commercetools.outcomes import RejectRecordError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)


def read_instant(value: object) -> datetime | None:
    """Read an ISO 8601 timestamp with zero to nine decimals; None if it is none. Without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        instant = msgspec.convert(value, datetime)
        if instant.tzinfo is None:
            return instant.replace(tzinfo=timezone.utc)
        return instant.astimezone(timezone.utc)
    except (msgspec.ValidationError, OverflowError, UnicodeEncodeError):
        return None


def required_instant(value: object, place: str) -> datetime:
    """Read an ISO 8601 timestamp that must be there.

    Raises:
        RejectRecordError: If it is not a timestamp.
    """
    instant = read_instant(value)
    if instant is None:
        message = f"{place}: not a timestamp"
        raise RejectRecordError(message)
    return instant


def read_date(value: object) -> date | None:
    """Read a date `YYYY-MM-DD`; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        return msgspec.convert(value, date)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None


def at_midnight(day: date) -> datetime:
    """Return the first instant of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


def iso_text(instant: datetime) -> str:
    """Write an instant as `2026-03-01T12:00:00.000Z`."""
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def iterable_text(instant: datetime) -> str:
    """Write an instant in the form in which Iterable reads dates back: `2026-03-01 12:00:00 +00:00`."""
    return instant.replace(tzinfo=None).isoformat(" ", "seconds") + " +00:00"


def epoch_seconds(instant: datetime) -> int:
    """Return whole seconds since 1970, rounded down."""
    return (instant - _EPOCH) // _SECOND
