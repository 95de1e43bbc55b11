"""Keeps calls inside a service's documented limits, and slows down when the service says so."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from delivery.shutdown import Shutdown

SHARE_OF_LIMIT = 0.8
"""How much of a documented limit we use: the rest is for the other integrations of the same project."""

LONGEST_WAIT_SECONDS = 60.0
RECOVERY_PER_MINUTE = 0.1
WHOLE_TOKEN = 1 - 1e-9
"""What counts as one: sums of fractions end a little below it, and a wait for the rest would be no time at all."""


class Budget:
    """A token bucket for one endpoint, in front of every call to it.

    The bucket starts full, refills at a share of the documented limit, and is halved by each refusal for going
    too fast; it recovers a tenth of its full rate per minute.
    """

    def __init__(
        self,
        limit_per_second: float,
        shutdown: Shutdown,
        *,
        share: float = SHARE_OF_LIMIT,
        burst: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a budget.

        Args:
            limit_per_second: The documented limit.
            shutdown: The switch that ends waiting.
            share: How much of the limit to use.
            burst: Most calls at once; by default what one second allows, at least one.
            clock: Tells seconds; only differences matter.
        """
        self._full_rate = limit_per_second * share
        self._rate = self._full_rate
        self._capacity = max(1.0, self._full_rate if burst is None else burst)
        self._tokens = self._capacity
        self._shutdown = shutdown
        self._clock = clock
        self._updated_at = clock()
        self._closed_until = 0.0
        self._refusals = 0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait for the turn of one call.

        Raises:
            Interrupted: If the run ends while waiting.
        """
        while (wait := self._take_or_wait()) > 0:
            self._shutdown.sleep(wait)

    def refused(self, retry_after: float | None = None) -> None:
        """Take note that the service refused a call for going too fast.

        Args:
            retry_after: Seconds the service asked to wait, when it said so.
        """
        with self._lock:
            now = self._clock()
            if now >= self._closed_until:
                # Calls that were under way together are refused together: that is one refusal, not eight.
                self._refusals += 1
                self._rate = max(self._full_rate / 64, self._rate / 2)
            self._tokens = 0.0
            ceiling = min(LONGEST_WAIT_SECONDS, 2.0 ** (self._refusals - 1))
            wait = random.uniform(ceiling / 2, ceiling) if retry_after is None else retry_after  # noqa: S311 - jitter
            self._closed_until = max(self._closed_until, now + wait)

    def accepted(self) -> None:
        """Take note that the service took a call."""
        with self._lock:
            self._refusals = 0

    def _take_or_wait(self) -> float:
        with self._lock:
            now = self._clock()
            elapsed = now - self._updated_at
            self._updated_at = now
            self._rate = min(self._full_rate, self._rate + self._full_rate * RECOVERY_PER_MINUTE * elapsed / 60)
            self._tokens = min(self._capacity, self._tokens + elapsed * self._rate)
            if now < self._closed_until:
                return self._closed_until - now
            if self._tokens >= WHOLE_TOKEN:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self._rate
