"""When to repeat a request, and how long to wait before."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_DATE = 100
_LONGEST_NUMBER = 20
"""Digits of a number of seconds that are looked at; so many are for ever already."""
_RESET_HEADERS = ("X-RateLimit-Reset", "RateLimit-Reset")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient the tap is.

    Attributes:
        tries: How often a request is sent at most.
        base_seconds: Upper end of the first wait; doubles with each try.
        cap_seconds: Longest wait of the tap's own choosing.
        asked_cap_seconds: Longest wait that the platform may ask for.
        patience_seconds: How long after the first try another may begin; a second may whatever wait is asked for,
            unless the first alone took longer than this. With 90 seconds for an answer a request that fails for good
            does so within three minutes, and one whose answer does not end after one try.
    """

    tries: int = 8
    base_seconds: float = 0.5
    cap_seconds: float = 60.0
    asked_cap_seconds: float = 60.0
    patience_seconds: float = 90.0

    def allows_another(self, failed_tries: int, passed: float, wait: float) -> bool:
        """Tell whether a request is to be tried once more.

        Args:
            failed_tries: How many tries have failed, 1 or more.
            passed: Seconds since the first began.
            wait: Seconds to wait before the next.
        """
        if failed_tries >= self.tries:
            return False
        return (passed if failed_tries == 1 else passed + wait) <= self.patience_seconds

    def wait_seconds(
        self,
        failed_tries: int,
        asked: float | None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> float:
        """Return how long to wait before the next try.

        What the platform asks for is honoured and stretched by up to a quarter, so that many clients do not return at
        once; otherwise the wait is anything from nothing to an exponentially growing bound (full jitter).

        Args:
            failed_tries: How many tries have failed, 1 or more.
            asked: Seconds the platform asked to wait, if it did.
            uniform: Source of randomness.
        """
        if asked is not None:
            return min(self.asked_cap_seconds, asked * uniform(1.0, 1.25))
        return uniform(0.0, min(self.cap_seconds, self.base_seconds * 2.0 ** (failed_tries - 1)))


def seconds_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how long an answer asks to wait: ``Retry-After`` in seconds or as a date, else a rate limit's reset.

    Args:
        headers: The answer's headers.
        now: The platform's present time, to which a date is compared.

    Returns:
        Seconds, never negative; None if the answer does not say.
    """
    retry_after = headers.get("Retry-After")
    if retry_after:
        seconds = _seconds(retry_after)
        return _seconds_until(retry_after, now) if seconds is None else seconds
    for name in _RESET_HEADERS:
        reset = headers.get(name)
        if reset:
            return _seconds(reset)
    return None


def _seconds(text: str) -> float | None:
    text = text.strip()[:_LONGEST_NUMBER]
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (fraction and not (fraction.isascii() and fraction.isdigit())):
        return None
    return float(text)


def _seconds_until(text: str, now: datetime) -> float | None:
    moment = http_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """Return the instant that a header names, in UTC; None if it is no date."""
    try:
        moment = parsedate_to_datetime(text[:_LONGEST_DATE])
        return (moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment).astimezone(timezone.utc)
    except (ValueError, TypeError, IndexError, OverflowError):  # all of which that function has been seen to raise
        return None
