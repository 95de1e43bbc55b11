from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_commercetools.platform_clock import PlatformClock
from tap_commercetools.retry import RetryPolicy, seconds_asked

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def longest(_low: float, high: float) -> float:
    return high


def test_waits_double_up_to_the_cap() -> None:
    policy = RetryPolicy()
    waits = [policy.wait_seconds(tries, None, longest) for tries in range(1, 10)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(1, 8))
def test_jitter_is_full(tries: int) -> None:
    policy = RetryPolicy()
    assert policy.wait_seconds(tries, None, lambda low, _high: low) == 0
    assert 0 <= policy.wait_seconds(tries, None) <= 60


def test_what_is_asked_for_is_honoured_within_reason() -> None:
    policy = RetryPolicy()
    assert policy.wait_seconds(1, 20, lambda low, _high: low * 1.0) == 20
    assert policy.wait_seconds(1, 20, longest) == 25
    assert policy.wait_seconds(1, 86_400, longest) == 60


def test_patience_ends_before_the_tries_do_but_not_before_the_second() -> None:
    policy = RetryPolicy()
    assert policy.allows_another(1, 90, 10_000)
    assert policy.allows_another(2, 80, 10)
    assert not policy.allows_another(2, 80, 11)
    assert not policy.allows_another(8, 0, 0)


def test_a_first_try_that_took_all_patience_is_the_only_one() -> None:
    assert not RetryPolicy().allows_another(1, 90.1, 0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0),
        ({"Retry-After": "3", "X-RateLimit-Reset": "9"}, 3),
        ({"X-RateLimit-Reset": "9"}, 9),
        ({"RateLimit-Reset": "4"}, 4),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "9" * 5_000}, 1e20),
        ({"Retry-After": "Wed, 01 Jan 2026 00:00:00 +99999999999999"}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -1400"}, None),
        ({}, None),
    ],
)
def test_what_an_answer_asks_for_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_asked(headers, NOW) == seconds


@given(st.text())
def test_no_header_text_breaks_the_reader(text: str) -> None:
    asked = seconds_asked({"Retry-After": text, "RateLimit-Reset": text}, NOW)
    assert asked is None or asked >= 0


def test_the_clock_is_the_platforms_moved_on_by_what_has_passed_here() -> None:
    passed = [100.0]
    clock = PlatformClock(monotonic=lambda: passed[0], local=lambda: NOW + timedelta(days=9))
    clock.observe(format_datetime(NOW, usegmt=True))
    passed[0] += 12.5
    assert clock.now() == NOW + timedelta(seconds=12.5)


@pytest.mark.parametrize("header", [None, "", "not a date", "Fri, 31 Dec 9999 23:59:59 -1400", "²"])
def test_without_a_date_the_clock_falls_back_to_this_machine_and_says_so(
    header: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    clock = PlatformClock(local=lambda: NOW)
    clock.observe(header)
    assert clock.now() == NOW
    assert "clock of this machine" in caplog.text
