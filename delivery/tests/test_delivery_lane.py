from __future__ import annotations

import threading
import time

import pytest
from delivery.errors import AccessRefused, Interrupted
from delivery.lane import Lane
from delivery.shutdown import Shutdown


def hold(gate: threading.Event) -> None:
    gate.wait(10)


def test_jobs_run_in_order_and_wait_returns_when_all_are_done() -> None:
    lane = Lane("test", 2, Shutdown())
    done: list[int] = []
    for number in range(50):
        lane.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    lane.wait()
    assert done == list(range(50))
    lane.close(1)


def test_a_full_lane_makes_the_caller_wait() -> None:
    lane, gate = Lane("test", 2, Shutdown()), threading.Event()
    lane.submit(lambda: hold(gate))
    lane.submit(lambda: None)
    third = threading.Thread(target=lambda: lane.submit(lambda: None))
    third.start()
    third.join(0.1)
    assert third.is_alive()
    gate.set()
    third.join(5)
    assert not third.is_alive()
    lane.wait()
    lane.close(1)


def test_a_failure_stops_the_lane_and_reaches_the_caller() -> None:
    shutdown = Shutdown()
    lane = Lane("test", 8, shutdown)
    ran_after: list[int] = []

    def fail() -> None:
        text = "no access"
        raise AccessRefused(text)

    lane.submit(fail)
    with pytest.raises(AccessRefused):
        lane.wait()
    with pytest.raises(AccessRefused):
        lane.submit(lambda: ran_after.append(1))
    assert shutdown.requested
    assert ran_after == []
    lane.close(1)


def test_after_a_request_to_stop_nothing_new_is_begun() -> None:
    shutdown, gate, ran = Shutdown(), threading.Event(), list[int]()
    lane = Lane("test", 8, shutdown)
    lane.submit(lambda: hold(gate))
    lane.submit(lambda: ran.append(1))
    shutdown.request(grace_seconds=5)
    gate.set()
    lane.close(5)
    assert ran == []


def test_a_wait_longer_than_the_grace_is_interrupted_at_once() -> None:
    shutdown = Shutdown()
    shutdown.request(grace_seconds=0.2)
    began = time.monotonic()
    with pytest.raises(Interrupted):
        shutdown.sleep(30)
    shutdown.sleep(0.01)
    assert time.monotonic() - began < 5


def test_waiting_for_a_hanging_job_ends_with_the_grace() -> None:
    shutdown, gate = Shutdown(), threading.Event()
    lane = Lane("test", 1, shutdown)
    lane.submit(lambda: hold(gate))
    shutdown.request(grace_seconds=0.1, signal_number=15)
    with pytest.raises(Interrupted) as caught:
        lane.wait()
    assert caught.value.exit_code == 143
    gate.set()
    lane.close(5)
