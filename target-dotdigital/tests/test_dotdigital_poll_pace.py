from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from target_dotdigital.poll_pace import SLOWEST_POLL, PollPace

FIVE = 5.0


def looks(pace: PollPace, duration: float) -> list[float]:
    """Return the moments at which an import of a duration is looked at, up to the one that finds it ended."""
    moments = [0.0]
    while moments[-1] < duration:
        moments.append(moments[-1] + pace.wait(moments[-1]))
    pace.ended(moments[-2], moments[-1])
    return moments[1:]


@given(st.floats(0.01, 3_000), st.integers(6, 12))
def test_imports_that_take_alike_are_found_ended_at_once_before_long(duration: float, learning: int) -> None:
    pace = PollPace(FIVE)
    for _ in range(learning):
        looks(pace, duration)
    found = looks(pace, duration)
    step = max(FIVE, min(duration / 10, 30.0))
    # Nothing is looked at before five seconds have passed; beyond that, a third of a step is wasted at the most.
    assert found[-1] - duration <= (FIVE if duration < FIVE else step / 3)


@given(st.lists(st.floats(0.01, 3_000), min_size=1, max_size=20))
def test_waits_stay_within_what_is_documented_whatever_imports_take(durations: list[float]) -> None:
    pace = PollPace(FIVE)
    for duration in durations:
        moments = [0.0, *looks(pace, duration)]
        waits = [later - earlier for earlier, later in pairwise(moments)]
        assert all(FIVE - 1e-6 <= wait <= FIVE * SLOWEST_POLL + 1e-6 for wait in waits)


@given(st.lists(st.floats(0.01, 3_000), min_size=1, max_size=20))
def test_no_import_waits_much_longer_than_it_took(durations: list[float]) -> None:
    pace = PollPace(FIVE)
    for duration in durations:
        assert looks(pace, duration)[-1] - duration <= max(2 * FIVE, duration / 5)
