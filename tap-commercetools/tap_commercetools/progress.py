"""Says now and then how far a stream has been read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

_SECONDS_BETWEEN = 10.0
_ROWS_BETWEEN = 10_000


class Progress:
    """Counts the rows of one stream and logs a line every 10 seconds or 10 000 rows, and one at the end.

    Attributes:
        emitted: Rows handed on.
        repeats: Rows dropped because they were emitted before.
    """

    def __init__(
        self,
        stream: str,
        logger: logging.Logger,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._logger = logger
        self._monotonic = monotonic
        self._began_at = self._said_at = monotonic()
        self._said_rows = 0
        self.emitted = 0
        self.repeats = 0

    def page_done(self, reached: str) -> None:
        """Log a line if one is due.

        Args:
            reached: The time of the last row, as text.
        """
        now = self._monotonic()
        rows = self.emitted + self.repeats
        if now - self._said_at >= _SECONDS_BETWEEN or rows - self._said_rows >= _ROWS_BETWEEN:
            self._said_at, self._said_rows = now, rows
            self._logger.info("%s: %d rows so far, %s, up to %s", self._stream, rows, self._rate(now), reached)

    def finished(self, upper: str) -> None:
        """Log the last line.

        Args:
            upper: The end of the window, as text.
        """
        self._logger.info(
            "%s: %d rows read up to %s, %s; %d more were known from the last run and dropped",
            self._stream,
            self.emitted,
            upper,
            self._rate(self._monotonic()),
            self.repeats,
        )

    def _rate(self, now: float) -> str:
        elapsed = now - self._began_at
        return f"{(self.emitted + self.repeats) / elapsed:.0f} rows/s" if elapsed > 0 else "0 rows/s"
