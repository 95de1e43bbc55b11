"""Takes checked records to their outcome: batches, lanes, people before facts, counts, rejects, checkpoints."""

from __future__ import annotations

import time
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

from delivery.entry import Entry, Source
from delivery.errors import DeliveryError
from delivery.lane import Lane
from delivery.outcome import Outcome, OutcomeKind, rejected, skipped, with_opt_out
from delivery.unexpected import UnexpectedFaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
        self._preparing = UnexpectedFaults("prepared")
        self._sending = UnexpectedFaults("sent")
        self._looking = UnexpectedFaults("searched for an opt-out")

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
        sink = self._destinations[stream].sink
        ready = self._ready(sink, lambda: record, source, self._preparing)
        if isinstance(ready, Entry):
            self._place(self._destinations[stream], ready)
        elif ready is not None:
            self._refuse(stream, partial(_smaller, sink, record), source, ready)

    def refuse(self, stream: str, record: dict[str, Any], source: Source, outcome: Outcome) -> None:
        """Settle a record that is not sent; what it says no to is sent all the same, if it is rejected.

        Args:
            stream: The stream it is of.
            record: The record, or as much of it as there is.
            source: Where it came from.
            outcome: Why it is not sent.

        Raises:
            DeliveryError: What a worker raised earlier.
        """
        self._refuse(stream, partial(self._destinations[stream].sink.opt_out, record), source, outcome)

    def carry_out(self, stream: str, opt_out: dict[str, Any], source: Source, outcome: Outcome) -> None:
        """Settle a rejected record of which only what it says no to has come.

        Args:
            stream: The stream it is of.
            opt_out: A record that says no, and nothing else.
            source: Where it came from.
            outcome: Why the record was rejected.

        Raises:
            DeliveryError: What a worker raised earlier.
        """
        sink = self._destinations[stream].sink
        self._refuse(stream, lambda: sink.opt_out(opt_out) or opt_out, source, outcome)

    def _refuse(self, stream: str, find: Callable[[], dict[str, Any] | None], source: Source, outcome: Outcome) -> None:
        destination = self._destinations[stream]
        if outcome.kind is not OutcomeKind.REJECTED or self._dry_run:
            self.settle(stream, source, outcome)
            return
        left = self._opt_out(destination.sink, find, source, outcome)
        if isinstance(left, Entry):
            self._place(destination, left)
        else:
            self.settle(stream, source, left)

    def _ready(
        self, sink: Sink, find: Callable[[], dict[str, Any] | None], source: Source, faults: UnexpectedFaults
    ) -> Entry | Outcome | None:
        """Return a record made ready to be sent, or its outcome; None if there is no record.

        Args:
            sink: The sink of its stream.
            find: Returns the record.
            source: Where it came from.
            faults: Counts what nobody thought of.
        """
        try:
            record = find()
            ready = None if record is None else self._checked(sink, record, source)
        except DeliveryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this record alone
            return faults.outcome(error)
        faults.passed()
        return ready

    def _checked(self, sink: Sink, record: dict[str, Any], source: Source) -> Entry | Outcome:
        prepared = sink.prepare(record)
        if isinstance(prepared, Outcome):
            return prepared
        if self._dry_run:
            return DRY_RUN
        entry = Entry(sink.retained(prepared), sink.element(prepared), sink.identify(prepared), source)
        if len(entry.element) > sink.max_batch_bytes:
            return rejected(f"is larger than a request may be ({sink.max_batch_bytes} bytes)")
        return entry

    def _opt_out(
        self, sink: Sink, find: Callable[[], dict[str, Any] | None], source: Source, outcome: Outcome
    ) -> Entry | Outcome:
        """Return what carries out the noes of a rejected record; its outcome if nothing does."""
        left = self._ready(sink, find, source, self._looking)
        if left is None:
            return outcome
        if isinstance(left, Outcome):
            return with_opt_out(outcome, left)
        left.rest = outcome
        return left

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
            merged = self._merged(sink, earlier, entry)
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

    def _merged(self, sink: Sink, earlier: Entry, later: Entry) -> dict[str, Any] | None:
        """Return one record for two of one identity; None if they must go one after the other."""
        if earlier.rest is not None or later.rest is not None:
            # What is left of a rejected record has an outcome of its own.
            return None
        try:
            return sink.merge(earlier.record, later.record)
        except Exception:  # noqa: BLE001 - apart, each shows by itself what is wrong with it
            return None

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
        outcomes = self._outcomes(sink, batch)
        self._carry_out_opt_outs(sink, batch, outcomes)
        for entry, outcome in zip(batch, outcomes, strict=True):
            final = outcome if entry.rest is None else with_opt_out(entry.rest, outcome)
            for source in (*entry.merged, entry.source):
                self.settle(sink.stream, source, final)
        turn.done = True

    def _outcomes(self, sink: Sink, batch: Sequence[Entry]) -> list[Outcome]:
        """Send a batch; where an exception hits, halve it, until the record is alone that it is about."""
        try:
            outcomes = list(sink.send(batch))
            if len(outcomes) != len(batch):
                text = f"{len(outcomes)} outcomes for {len(batch)} records"
                raise RuntimeError(text)  # noqa: TRY301 - as unexpected as any other
        except DeliveryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, one record is not to stop all others
            if len(batch) == 1:
                return [self._sending.outcome(error)]
            middle = len(batch) // 2
            return [*self._outcomes(sink, batch[:middle]), *self._outcomes(sink, batch[middle:])]
        self._sending.passed()
        return outcomes

    def _carry_out_opt_outs(self, sink: Sink, batch: Sequence[Entry], outcomes: list[Outcome]) -> None:
        """Send what the rejected records of a batch say no to, and note in their outcomes what came of it."""
        waiting: list[tuple[int, Entry]] = []
        for place, entry in enumerate(batch):
            if outcomes[place].kind is not OutcomeKind.REJECTED or entry.rest is not None:
                continue
            left = self._opt_out(sink, partial(sink.opt_out_of, entry), entry.source, outcomes[place])
            if isinstance(left, Entry):
                waiting.append((place, left))
            else:
                outcomes[place] = left
        for part in _one_an_identity(waiting):
            results = self._outcomes(sink, [left for _, left in part])
            for (place, _), result in zip(part, results, strict=True):
                outcomes[place] = with_opt_out(outcomes[place], result)


def _smaller(sink: Sink, record: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a record says no to, if it says something else too: otherwise that is what was refused."""
    opt_out = sink.opt_out(record)
    return None if opt_out == record else opt_out


def _one_an_identity(waiting: Sequence[tuple[int, Entry]]) -> Iterator[list[tuple[int, Entry]]]:
    """Cut what waits into parts in which no identity comes twice, in order."""
    part: dict[str, tuple[int, Entry]] = {}
    for place, entry in waiting:
        if entry.identity in part:
            yield list(part.values())
            part = {}
        part[entry.identity] = (place, entry)
    if part:
        yield list(part.values())
