"""Whose word is taken for the platform's time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from scripted_platform import GOOD, scripted_platform
from tap_commercetools.platform_clock import PlatformClock

NOW = datetime(2026, 12, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize("order", [(0, 3600), (3600, 0), (0, 86_400, 3600)])
def test_of_what_several_answers_say_the_time_is_the_earliest_is_believed(order: tuple[int, ...]) -> None:
    passed = [100.0]
    clock = PlatformClock(monotonic=lambda: passed[0])
    for seconds_ahead in order:
        passed[0] += 10
        clock.observe(format_datetime(NOW + timedelta(seconds=passed[0] - 100 + seconds_ahead), usegmt=True))
    assert clock.now() == NOW + timedelta(seconds=passed[0] - 100)


@pytest.mark.parametrize("path", ["/oauth/token", "/shop"])
@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_a_host_whose_clock_runs_ahead_does_not_decide_alone(path: str, status: str) -> None:
    with scripted_platform() as platform:
        late = GOOD[path].replace(b"12:00:00 GMT", b"13:00:00 GMT")
        platform.answer(path, late)
        if path != "/shop":
            platform.answer("/shop", GOOD["/shop"].replace(b"200 OK", status.encode()))
        client = platform.client()
        client.sign_in()
        assert client.clock.now() < NOW + timedelta(minutes=1)
