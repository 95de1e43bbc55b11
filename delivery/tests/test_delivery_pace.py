from __future__ import annotations

import pytest
from delivery.errors import Interrupted
from delivery.pace import SHARE_OF_LIMIT, Budget
from delivery.shutdown import Shutdown
from typing_extensions import override


class SimulatedTime(Shutdown):
    """Time that passes only in waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    @override
    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_calls_stay_within_the_share_of_the_limit() -> None:
    time = SimulatedTime()
    budget = Budget(5, time, clock=time.clock)
    for _ in range(404):
        budget.acquire()
    # Four at once from the full bucket, then four a second.
    assert time.now == pytest.approx(400 / (5 * SHARE_OF_LIMIT))


def test_a_refusal_halves_the_rate_and_it_recovers_slowly() -> None:
    time = SimulatedTime()
    budget = Budget(10, time, burst=1, clock=time.clock)
    budget.acquire()
    budget.refused(retry_after=3.0)
    budget.acquire()
    assert time.now >= 3.0
    before = time.now
    for _ in range(40):
        budget.acquire()
    assert (time.now - before) == pytest.approx(40 / 4, rel=0.15)
    time.now += 600
    budget.acquire()
    before = time.now
    for _ in range(80):
        budget.acquire()
    assert (time.now - before) == pytest.approx(80 / 8, rel=0.05)


def test_calls_refused_together_slow_down_once() -> None:
    time = SimulatedTime()
    budget = Budget(16, time, burst=1, clock=time.clock)
    for _ in range(8):
        budget.refused(retry_after=1.0)
    budget.acquire()
    before = time.now
    for _ in range(32):
        budget.acquire()
    assert (time.now - before) == pytest.approx(32 / (16 * SHARE_OF_LIMIT / 2), rel=0.1)


def test_repeated_refusals_never_stop_a_budget_for_good() -> None:
    time = SimulatedTime()
    budget = Budget(10, time, clock=time.clock)
    for _ in range(50):
        budget.refused()
    budget.acquire()
    assert time.now < 120


def test_waiting_for_a_turn_ends_with_the_run() -> None:
    shutdown = Shutdown()
    budget = Budget(0.001, shutdown)
    budget.acquire()
    shutdown.request(grace_seconds=0)
    with pytest.raises(Interrupted):
        budget.acquire()


def test_a_share_and_a_burst_of_ones_own_keep_every_second_within_the_limit() -> None:
    time = SimulatedTime()
    budget = Budget(10, time, share=0.95, burst=1, clock=time.clock)
    moments = []
    for _ in range(200):
        budget.acquire()
        moments.append(time.now)
    assert moments[-1] == pytest.approx(199 / 9.5)
    assert max(sum(begun <= moment < begun + 1 for moment in moments) for begun in moments) <= 10
