"""Lets work go side by side, except for some that must go alone."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from delivery.shutdown import Shutdown

LOOK_AROUND_SECONDS = 0.5


class SharedTurns:
    """Turns of several threads: many at once, or one alone.

    Args:
        shutdown: The switch that ends waiting.
    """

    def __init__(self, shutdown: Shutdown) -> None:
        self._shutdown = shutdown
        self._at_work = 0
        self._waiting_alone = 0
        self._alone = False
        self._changed = threading.Condition()

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """Hold a turn that others may hold as well, for the length of a `with` block.

        Raises:
            Interrupted: If the run ends while waiting.
        """
        with self._changed:
            # Who wants to go alone goes first, or would never.
            self._wait(lambda: not self._alone and self._waiting_alone == 0)
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the only turn, for the length of a `with` block.

        Raises:
            Interrupted: If the run ends while waiting.
        """
        with self._changed:
            self._waiting_alone += 1
            try:
                self._wait(lambda: not self._alone and self._at_work == 0)
                self._alone = True
            finally:
                self._waiting_alone -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not self._changed.wait_for(ready, LOOK_AROUND_SECONDS):
            self._shutdown.check()
