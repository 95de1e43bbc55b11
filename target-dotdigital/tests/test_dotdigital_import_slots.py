"""Imports of Insight data: side by side, never more than the account runs, shared among streams."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.errors import Interrupted
from delivery.shutdown import Shutdown
from delivery.testing import record_line, schema_line, state_line
from target_dotdigital.import_slots import ImportSlots

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

INSIGHT = "insightData/v3/import$"


def holding(slots: ImportSlots, stream: str, order: list[str], gate: threading.Event) -> threading.Thread:
    """Start a thread that takes a slot for a stream, notes it, and holds it until the gate opens."""

    def hold() -> None:
        with slots.slot(stream):
            order.append(stream)
            gate.wait(10)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    return thread


def wait_until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def test_no_more_slots_are_held_than_there_are() -> None:
    slots, order, gate = ImportSlots(2, Shutdown()), list[str](), threading.Event()
    threads = [holding(slots, "orders", order, gate) for _ in range(5)]
    wait_until(lambda: len(order) == 2)
    time.sleep(0.1)
    assert len(order) == 2
    gate.set()
    for thread in threads:
        thread.join(5)
    assert len(order) == 5


def test_a_free_slot_goes_to_the_stream_that_holds_the_fewest() -> None:
    slots, order = ImportSlots(3, Shutdown()), list[str]()
    gates = [threading.Event() for _ in range(7)]
    for number in range(3):
        holding(slots, "orders", order, gates[number])
        wait_until(lambda number=number: len(order) == number + 1)  # type: ignore[misc]
    # More of the big stream wait already when the small ones come.
    for number in (3, 4):
        holding(slots, "orders", order, gates[number])
    time.sleep(0.1)
    holding(slots, "catalog", order, gates[5])
    holding(slots, "carts", order, gates[6])
    time.sleep(0.1)
    for number in range(3):
        gates[number].set()
        wait_until(lambda number=number: len(order) == number + 4)  # type: ignore[misc]
    assert order[:3] == ["orders"] * 3
    assert set(order[3:5]) == {"catalog", "carts"}
    assert order[5] == "orders"
    for gate in gates:
        gate.set()


def test_waiting_for_a_slot_ends_with_the_run() -> None:
    shutdown, gate = Shutdown(), threading.Event()
    slots = ImportSlots(1, shutdown)
    order: list[str] = []
    holding(slots, "orders", order, gate)
    wait_until(lambda: len(order) == 1)
    shutdown.request(grace_seconds=0.1)
    with pytest.raises(Interrupted), slots.slot("catalog"):
        pass
    assert order == ["orders"]
    gate.set()


def test_a_slot_is_free_again_after_a_failure() -> None:
    slots, order, gate = ImportSlots(1, Shutdown()), list[str](), threading.Event()
    gate.set()

    def fail() -> None:
        with slots.slot("orders"):
            message = "broken"
            raise OSError(message)

    with pytest.raises(OSError, match="broken"):
        fail()
    holding(slots, "orders", order, gate).join(5)
    assert order == ["orders"]


def items(stream: str, count: int) -> list[str]:
    return [
        schema_line(stream, {"id": {"type": "integer"}, "name": {"type": "string"}}, ["id"]),
        *(record_line(stream, {"id": number, "name": "Wool hat"}) for number in range(count)),
    ]


def starts(sandbox: RunningSandbox, seen: int) -> list[dict[str, Any]]:
    return sandbox.requests(service="dotdigital", method="PUT", path=INSIGHT)[seen:]


def polls(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="dotdigital", method="GET", path="insightData/v3/import/"))


def test_several_streams_use_all_slots_and_not_one_more(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"insight_import_seconds": 0.5})
    seen = len(starts(sandbox, 0))
    lines = [*items("visits", 120), *items("reviews", 120), *items("wishes", 40), state_line({"done": True})]
    began = time.monotonic()
    result = loader(batch_size_rows=20).run(lines)
    took = time.monotonic() - began
    assert result.code == 0, result.log
    imports = starts(sandbox, seen)
    assert len(imports) == 14
    # One more than the account runs would have been answered 429.
    assert {call["status"] for call in imports} == {202}
    # One after the other they would take seven seconds and more.
    assert took < 6.5


def test_slots_that_others_hold_are_waited_for(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"max_insight_imports": 1, "insight_import_seconds": 0.4})
    seen = len(starts(sandbox, 0))
    result = loader(batch_size_rows=10).run([*items("visits", 40), state_line({"done": True})])
    assert result.code == 0, result.log
    assert result.counts("visits") == (40, 40, 0, 0)
    answers = [call["status"] for call in starts(sandbox, seen)]
    assert answers.count(202) == 4
    # Each refusal has sent a whole body: they become rarer while a lane waits.
    assert 0 < answers.count(429) < 40


@pytest.mark.parametrize(
    ("headers", "body", "times"),
    [
        # A limit of calls, until the reset that the answer tells.
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Scope": "lowCallRate", "Retry-After": "1"}, None, 1),
        # A limit of jobs: a free slot is awaited, not the clock. Its code is not documented for Insight data.
        ({}, {"errorCode": "insightData:tooManyActiveImports", "description": "-"}, 3),
        ({}, {"message": "Error: ERROR_IMPORT_TOOMANYACTIVEIMPORTS"}, 3),
    ],
    ids=["calls", "jobs", "jobs-v2"],
)
def test_both_meanings_of_too_many_are_waited_out(
    sandbox: RunningSandbox, loader: Loader, headers: dict[str, str], body: dict[str, str] | None, times: int
) -> None:
    action = {"kind": "respond", "status": 429, "headers": headers, "body": body}
    sandbox.order_fault(action, service="dotdigital", method="PUT", path=INSIGHT, times=times)
    result = loader().run([*items("visits", 5), state_line({"done": True})])
    assert result.code == 0, result.log
    assert result.counts("visits") == (5, 5, 0, 0)


def test_the_flat_limit_of_an_old_account_is_waited_out(sandbox: RunningSandbox, loader: Loader) -> None:
    action = {"kind": "respond", "status": 400, "body": {"message": "Error: ERROR_APIUSAGE_EXCEEDED"}}
    for path in (INSIGHT, "insightData/v3/import/"):
        sandbox.order_fault(action, service="dotdigital", path=path)
    result = loader().run([*items("visits", 5), state_line({"done": True})])
    assert result.code == 0, result.log
    assert result.counts("visits") == (5, 5, 0, 0)


def test_an_import_that_takes_long_is_looked_at_ever_more_rarely(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"insight_import_seconds": 3.0})
    before = polls(sandbox)
    assert loader(poll_seconds=0.05).run([*items("visits", 5)]).code == 0
    # Every 0.05 s it would be sixty times.
    assert 12 <= polls(sandbox) - before <= 35


def test_batches_are_bounded_by_bytes_before_their_count(sandbox: RunningSandbox, loader: Loader) -> None:
    seen = len(starts(sandbox, 0))
    lines = [schema_line("visits", {"id": {"type": "integer"}, "text": {"type": "array"}}, ["id"])]
    # 60 records of 200 KB: two full imports of 5 MB and a rest.
    lines += [record_line("visits", {"id": number, "text": ["x" * 2_000] * 100}) for number in range(60)]
    result = loader().run(lines)
    assert result.code == 0, result.log
    sizes = [call["request_bytes"] for call in starts(sandbox, seen)]
    assert len(sizes) == 3
    assert max(sizes) <= 5_000_200
