"""Runs that are cut short anywhere: the next one continues, and nothing is missing."""

from __future__ import annotations

import signal
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from tap_commercetools.termination import Terminated, Termination

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess, TapRun

STREAMS = ("customers", "orders", "products")


def take(process: subprocess.Popen[str], records: int) -> list[str]:
    """Take lines from a running tap until so many records have come."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        records -= line.startswith('{"type":"RECORD"')
        if records <= 0:
            break
    return lines


def slow_down(sandbox: RunningSandbox) -> None:
    delay = {"kind": "delay", "seconds": 0.15}
    sandbox.order_fault(delay, service="commercetools", path="/(customers|orders|products)", times=None)


def import_rows(sandbox: RunningSandbox, count: int) -> set[str]:
    rows = [{"id": f"{number:08d}", "lastModifiedAt": "2019-05-05T05:05:05.005Z"} for number in range(count)]
    sandbox.control("POST", "/commercetools/customers", rows)
    return {row["id"] for row in rows}


@pytest.mark.parametrize(
    ("how", "exit_code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)],
    ids=str,
)
def test_a_run_that_is_ended_is_continued_by_the_next_and_nothing_is_missing(
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    read: Callable[..., TapRun],
    rows: Callable[[str], dict[str, dict[str, Any]]],
    how: signal.Signals,
    exit_code: int,
) -> None:
    import_rows(sandbox, 6_000)
    slow_down(sandbox)
    with tap_process.start(configure()) as process:
        lines = take(process, records=3_500)
        process.send_signal(how)
        first = tap_process.finish(process, *lines)
    assert first.exit_code == exit_code
    assert "Traceback" not in first.errors
    assert 3_500 <= first.counts()["customers"] < 6_060
    position = first.state["bookmarks"]["customers"]["position"]
    assert position["lastModifiedAt"] == "2019-05-05T05:05:05.005Z"
    sandbox.clear_faults()
    second = read(configure(), first.state)
    for name in STREAMS:
        assert set(first.ids(name)) | set(second.ids(name)) == set(rows(name))
    repeated = set(first.ids("customers")) & set(second.ids("customers"))
    assert len(repeated) <= (0 if how is not signal.SIGKILL else 2_500)
    assert read(configure(), second.state).counts() == {}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_parallel_reading_that_is_ended_is_continued_and_nothing_is_missing(
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    read: Callable[..., TapRun],
    rows: Callable[[str], dict[str, dict[str, Any]]],
    how: signal.Signals,
) -> None:
    begin = datetime(2019, 5, 5, tzinfo=timezone.utc)
    spread = [
        {"id": f"{number:08d}", "lastModifiedAt": f"{begin + timedelta(minutes=number * number % 700_000):%FT%T.000Z}"}
        for number in range(6_000)
    ]
    sandbox.control("POST", "/commercetools/customers", spread)
    sandbox.order_fault({"kind": "delay", "seconds": 0.05}, service="commercetools", path="/customers", times=None)
    config = configure(page_size=100, max_parallel_requests=8)
    with tap_process.start(config) as process:
        lines = take(process, records=3_500)
        process.send_signal(how)
        first = tap_process.finish(process, *lines)
    assert 3_500 <= first.counts()["customers"] < 6_060
    sandbox.clear_faults()
    second = read(config, first.state)
    assert set(first.ids("customers")) | set(second.ids("customers")) == set(rows("customers"))
    assert len(second.ids("customers")) < 5_000
    assert read(config, second.state).counts() == {}


def test_the_state_written_last_speaks_for_exactly_what_was_written(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    import_rows(sandbox, 3_000)
    slow_down(sandbox)
    with tap_process.start(configure()) as process:
        lines = take(process, records=700)
        process.terminate()
        run = tap_process.finish(process, *lines)
    assert run.messages[-1]["type"] == "STATE"
    assert run.state["bookmarks"]["customers"]["position"]["id"] == run.ids("customers")[-1]
    assert all(line.endswith("\n") for line in run.lines)
    assert "ended by SIGTERM" in run.errors


def test_every_state_on_the_way_leads_to_the_whole(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    import_rows(sandbox, 5_000)
    whole = read(configure())
    states = [(number, m["value"]) for number, m in enumerate(whole.messages) if m["type"] == "STATE"]
    assert len(states) >= 5
    for number, state in states:
        before = {(m["stream"], m["record"]["id"]) for m in whole.messages[:number] if m["type"] == "RECORD"}
        rest = read(configure(), state)
        after = {(name, identifier) for name in STREAMS for identifier in rest.ids(name)}
        assert before | after == {(name, identifier) for name in STREAMS for identifier in rows(name)}
        assert not before & after


def test_waiting_for_the_platform_can_be_ended_at_once(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 20}, service="commercetools", path="/customers", times=None)
    with tap_process.start(configure()) as process:
        lines = take_until_schema(process)
        time.sleep(0.3)
        began = time.monotonic()
        process.terminate()
        run = tap_process.finish(process, *lines)
    assert run.exit_code == 143
    assert time.monotonic() - began < 12


def take_until_schema(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return [next(line for line in process.stdout if '"SCHEMA"' in line)]


def test_a_signal_is_noted_while_writing_and_obeyed_at_the_next_check() -> None:
    termination = Termination()
    termination.check()
    termination.request(signal.SIGTERM)
    with pytest.raises(Terminated) as ended:
        termination.check()
    assert ended.value.code == 143


def test_a_signal_breaks_off_waiting_and_a_second_one_everything() -> None:
    termination = Termination()
    with pytest.raises(Terminated), termination.waiting():
        termination.request(signal.SIGINT)
    termination.request(signal.SIGTERM)
    with pytest.raises(Terminated):
        termination.request(signal.SIGTERM)


def test_waiting_does_not_begin_once_the_end_was_asked_for() -> None:
    termination = Termination()
    termination.request(signal.SIGTERM)
    with pytest.raises(Terminated), termination.waiting():
        pytest.fail("waited")
