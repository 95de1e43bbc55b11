"""Products with their stock and standalone prices: always what the platform holds now, whatever of it changed."""

from __future__ import annotations

import logging
import random
import signal
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from jsonschema import Draft7Validator
from running_the_tap import catalog_of
from tap_commercetools import lookup, merged_pages, product_offers
from tap_commercetools.errors import AccessError, TapError
from tap_commercetools.product_offers import changed_sku, skus_of
from tap_commercetools.schemas.product_offer import PRODUCT_OFFER

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Iterator

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess, TapRun

    Change = Callable[..., dict[str, list[str]]]

STREAM = "product_offers"
Document = dict[str, Any]


@pytest.fixture
def shop(sandbox: RunningSandbox) -> RunningSandbox:
    """A shop half of whose products use standalone prices, which nothing had as it was generated."""
    for number, product in enumerate(sandbox.snapshot("commercetools", "products")["products"]):
        if number % 2:
            sandbox.control("PUT", f"/commercetools/products/{product['id']}", {"priceMode": "Standalone"})
    skus = [sku for each in standalone(sandbox) for sku in skus_of(each)]
    prices = sandbox.snapshot("commercetools", "standalone-prices")["standalone-prices"]
    for number, price in enumerate(prices):
        sandbox.control("PUT", f"/commercetools/standalone-prices/{price['id']}", {"sku": skus[number % len(skus)]})
    sandbox.advance_clock(600)
    return sandbox


@pytest.fixture
def change(shop: RunningSandbox) -> Change:
    """Let things happen in the shop, and time pass."""

    def happen(seed: int = 1, **changes: int) -> dict[str, list[str]]:
        shop.advance_clock(2)
        ids: dict[str, list[str]] = shop.control("POST", f"/commercetools/changes?seed={seed}", changes)
        shop.advance_clock(2)
        return ids

    return happen


