"""Counts the outcome of every record, per stream."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from delivery.outcome import Outcome, OutcomeKind


@dataclass(slots=True)
class StreamCounts:
    """What became of the records of one stream.

    Attributes:
        read: Records that reached this stream.
        delivered: Records the service has taken.
        rejected: Records kept on disk with their reason.
        skipped: Records a rule left out.
        reasons: How often each reason was given: for rejecting, for skipping, and for what people should know of
            records that were delivered (noticed).
    """

    read: int = 0
    delivered: int = 0
    rejected: int = 0
    skipped: int = 0
    reasons: dict[str, Counter[str]] = field(
        default_factory=lambda: {"rejected": Counter(), "skipped": Counter(), "noticed": Counter()}
    )

    @property
    def pending(self) -> int:
        """Records that were read and have no outcome yet."""
        return self.read - self.delivered - self.rejected - self.skipped


class Ledger:
    """Keeps the counts of all streams; safe to use from several threads."""

    def __init__(self) -> None:
        self._streams: dict[str, StreamCounts] = {}
        self._lock = threading.Lock()

    def read(self, stream: str) -> None:
        """Count a record of a stream as read."""
        with self._lock:
            self._counts(stream).read += 1

    def settle(self, stream: str, outcome: Outcome) -> None:
        """Count the outcome of a record that was read."""
        with self._lock:
            counts = self._streams[stream]
            if outcome.kind is OutcomeKind.DELIVERED:
                counts.delivered += 1
            elif outcome.kind is OutcomeKind.REJECTED:
                counts.rejected += 1
                counts.reasons["rejected"][outcome.reason] += 1
            else:
                counts.skipped += 1
                counts.reasons["skipped"][outcome.reason] += 1

    def notice(self, stream: str, text: str) -> None:
        """Count something people should know of a record, whatever its outcome.

        Args:
            stream: The record's stream.
            text: What to know, without any value of the record.
        """
        with self._lock:
            self._counts(stream).reasons["noticed"][text] += 1

    def notice_once(self, stream: str, text: str) -> None:
        """Count something people should know of a stream, once a run however often it comes up."""
        with self._lock:
            self._counts(stream).reasons["noticed"].setdefault(text, 1)

    def _counts(self, stream: str) -> StreamCounts:
        counts = self._streams.get(stream)
        if counts is None:
            counts = self._streams[stream] = StreamCounts()
        return counts

    @property
    def streams(self) -> dict[str, StreamCounts]:
        """The counts by stream, in the order the streams were first seen."""
        with self._lock:
            return dict(self._streams)

    @property
    def rejected(self) -> int:
        """How many records were rejected, over all streams."""
        with self._lock:
            return sum(counts.rejected for counts in self._streams.values())

    @property
    def pending(self) -> int:
        """How many records have no outcome yet, over all streams."""
        with self._lock:
            return sum(counts.pending for counts in self._streams.values())
