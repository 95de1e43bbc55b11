"""Remembers, for the length of a run, whom the account knows."""

from __future__ import annotations

import hashlib
import threading

MOST_REMEMBERED = 200_000


class RememberedSet:
    """A set of texts of bounded size that keeps short digests instead of the texts; safe to use from several threads.

    When it is full nothing more is remembered: asking the account again costs calls, and is never wrong.

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

    def __contains__(self, text: str) -> bool:
        with self._lock:
            return _digest(text) in self._digests

    def __len__(self) -> int:
        return len(self._digests)


class KnownPeople:
    """Whom the account knows, as this run has seen.

    Attributes:
        present: Identities of contacts that exist.
        delivered: Identifiers, each as one text, of contacts that this run has delivered.
        made_unsubscribed: Identities of contacts that this run created as unsubscribed because it knew of no yes.
    """

    def __init__(self) -> None:
        self.present = RememberedSet()
        self.delivered = RememberedSet()
        self.made_unsubscribed = RememberedSet()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=12).digest()
