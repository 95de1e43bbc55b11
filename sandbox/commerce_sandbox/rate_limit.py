"""Token buckets, as the emulated services enforce their documented limits."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_sandbox.clock import Clock


@dataclass
class TokenBucket:
    """A bucket that refills steadily and never holds more than its capacity.

    Attributes:
        clock: The sandbox's clock.
        per_second: Tokens that flow in each second.
        capacity: Most tokens the bucket holds: the longest burst.
    """

    clock: Clock
    per_second: float
    capacity: float
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._tokens = self.capacity
        self._filled_at = self.clock.seconds()

    def take(self) -> bool:
        """Take one token; False means the caller is over the limit."""
        with self._lock:
            now = self.clock.seconds()
            self._tokens = min(self.capacity, self._tokens + (now - self._filled_at) * self.per_second)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def seconds_until_free(self) -> float:
        """Return how long until one token is there again."""
        with self._lock:
            return max(0.0, (1 - self._tokens) / self.per_second)
