"""Sinks whose batches hold several records of one person: each its own identity, the person's order kept."""

from __future__ import annotations

import random
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.checkpoint import Checkpoint
from delivery.dispatch import Dispatch
from delivery.entry import Source
from delivery.ledger import Ledger
from delivery.outcome import DELIVERED, Outcome
from delivery.rejects import RejectsFile, SchemaMessage
from delivery.shutdown import Shutdown
from delivery.sink import Record, Sink
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from delivery.entry import Entry


class PeoplesEventsSink(Sink):
    """Remembers the records in the order in which their batches ended."""

    lanes: ClassVar[int] = 3
    max_batch_count: int = 4
    record_schema: ClassVar[dict[str, Any]] = {"type": "object"}

    def __init__(self) -> None:
        super().__init__("events")
        self.sent: list[Record] = []
        self.longest = 0
        self._lock = threading.Lock()

    @override
    def identify(self, record: Record) -> str:
        return str(record["number"])

    @override
    def lane_key(self, entry: Entry) -> str:
        return str(entry.record["person"])

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        time.sleep(random.uniform(0, 0.002))  # noqa: S311 - a service that takes its time
        with self._lock:
            self.sent += [entry.record for entry in batch]
            self.longest = max(self.longest, len(batch))
        return [DELIVERED] * len(batch)


@settings(max_examples=30, deadline=None)
@given(people=st.lists(st.sampled_from("abcde"), max_size=60))
def test_one_persons_records_share_batches_and_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory, people: list[str]
) -> None:
    sink, ledger = PeoplesEventsSink(), Ledger()
    rejects = RejectsFile(tmp_path_factory.mktemp("rejects"), "target-test", datetime.now(tz=timezone.utc))
    dispatch = Dispatch(ledger=ledger, checkpoint=Checkpoint(), rejects=rejects, shutdown=Shutdown(), dry_run=False)
    dispatch.register(sink)
    for number, person in enumerate(people):
        ledger.read("events")
        source = Source(SchemaMessage("events", {}), b"{}", Checkpoint().track())
        dispatch.accept("events", {"number": number, "person": person}, source)
    dispatch.flush()
    dispatch.close()
    assert len(sink.sent) == len(people)
    for person in set(people):
        numbers = [record["number"] for record in sink.sent if record["person"] == person]
        assert numbers == sorted(numbers)
        assert sink.longest >= min(len(numbers), sink.max_batch_count)
