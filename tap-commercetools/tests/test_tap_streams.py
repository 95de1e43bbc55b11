"""Every stream, read from the sandbox and compared with what the sandbox holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from running_the_tap import CONTAINERS, catalog_of
from tap_commercetools.streams import stream_definitions
from tap_commercetools.variant_stream import variants_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess, TapRun
    from tap_commercetools.stream_definition import StreamDefinition

MADE_BY_THE_TAP = {
    "variants",
    "product_projections",
    "customer_order_summaries",
    "product_offers",
    "deletions",
    "messages",
}
COLLECTIONS = [
    definition
    for definition in stream_definitions({"custom_object_containers": CONTAINERS})
    if definition.path and definition.name not in MADE_BY_THE_TAP
]


@pytest.mark.parametrize("definition", COLLECTIONS, ids=lambda definition: definition.name)
def test_a_collection_is_read_as_it_is_and_then_only_its_changes(
    definition: StreamDefinition, read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    path = "custom-objects" if definition.container else definition.path
    held = sandbox.snapshot("commercetools", path)[path]
    rows = {row["id"]: row for row in held if not definition.container or row["container"] == definition.container}
    for row in rows.values():
        row.pop("password", None)
    run = read_streams(definition.name)
    assert len(rows) > 1
    assert {record["id"]: record for record in run.records(definition.name)} == rows
    assert len(run.ids(definition.name)) == len(rows)
    assert read_streams(definition.name, state=run.state).counts() == {}
    changed = run.ids(definition.name)[0]
    sandbox.control("PUT", f"/commercetools/{path}/{changed}", {"custom": None})
    sandbox.advance_clock(2)
    assert read_streams(definition.name, state=run.state).ids(definition.name) == [changed]


def test_the_project_is_one_record_without_its_secret(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    (project,) = read_streams("project").records("project")
    assert project["key"] == "sandbox-shop"
    sandbox.order_fault(
        {
            "kind": "respond",
            "status": 200,
            "body": {**project, "externalOAuth": {"url": "https://x.example", "authorizationHeader": "Bearer hush"}},
        },
        service="commercetools",
        path="^/sandbox-shop$",
    )
    run = read_streams("project")
    assert run.records("project") == [{**project, "externalOAuth": {"url": "https://x.example"}}]
    assert not [line for line in run.lines if "hush" in line]


def test_projections_are_what_shoppers_see_or_all_drafts(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    products = sandbox.snapshot("commercetools", "products")["products"]
    published = {product["id"] for product in products if product["masterData"]["published"]}
    assert (
        set(read_streams("product_projections").ids("product_projections"))
        == published
        < {product["id"] for product in products}
    )
    drafts = read_streams("product_projections", staged_projections=True).records("product_projections")
    assert {draft["id"]: draft["name"] for draft in drafts} == {
        product["id"]: product["masterData"]["staged"]["name"] for product in products
    }
    assert {draft["id"] for draft in drafts if draft["published"]} == published


def test_variants_of_a_classic_project_are_those_of_its_products(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    products = sandbox.snapshot("commercetools", "products")["products"]
    run = read_streams("variants")
    expected = {variant["id"]: variant for product in products for variant in variants_of(product)}
    assert {record["id"]: record for record in run.records("variants")} == expected
    skus = {
        variant["sku"]
        for product in products
        for version in ("current", "staged")
        for variant in (
            product["masterData"][version]["masterVariant"],
            *product["masterData"][version]["variants"],
        )
    }
    assert {each["current"]["sku"] for each in expected.values()} | {
        each["staged"]["sku"] for each in expected.values()
    } == skus
    assert sum(each["isMaster"] for each in expected.values()) == len(products)
    assert read_streams("variants", state=run.state).counts() == {}


def test_variants_of_a_modular_project_have_the_same_shape(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    classic = {record["current"]["sku"]: record for record in read_streams("variants").records("variants")}
    sandbox.control("POST", "/commercetools/settings", {"product_catalog_model": "Modular"})
    try:
        run = read_streams("variants")
        modular = {record["current"]["sku"]: record for record in run.records("variants")}
        assert modular.keys() == classic.keys()
        for sku, variant in modular.items():
            for field in ("variantId", "product", "published"):
                assert variant[field] == classic[sku][field]
            assert variant["current"]["attributes"] == classic[sku]["current"]["attributes"]
        assert read_streams("variants", state=run.state).counts() == {}
    finally:
        sandbox.control("POST", "/commercetools/settings", {"product_catalog_model": "Classic"})


def test_variants_in_one_version_of_a_product_only_are_not_lost() -> None:
    def data(*numbers: int) -> dict[str, Any]:
        first, *others = ({"id": number, "sku": f"s{number}"} for number in numbers)
        return {"masterVariant": first, "variants": others}

    product = {
        "id": "p",
        "key": "k",
        "version": 3,
        "masterData": {"published": False, "current": data(1, 2), "staged": data(3, 1)},
    }
    variants = {variant["id"]: variant for variant in variants_of(product)}
    assert variants.keys() == {"p/1", "p/2", "p/3"}
    assert variants["p/1"]["isMaster"]
    assert not variants["p/3"]["isMaster"]
    assert "staged" not in variants["p/2"]
    assert "current" not in variants["p/3"]
    assert variants["p/3"]["productKey"] == "k"
    empty = {"id": "p", "masterData": {"published": True, "current": {"variants": []}, "staged": {}}}
    assert list(variants_of(empty)) == []


def test_stores_limit_the_streams_that_stores_have_of_their_own(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    orders = sandbox.snapshot("commercetools", "orders")["orders"]
    stores = sorted({order["store"]["key"] for order in orders if order.get("store")})
    one, two = stores[:2]
    wanted = {order["id"] for order in orders if (order.get("store") or {}).get("key") in {one, two}}
    run = read_streams("orders", "customers", "categories", stores=[one, two], page_size=7)
    assert sorted(run.ids("orders")) == sorted(wanted)
    customers = sandbox.snapshot("commercetools", "customers")["customers"]
    theirs = {each["id"] for each in customers if {store["key"] for store in each.get("stores", ())} & {one, two}}
    assert sorted(run.ids("customers")) == sorted(theirs)
    assert len(run.ids("categories")) == len(sandbox.snapshot("commercetools", "categories")["categories"])
    times = [(record["lastModifiedAt"], record["id"]) for record in run.records("orders")]
    assert times == sorted(times)
    assert read_streams("orders", stores=[one, two], state=run.state).counts() == {}
    assert read_streams("orders", stores=[one], state=run.state).counts() == {}


def test_a_store_added_later_is_read_from_its_beginning(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    orders = sandbox.snapshot("commercetools", "orders")["orders"]
    one, two = sorted({order["store"]["key"] for order in orders if order.get("store")})[:2]
    first = read_streams("orders", stores=[one])
    second = read_streams("orders", stores=[one, two], state=first.state)
    wanted = {order["id"] for order in orders if (order.get("store") or {}).get("key") in {one, two}}
    assert set(second.ids("orders")) == wanted
    assert f"the bookmark speaks for the stores {one} only" in caplog.text
    everything = read_streams("orders", state=second.state)
    assert set(everything.ids("orders")) == {order["id"] for order in orders}


def test_slices_read_by_separate_workers_are_the_whole_once(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    rows = sandbox.snapshot("commercetools", "payments")["payments"]
    times = sorted(row["lastModifiedAt"] for row in rows)
    cuts = [times[len(times) // 3], times[2 * len(times) // 3]]
    slices = [
        read_streams("payments", end_date=cuts[0][:-1] + "Z"),
        read_streams("payments", start_date=_next(cuts[0]), end_date=cuts[1]),
        read_streams("payments", start_date=_next(cuts[1])),
    ]
    ids = [identifier for run in slices for identifier in run.ids("payments")]
    assert sorted(ids) == sorted(row["id"] for row in rows)
    assert read_streams("payments", state=slices[-1].state).counts() == {}


def _next(time: str) -> str:
    return f"{time[:-4]}{int(time[-4:-1]) + 1:03d}Z" if time[-4:-1] != "999" else time


def test_the_fast_and_the_ordinary_way_write_the_same_records(
    read_streams: Callable[..., TapRun], read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]]
) -> None:
    names = [definition.name for definition in COLLECTIONS]
    fast = read_streams(*names)
    catalog = catalog_of(*names, config={"custom_object_containers": CONTAINERS})
    for entry in catalog["streams"]:
        entry["metadata"].append(
            {"breadcrumb": ["properties", "createdBy", "properties", "nothing"], "metadata": {"selected": False}}
        )
    ordinary = read(configure(custom_object_containers=CONTAINERS), None, catalog)
    for name in names:
        assert fast.records(name) == ordinary.records(name)
    assert fast.state["bookmarks"].keys() == ordinary.state["bookmarks"].keys()


@pytest.mark.parametrize("status", [503, 429, "drop", "truncate"])
def test_parallel_reading_survives_what_the_platform_does(
    status: int | str,
    read_streams: Callable[..., TapRun],
    sandbox: RunningSandbox,
    rows: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    action = {"kind": "respond", "status": status} if isinstance(status, int) else {"kind": status}
    sandbox.order_fault(action, service="commercetools", path="/orders", skip=3, times=2)
    run = read_streams("orders", page_size=6, max_parallel_requests=4)
    assert [record["id"] for record in run.records("orders")] == [
        row["id"] for row in sorted(rows("orders").values(), key=lambda row: (row["lastModifiedAt"], row["id"]))
    ]


def test_streams_of_any_kind_run_as_a_process(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.control("POST", "/commercetools/changes", {"place_orders": 1, "delete_customers": 1})
    sandbox.advance_clock(2)
    config = configure(custom_object_containers=CONTAINERS, deletions_enabled=True)
    names = [definition.name for definition in stream_definitions(config)]
    run = tap_process.run(config, catalog=catalog_of(*names, config=config), as_installed=True)
    assert run.exit_code == 0, run.errors
    assert set(run.counts()) == set(names)
    test = tap_process.run(config, "--test", catalog=catalog_of(*names, config=config))
    assert test.exit_code == 0
    assert test.errors.count("can be read") == len(names)
