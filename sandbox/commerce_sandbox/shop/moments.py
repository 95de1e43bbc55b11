"""Moments as whole milliseconds since the epoch, the grain of the platform's own timestamps."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

TRADE_DAYS = 548
"""The shop's orders reach back this far: a year and a half."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment_of(time: datetime) -> int:
    """Return the milliseconds since the epoch of an aware time, cut to the whole millisecond."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def written(moment: int) -> str:
    """Write a moment as the platform does: UTC, three decimals, ``Z``."""
    return (_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds")[:-6] + "Z"


def read(text: str) -> int:
    """Read a moment in the form that `written` gives."""
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return moment_of(time)


def written_date(moment: int) -> str:
    """Write the day of a moment as ``YYYY-MM-DD``."""
    return (_EPOCH + timedelta(milliseconds=moment)).date().isoformat()


def year_of(moment: int) -> int:
    """Return the calendar year of a moment, in UTC."""
    return (_EPOCH + timedelta(milliseconds=moment)).year
