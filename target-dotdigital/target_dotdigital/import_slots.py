"""How many imports of a kind this run has under way, and whose turn the next one is.

Dotdigital: 25 imports of contacts and 5 of Insight data may run at once in an account; one too many is refused with an
answer that speaks of too many imports, and its whole body has travelled in vain.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from delivery.shutdown import Shutdown

LOOK_AROUND_SECONDS = 0.5


class ImportSlots:
    """The slots of one kind of import; safe to use from several threads.

    A free slot goes to the stream that holds the fewest, and among those to the one that has waited longest: a stream
    of a million records does not keep a small one waiting.

    Args:
        limit: How many imports may be under way at once.
        shutdown: The switch that ends waiting.
    """

    def __init__(self, limit: int, shutdown: Shutdown) -> None:
        self._limit = limit
        self._shutdown = shutdown
        self._held: Counter[str] = Counter()
        self._waiting: list[tuple[object, str]] = []
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, stream: str) -> Iterator[None]:
        """Hold a slot for the length of a `with` block, once it is this stream's turn.

        Args:
            stream: On whose behalf.

        Raises:
            Interrupted: If the run ends while waiting.
        """
        self._take(stream)
        try:
            yield
        finally:
            with self._changed:
                self._held[stream] -= 1
                self._changed.notify_all()

    def _take(self, stream: str) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append((ticket, stream))
            try:
                while not self._changed.wait_for(lambda: self._is_next(ticket), LOOK_AROUND_SECONDS):
                    self._shutdown.check()
                self._held[stream] += 1
            finally:
                self._waiting.remove((ticket, stream))
                # Whose turn it is now may have changed with this one gone.
                self._changed.notify_all()

    def _is_next(self, ticket: object) -> bool:
        if self._held.total() >= self._limit:
            return False
        following, _ = min(self._waiting, key=lambda waiting: self._held[waiting[1]])
        return following is ticket
