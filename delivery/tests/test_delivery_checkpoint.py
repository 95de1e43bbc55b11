from __future__ import annotations

from delivery.checkpoint import Checkpoint, Segment
from hypothesis import given
from hypothesis import strategies as st


def test_a_state_waits_for_every_record_before_it() -> None:
    checkpoint = Checkpoint()
    first, second = checkpoint.track(), checkpoint.track()
    checkpoint.mark({"position": 2})
    checkpoint.settle(second)
    assert checkpoint.take_safe_state() is None
    checkpoint.settle(first)
    assert checkpoint.take_safe_state() == {"position": 2}
    assert checkpoint.take_safe_state() is None


def test_a_later_state_waits_for_earlier_segments() -> None:
    checkpoint = Checkpoint()
    early = checkpoint.track()
    checkpoint.mark({"position": 1})
    late = checkpoint.track()
    checkpoint.mark({"position": 2})
    checkpoint.settle(late)
    assert checkpoint.take_safe_state() is None
    checkpoint.settle(early)
    assert checkpoint.take_safe_state() == {"position": 2}


def test_a_state_without_records_is_safe_at_once() -> None:
    checkpoint = Checkpoint()
    checkpoint.mark({"position": 0})
    assert checkpoint.take_safe_state() == {"position": 0}


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_no_order_of_outcomes_lets_a_state_out_early(sizes: list[int], order: object) -> None:
    checkpoint = Checkpoint()
    tracked: list[tuple[int, Segment]] = []
    for position, size in enumerate(sizes):
        tracked.extend((position, checkpoint.track()) for _ in range(size))
        checkpoint.mark({"position": position})
    order.shuffle(tracked)  # type: ignore[attr-defined]
    waiting = [position for position, _ in tracked]
    emitted = -1
    for position, segment in tracked:
        emitted = checked_state(checkpoint, emitted, waiting)
        waiting.remove(position)
        checkpoint.settle(segment)
    assert checked_state(checkpoint, emitted, waiting) == len(sizes) - 1


def checked_state(checkpoint: Checkpoint, emitted: int, waiting: list[int]) -> int:
    """Take a state, if one is safe, and check that nothing before it waits."""
    state = checkpoint.take_safe_state()
    if state is None:
        return emitted
    assert state["position"] > emitted
    assert all(position > state["position"] for position in waiting)
    return int(state["position"])
