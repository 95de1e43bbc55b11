"""The sandbox's clock: real time, which a test may push forward."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone


class Clock:
    """Tells the sandbox's time in UTC.

    Every service takes its time from here, so that a test can let tokens expire or a settle time pass without
    waiting for it.
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the sandbox's present time, aware, in UTC."""
        return datetime.now(tz=timezone.utc) + self._offset

    def seconds(self) -> float:
        """Return the present time as seconds since the epoch."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> datetime:
        """Push the clock forward and return the new time.

        Args:
            seconds: How far to move; must not be negative, time never runs back.

        Raises:
            ValueError: If seconds is negative.
        """
        if seconds < 0:
            message = "the sandbox's clock only moves forward"
            raise ValueError(message)
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        return self.now()


def timestamp(moment: datetime) -> str:
    """Write a moment as the services do: ISO 8601, UTC, three decimals, ``Z``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
