from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from running_the_tap import page_of
from tap_commercetools.errors import OrderError, RequestRefusedError, TapError
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
    return read_in_order(PageReader("orders", fetch, PageSize(size)), KEYSET, parallel=1, buffer_bytes=0)


def read(fetch: Callable[..., Page], size: int = 2) -> list[list[str]]:
    return [[found.position.id for found in page.rows] for page in pages_of(fetch, size)]


def answering(*pages: list[dict[str, Any]]) -> Callable[..., Page]:
    remaining = list(pages)

    def fetch(_query: Sequence[tuple[str, str]], limit: int) -> Page:
        rows = remaining.pop(0)
        return page_of(rows, limit)

    return fetch


def test_an_exactly_full_last_page_costs_one_empty_one() -> None:
    assert read(answering([row("a"), row("b")], [])) == [["a", "b"], []]


def test_a_short_page_is_the_last() -> None:
    assert read(answering([row("a"), row("b")], [row("c")])) == [["a", "b"], ["c"]]


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
        read(answering(*pages))


def test_rows_that_changed_after_the_end_are_left_to_the_next_run() -> None:
    changed = row("b", "2026-11-21T10:00:00.001Z")
    assert read(answering([row("a"), changed], [row("c")])) == [["a"], ["c"]]
    assert read(answering([changed, changed], [row("c")])) == [["c"]]


def test_a_filter_that_does_not_apply_ends_with_an_error_and_not_in_a_circle() -> None:
    changed = [row("a", "2026-12-01T00:00:00Z"), row("b", "2026-12-01T00:00:00Z")]
    with pytest.raises(OrderError, match="settle_seconds"):
        read(answering(*[changed] * 9))


@pytest.mark.parametrize(
    "broken", [{"id": "a"}, row("a", version=None) | {"lastModifiedAt": None}, row("a", "never"), {"version": 1}]
)
def test_a_row_without_a_place_is_an_error_that_names_the_stream(broken: dict[str, Any]) -> None:
    with pytest.raises(TapError, match="stream orders: a row lacks"):
        read(answering([broken]))


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
    assert rest[-2] == 40
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