@pytest.fixture
def a_row_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each changed row be a page, so that what is remembered between pages counts."""
    monkeypatch.setattr(merged_pages, "_ROWS_PER_PAGE", 1)


def standalone(sandbox: RunningSandbox) -> list[Document]:
    products = sandbox.snapshot("commercetools", "products")["products"]
    return [each for each in products if each.get("priceMode") == "Standalone"]


def expected(sandbox: RunningSandbox) -> dict[str, Document]:
    """Work all offers out from all that the shop holds."""
    held = sandbox.snapshot("commercetools", "products", "inventory", "standalone-prices")
    by_sku: dict[str, defaultdict[str, list[Document]]] = {}
    for path in ("inventory", "standalone-prices"):
        by_sku[path] = defaultdict(list)
        for row in sorted(held[path], key=lambda row: str(row["id"])):
            by_sku[path][row["sku"]].append(row)
    offers = {}
    for product in held["products"]:
        versions = (product["masterData"][name] for name in ("current", "staged"))
        skus = dict.fromkeys(
            variant["sku"] for version in versions for variant in (version["masterVariant"], *version["variants"])
        )
        priced = skus if product["priceMode"] == "Standalone" else {}
        offers[product["id"]] = {
            **product,
            "inventory": [row for sku in skus for row in by_sku["inventory"][sku]],
            "standalonePrices": [row for sku in priced for row in by_sku["standalone-prices"][sku]],
        }
    return offers


def last_of(runs: Iterable[TapRun]) -> dict[str, Document]:
    return {record["id"]: record for run in runs for record in run.records(STREAM)}


def asked(sandbox: RunningSandbox, path: str, since: int = 0) -> list[dict[str, list[str]]]:
    """Return the parameters of the queries of a collection."""
    entries = sandbox.requests(service="commercetools", path=f"/{path}$")
    return [parse_qs(entry["query"]) for entry in entries[since:]]


def test_a_first_run_makes_an_offer_of_every_product_and_asks_for_hundreds_of_skus_at_once(
    read_streams: Callable[..., TapRun], shop: RunningSandbox
) -> None:
    before = {path: len(asked(shop, path)) for path in ("inventory", "standalone-prices", "messages")}
    run = read_streams(STREAM)
    wanted = expected(shop)
    assert last_of([run]) == wanted
    assert len(run.records(STREAM)) == len(wanted)
    assert sum(bool(each["standalonePrices"]) for each in wanted.values()) > 3
    assert sum(len(each["inventory"]) for each in wanted.values()) > 100
    queries = asked(shop, "inventory", before["inventory"])
    skus = {sku for product in wanted.values() for sku in skus_of(product)}
    # 12 characters a SKU: the 200 that one query takes are fewer only in the last.
    assert [len(query["var.values"]) for query in queries[::3]] == [*[200] * (len(skus) // 200), len(skus) % 200]
    for query in asked(shop, "standalone-prices", before["standalone-prices"]):
        assert set(query["var.values"]) <= {sku for each in standalone(shop) for sku in skus_of(each)}
    assert len(asked(shop, "messages")) == before["messages"]
    validator = Draft7Validator(PRODUCT_OFFER)
    for record in run.records(STREAM)[:8]:
        validator.validate(record)
    assert read_streams(STREAM, state=run.state).counts() == {}


def test_moved_stock_brings_its_product_once(
    read_streams: Callable[..., TapRun], shop: RunningSandbox, change: Change
) -> None:
    first = read_streams(STREAM)
    moved = change(move_stock=3)["move_stock"]
    offers = expected(shop)
    concerned = {key for key, offer in offers.items() if {entry["id"] for entry in offer["inventory"]} & set(moved)}
    second = read_streams(STREAM, state=first.state)
    assert sorted(second.ids(STREAM)) == sorted(concerned)
    assert last_of([second]) == {key: offers[key] for key in concerned}
    before = last_of([first])
    for record in second.records(STREAM):
        assert record["lastModifiedAt"] == before[record["id"]]["lastModifiedAt"]
    assert read_streams(STREAM, state=second.state).counts() == {}


@pytest.mark.usefixtures("a_row_at_a_time")
def test_a_stock_import_looks_no_product_up_twice(
    read_streams: Callable[..., TapRun], shop: RunningSandbox, change: Change
) -> None:
    first = read_streams(STREAM)
    for seed in range(4):
        change(seed, move_stock=60)
    before = len(asked(shop, "products"))
    second = read_streams(STREAM, state=first.state)
    assert len(second.ids(STREAM)) == len(set(second.ids(STREAM))) > 20
    offers = expected(shop)
    assert last_of([first, second]) == offers
    found = [query for query in asked(shop, "products", before) if "var.values" in query]
    first_pages = [query for query in found if "var.last" not in query]
    looked_up = [sku for query in first_pages for sku in query["var.values"]]
    assert len(looked_up) == len(set(looked_up))
    assert len(looked_up) == len(second.ids(STREAM))


@pytest.mark.usefixtures("a_row_at_a_time")
def test_a_product_that_changed_with_its_stock_and_prices_comes_once(
    read_streams: Callable[..., TapRun], shop: RunningSandbox
) -> None:
    first = read_streams(STREAM)
    offer = next(each for each in expected(shop).values() if each["standalonePrices"] and len(each["inventory"]) > 1)
    shop.advance_clock(2)
    shop.control("PUT", f"/commercetools/inventory/{offer['inventory'][0]['id']}", {"quantityOnStock": 1})
    shop.control("PUT", f"/commercetools/products/{offer['id']}", {"key": "changed"})
    shop.control("PUT", f"/commercetools/inventory/{offer['inventory'][-1]['id']}", {"quantityOnStock": 2})
    shop.control("PUT", f"/commercetools/standalone-prices/{offer['standalonePrices'][0]['id']}", {"active": False})
    shop.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    assert second.records(STREAM) == [expected(shop)[offer["id"]]]


def test_a_standalone_price_matters_where_the_product_uses_it(
    read_streams: Callable[..., TapRun], shop: RunningSandbox
) -> None:
    used = next(each for each in expected(shop).values() if each["standalonePrices"])
    unused = next(each for each in expected(shop).values() if each["priceMode"] == "Embedded")
    sku = skus_of(unused)[0]
    amount = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 100, "fractionDigits": 2}
    draft = {"id": "unused", "sku": sku, "value": amount, "active": True}
    shop.control("POST", "/commercetools/standalone-prices", draft)
    shop.advance_clock(600)
    first = read_streams(STREAM)
    shop.advance_clock(2)
    price = used["standalonePrices"][0]["id"]
    for identifier in ("unused", price):
        shop.control("PUT", f"/commercetools/standalone-prices/{identifier}", {"value": {"centAmount": 77}})
    shop.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    assert second.ids(STREAM) == [used["id"]]
    found = {each["id"]: each["value"]["centAmount"] for each in second.records(STREAM)[0]["standalonePrices"]}
    assert found[price] == 77
    shop.advance_clock(2)
    shop.control("PUT", f"/commercetools/products/{unused['id']}", {"priceMode": "Standalone"})
    shop.advance_clock(2)
    (record,) = read_streams(STREAM, state=second.state).records(STREAM)
    assert [each["id"] for each in record["standalonePrices"]][-1:] == ["unused"]


@pytest.mark.usefixtures("a_row_at_a_time")
def test_a_price_and_then_the_stock_of_one_sku_in_later_pages_are_not_lost(
    read_streams: Callable[..., TapRun], shop: RunningSandbox
) -> None:
    unused = next(each for each in expected(shop).values() if each["priceMode"] == "Embedded")
    price = {"id": "p", "sku": skus_of(unused)[0], "value": {"centAmount": 1}}
    first = read_streams(STREAM)
    shop.advance_clock(2)
    shop.control("POST", "/commercetools/standalone-prices", price)
    shop.advance_clock(2)
    shop.control("PUT", f"/commercetools/inventory/{unused['inventory'][0]['id']}", {"quantityOnStock": 4711})
    shop.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    assert second.records(STREAM) == [expected(shop)[unused["id"]]]


def test_a_sku_that_is_new_in_a_draft_is_found(read_streams: Callable[..., TapRun], shop: RunningSandbox) -> None:
    product = next(each for each in expected(shop).values() if each["masterData"]["published"])
    drafted = {"variants": [{"id": 99, "sku": "ONLY-IN-DRAFT"}]}
    shop.control("PUT", f"/commercetools/products/{product['id']}", {"masterData": {"staged": drafted}})
    shop.advance_clock(600)
    first = read_streams(STREAM)
    shop.advance_clock(2)
    entry = {"sku": "ONLY-IN-DRAFT", "quantityOnStock": 5, "availableQuantity": 5}
    created = shop.control("POST", "/commercetools/inventory", entry)
    shop.advance_clock(2)
    (record,) = read_streams(STREAM, state=first.state).records(STREAM)
    assert record["id"] == product["id"]
    assert record["inventory"][-1]["id"] == created["id"]


def test_skus_of_no_product_are_left_out_and_counted(
    read_streams: Callable[..., TapRun],
    shop: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = read_streams(STREAM)
    assert "that no product has" not in caplog.text
    shop.advance_clock(2)
    for number in range(3):
        shop.control("POST", "/commercetools/inventory", {"sku": f"NOBODY-{number}", "quantityOnStock": 1})
    shop.control("POST", "/commercetools/standalone-prices", {"sku": "NOBODY-0", "value": {"centAmount": 1}})
    shop.advance_clock(2)
    with caplog.at_level(logging.INFO):
        second = read_streams(STREAM, state=first.state)
    assert second.counts() == {}
    assert f"{STREAM}: 3 changes of stock or prices are of SKUs that no product has" in caplog.text
    assert "NOBODY" not in caplog.text
    assert read_streams(STREAM, state=second.state).counts() == {}


def test_deleted_stock_and_prices_bring_the_product_if_messages_tell(
    read_streams: Callable[..., TapRun], shop: RunningSandbox
) -> None:
    first = read_streams(STREAM)
    of_stock, of_prices = (
        next(each for each in expected(shop).values() if len(each[field]) > 1)
        for field in ("inventory", "standalonePrices")
    )
    shop.advance_clock(2)
    shop.control("DELETE", f"/commercetools/inventory/{of_stock['inventory'][0]['id']}")
    shop.control("DELETE", f"/commercetools/standalone-prices/{of_prices['standalonePrices'][0]['id']}")
    shop.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    offers = expected(shop)
    assert last_of([second]) == {each["id"]: offers[each["id"]] for each in (of_stock, of_prices)}
    assert read_streams(STREAM, state=second.state).counts() == {}


@pytest.mark.parametrize("lacking", ["the feature", "view_messages", "view_project_settings"])
def test_without_messages_deleted_stock_shows_when_the_product_changes(
    lacking: str,
    read_streams: Callable[..., TapRun],
    shop: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scopes = sorted({"view_products", "view_standalone_prices", "view_messages", "view_project_settings"} - {lacking})
    shop.control("POST", "/commercetools/settings", {"messages_enabled": lacking != "the feature"})
    try:
        first = read_streams(STREAM, scopes=scopes)
        offer = next(each for each in expected(shop).values() if each["inventory"])
        shop.advance_clock(2)
        shop.control("DELETE", f"/commercetools/inventory/{offer['inventory'][0]['id']}")
        shop.advance_clock(2)
        with caplog.at_level(logging.INFO):
            second = read_streams(STREAM, state=first.state, scopes=scopes)
        assert second.counts() == {}
        assert "deleted stock and prices show only when their product changes" in caplog.text
        shop.control("PUT", f"/commercetools/products/{offer['id']}", {"key": "changed"})
        shop.advance_clock(2)
        third = read_streams(STREAM, state=second.state, scopes=scopes)
        assert third.records(STREAM) == [expected(shop)[offer["id"]]]
    finally:
        shop.control("POST", "/commercetools/settings", {"messages_enabled": True})


def test_a_run_after_messages_have_expired_says_what_is_lost(
    read_streams: Callable[..., TapRun], shop: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    first = read_streams(STREAM)
    shop.advance_clock(20 * 24 * 3600)
    read_streams(STREAM, state=first.state)
    assert f"{STREAM}: messages are kept for 15 days" in caplog.text


HAPPENINGS = (
    "move_stock",
    "change_standalone_prices",
    "delete_stock",
    "delete_standalone_prices",
    "change_prices",
    "unpublish_products",
    "remove_variants",
    "delete_products",
)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_the_last_record_of_each_product_is_what_the_shop_holds(
    seed: int,
    read_streams: Callable[..., TapRun],
    shop: RunningSandbox,
    change: Change,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merged_pages, "_ROWS_PER_PAGE", [1, 2, 5, 500][seed])
    dice = random.Random(seed)  # noqa: S311 - no secret
    runs = [read_streams(STREAM)]
    for number in range(3):
        change(number, **{name: dice.randint(0, 4) for name in dice.sample(HAPPENINGS, 5)})
        product = dice.choice(shop.snapshot("commercetools", "products")["products"])
        mode = dice.choice(["Embedded", "Standalone"])
        shop.control("PUT", f"/commercetools/products/{product['id']}", {"priceMode": mode})
        entry = {"sku": dice.choice(skus_of(product)), "quantityOnStock": 3, "availableQuantity": 3}
        shop.control("POST", "/commercetools/inventory", entry)
        shop.advance_clock(dice.choice([1, 400]))
        runs.append(read_streams(STREAM, state=runs[-1].state, page_size=dice.choice([1, 3, 500])))
        offers = expected(shop)
        assert {key: record for key, record in last_of(runs).items() if key in offers} == offers


def test_heavy_pages_change_nothing(read_streams: Callable[..., TapRun], shop: RunningSandbox, change: Change) -> None:
    shop.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 9})
    first = read_streams(STREAM)
    assert last_of([first]) == expected(shop)
    change(move_stock=30)
    assert last_of([first, read_streams(STREAM, state=first.state)]) == expected(shop)


def test_many_skus_are_put_together_a_thousand_at_a_time(
    read_streams: Callable[..., TapRun], shop: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_offers, "SKUS_AT_ONCE", 10)
    before = len(asked(shop, "inventory"))
    assert last_of([read_streams(STREAM)]) == expected(shop)
    assert all(len(query["var.values"]) <= 10 for query in asked(shop, "inventory", before))


def test_a_product_that_several_queries_find_comes_once(
    read_streams: Callable[..., TapRun], shop: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MOST_VALUES", 1)
    first = read_streams(STREAM)
    offer = next(each for each in expected(shop).values() if len({entry["sku"] for entry in each["inventory"]}) > 1)
    shop.advance_clock(2)
    for entry in offer["inventory"]:
        shop.control("PUT", f"/commercetools/inventory/{entry['id']}", {"quantityOnStock": 4711})
    shop.advance_clock(2)
    assert read_streams(STREAM, state=first.state).records(STREAM) == [expected(shop)[offer["id"]]]


def test_times_have_three_decimals_whichever_way_they_were_found(
    read_streams: Callable[..., TapRun], shop: RunningSandbox
) -> None:
    product = next(each for each in expected(shop).values() if each["inventory"])
    odd = {"lastModifiedAt": "2020-01-01T00:00:00Z", "createdAt": "2020-01-01T00:00:00.1Z"}
    shop.control("PUT", f"/commercetools/products/{product['id']}", odd)
    shop.control("PUT", f"/commercetools/inventory/{product['inventory'][0]['id']}", odd)
    first = read_streams(STREAM)
    shop.advance_clock(2)
    shop.control("PUT", f"/commercetools/inventory/{product['inventory'][-1]['id']}", {"key": "k"})
    shop.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    for run in (first, second):
        record = last_of([run])[product["id"]]
        for row in (record, record["inventory"][0]) if len(record["inventory"]) > 1 else (record,):
            assert row["lastModifiedAt"] == "2020-01-01T00:00:00.000Z"
            assert row["createdAt"] == "2020-01-01T00:00:00.100Z"


def slowly(process: subprocess.Popen[str], records: int) -> Iterator[str]:
    """Take lines from a running tap until so many records have come."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        records -= line.startswith('{"type":"RECORD"')
        if records <= 0:
            return


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_a_run_that_is_ended_is_continued_and_nothing_is_missing(
    how: signal.Signals,
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
    read_streams: Callable[..., TapRun],
    shop: RunningSandbox,
) -> None:
    added = [
        {
            "id": f"{number:08d}",
            "priceMode": "Embedded",
            "lastModifiedAt": "2019-05-05T05:05:05.005Z",
            "masterData": {
                "published": True,
                **{name: {"masterVariant": {"sku": f"N-{number}"}, "variants": []} for name in ("current", "staged")},
            },
        }
        for number in range(2_500)
    ]
    entries = [{"sku": f"N-{number}", "quantityOnStock": number} for number in range(0, 2_500, 25)]
    shop.control("POST", "/commercetools/products", added)
    entries = shop.control("POST", "/commercetools/inventory", entries)
    shop.advance_clock(600)
    delay = {"kind": "delay", "seconds": 0.05}
    shop.order_fault(delay, service="commercetools", path="/(products|inventory)$", times=None)
    config, catalog = configure(page_size=100), catalog_of(STREAM)
    with tap_process.start(config, catalog=catalog) as process:
        lines = list(slowly(process, 2_050))
        process.send_signal(how)
        first = tap_process.finish(process, *lines)
    assert first.exit_code != 0
    assert 2_050 <= first.counts()[STREAM] < 2_500
    assert first.state["bookmarks"][STREAM]["position"]["lastModifiedAt"] == "2019-05-05T05:05:05.005Z"
    for entry in (entries[5], entries[99]):
        shop.control("PUT", f"/commercetools/inventory/{entry['id']}", {"quantityOnStock": 9_999})
    shop.advance_clock(2)
    with tap_process.start(config, state=first.state, catalog=catalog) as process:
        lines = list(slowly(process, 300))
        process.send_signal(how)
        second = tap_process.finish(process, *lines)
    assert second.exit_code != 0
    shop.clear_faults()
    state = second.state if any(message["type"] == "STATE" for message in second.messages) else first.state
    third = read_streams(STREAM, state=state)
    assert last_of([first, second, third]) == expected(shop)
    assert read_streams(STREAM, state=third.state).counts() == {}


