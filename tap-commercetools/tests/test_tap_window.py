from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec import Raw
from tap_commercetools.keyset import Position
from tap_commercetools.page import Row
from tap_commercetools.timestamps import format_timestamp
from tap_commercetools.window import MOST_REMEMBERED, Bookmark, BookmarkError, Reading, Window

KEY = "lastModifiedAt"
OVERLAP = timedelta(seconds=300)
NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def at(seconds: float, identifier: str = "a") -> Position:
    return Position.at(format_timestamp(NOON + timedelta(seconds=seconds)), identifier)


def row(seconds: float, identifier: str, version: int = 1) -> Row:
    return Row(at(seconds, identifier), version, Raw(b"{}"), has_plain_times=True)


def plan(bookmark: Bookmark | None, upper: float = 600, start: float | None = None) -> Window | None:
    begin = None if start is None else NOON + timedelta(seconds=start)
    return Window.plan(bookmark, upper=NOON + timedelta(seconds=upper), overlap=OVERLAP, start=begin)


def test_a_first_run_starts_at_the_beginning_or_at_the_start_date() -> None:
    assert plan(None) == Window(upper=NOON + timedelta(seconds=600))
    window = plan(None, start=-900)
    assert window is not None
    assert window.lower == NOON - timedelta(seconds=900)


def test_a_finished_run_is_followed_from_its_end_less_the_overlap() -> None:
    window = plan(Bookmark(NOON, seen={"a": 3}))
    assert window is not None
    assert (window.lower, window.after, window.seen) == (NOON - OVERLAP, None, {"a": 3})


def test_a_run_cut_short_is_continued_behind_its_last_row() -> None:
    window = plan(Bookmark(NOON, position=at(-3000)))
    assert window is not None
    assert window.after == at(-3000)


def test_a_run_cut_short_within_the_overlap_goes_back_for_late_rows() -> None:
    window = plan(Bookmark(NOON, position=at(-10), seen={"a": 1}))
    assert window is not None
    assert (window.lower, window.after, window.seen) == (NOON - OVERLAP, None, {"a": 1})


def test_a_later_start_date_wins_over_the_bookmark_and_an_older_one_does_not() -> None:
    late, early = plan(Bookmark(NOON), start=60), plan(Bookmark(NOON), start=-9000)
    assert late is not None
    assert early is not None
    assert late.lower == NOON + timedelta(seconds=60)
    assert early.lower == NOON - OVERLAP
    behind = plan(Bookmark(NOON, position=at(-3000)), start=-400)
    assert behind is not None
    assert (behind.after, behind.lower) == (None, NOON - timedelta(seconds=400))


@pytest.mark.parametrize(
    ("bookmark", "upper", "start"),
    [
        (Bookmark(NOON), 0, None),  # the same end again
        (Bookmark(NOON), -60, None),  # an end_date in the past, or a clock that went back
        (Bookmark(NOON, position=at(-3000)), -3001, None),
        (Bookmark(NOON, position=at(-1)), -301, None),
        (None, 600, 601),
    ],
)
def test_nothing_to_read_leaves_the_bookmark_alone(
    bookmark: Bookmark | None, upper: float, start: float | None
) -> None:
    assert plan(bookmark, upper=upper, start=start) is None


def test_a_run_cut_short_is_continued_even_up_to_the_same_end() -> None:
    assert plan(Bookmark(NOON, position=at(-1)), upper=0) is not None
    assert plan(Bookmark(NOON, position=at(0)), upper=0) is not None


def test_only_versions_already_emitted_are_repeats() -> None:
    reading = Reading(Window(NOON, seen={"a": 5}, seen_until=NOON), OVERLAP)
    newer, other = row(-10, "a", 6), row(-9, "b", 1)
    assert reading.fresh([row(-12, "a", 4), row(-11, "a", 5), newer, other]) == [newer, other]


def test_the_overlap_is_remembered_from_its_first_instant_on() -> None:
    reading = Reading(Window(NOON), OVERLAP)
    reading.passed([row(-301, "before", 1)])
    reading.passed([row(-300, "first", 2)])
    reading.passed([row(0, "last", 3)])
    assert reading.finished().seen == {"first": 2, "last": 3}


def test_a_repeat_still_in_the_overlap_stays_remembered() -> None:
    reading = Reading(Window(NOON, seen={"a": 5}, seen_until=NOON - timedelta(seconds=60)), OVERLAP)
    reading.passed([row(-120, "a", 5)])
    assert reading.finished().seen == {"a": 5}


