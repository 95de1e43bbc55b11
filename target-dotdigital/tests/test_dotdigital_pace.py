from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from delivery.client import RetryPolicy
from delivery.errors import ServiceUnavailable
from delivery.shutdown import Shutdown
from in_process_loader import run
from target_dotdigital.pace import LONGEST_WAIT_SECONDS, TierBudget, TierLimits, seconds_to_reset

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def answer(**headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def test_a_tier_with_nothing_left_waits_for_its_reset_and_others_do_not() -> None:
    clock = Clock()
    limits = TierLimits(clock)
    limits.observe("low", 0, 30.0)
    assert limits.take("low") == 30.0
    assert limits.take("high") == 0.0
    clock.now += 30
    assert limits.take("low") == 0.0


def test_calls_under_way_count_before_their_answers_tell() -> None:
    limits = TierLimits(Clock())
    limits.observe("low", 2, 30.0)
    assert [limits.take("low") > 0 for _ in range(3)] == [False, False, True]


def test_a_reset_is_read_by_the_services_own_clock() -> None:
    date = "Sun, 01 Mar 2026 12:00:00 GMT"
    assert seconds_to_reset(answer(X_RateLimit_Reset="1772366420", Date=date)) == 20.0
    assert seconds_to_reset(answer(X_RateLimit_Reset="1772366300", Date=date)) == 0.0
    assert seconds_to_reset(answer(X_RateLimit_Reset="1872366420", Date=date)) == LONGEST_WAIT_SECONDS
    assert seconds_to_reset(answer(X_RateLimit_Reset="1020"), now=lambda: 1000.0) == 20.0
    assert seconds_to_reset(answer(Retry_After="7")) == 7.0
    assert seconds_to_reset(answer()) is None


@pytest.mark.parametrize("text", ["²", "١٢", "1.5", "-1", "+1", "1e9", "", "9" * 5_000, "soon"])
def test_headers_that_hold_no_number_say_nothing(text: str) -> None:
    assert seconds_to_reset(answer(X_RateLimit_Reset=text)) is None
    assert seconds_to_reset(answer(X_RateLimit_Reset="9" * 12, Date=text)) == LONGEST_WAIT_SECONDS
    limits = TierLimits(Clock())
    TierBudget(limits, Shutdown()).observe(
        answer(X_RateLimit_Remaining=text, X_RateLimit_Reset="9999999999", X_RateLimit_Scope="low")
    )
    assert limits.take("low") == 0.0


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_asks_to_wait_for_a_day_ends_the_run(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, status: int
) -> None:
    action = {"kind": "respond", "status": status, "headers": {"Retry-After": "86400"}}
    sandbox.order_fault(action, service="dotdigital", method="GET", path="v2/account-info", times=None)
    no_time = RetryPolicy(attempts=8, base_seconds=0.001, longest_asked_seconds=0.01, patience_seconds=0.05)
    began = time.monotonic()
    ended = run(settings, tmp_path, [], retry=no_time)
    assert time.monotonic() - began < 5.0
    assert isinstance(ended.error, ServiceUnavailable)
    assert "\n" not in str(ended.error)


def test_a_budget_learns_its_tier_from_the_answers() -> None:
    limits = TierLimits(Clock())
    budget, other = TierBudget(limits, Shutdown()), TierBudget(limits, Shutdown())
    headers = {"X_RateLimit_Scope": "lowCallRate", "X_RateLimit_Reset": "9999999999"}
    budget.observe(answer(X_RateLimit_Remaining="1", **headers))
    budget.acquire()
    assert limits.take("lowCallRate") > 0
    other.acquire()