def test_a_project_whose_variants_are_resources_of_their_own_is_refused(
    read_streams: Callable[..., TapRun],
    shop: RunningSandbox,
    tap_process: TapProcess,
    configure: Callable[..., dict[str, Any]],
) -> None:
    shop.control("POST", "/commercetools/settings", {"product_catalog_model": "Modular"})
    try:
        with pytest.raises(TapError, match=f"stream {STREAM}: the project keeps variants .* Deselect the stream"):
            read_streams(STREAM)
        run = tap_process.run(configure(), "--test", catalog=catalog_of(STREAM))
        assert run.exit_code == 1
        assert len(run.error_lines) == 1
    finally:
        shop.control("POST", "/commercetools/settings", {"product_catalog_model": "Classic"})


@pytest.mark.parametrize("scope", ["view_products", "view_standalone_prices"])
def test_a_missing_scope_of_offers_is_named(scope: str, read_streams: Callable[..., TapRun]) -> None:
    others = sorted({"view_products", "view_standalone_prices", "view_published_products"} - {scope})
    with pytest.raises(AccessError, match=f"{STREAM} needs .*{scope}"):
        read_streams(STREAM, scopes=others)


def test_a_fresh_catalog_does_not_select_offers() -> None:
    entry = next(each for each in catalog_of(selected=False)["streams"] if each["tap_stream_id"] == STREAM)
    root = next(item["metadata"] for item in entry["metadata"] if item["breadcrumb"] == [])
    assert root["selected-by-default"] is False


