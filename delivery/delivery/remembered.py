"""Remembers texts for the length of a run, in bounded memory."""

from __future__ import annotations

import hashlib
import threading

MOST_REMEMBERED = 200_000


class RememberedSet:
    """A set of texts of bounded size that keeps short digests instead of the texts; safe to use from several threads.

    When it is full nothing more is remembered: asking the service again costs calls, and is never wrong.

    Args:
        limit: Most texts to remember.
    """

    def __init__(self, limit: int = MOST_REMEMBERED) -> None:
        self._limit = limit
        self._digests: set[bytes] = set()
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Remember a text, if there is room."""
        with self._lock:
            if len(self._digests) < self._limit:
                self._digests.add(_digest(text))

    def discard(self, text: str) -> None:
        """Forget a text."""
        with self._lock:
            self._digests.discard(_digest(text))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._digests.clear()

    def __contains__(self, text: str) -> bool:
        with self._lock:
            return _digest(text) in self._digests

    def __len__(self) -> int:
        return len(self._digests)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=12).digest()
