"""What becomes of a record that fails for a reason nobody thought of: it is rejected, and the rest goes on."""

from __future__ import annotations

import threading
import traceback
from pathlib import PurePath

from delivery.errors import DeliveryError
from delivery.outcome import Outcome, rejected

MOST_IN_A_ROW = 100


class TooManyUnexpected(DeliveryError):
    """So many records in a row failed unexpectedly that it is no fault of the records."""


class UnexpectedFaults:
    """Turns exceptions of single records into outcomes; safe to use from several threads.

    Args:
        step: What was done with the records, for reasons.
    """

    def __init__(self, step: str) -> None:
        self._step = step
        self._in_a_row = 0
        self._lock = threading.Lock()

    def outcome(self, error: Exception) -> Outcome:
        """Return what becomes of a record.

        Args:
            error: What was raised. Its own text may hold values of the record: only its kind and place are kept.

        Raises:
            TooManyUnexpected: If more than a hundred records in a row have failed.
        """
        kind, place = type(error).__name__, _place_of(error)
        with self._lock:
            self._in_a_row += 1
            in_a_row = self._in_a_row
        if in_a_row > MOST_IN_A_ROW:
            message = (
                f"{in_a_row} records in a row failed while they were {self._step} (unexpected {kind}, {place}); that "
                "is no fault of single records: please report it with this line"
            )
            raise TooManyUnexpected(message)
        return rejected(f"unexpected {kind} while it was {self._step} ({place})", kind)

    def passed(self) -> None:
        """Take note that a record, or a batch, came through this step."""
        if self._in_a_row:
            with self._lock:
                self._in_a_row = 0


def _place_of(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "no place known"
