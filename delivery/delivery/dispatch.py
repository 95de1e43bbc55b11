"""Takes checked records to their outcome: batches, lanes, people before facts, counts, rejects, checkpoints."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any

from delivery.entry import Entry, Source
from delivery.lane import Lane
from delivery.outcome import Outcome, OutcomeKind, rejected, skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.checkpoint import Checkpoint
    from delivery.ledger import Ledger
    from delivery.rejects import RejectsFile
    from delivery.shutdown import Shutdown
    from delivery.sink import Sink

DRY_RUN = skipped("dry run: checked, not sent")
LONGEST_WAIT_IN_BATCH_SECONDS = 30.0
LONGEST_WAIT_AT_END_SECONDS = 60.0


class _Batch:
    """Records that wait to be sent together, at most one an identity."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.bytes = 0
        self.begun_at = time.monotonic()

    def add(self, entry: Entry) -> None:
        if not self.entries:
            self.begun_at = time.monotonic()
        self.entries[entry.identity] = entry
        self.bytes += len(entry.element) + 1

    def replace(self, entry: Entry) -> None:
        # Taken out and put in at the end: the merged record stands where the later of the two came.
        earlier = self.entries.pop(entry.identity)
        self.bytes -= len(earlier.element) + 1
        self.add(entry)


class _UnderWay:
    """A batch that was handed to a lane, remembered by the lane keys of its records."""

    def __init__(self, lane_keys: frozenset[str]) -> None:
        self.lane_keys = lane_keys
        self.done = False


class Destination:
    """A sink with its waiting batches and its lanes."""

    def __init__(self, sink: Sink, shutdown: Shutdown) -> None:
        self.sink = sink
        self._under_way: list[_UnderWay] = []
        if sink.fills_one_batch:
            self.lanes = [Lane(sink.stream, sink.lanes, shutdown, workers=sink.lanes)]
        else:
            self.lanes = [Lane(f"{sink.stream}-{number}", sink.lane_depth, shutdown) for number in range(sink.lanes)]
        self.batches = [_Batch() for _ in self.lanes]

    def lane_of(self, entry: Entry) -> int:
        """Return the lane that all records with the entry's lane key go through."""
        if len(self.lanes) == 1:
            return 0
        # A checksum, not hash(): that one differs from run to run, which makes faults hard to repeat.
        return zlib.crc32(self.sink.lane_key(entry).encode()) % len(self.lanes)

    def wait_for_turn(self, entries: Sequence[Entry]) -> _UnderWay:
        """Wait until no batch is under way that holds a lane key of these records.

        Raises:
            DeliveryError: What a worker raised.
        """
        if not self.sink.fills_one_batch:
            # Batches with a lane key in common go through one lane, one after the other.
            return _UnderWay(frozenset())
        turn = _UnderWay(frozenset(map(self.sink.lane_key, entries)))
        self._under_way = [other for other in self._under_way if not other.done]
        for other in self._under_way:
            if not other.lane_keys.isdisjoint(turn.lane_keys):
                self.lanes[0].wait_until(lambda other=other: other.done)  # type: ignore[misc]
        self._under_way.append(turn)
        return turn


