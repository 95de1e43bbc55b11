"""One switch that every wait and every worker obeys."""

from __future__ import annotations

import threading
import time

from delivery.errors import Interrupted


class Shutdown:
    """Tells all threads to come to an end, and makes their waits end with it.

    After `request`, no new work is begun. Work in flight may go on until the grace has passed; then every wait
    raises `Interrupted`, and what was waiting has no outcome: the next run sends it again.

    Attributes:
        interruption: What waits raise; it knows the signal that asked for the end.
    """

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._deadline = float("inf")
        self.interruption = Interrupted()

    @property
    def requested(self) -> bool:
        """Whether the end was asked for."""
        return self._requested.is_set()

    def request(self, grace_seconds: float, signal_number: int | None = None) -> None:
        """Ask for the end; a second request can only shorten the grace.

        Args:
            grace_seconds: How long work in flight may go on.
            signal_number: The signal that asked, if one did.
        """
        if signal_number is not None:
            self.interruption = Interrupted(signal_number)
        self._deadline = min(self._deadline, time.monotonic() + grace_seconds)
        self._requested.set()

    @property
    def remaining_seconds(self) -> float:
        """How much of the grace is left; infinite while the end was not asked for."""
        return max(0.0, self._deadline - time.monotonic())

    def check(self) -> None:
        """Come back if waiting may go on.

        Raises:
            Interrupted: If the grace is over.
        """
        if self._requested.is_set() and time.monotonic() > self._deadline:
            raise self.interruption

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the grace.

        Raises:
            Interrupted: If the grace is over, or would be before the wait has ended.
        """
        ends = time.monotonic() + seconds
        while (remaining := ends - time.monotonic()) > 0:
            if not self._requested.wait(remaining):
                return
            if ends > self._deadline:
                raise self.interruption
            time.sleep(max(0.0, ends - time.monotonic()))
        self.check()
