"""Reading all rows that meet a condition."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import page_of
from tap_commercetools.errors import OrderError, RequestRefusedError, TapError, UnreadableRowError
from tap_commercetools.lookup import MOST_VALUES, rows_matching, rows_with
from tap_commercetools.page_size import PageSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_commercetools.page import Page


@dataclass
class Collection:
    """Rows that are asked for by id or by colour, and refused by the page when there are more than it can bear."""

    rows: list[dict[str, Any]]
    bearable: int = 500
    code: str = "QueryTimedOut"
    queries: list[list[tuple[str, str]]] = field(default_factory=list)

    def fetch(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        assert path == "orders"
        assert ("limit", str(limit)) in query
        self.queries.append(list(query))
        if limit > self.bearable:
            message = f"{self.code}: cannot find {query[1][1]}"
            raise RequestRefusedError(message, status=400, code=self.code)
        wanted = {value for name, value in query if name == "var.values"}
        behind = dict(query).get("var.last", "")
        found = [row for row in self.rows if row["id"] > behind and (not wanted or row["colour"] in wanted)][:limit]
        return page_of(found, limit)

    @property
    def limits(self) -> list[int]:
        return [int(dict(query)["limit"]) for query in self.queries]


def rows(count: int, colours: Sequence[str] = ("red",)) -> list[dict[str, Any]]:
    return [{"id": f"{number:05d}", "colour": colours[number % len(colours)]} for number in range(count)]


def test_the_query_is_a_keyset_over_ids() -> None:
    collection = Collection(rows(3))
    found = rows_matching(collection.fetch, "orders", "a = :x or b = :x", [("var.x", "1")], 2, ["cart"])
    assert list(found) == collection.rows
    fixed = [("where", "(a = :x or b = :x)"), ("var.x", "1"), ("expand", "cart")]
    paging = [("sort", "id asc"), ("limit", "2"), ("withTotal", "false")]
    assert collection.queries == [
        [*fixed, *paging],
        [*fixed, ("where", "id > :last"), ("var.last", "00001"), *paging],
        *[[*fixed, ("where", "id > :last"), ("var.last", "00002"), *paging]] * 2,
    ]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1500])
def test_all_rows_come_once_however_many_there_are(count: int) -> None:
    collection = Collection(rows(count))
    assert list(rows_matching(collection.fetch, "orders", "x", [])) == collection.rows
    assert len(collection.queries) == -(-count // 500) + 2


@pytest.mark.parametrize("pages", [([0], []), ([], [0]), ([0], [1, 2], []), ([0, 1], [], [2]), ([0], [], [1, 2], [])])
def test_a_short_or_empty_page_in_the_middle_ends_nothing(pages: tuple[list[int], ...]) -> None:
    remaining = [*pages, [], []]

    def fetch(_path: str, _query: Sequence[tuple[str, str]], limit: int) -> Page:
        return page_of([{"id": f"{number}"} for number in remaining.pop(0)], limit)

    found = [row["id"] for row in rows_matching(fetch, "orders", "x", [], 2)]
    assert found == [f"{number}" for page in pages for number in page]


def test_as_many_rows_as_ids_are_all() -> None:
    collection = Collection([{**row, "colour": row["id"]} for row in rows(3)])
    assert list(rows_with(collection.fetch, "orders", "id", ["00000", "00001", "00002"])) == collection.rows
    assert len(collection.queries) == 1


@pytest.mark.parametrize("code", ["QueryTimedOut", "ContentTooLarge"])
def test_pages_too_heavy_are_halved_and_nothing_is_missed(code: str, caplog: pytest.LogCaptureFixture) -> None:
    collection = Collection(rows(50), bearable=6, code=code)
    with caplog.at_level(logging.WARNING):
        assert list(rows_matching(collection.fetch, "orders", "x", [], 40)) == collection.rows
    assert collection.limits[:5] == [40, 20, 10, 5, 5]
    assert f"orders: {code}; asking for 20 rows at a time" in caplog.text


def test_a_page_size_remembers_from_lookup_to_lookup_what_was_too_heavy() -> None:
    collection, size = Collection(rows(3), bearable=100), PageSize(200)
    for _ in range(3):
        assert list(rows_matching(collection.fetch, "orders", "x", [], size)) == collection.rows
    assert collection.limits == [200, *[100] * 8, 200, 100]


def test_a_single_row_too_heavy_is_an_error_that_tells_where_it_is() -> None:
    collection = Collection(rows(5), bearable=4)
    found = rows_matching(collection.fetch, "orders", "x", [], 4)
    assert [next(found)["id"] for _ in range(4)][-1] == "00003"
    collection.bearable = 0
    with pytest.raises(TapError, match="looking up orders: the row behind id 00003 is too heavy"):
        next(found)


def test_other_refusals_are_passed_on_without_what_was_looked_for() -> None:
    collection = Collection(rows(5), bearable=0, code="InvalidInput")
    with pytest.raises(RequestRefusedError) as caught:
        list(rows_with(collection.fetch, "orders", "customerEmail", ["bob@shop.example"]))
    assert (caught.value.code, caught.value.status) == ("InvalidInput", 400)
    assert str(caught.value) == "InvalidInput: cannot find ..."
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"]])
def test_rows_in_another_order_stop_the_lookup(ids: list[str]) -> None:
    collection = Collection([{"id": each} for each in ids])
    with pytest.raises(OrderError, match="looking up orders: the row with id a came after id"):
        list(rows_matching(collection.fetch, "orders", "x", []))


def test_a_row_without_an_id_is_an_error() -> None:
    def fetch(_path: str, _query: Sequence[tuple[str, str]], limit: int) -> Page:
        return page_of([{"key": "k"}], limit)

    with pytest.raises(UnreadableRowError, match="a row of orders that was looked up has no usable id"):
        list(rows_matching(fetch, "orders", "x", []))


def test_values_travel_as_variables_and_never_as_text_of_the_predicate() -> None:
    collection = Collection(rows(1))
    nasty = ['") or (id > "', "a&b=c", ":last", "ü@shop.example"]
    assert list(rows_with(collection.fetch, "orders", "colour", nasty, "size is not defined")) == []
    query, again = collection.queries
    assert query == again
    assert [value for name, value in query if name == "where"] == ["(colour in :values and (size is not defined))"]
    assert [value for name, value in query if name == "var.values"] == nasty


def test_a_field_within_others_is_reached_by_dots() -> None:
    collection = Collection([])
    list(rows_with(collection.fetch, "orders", "paymentInfo.payments.id", ["p"]))
    assert collection.queries[0][0] == ("where", "(paymentInfo(payments(id in :values)))")


def test_one_of_several_fields_is_enough() -> None:
    collection = Collection([])
    list(rows_with(collection.fetch, "orders", ["a.sku", "b"], ["x"], "c is defined"))
    assert collection.queries[0][:2] == [
        ("where", "((a(sku in :values) or b in :values) and (c is defined))"),
        ("var.values", "x"),
    ]


def test_no_values_need_no_request() -> None:
    collection = Collection(rows(3))
    assert list(rows_with(collection.fetch, "orders", "colour", [])) == []
    assert collection.queries == []


@given(st.lists(st.text(max_size=300) | st.text("üß@", min_size=200, max_size=300), max_size=450))
def test_no_query_asks_for_too_much_and_every_value_is_asked_for_once(values: list[str]) -> None:
    collection = Collection([])
    list(rows_with(collection.fetch, "orders", "colour", values))
    chunks = [[value for name, value in query if name == "var.values"] for query in collection.queries[::2]]
    assert [value for chunk in chunks for value in chunk] == list(dict.fromkeys(values))
    assert all(len(chunk) <= MOST_VALUES for chunk in chunks)
    assert all(len(urlencode(query)) < 10_500 for query in collection.queries)


def test_two_hundred_ids_fit_into_one_query() -> None:
    collection = Collection([])
    ids = [f"0b9d3c9e-6f53-4a0c-9d1e-{number:012x}" for number in range(401)]
    list(rows_with(collection.fetch, "orders", "customerId", ids))
    assert [sum(name == "var.values" for name, _ in query) for query in collection.queries[::2]] == [200, 200, 1]


def test_many_values_find_the_rows_of_each() -> None:
    colours = [f"colour {number}" for number in range(450)]
    collection = Collection(rows(2000, colours))
    found = list(rows_with(collection.fetch, "orders", "colour", [*colours[100:], *colours[100:]]))
    assert sorted(row["id"] for row in found) == [
        row["id"] for row in collection.rows if row["colour"] in colours[100:]
    ]
