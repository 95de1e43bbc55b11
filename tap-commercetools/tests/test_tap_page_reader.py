from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from running_the_tap import page_of
from tap_commercetools.errors import OrderError, RequestRefusedError, TapError, TooManyLeftOutError
from tap_commercetools.keyset import Keyset
from tap_commercetools.page_reader import PageReader
from tap_commercetools.page_size import PageSize
from tap_commercetools.parallel_reader import read_in_order
from tap_commercetools.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_commercetools.page import Page
    from tap_commercetools.page_reader import OrderedRows

UPPER = parse_timestamp("2026-11-21T10:00:00Z")
KEYSET = Keyset("lastModifiedAt", UPPER, lower=parse_timestamp("2026-01-01"))


def row(identifier: str, time: str = "2026-11-01T00:00:00.000Z", version: object = 1) -> dict[str, Any]:
    return {"id": identifier, "version": version, "lastModifiedAt": time}


def pages_of(fetch: Callable[..., Page], size: int = 2) -> Iterator[OrderedRows]:
    return read_in_order(PageReader("orders", fetch, PageSize(size), lambda: UPPER), KEYSET, parallel=1, buffer_bytes=0)


def read(fetch: Callable[..., Page], size: int = 2) -> list[list[str]]:
    return [[found.position.id for found in page.rows] for page in pages_of(fetch, size)]


def answering(*pages: list[dict[str, Any]]) -> Callable[..., Page]:
    remaining = list(pages)

    def fetch(_query: Sequence[tuple[str, str]], limit: int) -> Page:
        rows = remaining.pop(0)
        return page_of(rows, limit)

    return fetch


def test_the_end_is_where_two_answers_in_a_row_are_empty() -> None:
    assert read(answering([row("a"), row("b")], [], [])) == [["a", "b"], []]
    assert read(answering([], [])) == [[]]


@pytest.mark.parametrize(
    "pages",
    [
        ([row("a")], [row("b"), row("c")], [], []),
        ([row("a"), row("b")], [], [row("c")], [], []),
        ([], [row("a"), row("b")], [row("c")], [], []),
        ([row("a")], [], [row("b")], [], [row("c")], [], []),
    ],
)
def test_a_short_or_empty_page_in_the_middle_ends_nothing(pages: tuple[list[dict[str, Any]], ...]) -> None:
    assert list(chain.from_iterable(read(answering(*pages)))) == ["a", "b", "c"]


def test_rows_dated_in_the_future_are_counted_by_the_last_question() -> None:
    asked: list[dict[str, str]] = []
    answers = [[row("a")], [], [row("x", "2031-01-01T00:00:00.000Z"), row("y", "2032-01-01T00:00:00.000Z")]]

    def fetch(query: Sequence[tuple[str, str]], limit: int) -> Page:
        asked.append(dict(query))
        return page_of(answers.pop(0), limit)

    reader = PageReader("orders", fetch, PageSize(2), lambda: UPPER)
    pages = list(read_in_order(reader, KEYSET, parallel=1, buffer_bytes=0))
    assert [found.position.id for page in pages for found in page.rows] == ["a"]
    assert reader.future_rows == 2
    assert asked[-1]["where"].endswith(" or lastModifiedAt > :beyond")
    assert asked[-1]["var.beyond"] == "2026-11-21T10:05:00.000Z"
    assert ["var.beyond" in each for each in asked] == [False, False, True]


@pytest.mark.parametrize(
    "pages",
    [
        ([row("b"), row("a")],),
        ([row("a"), row("a")],),
        ([row("a", "2026-11-02T00:00:00Z"), row("b", "2026-11-01T00:00:00Z")],),
        ([row("a"), row("b")], [row("a"), row("c")]),
        ([row("a"), row("b")], [row("b")]),
        ([row("a", "2025-12-31T23:59:59.999Z")],),
    ],
)
def test_rows_in_another_order_stop_the_stream(pages: tuple[list[dict[str, Any]], ...]) -> None:
    with pytest.raises(OrderError, match="stream orders: the row with id"):
        read(answering(*pages, [], []))


def test_rows_that_changed_after_the_end_are_left_to_the_next_run() -> None:
    changed = row("b", "2026-11-21T10:00:00.001Z")
    assert read(answering([row("a"), changed], [row("c")], [], [])) == [["a"], ["c"], []]
    assert read(answering([changed, changed], [row("c")], [], [])) == [["c"], []]
    assert read(answering([row("a")], [changed], [changed])) == [["a"], []]


def test_a_filter_that_does_not_apply_ends_with_an_error_and_not_in_a_circle() -> None:
    changed = [row("a", "2026-12-01T00:00:00Z"), row("b", "2026-12-01T00:00:00Z")]
    with pytest.raises(OrderError, match="settle_seconds"):
        read(answering(*[changed] * 9))


class Listed:
    """A platform that holds rows in this order, and answers with a few of them at most.

    Rows that lack a time, or an id, cannot be read on behind: only behind the row before them.
    """

    def __init__(self, rows: list[dict[str, Any]], most: int = 500) -> None:
        self.rows = [
            {**each, "lastModifiedAt": f"2026-11-01T00:00:00.{number:03d}Z"}
            if each.get("lastModifiedAt") == "2026-11-01T00:00:00.000Z"
            else each
            for number, each in enumerate(rows)
        ]
        self.most = most

    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        asked = dict(query)
        place = (asked.get("var.time"), asked.get("var.id"))
        passed = next((n + 1 for n, r in enumerate(self.rows) if (r.get("lastModifiedAt"), r.get("id")) == place), 0)
        first = passed + int(asked.get("offset", "0"))
        return page_of(self.rows[first:][: min(limit, self.most)], limit)