class Dispatch:
    """Takes the records of all sinks to their outcome.

    Used by the reading thread only, except for `settle`, which workers call.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        checkpoint: Checkpoint,
        rejects: RejectsFile,
        shutdown: Shutdown,
        dry_run: bool,
    ) -> None:
        self._ledger = ledger
        self._checkpoint = checkpoint
        self._rejects = rejects
        self._shutdown = shutdown
        self._dry_run = dry_run
        self._destinations: dict[str, Destination] = {}

    def register(self, sink: Sink) -> None:
        """Make a sink known, before its first record."""
        self._destinations[sink.stream] = Destination(sink, self._shutdown)

    def sink(self, stream: str) -> Sink | None:
        """Return the sink of a stream, if it is known."""
        destination = self._destinations.get(stream)
        return destination.sink if destination else None

    def accept(self, stream: str, record: dict[str, Any], source: Source) -> None:
        """Check a record, and put it into the batch that is next to go.

        Raises:
            DeliveryError: What a worker raised earlier.
        """
        self.raise_failure()
        destination = self._destinations[stream]
        sink = destination.sink
        prepared = sink.prepare(record)
        if isinstance(prepared, Outcome):
            self.settle(stream, source, prepared)
            return
        if self._dry_run:
            self.settle(stream, source, DRY_RUN)
            return
        entry = Entry(sink.retained(prepared), sink.element(prepared), sink.identify(prepared), source)
        if len(entry.element) > sink.max_batch_bytes:
            self.settle(stream, source, rejected(f"is larger than a request may be ({sink.max_batch_bytes} bytes)"))
            return
        self._place(destination, entry)

    def settle(self, stream: str, source: Source, outcome: Outcome) -> None:
        """Write down the outcome of a record; a rejected one is kept first."""
        if outcome.kind is OutcomeKind.REJECTED:
            self._rejects.write(source.schema, source.line, stream, outcome)
        self._ledger.settle(stream, outcome)
        self._checkpoint.settle(source.segment)

    def raise_failure(self) -> None:
        """Raise what a worker raised, if one did."""
        if self._shutdown.requested:
            for destination in self._destinations.values():
                for lane in destination.lanes:
                    lane.raise_failure()

    def send_aged(self) -> None:
        """Send batches that have waited long."""
        oldest = time.monotonic() - LONGEST_WAIT_IN_BATCH_SECONDS
        for destination in self._destinations.values():
            for number, batch in enumerate(destination.batches):
                if batch.entries and batch.begun_at < oldest:
                    self._send(destination, number)

    def flush(self) -> None:
        """Send everything and wait until all records have their outcome, people first.

        Raises:
            DeliveryError: What a worker raised.
        """
        for stage in sorted({destination.sink.stage for destination in self._destinations.values()}):
            self._settle_below(stage + 1)

    def close(self) -> None:
        """End all lanes: after `flush` there is nothing left; after a failure what waits is dropped unsent."""
        for destination in self._destinations.values():
            for lane in destination.lanes:
                lane.close(min(self._shutdown.remaining_seconds, LONGEST_WAIT_AT_END_SECONDS))

    def _place(self, destination: Destination, entry: Entry) -> None:
        sink = destination.sink
        number = destination.lane_of(entry)
        batch = destination.batches[number]
        earlier = batch.entries.get(entry.identity)
        if earlier is not None:
            merged = sink.merge(earlier.record, entry.record)
            if merged is not None:
                if merged is not entry.record:
                    entry.record = merged
                    entry.element = sink.element(merged)
                entry.merged = [*earlier.merged, earlier.source]
                batch.replace(entry)
                return
            self._send(destination, number)
            batch = destination.batches[number]
        if batch.entries and batch.bytes + len(entry.element) > sink.max_batch_bytes:
            self._send(destination, number)
            batch = destination.batches[number]
        batch.add(entry)
        if len(batch.entries) >= sink.max_batch_count:
            self._send(destination, number)

    def _send(self, destination: Destination, number: int) -> None:
        self._settle_below(destination.sink.stage)
        batch = list(destination.batches[number].entries.values())
        destination.batches[number] = _Batch()
        turn = destination.wait_for_turn(batch)
        destination.lanes[number].submit(lambda: self._deliver(destination.sink, batch, turn))

    def _settle_below(self, stage: int) -> None:
        """Send all that is of a lower stage, and wait for it: facts never overtake the people they mention."""
        below = [destination for destination in self._destinations.values() if destination.sink.stage < stage]
        below.sort(key=lambda destination: destination.sink.stage)
        for destination in below:
            for number, batch in enumerate(destination.batches):
                if batch.entries:
                    self._send(destination, number)
            for lane in destination.lanes:
                lane.wait()

    def _deliver(self, sink: Sink, batch: Sequence[Entry], turn: _UnderWay) -> None:
        outcomes = sink.send(batch)
        for entry, outcome in zip(batch, outcomes, strict=True):
            for source in (*entry.merged, entry.source):
                self.settle(sink.stream, source, outcome)
        turn.done = True
