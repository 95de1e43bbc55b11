"""The documented rate limits, one token bucket per endpoint."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from commerce_sandbox.iterable.answers import Answer, RefusalError, refusal, text
from commerce_sandbox.rate_limit import TokenBucket

if TYPE_CHECKING:
    from commerce_sandbox.clock import Clock
    from commerce_sandbox.iterable.settings import IterableSettings

_DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Limit:
    """How often an endpoint may be called.

    Attributes:
        calls: Calls in the period, and the longest burst.
        seconds: Length of the period.
        daily_cap: Whether ``IterableSettings.forget_daily_cap`` applies as well.
    """

    calls: float
    seconds: float = 1.0
    daily_cap: bool = False


UNDOCUMENTED: Limit | None = None
"""Endpoints for which the vendor states no limit."""


@dataclass
class RateLimits:
    """Counts the calls of each endpoint.

    Attributes:
        clock: The sandbox's clock.
    """

    clock: Clock
    _buckets: dict[str, TokenBucket] = field(init=False, default_factory=dict)
    _today: dict[str, deque[float]] = field(init=False, default_factory=dict)

    def reset(self) -> None:
        """Fill all buckets, for example after the settings changed."""
        self._buckets.clear()
        self._today.clear()

    def check(self, endpoint: str, path: str, limit: Limit | None, settings: IterableSettings) -> None:
        """Count one call.

        Args:
            endpoint: The endpoint's key: method and path template.
            path: The path called, for the error message.
            limit: The documented limit, or None.
            settings: The project's settings.

        Raises:
            RefusalError: 429 if the endpoint is over its limit.
        """
        if not settings.rate_limits:
            return
        limit = limit or Limit(settings.unknown_limits_per_second)
        bucket = self._buckets.get(endpoint)
        if bucket is None:
            calls = limit.calls * settings.rate_limit_factor
            bucket = TokenBucket(self.clock, calls / limit.seconds, max(1.0, calls))
            self._buckets[endpoint] = bucket
        if not bucket.take():
            raise _exceeded(path, settings, bucket.seconds_until_free())
        if limit.daily_cap:
            self._count_today(endpoint, path, settings)

    def _count_today(self, endpoint: str, path: str, settings: IterableSettings) -> None:
        calls = self._today.setdefault(endpoint, deque())
        now = self.clock.seconds()
        while calls and calls[0] <= now - _DAY_SECONDS:
            calls.popleft()
        if len(calls) >= settings.forget_daily_cap:
            raise _exceeded(path, settings, calls[0] + _DAY_SECONDS - now if calls else _DAY_SECONDS)
        calls.append(now)


def _exceeded(path: str, settings: IterableSettings, wait_seconds: float) -> RefusalError:
    if settings.plain_text_rate_limit:
        error = RefusalError(text("Too Many Requests", 429))
    else:
        msg = f"Exceeded rate limit for endpoint: {path}, project: {settings.project_id}"
        error = refusal(429, "RateLimitExceeded", msg, {})
    if settings.retry_after_header:
        answer = error.answer
        headers = {"Retry-After": str(ceil(wait_seconds))}
        error = RefusalError(Answer(answer.document, answer.status, answer.media_type, headers))
    return error
