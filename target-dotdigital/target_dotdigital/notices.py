"""Counts what is no failure of a record, but what people should know of."""

from __future__ import annotations

import threading
from collections import Counter


class Notices:
    """Counts notices; safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, notice: str) -> None:
        """Count one notice; an empty one is none."""
        if notice:
            with self._lock:
                self._counts[notice] += 1

    def take_lines(self) -> list[str]:
        """Return the notices counted since the last call as lines, the most frequent first."""
        with self._lock:
            lines = [f"{count} contacts {notice}" for notice, count in self._counts.most_common()]
            self._counts.clear()
        return lines
