"""How many requests may be under way at once: fewer while the platform is overloaded."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUCCESSES_BEFORE_GROWING = 16


class ParallelLimit:
    """Lets a number of requests through at once, for any number of threads.

    commercetools asks for lower concurrency on 503 and publishes no rate limit, so the number is halved whenever the
    platform says it is overloaded and grows back by one after a while of good answers.

    Attributes:
        allowed: How many requests may be under way now.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way = 0
        self._successes = 0
        self._changed = threading.Condition()
        self.allowed = most

    @contextmanager
    def request(self) -> Iterator[None]:
        """Wait for a place, and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self.allowed)
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def overloaded(self) -> None:
        """Halve the number of requests, down to one."""
        with self._changed:
            self._successes = 0
            self.allowed = max(1, self.allowed // 2)

    def succeeded(self) -> None:
        """Note a good answer; after several in a row one more request is allowed, up to where it began."""
        with self._changed:
            if self.allowed == self._most:
                return
            self._successes += 1
            if self._successes >= _SUCCESSES_BEFORE_GROWING:
                self._successes = 0
                self.allowed += 1
                self._changed.notify()