BROKEN: list[dict[str, Any]] = [
    {"id": "x", "version": 1},
    row("x", version=None),
    row("x", "never"),
    row("x", "2026-02-30T00:00:00.000Z"),
    row("x") | {"lastModifiedAt": {"at": 1}},
    {"version": 1, "lastModifiedAt": "2026-11-01T00:00:00.000Z"},
    row("x") | {"id": {"x": 1}},
    row("x") | {"id": ["x"]},
    row("x") | {"id": ""},
    row("x", "0001-01-01T00:00:00+23:00"),
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_a_row_without_a_place_is_left_out_and_the_others_are_read(
    broken: dict[str, Any], place: int, size: int
) -> None:
    rows = [row("a"), row("b"), row("c")]
    rows.insert(place, broken)
    pages = list(pages_of(Listed(rows).fetch, size))
    assert [found.position.id for page in pages for found in page.rows] == ["a", "b", "c"]
    told = [each for page in pages for each in page.unplaced]
    assert len(told) == 1
    assert told[0].id == ("x" if broken.get("id") == "x" else "")


def good_ids(rows: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in rows if each.get("version") == 1 and each["lastModifiedAt"] != "never"]


@pytest.mark.parametrize("bad", [{"version": None}, {"version": "2"}, {"version": 1e30}])
@pytest.mark.parametrize("most", [1, 2, 3, 4, 10])
def test_rows_behind_those_without_a_version_come_however_few_an_answer_holds(bad: dict[str, Any], most: int) -> None:
    rows = [row(f"{number:02d}") | (bad if number in {10, 11, 12, 29} else {}) for number in range(30)]
    pages = list(pages_of(Listed(rows, most).fetch, 500))
    assert [found.position.id for page in pages for found in page.rows] == good_ids(rows)
    assert [each.id for page in pages for each in page.unplaced] == ["10", "11", "12", "29"]


@pytest.mark.parametrize("bad", [{"lastModifiedAt": "never"}, {"id": 7, "version": None}])
@pytest.mark.parametrize("most", [2, 3, 10])
def test_rows_that_hide_others_end_the_run_and_are_not_taken_for_the_end(bad: dict[str, Any], most: int) -> None:
    rows = [row(f"{number:02d}") | (bad if number in {10, 11, 12} else {}) for number in range(30)]
    if most > 3:
        assert list(chain.from_iterable(read(Listed(rows, most).fetch))) == good_ids(rows)
        return
    with pytest.raises(TooManyLeftOutError, match="stream orders: rows that hide others behind id 09 of"):
        read(Listed(rows, most).fetch)


def test_too_many_rows_without_a_place_end_the_run_however_few_an_answer_holds() -> None:
    rows = [row(f"{number:03d}", version=None) for number in range(150)]
    with pytest.raises(TooManyLeftOutError, match="stream orders: more than 100 rows in a row"):
        read(Listed(rows, 3).fetch)


def test_too_many_rows_without_a_place_end_the_run() -> None:
    broken = [{"id": f"{number}"} for number in range(500)]
    with pytest.raises(TooManyLeftOutError, match="stream orders: more than 100 rows in a row"):
        list(pages_of(lambda _query, limit: page_of(broken[:limit], limit), 20))


class Heavy:
    """A platform that refuses pages above a size, and remembers what it was asked for."""

    def __init__(self, rows: int, bearable: int, code: str = "QueryTimedOut") -> None:
        self.rows = [row(f"{number:04d}") for number in range(rows)]
        self.bearable = bearable
        self.code = code
        self.limits: list[int] = []

    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        self.limits.append(limit)
        if limit > self.bearable:
            raise RequestRefusedError(self.code, status=400, code=self.code)
        behind = dict(query).get("var.id", "")
        found = [r for r in self.rows if r["id"] > behind][:limit]
        return page_of(found, limit)


@pytest.mark.parametrize("code", ["QueryTimedOut", "ContentTooLarge"])
def test_pages_too_heavy_are_halved_until_bearable_and_nothing_is_missed(code: str) -> None:
    platform = Heavy(rows=50, bearable=6, code=code)
    assert list(chain.from_iterable(read(platform.fetch, size=40))) == [f"{number:04d}" for number in range(50)]
    assert platform.limits[:4] == [40, 20, 10, 5]


def test_the_page_grows_back_after_a_while() -> None:
    platform = Heavy(rows=400, bearable=10)
    pages = pages_of(platform.fetch, 40)
    next(pages)
    platform.bearable = 500
    rest = [len(page.rows) for page in pages]
    assert platform.limits[2] == 10
    assert 40 in rest
    assert platform.limits.count(10) == platform.limits.count(20) - 1 == 8


def test_a_single_row_too_heavy_is_an_error_that_tells_where_it_is() -> None:
    platform = Heavy(rows=5, bearable=4)
    pages = pages_of(platform.fetch, 4)
    next(pages)
    platform.bearable = 0
    with pytest.raises(
        TapError, match=r"stream orders: the row behind id 0003 of 2026-11-01T00:00:00\.000Z is too heavy"
    ):
        next(pages)


def test_other_refusals_are_passed_on() -> None:
    platform = Heavy(rows=5, bearable=0, code="InvalidInput")
    with pytest.raises(RequestRefusedError):
        read(platform.fetch)
