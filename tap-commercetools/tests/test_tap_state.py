"""What is handed in as a state or a catalog: what is no such thing is named, what is not used is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import answer_with, catalog_of
from scripted_platform import raw_answer, scripted_platform
from tap_commercetools.errors import SettingsError, TapError
from tap_commercetools.state_check import check_state, unknown_streams
from tap_commercetools.timestamps import format_timestamp, parse_timestamp
from tap_commercetools.window import Bookmark, BookmarkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapRun

STREAMS = frozenset({"orders", "customers"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ([], "the state must be a JSON object"),
        ("2026-01-01", "the state must be a JSON object"),
        ({"bookmarks": ["orders"]}, "the state's member bookmarks must be an object"),
        ({"bookmarks": {"orders": "2026-01-01"}}, "stream orders: its bookmark in the state is none"),
        ({"bookmarks": {"orders": None}}, "stream orders: its bookmark in the state is none"),
        ({"bookmarks": {"ada@shop.example": 1}}, r"stream \(a name that is none\): its bookmark"),
        ({"bookmarks": {"orders": {"partitions": "x"}}}, "stream orders: its bookmark in the state is none"),
        ({"bookmarks": {"orders": {"progress_markers": 1}}}, "stream orders: its bookmark in the state is none"),
    ],
)
def test_a_state_that_is_none_is_named_in_one_line(state: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        check_state(state, STREAMS)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, None),
        ({"bookmarks": {"orders": {}}, "currently_syncing": "orders"}, None),
        ({"singer_state": {"bookmarks": {}}}, "of the state this is not used: singer_state"),
        (
            {"bookmark": {}, "bookmarks": {"ordres": {}}},
            "of the state this is not used: bookmark, the bookmark of ordres",
        ),
    ],
)
def test_what_of_a_state_is_not_used_is_told_at_once(state: object, told: str | None) -> None:
    assert check_state(state, STREAMS) == told


@given(JSON | st.builds(lambda inner: {"bookmarks": inner}, JSON))
def test_no_state_breaks_the_check(state: object) -> None:
    try:
        check_state(state, STREAMS)
    except SettingsError as refused:
        assert str(refused)  # noqa: PT017 - either outcome is right


@given(
    JSON
    | st.fixed_dictionaries({"replication_key_value": JSON}, optional={"upper": JSON, "position": JSON, "seen": JSON})
)
def test_no_bookmark_breaks_its_reader_in_another_way(state: dict[str, object]) -> None:
    try:
        Bookmark.from_state(state, "lastModifiedAt")
    except BookmarkError as refused:
        assert str(refused).isalpha()  # noqa: PT017 - a kind, and nothing of the value


@pytest.mark.parametrize("catalog", [[], {}, {"streams": {}}, {"streams": ["orders"]}])
def test_a_catalog_that_is_none_is_named(catalog: object) -> None:
    with pytest.raises(SettingsError, match="the catalog must be a JSON object with a list streams"):
        unknown_streams(catalog, STREAMS)


def test_streams_of_a_catalog_that_do_not_exist_are_found() -> None:
    entries = [{"tap_stream_id": "orders"}, {"stream": "ordres"}, {"tap_stream_id": 5}]
    assert unknown_streams({"streams": entries}, STREAMS) == ["ordres", "(a name that is none)"]


def test_a_state_with_something_unused_is_read_all_the_same(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    run = read(configure(), {"bookmark": {}, "bookmarks": {"ordres": {}}}, catalog_of("orders"))
    assert len(run.ids("orders")) == 120
    told = [record for record in caplog.records if "of the state this is not used" in record.message]
    assert len(told) == 1
    assert told[0].levelno == logging.WARNING


@pytest.mark.parametrize("how", ["value", "upper", "position"])
def test_a_bookmark_in_the_future_is_refused_and_not_empty_for_good(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], how: str
) -> None:
    state = read(configure(), None, catalog_of("orders")).state
    later = "2199-01-01T00:00:00.000Z"
    bookmark = state["bookmarks"]["orders"]
    if how == "position":
        bookmark |= {"position": {"lastModifiedAt": later, "id": "a"}, "replication_key_value": later}
    else:
        bookmark |= {"upper": later, "replication_key_value": later}
    if how == "value":
        bookmark = {"replication_key": "lastModifiedAt", "replication_key_value": later}
    with pytest.raises(TapError, match=r"stream orders: its bookmark lies in the future .* or run with --full-refresh"):
        read(configure(), {"bookmarks": {"orders": bookmark}}, catalog_of("orders"))


def test_rows_dated_in_the_future_are_told_and_do_not_move_the_bookmark(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    good, *future = (
        {"id": f"{year}", "version": 1, "lastModifiedAt": f"{year}-01-01T00:00:00.000Z"} for year in (2026, 2190, 2199)
    )
    with scripted_platform() as platform:
        answers = [raw_answer(answer_with(rows)) for rows in ([good], [], future)]
        platform.answer("/shop/orders", *answers)
        config = configure(project_key="shop", api_url=platform.url, auth_url=platform.url)
        run = read(config, None, catalog_of("orders"))
    assert run.ids("orders") == ["2026"]
    assert caplog.text.count("orders: 2 rows are dated in the future by the platform's clock") == 1
    assert parse_timestamp(run.state["bookmarks"]["orders"]["replication_key_value"]).year == 2026


def test_a_page_in_the_middle_that_is_short_or_empty_loses_nothing(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    empty = {"limit": 10, "offset": 0, "count": 0, "results": []}
    for skip in (0, 3, 7):
        sandbox.order_fault(
            {"kind": "respond", "status": 200, "headers": {}, "body": empty},
            service="commercetools",
            path="/orders$",
            skip=skip,
        )
    for parallel in (1, 4):
        run = read(configure(page_size=10, max_parallel_requests=parallel), None, catalog_of("orders"))
        assert len(run.ids("orders")) == len(set(run.ids("orders"))) == 120


def test_a_page_that_says_it_holds_more_than_it_does_is_asked_for_again(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    row = {"id": "a", "version": 1, "lastModifiedAt": format_timestamp(parse_timestamp("2019-01-01"))}
    body = {"limit": 500, "offset": 0, "count": 500, "results": [row] * 300}
    action = {"kind": "respond", "status": 200, "headers": {}, "body": body}
    sandbox.order_fault(action, service="commercetools", path="/orders$", times=2)
    assert len(read(configure(), None, catalog_of("orders")).ids("orders")) == 120
    assert "sent an answer that says that it holds 500 rows, and holds 300; try 1 of 4" in caplog.text
