from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import page_of
from tap_commercetools.merged_pages import merged_pages
from tap_commercetools.page_reader import OrderedRows

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = st.sets(st.tuples(st.integers(0, 9), st.sampled_from("abcdefgh")), max_size=30)
STORES = st.lists(PLACES, min_size=1, max_size=4)


def pages_of(places: set[tuple[int, str]], size: int) -> Iterator[OrderedRows]:
    """Yield the rows of one store, ordered by time and id, some at a time."""
    ordered = [
        {"id": identifier, "version": 1, "lastModifiedAt": f"2026-11-2{time}T00:00:00.000Z"}
        for time, identifier in sorted(places)
    ]
    for begin in range(0, len(ordered) or 1, size):
        yield OrderedRows(page_of(ordered[begin : begin + size], 500).rows("lastModifiedAt").rows, 1, None)


@given(STORES, st.integers(1, 5))
def test_rows_of_all_stores_come_in_one_order_and_those_of_several_once(
    stores: list[set[tuple[int, str]]], size: int
) -> None:
    merged = merged_pages([pages_of(places, size) for places in stores])
    found = [(row.position.time, row.position.id) for row in chain.from_iterable(merged)]
    assert found == sorted({(f"2026-11-2{time}T00:00:00.000", each) for time, each in set().union(*stores)})
