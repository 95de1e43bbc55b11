"""Parallel reading gives what serial reading gives: every row once, in order, whatever the rows' spread in time."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from running_the_tap import page_of
from tap_commercetools.errors import OrderError, RequestRefusedError, TapError
from tap_commercetools.keyset import Keyset
from tap_commercetools.page_reader import PageReader
from tap_commercetools.page_size import PageSize
from tap_commercetools.parallel_limit import ParallelLimit
from tap_commercetools.parallel_reader import read_in_order
from tap_commercetools.timestamps import format_timestamp
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.page import Page

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
UPPER = START + timedelta(days=700)
MILLISECOND = timedelta(milliseconds=1)


def refusal(status: int, code: str) -> RequestRefusedError:
    return RequestRefusedError(code, status=status, code=code)


@dataclass
class Table:
    """Rows at these milliseconds after the start; answers keyset queries, and counts what is under way at once."""

    times: Sequence[int]
    seconds: float = 0.0
    refuse_behind: str = "~"
    bearable: int = 500
    requests: int = 0
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [
            {
                "id": f"{number:06d}",
                "version": 1,
                "lastModifiedAt": format_timestamp(START + timedelta(milliseconds=ms)),
            }
            for number, ms in enumerate(sorted(self.times))
        ]

    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        with self.lock:
            self.requests += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(self.seconds)
            if limit > self.bearable:
                raise refusal(400, "QueryTimedOut")
            found = [row for row in self.rows if self._matches(row, dict(query))][:limit]
            if any(row["id"] > self.refuse_behind for row in found):
                raise refusal(403, "insufficient_scope")
            return page_of(found, limit)
        finally:
            with self.lock:
                self.at_once -= 1

    @staticmethod
    def _matches(row: dict[str, Any], asked: dict[str, str]) -> bool:
        place = (row["lastModifiedAt"], row["id"])
        return (
            place[0] <= asked["var.upper"]
            and place[0] > asked.get("var.above", "")
            and place[0] >= asked.get("var.lower", "")
            and place > (asked.get("var.time", ""), asked.get("var.id", ""))
        )


def read(table: Table, parallel: int, *, size: int = 10, buffer_bytes: int = 5_000) -> Iterator[list[str]]:
    limit = ParallelLimit(parallel)

    def fetch(query: Sequence[tuple[str, str]], rows: int) -> Page:
        with limit.request():
            return table.fetch(query, rows)

    reader = PageReader("orders", fetch, PageSize(size), lambda: UPPER)
    for page in read_in_order(reader, Keyset("lastModifiedAt", UPPER), parallel, buffer_bytes):
        yield [row.position.id for row in page.rows]


def ids(table: Table, parallel: int, **how: Any) -> list[str]:
    return list(chain.from_iterable(read(table, parallel, **how)))


MILLISECONDS = (UPPER - START) // MILLISECOND
SPREADS = st.lists(
    st.integers(0, MILLISECONDS)
    | st.integers(0, 30)  # many in one instant, at the very beginning
    | st.integers(MILLISECONDS - 30, MILLISECONDS + 5)  # and around the end
    | st.sampled_from([5 * 10**8, 5 * 10**8 + 1]),  # a bulk import
    max_size=250,
)


@settings(max_examples=150, deadline=None)
@given(SPREADS, st.integers(1, 6), st.integers(1, 40), st.integers(0, 20_000))
@example([7] * 100, 4, 3, 0)
@example(list(range(0, 30 * 10**9, 10**9)) + [10**9] * 120, 3, 5, 2_000)
def test_every_row_of_the_window_comes_once_and_in_order(
    times: list[int], parallel: int, size: int, buffer_bytes: int
) -> None:
    table = Table(times)
    wanted = [row["id"] for row in table.rows if row["lastModifiedAt"] <= format_timestamp(UPPER)]
    assert ids(table, parallel, size=size, buffer_bytes=buffer_bytes) == wanted


@dataclass
class Unreliable(Table):
    """A table that answers a question with a part of the rows, or none, when it is asked for the first time."""

    part: float = 0.0
    every: int = 1
    met: set[str] = field(default_factory=set)

    @override
    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = super().fetch(query, limit)
        question = str([each for each in query if each[0] in {"var.time", "var.id", "var.above"}])
        with self.lock:
            is_whole = question in self.met or len(self.met) % self.every
            self.met.add(question)
        found = [json.loads(bytes(document)) for document in page.documents]
        return page if is_whole else page_of(found[: int(len(found) * self.part)], limit)


@settings(max_examples=60, deadline=None)
@given(SPREADS, st.integers(1, 5), st.integers(1, 20), st.sampled_from([0.0, 0.3, 0.9]), st.integers(1, 4))
def test_short_and_empty_answers_lose_nothing_however_many_read(
    times: list[int], parallel: int, size: int, part: float, every: int
) -> None:
    table = Unreliable(times, part=part, every=every)
    wanted = [row["id"] for row in table.rows if row["lastModifiedAt"] <= format_timestamp(UPPER)]
    assert ids(table, parallel, size=size) == wanted


@dataclass
class EveryFewEmpty(Table):
    """A table of which every so many-th answer is empty, whoever asks."""

    every: int = 3

    @override
    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = super().fetch(query, limit)
        with self.lock:
            is_whole = self.requests % self.every
        return page if is_whole else page_of([], limit)


@pytest.mark.parametrize("every", [2, 3, 5])
@pytest.mark.parametrize("parallel", [1, 4, 8])
def test_empty_answers_of_which_several_threads_get_some_lose_nothing(every: int, parallel: int) -> None:
    table = EveryFewEmpty(range(0, MILLISECONDS, MILLISECONDS // 1500), seconds=0.0005, every=every)
    arrived: list[str] = []
    try:
        arrived.extend(chain.from_iterable(read(table, parallel)))
    except OrderError:
        assert every == 2  # where eight in a row are empty by chance, the run ends before what is behind
        assert arrived == [row["id"] for row in table.rows][: len(arrived)]
    else:
        assert arrived == [row["id"] for row in table.rows]


@dataclass
class Hiding(Table):
    """A table that answers nothing to a question for what is behind a row, as a cache may go on doing."""

    hidden_behind: str = "000500"
    hides_for: int = 1_000
    moved: int | None = None

    @override
    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = super().fetch(query, limit)
        shown = [json.loads(bytes(document)) for document in page.documents]
        with self.lock:
            if dict(query).get("var.id", "") == self.hidden_behind and self.hides_for:
                self.hides_for -= 1
                return page_of([], limit)
            if self.hidden_behind in {row["id"] for row in shown}:  # the page before ends there, whatever its size
                place = [row["id"] for row in shown].index(self.hidden_behind)
                return page_of(shown[: place + 1], limit)
        return page


@pytest.mark.parametrize("hides_for", [1, 2, 3, 7])
def test_a_part_before_a_row_that_was_shown_does_not_end_by_a_few_empty_answers(hides_for: int) -> None:
    table = Hiding(range(0, MILLISECONDS, MILLISECONDS // 1500), hides_for=hides_for)
    assert ids(table, 4) == [row["id"] for row in table.rows]


def test_a_part_that_stays_empty_before_a_row_that_is_there_ends_the_run_before_it() -> None:
    table = Hiding(range(0, MILLISECONDS, MILLISECONDS // 1500))
    arrived: list[str] = []
    with pytest.raises(OrderError, match=r"stream orders: answers say that there is nothing behind id 000500 of 20"):
        arrived.extend(chain.from_iterable(read(table, 4)))
    assert arrived == [row["id"] for row in table.rows[:501]]


@dataclass
class Moving(Table):
    """A table whose last rows change, and so leave the window, when they were shown to who did not come from a row."""

    @override
    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = super().fetch(query, limit)
        shown = {json.loads(bytes(document))["id"] for document in page.documents}
        with self.lock:
            if "var.above" in dict(query):
                self.rows = [row for row in self.rows if row["id"] not in shown or row["id"] < "000400"]
        return page


def test_rows_that_were_shown_and_have_changed_since_stop_nothing() -> None:
    table = Moving([*range(0, MILLISECONDS // 2, MILLISECONDS // 800), MILLISECONDS - 5])
    stay = [row["id"] for row in table.rows][:400]
    arrived = ids(table, 4)
    assert arrived[:400] == stay
    assert arrived == sorted(arrived)


def test_small_windows_cost_three_requests_and_no_thread() -> None:
    table = Table(range(9))
    before = threading.active_count()
    assert len(ids(table, 4)) == 9
    assert table.requests == 3
    assert threading.active_count() == before


@pytest.mark.parametrize("parallel", [1, 2, 4])
def test_as_many_requests_are_under_way_as_allowed(parallel: int) -> None:
    table = Table(range(0, MILLISECONDS, MILLISECONDS // 1500), seconds=0.002)
    assert len(ids(table, parallel, buffer_bytes=10**9)) == len(table.times)
    assert table.most_at_once == parallel


def test_cutting_costs_few_requests_more_than_reading_serially() -> None:
    uneven = [*range(0, MILLISECONDS, MILLISECONDS // 1000), *range(10**9, 10**9 + 2000), *[2 * 10**10] * 1000]
    serial, parallel = Table(uneven), Table(uneven)
    assert ids(serial, 1) == ids(parallel, 4, buffer_bytes=10**9)
    assert parallel.requests < 1.35 * serial.requests


def test_a_slow_reader_stops_the_threads_and_not_the_memory() -> None:
    table = Table(range(0, MILLISECONDS, MILLISECONDS // 3000))
    pages = read(table, 4, buffer_bytes=5_000)
    next(pages)
    next(pages)
    time.sleep(0.3)
    assert table.requests < 20
    assert sum(map(len, pages)) > 2900


def test_a_failure_comes_in_its_turn_after_all_rows_before_it() -> None:
    table = Table(range(0, MILLISECONDS, MILLISECONDS // 1000), refuse_behind="000600")
    arrived: list[str] = []
    with pytest.raises(RequestRefusedError):
        arrived.extend(chain.from_iterable(read(table, 4)))
    assert arrived == [row["id"] for row in table.rows][: len(arrived)]
    assert 550 < len(arrived) <= 601


def test_heavy_pages_shrink_for_all_threads_together() -> None:
    table = Table(range(0, MILLISECONDS, MILLISECONDS // 500), bearable=12)
    assert len(ids(table, 4, size=100)) == len(table.times)
    table.bearable = 0
    with pytest.raises(TapError, match="too heavy for the platform even alone"):
        ids(table, 4, size=100)


def test_threads_end_when_the_reader_leaves_early() -> None:
    table = Table(range(0, MILLISECONDS, MILLISECONDS // 1000))
    before = threading.active_count()
    pages = read(table, 4)
    next(pages)
    next(pages)
    assert threading.active_count() > before
    pages.close()  # type: ignore[attr-defined] # a generator has it
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_an_overloaded_platform_is_asked_less_at_once_and_slowly_more_again() -> None:
    limit = ParallelLimit(8)
    limit.overloaded()
    assert limit.allowed == 4
    for _ in range(5):
        limit.overloaded()
    assert limit.allowed == 1
    for _ in range(16):
        limit.succeeded()
    assert limit.allowed == 2
    for _ in range(16 * 20):
        limit.succeeded()
    assert limit.allowed == 8


def test_the_limit_holds_requests_back() -> None:
    limit = ParallelLimit(2)
    at_once, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with limit.request():
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.01)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2