def test_what_changed_is_told_from_the_row() -> None:
    at = "2026-11-21T10:00:00Z"
    plain = "2026-11-21T10:00:00.000Z"
    assert changed_sku({"sku": "a", "quantityOnStock": 1, "lastModifiedAt": at}) == ("a", (plain, ""))
    assert changed_sku({"sku": "a", "value": {}, "lastModifiedAt": at}) == ("a", ("", plain))
    message = {"resource": {}, "createdAt": at, "sku": "a"}
    assert changed_sku({**message, "type": "InventoryEntryDeleted"}) == ("a", (plain, ""))
    assert changed_sku({**message, "type": "StandalonePriceDeleted"}) == ("a", ("", plain))
    assert changed_sku({"resource": {}, "createdAt": at, "type": "InventoryEntryDeleted"}) is None


def test_skus_are_those_on_sale_and_in_draft_each_once() -> None:
    current = {"masterVariant": {"sku": "a"}, "variants": [{"sku": "b"}, {"id": 3}]}
    staged = {"masterVariant": {"sku": "b"}, "variants": [{"sku": "c"}]}
    assert skus_of({"masterData": {"current": current, "staged": staged}}) == ["a", "b", "c"]
    assert skus_of({"masterData": {"current": current}}) == ["a", "b"]
    assert skus_of({}) == []
