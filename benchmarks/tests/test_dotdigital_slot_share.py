from __future__ import annotations

import pytest
from dotdigital_benchmark import SLOTS, share_of_slots


def begins(rounds: int, every: float) -> list[float]:
    """Return the starts of imports that go out five at once, each round so long after the one before."""
    return [number * every for number in range(rounds) for _ in range(SLOTS)]


def test_slots_that_are_taken_again_at_once_are_all_used() -> None:
    assert share_of_slots(begins(10, 3.0), 3.0) == pytest.approx(1.0)


def test_time_between_two_imports_of_a_slot_is_lost() -> None:
    assert share_of_slots(begins(10, 4.0), 3.0) == pytest.approx(0.75)


def test_one_import_after_the_other_uses_one_slot() -> None:
    assert share_of_slots([3.0 * number for number in range(20)], 3.0) == pytest.approx(1 / SLOTS)
