"""Keeps calls inside the account's limits, which Dotdigital tells with every answer.

Dotdigital: limits depend on the contract and are published nowhere. Under the tiered scheme every answer says in
`X-RateLimit-Scope`, `-Remaining` and `-Reset` (UTC epoch seconds) what is left of the minute for calls of its tier; a
call too many is answered 429. Under the flat scheme there are no such headers, and a call too many is answered 400
with `ERROR_APIUSAGE_EXCEEDED`.
"""

from __future__ import annotations

import re
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from delivery.client import retry_after_seconds
from delivery.pace import Budget
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from delivery.shutdown import Shutdown

CALLS_PER_SECOND = 250.0
"""More than the account's own limits are thought to allow: those, told by the answers, are what really paces."""

LONGEST_WAIT_SECONDS = 120.0
"""Windows are a minute long: a reset further ahead than two means that clocks differ."""

_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


class TierLimits:
    """What is left of each tier's minute, as the latest answers said.

    Args:
        clock: Tells seconds; only differences matter.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def observe(self, tier: str, remaining: int, reset_in: float) -> None:
        """Take note of what an answer said.

        Args:
            tier: The tier it counted in.
            remaining: Calls left until the reset.
            reset_in: Seconds until the reset.
        """
        with self._lock:
            self._left[tier] = (remaining, self._clock() + min(reset_in, LONGEST_WAIT_SECONDS))

    def take(self, tier: str) -> float:
        """Take one call of a tier, or return how many seconds to wait before asking again."""
        with self._lock:
            remaining, resets_at = self._left.get(tier, (1, 0.0))
            now = self._clock()
            if resets_at <= now:
                return 0.0
            if remaining > 0:
                # Counted down here as well: answers of calls under way have not told yet.
                self._left[tier] = (remaining - 1, resets_at)
                return 0.0
            return resets_at - now


class TierBudget(Budget):
    """The budget of one kind of call, whose tier shows with its first answer.

    Args:
        limits: What the tiers have left; shared by all budgets of an account.
        shutdown: The switch that ends waiting.
    """

    def __init__(self, limits: TierLimits, shutdown: Shutdown) -> None:
        super().__init__(CALLS_PER_SECOND, shutdown)
        self._limits = limits
        self._tier = ""

    @override
    def acquire(self) -> None:
        while self._tier and (wait := self._limits.take(self._tier)) > 0:
            self._shutdown.sleep(wait)
        super().acquire()

    def observe(self, response: requests.Response) -> None:
        """Take note of the limits an answer tells."""
        headers = response.headers
        remaining = _whole_number(headers.get("X-RateLimit-Remaining", ""))
        reset_in = seconds_to_reset(response)
        if remaining is not None and reset_in is not None:
            self._tier = headers.get("X-RateLimit-Scope", "all")
            self._limits.observe(self._tier, remaining, reset_in)


def seconds_to_reset(response: requests.Response, now: Callable[[], float] = time.time) -> float | None:
    """Return in how many seconds the limit starts anew: `X-RateLimit-Reset`, else `Retry-After`.

    Args:
        response: The answer.
        now: Tells seconds since the epoch, for an answer without a `Date`.
    """
    reset = _whole_number(response.headers.get("X-RateLimit-Reset", ""))
    if reset is None:
        return retry_after_seconds(response)
    try:
        # The service's own clock, where it tells it: ours may be wrong.
        answered_at = parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        answered_at = now()
    return min(max(0.0, reset - answered_at), LONGEST_WAIT_SECONDS)


def _whole_number(text: str) -> int | None:
    """Return the number that a header holds; None if it holds anything else, such as `²` or ten thousand digits."""
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None