def test_what_the_last_run_saw_is_kept_until_its_end_is_passed() -> None:
    reading = Reading(Window(NOON, seen={"a": 5}, seen_until=NOON - timedelta(seconds=400)), OVERLAP)
    reading.passed([row(-450, "x", 1)])
    bookmark = reading.bookmark()
    assert bookmark is not None
    assert bookmark.seen == {"a": 5}
    reading.passed([row(-350, "y", 1)])
    bookmark = reading.bookmark()
    assert bookmark is not None
    assert bookmark.seen == {}


def test_rows_before_the_overlap_need_not_be_remembered_one_by_one() -> None:
    reading = Reading(Window(NOON), OVERLAP)
    reading.passed([row(-900, "a"), row(-800, "b")])
    bookmark = reading.bookmark()
    assert bookmark is not None
    assert (bookmark.position, bookmark.seen) == (at(-800, "b"), {})


@pytest.mark.parametrize(
    ("read", "asked", "covered"),
    [
        ((), (), True),
        ((), ("de",), True),
        (("de", "at"), ("at",), True),
        (("de",), ("de", "at"), False),
        (("de",), (), False),
    ],
)
def test_a_bookmark_of_some_stores_does_not_speak_for_others(
    read: tuple[str, ...],
    asked: tuple[str, ...],
    covered: bool,  # noqa: FBT001 - a table
) -> None:
    assert Bookmark(NOON, stores=read).covers(asked) is covered


def test_there_is_no_new_bookmark_before_a_row_was_passed() -> None:
    assert Reading(Window(NOON), OVERLAP).bookmark() is None


def test_with_too_many_rows_in_the_overlap_none_is_remembered() -> None:
    reading = Reading(Window(NOON), OVERLAP)
    reading.passed([row(-1, f"{number:06d}") for number in range(MOST_REMEMBERED)])
    assert len(reading.finished().seen) == MOST_REMEMBERED
    reading.passed([row(0, "one more", 1)])
    assert not reading.remembers
    assert reading.finished().seen == {}


@pytest.mark.parametrize(
    "bookmark",
    [
        Bookmark(NOON),
        Bookmark(NOON, stores=("de",)),
        Bookmark(NOON, seen={"a": 2}),
        Bookmark(NOON, position=at(-7, "b"), seen={"a": 2}),
    ],
)
def test_a_bookmark_survives_being_stored(bookmark: Bookmark) -> None:
    assert Bookmark.from_state(bookmark.to_state(KEY), KEY) == bookmark


def test_a_stored_bookmark_is_an_ordinary_one() -> None:
    state = Bookmark(NOON, position=at(-7)).to_state(KEY)
    assert state["replication_key"] == KEY
    assert state["replication_key_value"] == "2026-11-21T11:59:53.000Z"
    assert Bookmark(NOON).to_state(KEY)["replication_key_value"] == "2026-11-21T12:00:00.000Z"


def test_a_plain_bookmark_is_understood() -> None:
    state = {"replication_key": KEY, "replication_key_value": "2026-11-21T12:00:00Z"}
    assert Bookmark.from_state(state, KEY) == Bookmark(NOON)
    del state["replication_key"]
    assert Bookmark.from_state(state, KEY) == Bookmark(NOON)


def test_a_value_set_back_by_hand_makes_the_other_keys_void() -> None:
    state = Bookmark(NOON, seen={"a": 2}).to_state(KEY) | {"replication_key_value": "2026-01-01T00:00:00+00:00"}
    assert Bookmark.from_state(state, KEY) == Bookmark(datetime(2026, 1, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize("state", [{}, {"replication_key": "createdAt", "replication_key_value": "2026-01-01"}])
def test_without_a_value_of_this_key_there_is_no_bookmark(state: dict[str, Any]) -> None:
    assert Bookmark.from_state(state, KEY) is None


@pytest.mark.parametrize(
    "damage",
    [
        {"replication_key_value": "soon"},
        {"replication_key_value": 17},
        {"upper": "x"},
        {"position": {"id": "a"}},
        {"position": "a"},
        {"seen": ["a"]},
        {"seen": {"a": "two"}},
    ],
)
def test_a_damaged_bookmark_is_refused(damage: dict[str, Any]) -> None:
    state = Bookmark(NOON).to_state(KEY) | damage
    with pytest.raises(BookmarkError):
        Bookmark.from_state(state, KEY)
