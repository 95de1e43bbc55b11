"""An orderly end when the process is told to stop."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminated(SystemExit):
    """The process was told to stop; carries the exit code a shell expects, 128 plus the signal's number."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(128 + signal_number)
        self.signal_name = signal.Signals(signal_number).name


class Termination:
    """Turns a signal into an exception at places where the messages written so far are whole.

    A signal may come in the middle of writing a line. So the handler only takes note, unless the process is waiting
    for the network; the reading loop asks between two records. A second signal is not kept waiting.
    """

    def __init__(self) -> None:
        self._signal_number: int | None = None
        self._waiting = False

    def request(self, signal_number: int) -> None:
        """Ask for the end; called by the signal handler, in the main thread.

        Raises:
            Terminated: At once, if the process is waiting or was asked before.
        """
        if self._waiting or self._signal_number is not None:
            raise Terminated(signal_number)
        self._signal_number = signal_number

    def check(self) -> None:
        """End here if the end was asked for.

        Raises:
            Terminated: If it was.
        """
        if self._signal_number is not None:
            raise Terminated(self._signal_number)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Mark a stretch that may be broken off at any point, such as waiting for an answer.

        Raises:
            Terminated: When the end is asked for meanwhile, or was before.
        """
        self._waiting = True
        try:
            self.check()
            yield
        finally:
            self._waiting = False
