"""Whole histories of a changing, lagging platform, read by runs that may be cut short anywhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from running_the_tap import page_of
from tap_commercetools.page_reader import PageReader
from tap_commercetools.page_size import PageSize
from tap_commercetools.parallel_reader import read_in_order
from tap_commercetools.timestamps import format_timestamp, parse_timestamp
from tap_commercetools.window import Bookmark, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_commercetools.page import Page

KEY = "lastModifiedAt"
START = datetime(2026, 11, 21, tzinfo=timezone.utc)
SETTLE, OVERLAP = 40, 80  # milliseconds, like all times here
LAST_WRITE = 300


def moment(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


@dataclass(frozen=True)
class Write:
    """One change of one row: when it happened and how much later queries show it."""

    row: str
    at: int
    delay: int


@dataclass
class Platform:
    """Answers keyset queries from what is visible at its present time; every query takes a while."""

    writes: list[Write]
    milliseconds_per_query: int
    now: int = 0
    versions: dict[Write, int] = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.versions = {write: number for number, write in enumerate(sorted(self.writes, key=lambda w: w.at), start=1)}

    def fetch(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        with self.lock:
            self.now += self.milliseconds_per_query
            asked = dict(query)
            rows = sorted(self._visible(), key=lambda row: (row[KEY], row["id"]))
            return page_of([row for row in rows if self._matches(row, asked)][:limit], limit)

    def newest(self) -> dict[str, int]:
        return {write.row: version for write, version in sorted(self.versions.items(), key=lambda item: item[1])}

    def _visible(self) -> list[dict[str, Any]]:
        shown: dict[str, Write] = {}
        for write, version in self.versions.items():
            seen = write.at <= self.now and write.at + write.delay <= self.now
            if seen and (write.row not in shown or self.versions[shown[write.row]] < version):
                shown[write.row] = write
        return [
            {"id": row, "version": self.versions[write], KEY: format_timestamp(moment(write.at))}
            for row, write in shown.items()
        ]

    @staticmethod
    def _matches(row: dict[str, Any], asked: dict[str, str]) -> bool:
        if row[KEY] > asked["var.upper"]:
            return False
        if "var.time" in asked:
            return (row[KEY], row["id"]) > (asked["var.time"], asked["var.id"])
        return bool(row[KEY] >= asked.get("var.lower", "") and row[KEY] > asked.get("var.above", ""))


@dataclass
class Tap:
    """What a run does, without a process around it: plan, read, emit, keep the last state."""

    platform: Platform
    state: dict[str, Any] = field(default_factory=dict)
    emitted: list[tuple[str, int]] = field(default_factory=list)
    cut_short: bool = False

    def run(self, page_size: int, parallel: int, rows_until_killed: int | None = None) -> None:
        bookmark = Bookmark.from_state(self.state, KEY)
        upper = moment(self.platform.now - SETTLE)
        window = Window.plan(bookmark, upper=upper, overlap=timedelta(milliseconds=OVERLAP))
        if window is None:
            return
        reading = Reading(window, timedelta(milliseconds=OVERLAP))
        rows_passed = 0
        reader = PageReader("rows", self.platform.fetch, PageSize(page_size), lambda: moment(self.platform.now))
        for page in read_in_order(reader, window.keyset(KEY), parallel, buffer_bytes=500):
            assert all(row.position.instant <= upper for row in page.rows)
            fresh = [(row.position.id, row.version) for row in reading.fresh(page.rows)]
            if rows_until_killed is not None and rows_passed + len(fresh) > rows_until_killed:
                self.emitted += fresh[: rows_until_killed - rows_passed + 1]  # written, but no state speaks for it
                self.cut_short = True
                return
            rows_passed += len(fresh)
            self.emitted += fresh
            reading.passed(page.rows)
            moved = reading.bookmark()
            if moved is not None:
                self.state = moved.to_state(KEY)
        self.state = reading.finished().to_state(KEY)


DELAYS = st.sampled_from([0, SETTLE + OVERLAP - 1]) | st.integers(0, SETTLE + OVERLAP - 1)
WRITES = st.lists(
    st.builds(
        Write,
        row=st.sampled_from("abcdefghij"),
        at=st.integers(0, LAST_WRITE // 10).map(lambda tenth: tenth * 10) | st.integers(0, LAST_WRITE),
        delay=DELAYS,
    ),
    unique=True,
    max_size=40,
)
KILLED_AFTER = st.none() | st.integers(1, 3) | st.integers(0, 12)
Run = tuple[int, "int | None", int, int]
"""When, after how many rows it is killed, rows per page, requests at a time."""

RUNS = st.lists(
    st.tuples(st.integers(0, LAST_WRITE), KILLED_AFTER, st.integers(1, 4), st.sampled_from([1, 1, 2, 4])), max_size=8
)
LATE_BEHIND_A_CUT = [Write("a", 100, 0), Write("b", 90, 100), Write("c", 110, 0)]


def undisturbed(runs: list[Run]) -> list[Run]:
    return [(at, None, page_size, parallel) for at, _, page_size, parallel in runs]


def read_history(writes: list[Write], runs: list[Run], milliseconds_per_query: int) -> Tap:
    platform = Platform(writes, milliseconds_per_query)
    tap = Tap(platform)
    for at, killed_after, page_size, parallel in sorted(runs, key=lambda run: run[0]):
        platform.now = max(platform.now, at)
        tap.run(page_size, parallel, killed_after)
    platform.now = max(platform.now, LAST_WRITE + 2 * (SETTLE + OVERLAP))
    tap.run(page_size=3, parallel=2)
    return tap


@settings(max_examples=400, deadline=None)
@example(LATE_BEHIND_A_CUT, [(150, 1, 1, 1)], 0)
@given(WRITES, RUNS, st.integers(0, 30))
def test_the_last_version_of_every_row_arrives_whatever_happens(
    writes: list[Write], runs: list[Run], milliseconds_per_query: int
) -> None:
    tap = read_history(writes, runs, milliseconds_per_query)
    arrived: dict[str, int] = {}
    for row, version in tap.emitted:
        arrived[row] = max(version, arrived.get(row, 0))
    assert arrived == tap.platform.newest()


@settings(max_examples=200, deadline=None)
@given(WRITES, RUNS, st.integers(0, 30))
def test_undisturbed_runs_emit_each_version_once_and_end_where_they_stopped(
    writes: list[Write], runs: list[Run], milliseconds_per_query: int
) -> None:
    tap = read_history(
        writes, [(at, None, page_size, parallel) for at, _, page_size, parallel in runs], milliseconds_per_query
    )
    assert len(tap.emitted) == len(set(tap.emitted))
    assert parse_timestamp(tap.state["replication_key_value"]) <= moment(tap.platform.now - SETTLE)
    assert tap.state["position"] is None
    before = len(tap.emitted)
    tap.platform.now += 10_000
    tap.run(page_size=3, parallel=2)
    assert len(tap.emitted) == before


@settings(max_examples=200, deadline=None)
@given(WRITES, RUNS, st.integers(0, 30))
def test_a_row_never_goes_back_to_an_older_version_within_undisturbed_runs(
    writes: list[Write], runs: list[Run], milliseconds_per_query: int
) -> None:
    tap = read_history(
        writes, [(at, None, page_size, parallel) for at, _, page_size, parallel in runs], milliseconds_per_query
    )
    latest: dict[str, int] = {}
    for row, version in tap.emitted:
        assert version > latest.get(row, 0)
        latest[row] = version
