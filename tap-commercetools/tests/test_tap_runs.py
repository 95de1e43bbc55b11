"""Runs of the tap against the sandbox, compared with the sandbox's own data."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from running_the_tap import TRADE, catalog_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess, TapRun

NAMES = list(TRADE)


def new_rows(count: int, time: str) -> list[dict[str, Any]]:
    return [{"id": str(uuid.UUID(int=number)), "lastModifiedAt": time} for number in range(count)]


@pytest.mark.timeout(60)
def test_the_command_emits_every_row_exactly_once_and_exactly_as_it_is(
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    run = tap_process.run(configure(page_size=25), as_installed=True)
    assert run.exit_code == 0
    for name in NAMES:
        assert {record["id"]: record for record in run.records(name)} == rows(name)
        assert len(run.records(name)) == len(rows(name)) > 25
    again = tap_process.run(configure(), state=run.state, as_installed=True)
    assert again.exit_code == 0
    assert again.counts() == {}
    assert set(again.state["bookmarks"]) == set(NAMES)


def test_messages_come_in_the_order_that_targets_rely_on(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]]
) -> None:
    run = read(configure())
    kinds = [(m["type"], m.get("stream")) for m in run.messages]
    for name in NAMES:
        assert kinds.count(("SCHEMA", name)) == 1
        assert kinds.index(("SCHEMA", name)) < kinds.index(("RECORD", name))
    assert kinds[-1][0] == "STATE"
    schema = next(m for m in run.messages if m["type"] == "SCHEMA")
    assert schema["key_properties"] == ["id"]
    assert schema["bookmark_properties"] == ["lastModifiedAt"]


def test_records_are_in_order_and_times_have_three_decimals(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.control("POST", "/commercetools/customers", [{"id": "0", "lastModifiedAt": "2020-01-01T00:00:00Z"}])
    for name in NAMES:
        times = [(r["lastModifiedAt"], r["id"]) for r in read(configure(page_size=7)).records(name)]
        assert times == sorted(times)
        assert {len(time) for time, _ in times} == {len("2020-01-01T00:00:00.000Z")}


def test_no_password_is_ever_emitted(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.control("POST", "/commercetools/customers", {"id": "with-password", "password": "a-hash"})
    sandbox.advance_clock(5)
    run = read(configure())
    assert "with-password" in run.ids("customers")
    assert not [line for line in run.lines if '"password"' in line or "a-hash" in line]


def test_numbers_stay_exact(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    exact = "0.12345678901234567890123"
    body = {"id": "exact", "huge": 2**63 - 1, "fraction": "REPLACE"}
    sandbox.order_fault(
        {
            "kind": "respond",
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(
                {
                    "limit": 500,
                    "count": 1,
                    "results": [{**body, "version": 1, "lastModifiedAt": "2020-01-01T00:00:00Z"}],
                }
            ).replace('"REPLACE"', exact),
        },
        service="commercetools",
        path="/customers",
    )
    line = next(line for line in read(configure()).lines if '"exact"' in line)
    assert json.loads(line, parse_float=Decimal)["record"]["fraction"] == Decimal(exact)
    assert json.loads(line)["record"]["huge"] == 2**63 - 1


def test_the_next_run_emits_just_what_changed(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    first = read(configure())
    sandbox.advance_clock(10)
    changed = first.ids("customers")[3]
    sandbox.control("PUT", f"/commercetools/customers/{changed}", {"firstName": "Changed"})
    created = sandbox.control("POST", "/commercetools/orders", {"orderNumber": "new"})["id"]
    sandbox.advance_clock(10)
    second = read(configure(), first.state)
    assert second.counts() == {"customers": 1, "orders": 1}
    assert second.records("customers")[0]["firstName"] == "Changed"
    assert second.ids("orders") == [created]
    assert read(configure(), second.state).counts() == {}


def test_a_change_within_the_settle_time_is_left_to_the_next_run(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    first = read(configure(settle_seconds=60))
    created = sandbox.control("POST", "/commercetools/orders", {"orderNumber": "new"})["id"]
    assert read(configure(settle_seconds=60), first.state).counts() == {}
    sandbox.advance_clock(62)
    second = read(configure(settle_seconds=60), first.state)
    assert second.ids("orders") == [created]


def test_a_row_that_turns_up_late_within_the_overlap_is_found(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.advance_clock(1000)
    sandbox.control("POST", "/commercetools/limits", {"late_rows_seconds": 120})
    shown_late = sandbox.control("POST", "/commercetools/orders", {"orderNumber": "late"})["id"]
    sandbox.advance_clock(100)
    first = read(configure(settle_seconds=60))
    assert shown_late not in first.ids("orders")
    assert first.state["bookmarks"]["orders"]["replication_key_value"] > sandbox.snapshot("commercetools", "orders")[
        "orders"
    ][-1].get("createdAt", "")
    sandbox.advance_clock(30)
    second = read(configure(settle_seconds=60), first.state)
    assert second.ids("orders") == [shown_late]
    sandbox.advance_clock(30)
    assert read(configure(settle_seconds=60), second.state).counts() == {}


def test_rows_of_one_millisecond_over_many_pages_all_arrive_once(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    import_of_many = new_rows(1_203, "2019-05-05T05:05:05.005Z")
    sandbox.control("POST", "/commercetools/customers", import_of_many)
    run = read(configure(page_size=100))
    arrived = run.ids("customers")
    assert len(arrived) == len(set(arrived)) == 1_203 + 60
    assert {row["id"] for row in import_of_many} <= set(arrived)


def test_a_start_date_leaves_older_rows_out_and_wins_over_an_older_bookmark(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    times = sorted(row["lastModifiedAt"] for row in rows("orders").values())
    start = times[len(times) // 2]
    expected = {row["id"] for row in rows("orders").values() if row["lastModifiedAt"] >= start}
    assert set(read(configure(start_date=start)).ids("orders")) == expected
    old = {"bookmarks": {"orders": {"replication_key": "lastModifiedAt", "replication_key_value": "2001-01-01"}}}
    assert set(read(configure(start_date=start), old).ids("orders")) == expected
    assert set(read(configure(start_date="2001-01-01"), old).ids("orders")) == set(rows("orders"))


def test_history_read_in_slices_is_the_whole_history_once(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    times = sorted(row["lastModifiedAt"] for row in rows("orders").values())
    first = read(configure(end_date=times[30]))
    assert first.state["bookmarks"]["orders"]["replication_key_value"] == times[30]
    assert read(configure(end_date=times[30]), first.state).counts() == {}
    second = read(configure(end_date=times[80]), first.state)
    third = read(configure(), second.state)
    ids = [*first.ids("orders"), *second.ids("orders"), *third.ids("orders")]
    assert len(first.ids("orders")) == 31
    assert sorted(ids) == sorted(rows("orders"))


def test_rows_that_change_while_they_are_read_are_not_lost(
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    tap_process: TapProcess,
    read: Callable[..., TapRun],
) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 0.05}, service="commercetools", path="/orders", times=None)
    before = sandbox.snapshot("commercetools", "orders")["orders"]
    by_time = [row["id"] for row in sorted(before, key=lambda row: (row["lastModifiedAt"], row["id"]))]
    lines = []
    changed = [by_time[2], by_time[60], by_time[-1]]
    with tap_process.start(configure(page_size=5)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if '"SCHEMA","stream":"orders"' in line:
                break
        for identifier in changed:
            sandbox.control("PUT", f"/commercetools/orders/{identifier}", {"orderNumber": "changed meanwhile"})
        first = tap_process.finish(process, *lines)
    assert first.exit_code == 0
    assert by_time[-1] not in first.ids("orders")
    sandbox.advance_clock(5)
    second = read(configure(), first.state)
    assert sorted(second.ids("orders")) == sorted(changed)
    assert set(first.ids("orders")) | set(second.ids("orders")) == set(by_time)


def test_heavy_pages_are_asked_for_in_smaller_ones(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    sandbox.control("POST", "/commercetools/limits", {"max_response_bytes": 60_000})
    run = read(configure())
    assert sorted(run.ids("orders")) == sorted(rows("orders"))
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 9})
    assert sorted(read(configure()).ids("products")) == sorted(rows("products"))


def test_only_selected_streams_and_fields_are_emitted(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]]
) -> None:
    catalog = catalog_of("customers")
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] == ["properties", "email"]:
                item["metadata"]["selected"] = False
    run = read(configure(), catalog=catalog)
    assert set(run.counts()) == {"customers"}
    assert not [record for record in run.records("customers") if "email" in record]
    assert all("lastModifiedAt" in record for record in run.records("customers"))


def test_a_full_table_selection_reads_everything_and_leaves_the_bookmark_alone(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]]
) -> None:
    first = read(configure())
    catalog = catalog_of(*TRADE)
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    second = read(configure(), first.state, catalog)
    assert second.counts() == first.counts()
    assert second.state == first.state


def test_stream_maps_apply(read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]]) -> None:
    maps = {"customers": {"__alias__": "people", "id": "id", "name": "firstName", "__else__": None}, "orders": None}
    run = read(configure(stream_maps=maps))
    assert set(run.counts()) == {"people", "products"}
    assert set(run.records("people")[0]) <= {"id", "name"}


def test_a_deprecation_notice_is_logged_once_per_stream(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    empty = {"limit": 5, "offset": 0, "count": 5, "results": new_rows(5, "2019-01-01T00:00:00Z")}
    for row in empty["results"]:  # type: ignore[attr-defined] # the rows just made
        row["version"] = 1
    sandbox.order_fault(
        {"kind": "respond", "status": 200, "headers": {"X-DEPRECATION-NOTICE": "old path"}, "body": empty},
        service="commercetools",
        path="/orders",
    )
    read(configure(page_size=5))
    assert caplog.text.count("announces a deprecation: old path") == 1


def test_an_empty_project_leaves_a_bookmark_for_the_next_run(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]]
) -> None:
    run = read(configure(start_date="2999-01-01"))
    assert run.counts() == {}
    run = read(configure(end_date="2001-01-01"))
    assert run.state["bookmarks"]["orders"]["replication_key_value"] == "2001-01-01T00:00:00.000Z"
