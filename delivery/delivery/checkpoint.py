"""Lets a STATE out only when every record before it has its outcome."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

State = dict[str, Any]


class Segment:
    """The records between two STATE messages.

    Attributes:
        outstanding: Records of this segment that have no outcome yet.
        state: The STATE that closed the segment; None while the segment is open.
    """

    __slots__ = ("outstanding", "state")

    def __init__(self) -> None:
        self.outstanding = 0
        self.state: State | None = None


class Checkpoint:
    """Knows which STATE is safe to emit.

    The input is cut into segments, one before each STATE. A STATE is safe when its segment and all segments
    before it have no record outstanding. Records are tracked by the reading thread and settled by any thread.
    """

    def __init__(self) -> None:
        self._segments: deque[Segment] = deque([Segment()])
        self._lock = threading.Lock()

    def track(self) -> Segment:
        """Count one more record into the open segment and return that segment."""
        with self._lock:
            segment = self._segments[-1]
            segment.outstanding += 1
            return segment

    def settle(self, segment: Segment) -> None:
        """Take note that one record of a segment has its outcome."""
        with self._lock:
            segment.outstanding -= 1

    def mark(self, state: State) -> None:
        """Close the open segment with the STATE that follows its records."""
        with self._lock:
            self._segments[-1].state = state
            self._segments.append(Segment())

    def take_safe_state(self) -> State | None:
        """Return the newest STATE that has become safe since the last call, or None."""
        newest: State | None = None
        with self._lock:
            while len(self._segments) > 1 and self._segments[0].outstanding == 0:
                newest = self._segments.popleft().state
        return newest
