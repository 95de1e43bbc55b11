"""The platform's time, which decides how far a run may read."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_commercetools.retry import http_date

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class PlatformClock:
    """Tells the platform's time from the ``Date`` headers of its answers.

    This machine's clock may be wrong; a clock that runs ahead would make a run read instants that have not settled and
    lose rows. So only the time that has passed since the last answer is measured here, with a clock that cannot be set.
    The header has no fractions and is as old as the answer's way: both errors make the time too early, which is safe.
    So does a stale one; one that runs ahead is no more than one of several: of all answers the earliest is believed.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        local: Callable[[], datetime] = lambda: datetime.now(tz=timezone.utc),
    ) -> None:
        self._monotonic = monotonic
        self._local = local
        self._lock = threading.Lock()
        self._observed: tuple[datetime, float] | None = None

    def observe(self, date_header: str | None) -> None:
        """Take note of an answer's ``Date`` header; one that is missing or unreadable is passed over."""
        if not date_header:
            return
        moment = http_date(date_header)
        if moment is None:
            return
        with self._lock:
            at = self._monotonic()
            if self._observed is None or moment < _moved_on(*self._observed, at):
                self._observed = (moment, at)

    def now(self) -> datetime:
        """Return the platform's present time; this machine's own, with a warning, if no answer has told it."""
        with self._lock:
            observed = self._observed
        if observed is None:
            logger.warning("No answer carried a Date header: relying on the clock of this machine.")
            return self._local()
        return _moved_on(*observed, self._monotonic())


def _moved_on(moment: datetime, since: float, until: float) -> datetime:
    return moment + timedelta(seconds=until - since)
