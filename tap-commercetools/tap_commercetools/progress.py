"""Says now and then how far a stream has been read."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_commercetools.timestamps import format_timestamp

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from datetime import datetime

    from tap_commercetools.keyset import Position

_SECONDS_BETWEEN = 10.0
_LEAST_SHARE = 0.01
"""Share of the window below which an estimate would mean nothing."""


class Progress:
    """Counts the rows of one stream and logs a line every 10 seconds, and one at the end.

    Attributes:
        emitted: Rows handed on.
        repeats: Rows dropped because they were emitted before.
    """

    def __init__(
        self,
        stream: str,
        logger: logging.Logger,
        upper: datetime,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._logger = logger
        self._upper = upper
        self._start: Position | None = None
        self._monotonic = monotonic
        self._began_at = self._said_at = monotonic()
        self.emitted = 0
        self.repeats = 0

    def page_done(self, first: Position, last: Position) -> None:
        """Log a line if one is due.

        Args:
            first: The place of the page's first row.
            last: The place of its last.
        """
        self._start = self._start or first
        now = self._monotonic()
        if now - self._said_at < _SECONDS_BETWEEN:
            return
        self._said_at = now
        self._logger.info(
            "%s: %d rows so far, %s, up to %s%s",
            self._stream,
            self.emitted + self.repeats,
            self._rate(now),
            last.text,
            self._estimate(now, self._start.instant, last.instant),
        )

    def finished(self) -> None:
        """Log the last line."""
        self._logger.info(
            "%s: %d rows read up to %s, %s; %d more were known from the last run and dropped",
            self._stream,
            self.emitted,
            format_timestamp(self._upper),
            self._rate(self._monotonic()),
            self.repeats,
        )

    def _estimate(self, now: float, start: datetime, reached: datetime) -> str:
        span = self._upper - start
        share = min(1.0, (reached - start) / span) if span else 1.0
        if share < _LEAST_SHARE:
            return ""
        left = timedelta(seconds=round((now - self._began_at) * (1 - share) / share))
        return f", {share:.0%} of the time to cover, about {left} left if rows are spread evenly"

    def _rate(self, now: float) -> str:
        elapsed = now - self._began_at
        return f"{(self.emitted + self.repeats) / elapsed:.0f} rows/s" if elapsed > 0 else "0 rows/s"
