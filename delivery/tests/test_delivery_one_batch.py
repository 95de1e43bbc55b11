"""Sinks that fill one batch at a time: big requests side by side, each person's records in order."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from delivery.checkpoint import Checkpoint
from delivery.dispatch import Dispatch
from delivery.entry import Source
from delivery.errors import AccessRefused
from delivery.ledger import Ledger
from delivery.outcome import DELIVERED, Outcome
from delivery.rejects import RejectsFile, SchemaMessage
from delivery.shutdown import Shutdown
from delivery.sink import Record, Sink
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from delivery.entry import Entry

LANES = 3


class BigBatchSink(Sink):
    """Remembers what it was sent, and how many batches were under way at once."""

    lanes: ClassVar[int] = LANES
    fills_one_batch: ClassVar[bool] = True
    max_batch_count: int = 4
    record_schema: ClassVar[dict[str, Any]] = {"type": "object"}

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__("big")
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[Entry]] = []
        self.most_at_once = 0
        self._seconds = seconds
        self._at_once = 0
        self._lock = threading.Lock()

    @override
    def identify(self, record: Record) -> str:
        return str(record["id"])

    @override
    def retained(self, record: Record) -> Record:
        return {"id": record["id"]}

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.gate.wait(10)
        time.sleep(self._seconds * (len(batch) % 3))
        with self._lock:
            self.batches.append(list(batch))
            self._at_once -= 1
        return [DELIVERED] * len(batch)


def dispatch_of(sink: Sink, folder: Path, shutdown: Shutdown | None = None) -> Dispatch:
    ledger = Ledger()
    for _ in range(1_000):
        ledger.read("big")
    dispatch = Dispatch(
        ledger=ledger,
        checkpoint=Checkpoint(),
        rejects=RejectsFile(folder, "target-test", datetime.now(tz=timezone.utc)),
        shutdown=shutdown or Shutdown(),
        dry_run=False,
    )
    dispatch.register(sink)
    return dispatch


def accept(dispatch: Dispatch, identity: str, version: int = 0) -> None:
    source = Source(SchemaMessage("big", {}), b"{}", Checkpoint().track())
    dispatch.accept("big", {"id": identity, "version": version}, source)


def accept_all(dispatch: Dispatch, identities: Sequence[str], version: int = 0) -> None:
    for identity in identities:
        accept(dispatch, identity, version)


def ids(sink: BigBatchSink) -> list[set[str]]:
    return [{entry.identity for entry in batch} for batch in sink.batches]


def test_batches_are_full_and_go_side_by_side(tmp_path: Path) -> None:
    sink = BigBatchSink()
    dispatch = dispatch_of(sink, tmp_path)
    sink.gate.clear()
    accept_all(dispatch, [str(number) for number in range(LANES * sink.max_batch_count)])
    deadline = time.monotonic() + 5
    while sink.most_at_once < LANES and time.monotonic() < deadline:
        time.sleep(0.01)
    sink.gate.set()
    dispatch.flush()
    assert sink.most_at_once == LANES
    assert [len(batch) for batch in sink.batches] == [sink.max_batch_count] * LANES
    dispatch.close()


def test_reading_waits_while_all_lanes_are_busy(tmp_path: Path) -> None:
    sink = BigBatchSink()
    dispatch = dispatch_of(sink, tmp_path)
    sink.gate.clear()
    identities = [str(number) for number in range((LANES + 1) * sink.max_batch_count)]
    reading = threading.Thread(target=accept_all, args=(dispatch, identities))
    reading.start()
    reading.join(0.2)
    assert reading.is_alive()
    sink.gate.set()
    reading.join(5)
    assert not reading.is_alive()
    dispatch.flush()
    dispatch.close()


def test_a_batch_waits_for_the_one_under_way_that_holds_the_same_record(tmp_path: Path) -> None:
    sink = BigBatchSink()
    dispatch = dispatch_of(sink, tmp_path)
    sink.gate.clear()
    accept_all(dispatch, "abcd", 1)
    again = threading.Thread(target=accept_all, args=(dispatch, "axyz", 2))
    again.start()
    again.join(0.2)
    assert again.is_alive()
    sink.gate.set()
    again.join(5)
    dispatch.flush()
    assert ids(sink) == [set("abcd"), set("axyz")]
    dispatch.close()


def test_only_what_the_sink_retains_is_kept_with_the_whole_element(tmp_path: Path) -> None:
    sink = BigBatchSink()
    dispatch = dispatch_of(sink, tmp_path)
    accept(dispatch, "a", 7)
    dispatch.flush()
    ((entry,),) = sink.batches
    assert entry.record == {"id": "a"}
    assert entry.element == b'{"id":"a","version":7}'
    dispatch.close()


def test_a_failure_under_way_ends_the_wait_for_a_turn(tmp_path: Path) -> None:
    class FailingSink(BigBatchSink):
        @override
        def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
            self.gate.wait(10)
            message = "broken"
            raise AccessRefused(message)

    sink, shutdown = FailingSink(), Shutdown()
    dispatch = dispatch_of(sink, tmp_path, shutdown)
    accept_all(dispatch, "abcd")
    with pytest.raises(AccessRefused, match="broken"):
        accept_all(dispatch, "abcd" * 3)
    dispatch.close()


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_the_records_of_an_identity_keep_their_order(tmp_path_factory: pytest.TempPathFactory, stream: str) -> None:
    sink = BigBatchSink(seconds=0.001)
    dispatch = dispatch_of(sink, tmp_path_factory.mktemp("order"))
    for version, identity in enumerate(stream):
        accept(dispatch, identity, version)
    dispatch.flush()
    dispatch.close()
    sent: dict[str, list[bytes]] = {}
    for batch in sink.batches:
        for entry in batch:
            sent.setdefault(entry.identity, []).append(entry.element)
    for identity, elements in sent.items():
        wanted = [version for version, each in enumerate(stream) if each == identity]
        assert elements == [b'{"id":"%s","version":%d}' % (identity.encode(), version) for version in wanted]
