from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence


class Service:
    """Refuses any batch that holds a bad item, and may name the places."""

    def __init__(self, bad: set[int], *, names_places: bool) -> None:
        self.bad = bad
        self.names_places = names_places
        self.calls = 0
        self.taken: list[int] = []

    def attempt(self, batch: Sequence[int]) -> list[Outcome]:
        self.calls += 1
        places = {place: "is bad" for place, item in enumerate(batch) if item in self.bad}
        if places:
            reason = "holds something bad"
            raise BatchRefused(reason, "Bad", places if self.names_places else None)
        self.taken.extend(batch)
        return [DELIVERED] * len(batch)


@pytest.mark.parametrize(("names_places", "most_calls"), [(True, 2), (False, 22)])
def test_one_bad_record_in_a_thousand_costs_few_calls(names_places: bool, most_calls: int) -> None:  # noqa: FBT001
    for position in (0, 1, 499, 500, 998, 999):
        service = Service({position}, names_places=names_places)
        outcomes = deliver_narrowing(range(1000), service.attempt)
        assert [place for place, outcome in enumerate(outcomes) if outcome.kind is OutcomeKind.REJECTED] == [position]
        assert service.calls <= most_calls
        assert len(service.taken) == 999


@given(size=st.integers(0, 60), data=st.data(), names_places=st.booleans())
def test_exactly_the_bad_are_rejected_and_order_is_kept(
    size: int,
    data: st.DataObject,
    names_places: bool,  # noqa: FBT001
) -> None:
    bad = data.draw(st.sets(st.integers(0, max(0, size - 1)), max_size=size))
    service = Service(bad, names_places=names_places)
    outcomes = deliver_narrowing(range(size), service.attempt)
    rejected = {place for place, outcome in enumerate(outcomes) if outcome.kind is OutcomeKind.REJECTED}
    assert len(outcomes) == size
    assert rejected == {place for place in bad if place < size}
    assert service.taken == [item for item in range(size) if item not in bad]
