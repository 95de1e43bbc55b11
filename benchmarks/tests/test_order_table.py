from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from order_table import OrderTable

if TYPE_CHECKING:
    from collections.abc import Callable

    Decoded = Callable[[OrderTable], list[dict[str, Any]]]

ROWS = 8_000


@pytest.mark.parametrize("rows", [1, 2, 9, 10, 499, ROWS])
def test_the_table_has_as_many_rows_as_asked_for_in_order_of_time_and_id(decoded: Decoded, rows: int) -> None:
    places = [(row["lastModifiedAt"], row["id"]) for row in decoded(OrderTable(rows))]
    assert len(places) == rows
    assert places == sorted(places)
    assert len({identifier for _, identifier in places}) == rows


def test_ids_are_not_in_the_order_of_time(decoded: Decoded) -> None:
    identifiers = [row["id"] for row in decoded(OrderTable(ROWS))]
    ascending = sum(one < other for one, other in pairwise(identifiers))
    assert ascending < 0.8 * ROWS


def test_a_bulk_import_puts_more_than_a_page_on_one_instant(decoded: Decoded) -> None:
    rows_of_instants = Counter(row["lastModifiedAt"] for row in decoded(OrderTable(ROWS)))
    assert rows_of_instants.most_common(1)[0][1] == ROWS // 10


def test_busy_days_have_many_times_the_orders_of_quiet_ones(decoded: Decoded) -> None:
    rows_of_days = Counter(row["lastModifiedAt"][:10] for row in decoded(OrderTable(ROWS))).most_common()
    assert rows_of_days[1][1] > 50 * rows_of_days[-1][1]


def test_orders_are_two_to_four_kilobytes_of_many_kinds(decoded: Decoded) -> None:
    sizes = [len(msgspec.json.encode(order)) for order in decoded(OrderTable(ROWS))]
    assert min(sizes) > 2_000
    assert max(sizes) < 4_100
    assert len(set(sizes)) > 200


def test_a_row_is_the_same_whichever_page_it_comes_with() -> None:
    table = OrderTable(ROWS)
    whole = table.documents(range(ROWS))
    for begin, end in [(0, 500), (1, 2), (4_321, 4_821), (ROWS - 7, ROWS)]:
        part = table.documents(range(begin, end))
        assert b"".join(part) == b"".join(whole[2 * begin : 2 * end]).lstrip(b",")


def test_a_large_table_takes_no_more_memory_than_a_small_one() -> None:
    assert len(OrderTable(500_000).documents(range(499_999, 500_000))) == 2
    assert len(vars(OrderTable(500_000))["_stretches"]) <= len(vars(OrderTable(5_000))["_stretches"]) + 200
