"""A no in a record is carried out whatever becomes of the record."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from delivery.checkpoint import Checkpoint
from delivery.dispatch import Dispatch
from delivery.entry import Source
from delivery.errors import ServiceUnavailable
from delivery.ledger import Ledger
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, rejected, skipped
from delivery.rejects import RejectsFile, SchemaMessage
from delivery.shutdown import Shutdown
from delivery.sink import Record, Sink
from delivery.unexpected import MOST_IN_A_ROW, TooManyUnexpected
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from delivery.entry import Entry


class PeopleSink(Sink):
    """Keeps who said yes and who said no; refuses whatever a record tells it to refuse."""

    max_batch_count: int = 10
    record_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "points": {"type": "number"}},
    }

    def __init__(self) -> None:
        super().__init__("people")
        self.mailable = {"ana": True, "bo": True, "cy": True}
        self.sent: list[Record] = []
        self.refuses_opt_outs = False
        self.is_down = False

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        if record.get("raises") == "prepare":
            raise KeyError(record["id"])
        return super().prepare(record)

    @override
    def identify(self, record: Record) -> str:
        if record.get("raises") == "identify":
            raise TypeError(record["id"])
        return str(record["id"])

    @override
    def opt_out(self, record: Record) -> Record | None:
        if record.get("raises") == "opt_out":
            raise ValueError(record["id"])
        return {"id": record.get("id"), "mailable": False} if record.get("mailable") is False else None

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        if any(entry.record.get("raises") == "send" for entry in batch):
            raise RuntimeError(str(batch[0].record))
        return deliver_narrowing(batch, self._attempt)

    def _attempt(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        if self.is_down:
            message = "the service is down"
            raise ServiceUnavailable(message)
        if any("bad" in entry.record for entry in batch):
            reason = "is bad"
            raise BatchRefused(reason, "Bad")
        if self.refuses_opt_outs and any(entry.rest is not None for entry in batch):
            reason = "takes no opt-outs"
            raise BatchRefused(reason, "Bad")
        for entry in batch:
            self.sent.append(entry.record)
            if "mailable" in entry.record:
                self.mailable[entry.identity] = entry.record["mailable"]
        return [DELIVERED] * len(batch)


class Run:
    """A sink behind a dispatch, and what became of what it was given."""

    def __init__(self, folder: Path, *, dry_run: bool = False) -> None:
        self.sink = PeopleSink()
        self.ledger = Ledger()
        self.checkpoint = Checkpoint()
        self.rejects = RejectsFile(folder, "target-test", datetime.now(tz=timezone.utc))
        self.dispatch = Dispatch(
            ledger=self.ledger,
            checkpoint=self.checkpoint,
            rejects=self.rejects,
            shutdown=Shutdown(),
            dry_run=dry_run,
        )
        self.dispatch.register(self.sink)

    def source(self) -> Source:
        self.ledger.read("people")
        return Source(SchemaMessage("people", {}), b"{}", self.checkpoint.track())

    def accept(self, *records: Record) -> None:
        for record in records:
            self.dispatch.accept("people", record, self.source())

    def refuse(self, record: Record, outcome: Outcome) -> None:
        self.dispatch.refuse("people", record, self.source(), outcome)

    def end(self) -> dict[str, int]:
        self.dispatch.flush()
        self.close()
        counts = self.ledger.streams["people"]
        assert counts.pending == 0
        return dict(counts.reasons["rejected"])

    def close(self) -> None:
        self.dispatch.close()
        self.rejects.close()


CARRIED_OUT = "; its opt-out was carried out"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"points": "many"}, "field points: must be number"),
        ({"bad": True}, "is bad"),
        ({"raises": "prepare"}, "unexpected KeyError while it was prepared"),
        ({"raises": "identify"}, "unexpected TypeError while it was prepared"),
        ({"raises": "send"}, "unexpected RuntimeError while it was sent"),
        ({"note": "x" * 4_000_000}, "is larger than a request may be"),
    ],
)
def test_a_no_is_carried_out_whatever_is_wrong_with_the_rest(
    tmp_path: Path, fault: Record, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(tmp_path)
    run.accept({"id": "bo"}, {"id": "ana", "mailable": False, **fault}, {"id": "cy", "mailable": True})
    ((told, count),) = run.end().items()
    assert run.sink.mailable == {"ana": False, "bo": True, "cy": True}
    assert told.startswith(reason)
    assert told.endswith(CARRIED_OUT)
    assert count == 1
    assert run.ledger.streams["people"].delivered == 2
    assert "ana" not in told + caplog.text


@pytest.mark.parametrize("more", [{"name": ""}, {}])
def test_a_no_of_a_record_that_never_came_to_the_sink_is_carried_out(tmp_path: Path, more: Record) -> None:
    # What could not be read of a record may be all that it said besides.
    outcome = rejected("cannot be read: record.points: NaN", "input")
    run = Run(tmp_path)
    run.refuse({"id": "ana", "mailable": False, **more}, outcome)
    assert run.end() == {outcome.reason + CARRIED_OUT: 1}
    assert run.sink.mailable["ana"] is False


def test_a_no_that_comes_alone_from_the_mapper_is_carried_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    opt_out = {"id": "ana", "mailable": False}
    run.dispatch.carry_out("people", {**opt_out, "points": "many"}, run.source(), rejected("a name is blank", "mapper"))
    assert run.end() == {f"a name is blank{CARRIED_OUT}": 1}
    assert run.sink.sent == [opt_out]


def test_what_a_rule_leaves_out_stays_left_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.refuse({"id": "ana", "mailable": False, "name": ""}, skipped("filtered"))
    assert run.end() == {}
    assert run.sink.sent == []


def test_a_yes_of_a_rejected_record_is_not_carried_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.sink.mailable["ana"] = False
    run.accept({"id": "ana", "mailable": True, "points": "many"})
    assert run.end() == {"field points: must be number": 1}
    assert run.sink.sent == []


def test_a_no_that_the_service_does_not_take_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.sink.refuses_opt_outs = True
    run.accept({"id": "ana", "mailable": False, "points": "many"}, {"id": "bo", "mailable": False, "bad": 1})
    assert run.end() == {
        "field points: must be number; its opt-out could not be carried out: takes no opt-outs": 1,
        "is bad; its opt-out could not be carried out: takes no opt-outs": 1,
    }


def test_a_no_without_anybody_it_could_be_of_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.accept({"mailable": False, "points": 1})
    assert run.end() == {
        "the record: lacks 'id'; its opt-out could not be carried out: field id: must be string": 1,
    }


def test_a_record_whose_no_cannot_be_looked_for_is_rejected_alone(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.accept({"id": "ana", "points": "many", "raises": "opt_out"}, {"id": "bo"})
    ((told, _),) = run.end().items()
    assert told.startswith("field points: must be number; its opt-out could not be carried out: unexpected ValueError")
    assert run.ledger.streams["people"].delivered == 1


def test_a_record_has_no_outcome_before_its_no_was_carried_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.accept({"id": "ana", "mailable": False, "points": "many"})
    run.checkpoint.mark({"position": 1})
    run.sink.is_down = True
    with pytest.raises(ServiceUnavailable):
        run.dispatch.flush()
    run.close()
    assert run.checkpoint.take_safe_state() is None
    assert run.ledger.pending == 1


def test_a_dry_run_carries_out_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path, dry_run=True)
    run.accept({"id": "ana", "mailable": False, "points": "many"})
    assert run.end() == {"field points: must be number": 1}
    assert run.sink.sent == []


events = st.lists(
    st.tuples(
        st.sampled_from(["ana", "bo", "cy"]),
        st.sampled_from([True, False, None]),
        st.sampled_from([{}, {"points": "many"}, {"bad": 1}, {"raises": "send"}, {"raises": "prepare"}]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60)
@given(events)
def test_after_any_history_everybody_is_as_the_last_word_that_counts_says(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, bool | None, Record]]
) -> None:
    run = Run(tmp_path_factory.mktemp("rejects"))
    expected = dict(run.sink.mailable)
    for name, says, fault in history:
        record = {"id": name, **fault} if says is None else {"id": name, "mailable": says, **fault}
        run.accept(record)
        # A yes counts if its record was delivered, a no always.
        if says is False or (says is True and not fault):
            expected[name] = says
    run.end()
    assert run.sink.mailable == expected


def test_one_exception_in_a_big_batch_rejects_one_record(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.sink.max_batch_count = 1_000
    run.accept(*({"id": str(number), **({"raises": "send"} if number == 617 else {})} for number in range(1_000)))
    ((told, count),) = run.end().items()
    assert count == 1
    assert told.startswith("unexpected RuntimeError while it was sent (test_delivery_opt_outs.py, line ")
    assert len(run.sink.sent) == 999


@pytest.mark.parametrize("step", ["prepare", "send"])
def test_a_hundred_unexpected_faults_in_a_row_are_borne_and_one_more_ends_the_run(tmp_path: Path, step: str) -> None:
    def broken(count: int) -> list[Record]:
        return [{"id": f"x{number}", "raises": step} for number in range(count)]

    run = Run(tmp_path)
    run.accept(*broken(MOST_IN_A_ROW), {"id": "ana"}, *broken(MOST_IN_A_ROW), {"id": "bo"})
    assert sum(run.end().values()) == 2 * MOST_IN_A_ROW
    run = Run(tmp_path)
    with pytest.raises(TooManyUnexpected, match="101 records in a row failed"):  # noqa: PT012 - whichever comes first
        run.accept(*broken(MOST_IN_A_ROW + 1))
        run.dispatch.flush()
    run.close()
