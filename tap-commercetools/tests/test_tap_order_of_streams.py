"""In which order a run reads its streams, and streams that a catalog wants whole."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import CONTAINERS, catalog_of
from tap_commercetools.catalog import with_stated_methods
from tap_commercetools.streams import READ_FIRST, READ_LAST, stream_definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess, TapRun

METHODS: list[dict[str, Any]] = [
    {"entry": {"replication_method": "FULL_TABLE"}},
    {"metadata": {"replication-method": "FULL_TABLE"}},
    {"metadata": {"forced-replication-method": "FULL_TABLE"}},
    {"entry": {"replication_method": "FULL_TABLE"}, "metadata": {"replication-method": "FULL_TABLE"}},
]


def whole(catalog: dict[str, Any], *names: str, how: dict[str, Any] = METHODS[1]) -> dict[str, Any]:
    """Say in a catalog that streams are to be read whole."""
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] in names:
            entry.update(how.get("entry", {}))
            root = next(item for item in entry["metadata"] if item["breadcrumb"] == [])
            root["metadata"].update(how.get("metadata", {}))
    return catalog


def test_what_others_refer_to_is_read_first_and_the_rest_by_name(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    config = configure(custom_object_containers=CONTAINERS, deletions_enabled=True)
    names = [definition.name for definition in stream_definitions(config)]
    run = tap_process.run(config, catalog=catalog_of(*names, config=config))
    assert run.exit_code == 0, run.errors
    read = [message["stream"] for message in run.messages if message["type"] == "SCHEMA"]
    assert read == [*READ_FIRST, *sorted(set(names) - {*READ_FIRST, *READ_LAST}), *READ_LAST]
    assert read[:9] == [
        "project",
        "types",
        "product_types",
        "states",
        "stores",
        "channels",
        "customer_groups",
        "categories",
        "zones",
    ]
    assert read[-1] == "carts"


def test_a_discovered_catalog_lists_them_in_that_order() -> None:
    names = [entry["tap_stream_id"] for entry in catalog_of(selected=False)["streams"]]
    assert names == [*READ_FIRST, *sorted(set(names) - {*READ_FIRST, *READ_LAST}), *READ_LAST]


@pytest.mark.parametrize("how", METHODS, ids=str)
def test_a_stream_wanted_whole_comes_whole_in_each_run_and_has_no_bookmark(
    how: dict[str, Any],
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    catalog = whole(catalog_of("types", "categories", "orders"), "types", "categories", how=how)
    first = tap_process.run(configure(), catalog=catalog)
    assert first.exit_code == 0, first.errors
    assert first.state["bookmarks"].keys() - {"types", "categories"} == {"orders"}
    assert not any(first.state["bookmarks"].get(name) for name in ("types", "categories"))
    second = tap_process.run(configure(), catalog=catalog, state=first.state)
    assert "orders" not in second.counts()
    for run in (first, second):
        for name in ("types", "categories"):
            assert {record["id"]: record for record in run.records(name)} == rows(name)
            assert len(run.ids(name)) == len(rows(name))


def test_what_meltano_makes_of_its_metadata_is_understood(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    meltano = pytest.importorskip("meltano.core.plugin.singer.catalog")
    catalog = catalog_of("types", "orders")
    rules = [meltano.MetadataRule("types", [], "replication-method", "FULL_TABLE")]
    meltano.visit(catalog, meltano.MetadataExecutor(rules))
    first = tap_process.run(configure(), catalog=catalog)
    second = tap_process.run(configure(), catalog=catalog, state=first.state)
    assert second.counts() == {"types": first.counts()["types"]}


def test_a_bookmark_from_before_is_not_used_and_stays(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    first = tap_process.run(configure(), catalog=catalog_of("types"))
    second = tap_process.run(configure(), catalog=whole(catalog_of("types"), "types"), state=first.state)
    assert second.ids("types") == first.ids("types")
    assert second.state == first.state
    third = tap_process.run(configure(), catalog=catalog_of("types"), state=second.state)
    assert third.counts() == {}


def test_whole_means_whole_whatever_was_set_for_the_others(
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    just_now = rows("types").popitem()[0]
    sandbox.control("PUT", f"/commercetools/types/{just_now}", {"description": {"en": "changed just now"}})
    times = sorted(row["lastModifiedAt"] for row in rows("orders").values())
    config = configure(settle_seconds=3600, start_date=times[3], end_date=times[50])
    run = tap_process.run(config, catalog=whole(catalog_of("types", "orders"), "types"))
    assert run.exit_code == 0, run.errors
    assert {record["id"]: record for record in run.records("types")} == rows("types")
    assert len(run.ids("orders")) == 48


def test_a_row_that_changes_while_a_whole_stream_is_read_is_not_lost(
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 0.05}, service="commercetools", path="/orders", times=None)
    by_time = sorted(rows("orders").values(), key=lambda row: (row["lastModifiedAt"], row["id"]))
    config = configure(page_size=5, max_parallel_requests=1)
    with tap_process.start(config, catalog=whole(catalog_of("orders"), "orders")) as process:
        assert process.stdout is not None
        lines = [next(line for line in process.stdout if '"SCHEMA"' in line)]
        for row in (by_time[0], by_time[60], by_time[-1]):
            sandbox.control("PUT", f"/commercetools/orders/{row['id']}", {"orderNumber": "changed meanwhile"})
        run = tap_process.finish(process, *lines)
    assert run.exit_code == 0, run.errors
    assert {record["id"]: record for record in run.records("orders")} == rows("orders")
    assert len({(record["id"], record["version"]) for record in run.records("orders")}) == len(run.ids("orders"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_a_whole_stream_that_was_cut_short_is_read_again_from_its_beginning(
    how: signal.Signals,
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    imported = [{"id": f"{number:08d}", "lastModifiedAt": "2019-05-05T05:05:05.005Z"} for number in range(4_000)]
    sandbox.control("POST", "/commercetools/customers", imported)
    sandbox.order_fault({"kind": "delay", "seconds": 0.15}, service="commercetools", path="/customers", times=None)
    catalog = whole(catalog_of("customers"), "customers")
    with tap_process.start(configure(), catalog=catalog) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if len(lines) > 2_600:
                break
        process.send_signal(how)
        first = tap_process.finish(process, *lines)
    assert first.exit_code != 0
    assert len(first.ids("customers")) < 4_060
    states = [message["value"] for message in first.messages if message["type"] == "STATE"]
    sandbox.clear_faults()
    second = tap_process.run(configure(), catalog=catalog, state=states[-1] if states else {})
    assert len(second.ids("customers")) == len(rows("customers"))
    assert set(second.ids("customers")) == set(rows("customers"))


@pytest.mark.parametrize("fault", ["heavy", 503, "drop", "truncate"])
def test_faults_are_met_as_in_any_stream(
    fault: int | str,
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    if fault == "heavy":
        sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 3})
    else:
        action = {"kind": "respond", "status": fault} if isinstance(fault, int) else {"kind": fault}
        sandbox.order_fault(action, service="commercetools", path="/categories", skip=1, times=2)
    run = tap_process.run(configure(page_size=6), catalog=whole(catalog_of("categories"), "categories"))
    assert run.exit_code == 0, run.errors
    assert sorted(run.ids("categories")) == sorted(rows("categories"))


def test_derived_streams_can_be_whole_too(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    names = ("customer_order_summaries", "product_offers")
    catalog = whole(catalog_of(*names), *names)
    first = tap_process.run(configure(), catalog=catalog)
    second: TapRun = tap_process.run(configure(), catalog=catalog, state=first.state)
    assert first.counts() == second.counts()
    assert set(second.ids("product_offers")) == {row["id"] for row in sandbox.snapshot("commercetools")["products"]}


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(st.dictionaries(st.text(max_size=5), SCALARS, max_size=4))
def test_nothing_else_of_a_catalog_is_touched(content: dict[str, Any]) -> None:
    content.pop("streams", None)
    assert with_stated_methods(content) == content
    entry = {"tap_stream_id": "types", "replication_method": "INCREMENTAL", "schema": content, "metadata": []}
    assert with_stated_methods({"streams": [entry], **content}) == {"streams": [entry], **content}


def test_what_people_say_wins_over_what_a_tap_says_and_other_streams_keep_theirs() -> None:
    def entry(name: str, method: str | None, **metadata: str) -> dict[str, Any]:
        root = {"breadcrumb": [], "metadata": metadata}
        field = {"breadcrumb": ["properties", "id"], "metadata": {"replication-method": "FULL_TABLE"}}
        return {"tap_stream_id": name, "replication_method": method, "metadata": [field, root]}

    stated = {"replication-method": "INCREMENTAL", "forced-replication-method": "FULL_TABLE"}
    catalog = {"streams": [entry("types", "FULL_TABLE", **stated), entry("orders", "INCREMENTAL")]}
    methods = [each["replication_method"] for each in with_stated_methods(catalog)["streams"]]
    assert methods == ["INCREMENTAL", "INCREMENTAL"]
