"""When to look at an import next: seldom, and yet right after it has ended.

Dotdigital: imports are to be looked at every 5 to 30 seconds. The slot of an import is used by nobody from its end
until somebody looks; so looks are timed by how long earlier imports took.
"""

from __future__ import annotations

import threading

SLOWEST_POLL = 6
"""Waits grow to this many times the first one: from the documented 5 to the documented 30 seconds."""

POLLS_A_DURATION = 10
"""An import that takes longer than others is looked at so often in the time it takes."""

CLOSE_ENOUGH = 0.125
"""Part of the shortest wait by which the end of imports need not be known better."""

LATE_WAITS = 3
"""An import that should have ended is looked at so often at short waits, before it counts as one that takes longer."""


class PollPace:
    """Times the looks at one kind of import; safe to use from several threads.

    Args:
        poll_seconds: The shortest wait.
    """

    def __init__(self, poll_seconds: float) -> None:
        self._shortest = poll_seconds
        # Earlier imports ended later than the one and not later than the other.
        self._after, self._by = 0.0, 0.0
        self._lock = threading.Lock()

    def wait(self, lasted: float) -> float:
        """Return how many seconds to wait before the next look.

        Args:
            lasted: How many seconds ago the import was accepted.
        """
        with self._lock:
            after, by = self._after, self._by
        longest = self._shortest * SLOWEST_POLL
        step = min(max(self._shortest, lasted / POLLS_A_DURATION), longest)
        if after <= lasted < by + LATE_WAITS * self._shortest:
            step = self._shortest
        # While it is not known well when imports end, the middle of when they may have ended is tried.
        aim = by if by - after <= self._shortest * CLOSE_ENOUGH else (after + by) / 2
        to_aim = aim - lasted
        return to_aim if self._shortest <= to_aim <= min(2 * step, longest) else step

    def ended(self, after: float, by: float) -> None:
        """Take note how long an import took.

        Args:
            after: Seconds at the last look that found it unfinished; 0 if there was none.
            by: Seconds at the look that found it ended.
        """
        with self._lock:
            if after < self._by and self._after < by:
                self._after, self._by = max(after, self._after), min(by, self._by)
            else:
                self._after, self._by = after, by
