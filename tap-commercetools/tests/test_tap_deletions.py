"""What is gone from the project arrives as records, once, however it can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import catalog_of
from tap_commercetools import deletion_stream
from tap_commercetools.deletions import deletion_told, packed, unpacked
from tap_commercetools.lookup import rows_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess, TapRun

WATCHED = ("customers", "orders", "products", "variants", "categories", "carts", "deletions")


@pytest.fixture
def change(sandbox: RunningSandbox) -> Callable[..., dict[str, list[str]]]:
    """Let things happen in the shop, and time pass."""

    def happen(**changes: int) -> dict[str, list[str]]:
        sandbox.advance_clock(2)
        ids: dict[str, list[str]] = sandbox.control("POST", "/commercetools/changes", changes)
        sandbox.advance_clock(2)
        return ids

    return happen


@pytest.fixture
def without_messages(sandbox: RunningSandbox) -> Iterator[None]:
    sandbox.control("POST", "/commercetools/settings", {"messages_enabled": False})
    yield
    sandbox.control("POST", "/commercetools/settings", {"messages_enabled": True})


def told(run: TapRun) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what a run told of each row last: a product is unpublished before it is deleted."""
    records = run.records("deletions")
    assert len({(record["resourceTypeId"], record["id"], record["change"]) for record in records}) == len(records)
    return {(record["resourceTypeId"], record["id"]): record for record in records}


def test_messages_tell_of_deleted_rows(
    read_streams: Callable[..., TapRun], change: Callable[..., dict[str, list[str]]], sandbox: RunningSandbox
) -> None:
    first = read_streams(*WATCHED)
    emails = {each["id"]: each["email"] for each in sandbox.snapshot("commercetools", "customers")["customers"]}
    ids = change(delete_customers=2, delete_orders=3, delete_products=1, remove_variants=1, unpublish_products=1)
    second = read_streams(*WATCHED, state=first.state)
    found = told(second)
    for identifier in ids["delete_customers"]:
        record = found["customer", identifier]
        assert (record["change"], record["source"]) == ("deleted", "message")
        assert record["email"] == emails[identifier]
        assert record["deletedAt"] > first.state["bookmarks"]["deletions"]["replication_key_value"]
    assert {key for kind, key in found if kind == "order"} == set(ids["delete_orders"])
    changes = {key: record["change"] for (kind, key), record in found.items() if kind == "product"}
    assert changes == {ids["delete_products"][0]: "deleted", ids["unpublish_products"][0]: "unpublished"}
    draft, variant = sorted(
        (record for record in second.records("deletions") if record["resourceTypeId"] == "variant"),
        key=lambda record: record["change"],
        reverse=True,
    )
    assert (draft["change"], variant["change"]) == ("deleted_in_draft", "deleted")
    assert draft["id"] == variant["id"]
    assert variant["id"] in first.ids("variants")
    assert variant["id"].startswith(ids["remove_variants"][0] + "/")
    assert variant["identifiers"]["sku"]
    assert read_streams(*WATCHED, state=second.state).records("deletions") == []


def test_an_erased_customer_is_marked_and_nothing_personal_is_left(
    read_streams: Callable[..., TapRun], change: Callable[..., dict[str, list[str]]], sandbox: RunningSandbox
) -> None:
    first = read_streams("customers", "deletions")
    emails = {each["id"]: each["email"] for each in sandbox.snapshot("commercetools", "customers")["customers"]}
    ids = change(erase_customers=2)["erase_customers"]
    second = read_streams("customers", "deletions", state=first.state)
    assert {(key, record["change"]) for (_, key), record in told(second).items()} == {(key, "erased") for key in ids}
    assert not [line for line in second.lines for key in ids if emails[key] in line]


def test_a_deleted_customer_tells_whether_the_address_is_free(
    read_streams: Callable[..., TapRun], change: Callable[..., dict[str, list[str]]], sandbox: RunningSandbox
) -> None:
    first = read_streams("customers", "deletions")
    emails = {each["id"]: each["email"] for each in sandbox.snapshot("commercetools", "customers")["customers"]}
    free, taken, gone_too = change(delete_customers=3)["delete_customers"]
    sandbox.control("POST", "/commercetools/customers", {"email": emails[taken].upper()})
    again = sandbox.control("POST", "/commercetools/customers", {"email": emails[gone_too]})["id"]
    sandbox.advance_clock(2)
    sandbox.control("DELETE", f"/commercetools/customers/{again}")
    sandbox.advance_clock(2)
    run = read_streams("customers", "deletions", state=first.state)
    found = {key: record["emailIsFree"] for (_, key), record in told(run).items()}
    assert found == {free: True, taken: False, gone_too: True, again: True}


def test_what_cannot_be_asked_about_an_address_is_left_out_and_nothing_personal_is_logged(
    read_streams: Callable[..., TapRun],
    change: Callable[..., dict[str, list[str]]],
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = read_streams("customers", "deletions")
    change(delete_customers=1)
    fault = {"kind": "respond", "status": 403, "body": {"errors": [{"code": "insufficient_scope"}]}}
    sandbox.order_fault(fault, service="commercetools", path="/customers$", skip=2)
    run = read_streams("customers", "deletions", state=first.state)
    (record,) = run.records("deletions")
    assert record["email"]
    assert "emailIsFree" not in record
    assert caplog.text.count("emailIsFree is left out") == 1
    assert record["email"].lower() not in caplog.text.lower()


def test_a_deleted_product_tells_its_variants_if_shoppers_saw_it(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    first = read_streams("products", "deletions")
    products = sandbox.snapshot("commercetools", "products")["products"]
    shown = next(
        each for each in products if each["masterData"]["published"] and each["masterData"]["current"]["variants"]
    )
    hidden = next(each for each in products if not each["masterData"]["published"])
    for product in (shown, hidden):
        sandbox.control("DELETE", f"/commercetools/products/{product['id']}")
    sandbox.advance_clock(2)
    found = told(read_streams("products", "deletions", state=first.state))
    current = shown["masterData"]["current"]
    numbers = [variant["id"] for variant in (current["masterVariant"], *current["variants"])]
    assert found["product", shown["id"]]["variantIds"] == numbers
    assert "variantIds" not in found["product", hidden["id"]]


@pytest.mark.usefixtures("without_messages")
def test_a_collection_that_several_streams_read_is_compared_once(
    read_streams: Callable[..., TapRun], change: Callable[..., dict[str, list[str]]]
) -> None:
    names = ("products", "product_projections", "product_offers", "deletions")
    first = read_streams(*names)
    ids = change(delete_products=2)["delete_products"]
    assert set(told(read_streams(*names, state=first.state))) == {("product", key) for key in ids}


def test_heavy_pages_of_ids_are_asked_for_in_smaller_ones(
    read_streams: Callable[..., TapRun],
    change: Callable[..., dict[str, list[str]]],
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = read_streams("categories", "deletions")
    ids = change(delete_categories=2)["delete_categories"]
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 5})
    second = read_streams("categories", "deletions", state=first.state)
    assert set(told(second)) == {("category", key) for key in ids}
    assert "ids of categories: QueryTimedOut; asking for 250 at a time" in caplog.text


def test_ids_are_compared_for_collections_without_messages(
    read_streams: Callable[..., TapRun], change: Callable[..., dict[str, list[str]]]
) -> None:
    first = read_streams(*WATCHED)
    assert first.records("deletions") == []
    ids = change(delete_categories=2, expire_carts=3)
    second = read_streams(*WATCHED, state=first.state)
    found = told(second)
    gone = {("category", key) for key in ids["delete_categories"]} | {("cart", key) for key in ids["expire_carts"]}
    assert found.keys() == gone
    assert {(record["change"], record["source"]) for record in found.values()} == {("missing", "sweep")}
    assert read_streams(*WATCHED, state=second.state).records("deletions") == []


@pytest.mark.usefixtures("without_messages")
def test_without_messages_all_ids_are_compared(
    read_streams: Callable[..., TapRun],
    change: Callable[..., dict[str, list[str]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = read_streams(*WATCHED)
    assert "the project keeps no messages" in caplog.text
    assert set(first.state["bookmarks"]["deletions"]["known_ids"]) >= {"customers", "orders", "products", "categories"}
    ids = change(delete_customers=2, delete_orders=1, delete_products=1)
    second = read_streams(*WATCHED, state=first.state)
    assert {key for _, key in told(second)} == {key for keys in ids.values() for key in keys}
    assert read_streams(*WATCHED, state=second.state).records("deletions") == []


def test_only_the_selected_streams_are_watched(
    read_streams: Callable[..., TapRun], change: Callable[..., dict[str, list[str]]]
) -> None:
    first = read_streams("orders", "deletions")
    ids = change(delete_customers=2, delete_orders=1, delete_categories=1, unpublish_products=1)
    second = read_streams("orders", "deletions", state=first.state)
    assert set(told(second)) == {("order", ids["delete_orders"][0])}
    assert read_streams("deletions").records("deletions") == []


def test_a_row_that_one_answer_does_not_show_is_not_gone(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    first = read_streams("categories", "deletions")
    body: dict[str, Any] = {"data": {"categories": {"results": []}}}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": body}, service="commercetools", path="/graphql")
    second = read_streams("categories", "deletions", state=first.state)
    assert second.records("deletions") == []


def test_rows_that_several_answers_do_not_show_are_not_gone_and_are_compared_again(
    read_streams: Callable[..., TapRun],
    change: Callable[..., dict[str, list[str]]],
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = read_streams("categories", "deletions")
    body: dict[str, Any] = {"data": {"categories": {"results": []}}}
    fault = {"kind": "respond", "status": 200, "body": body}
    sandbox.order_fault(fault, service="commercetools", path="/graphql", times=2)
    answers = [iter(()), None]
    with monkeypatch.context() as patched:
        patched.setattr(deletion_stream, "rows_with", lambda *asked: answers.pop(0) or rows_with(*asked))
        second = read_streams("categories", "deletions", state=first.state)
    assert answers == []
    assert second.records("deletions") == []
    ids = change(delete_categories=2)["delete_categories"]
    assert set(told(read_streams("categories", "deletions", state=second.state))) == {("category", id_) for id_ in ids}


def test_too_many_rows_are_not_compared_and_that_is_said(
    read_streams: Callable[..., TapRun], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = read_streams("categories", "zones", "deletions")
    monkeypatch.setattr(deletion_stream, "_MOST_COMPARED", 5)
    second = read_streams("categories", "zones", "deletions", state=first.state)
    assert "categories has more than 5 rows" in caplog.text
    assert second.records("deletions") == []
    assert set(second.state["bookmarks"]["deletions"]["known_ids"]) == {"zones"}


def test_a_run_after_messages_have_expired_says_what_is_lost(
    read_streams: Callable[..., TapRun],
    change: Callable[..., dict[str, list[str]]],
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = read_streams("customers", "deletions", "messages")
    assert "are lost" not in caplog.text
    change(delete_customers=1)
    sandbox.advance_clock(20 * 24 * 3600)
    second = read_streams("customers", "deletions", "messages", state=first.state)
    assert "deletions: messages are kept for 15 days" in caplog.text
    assert "messages: messages are kept for 15 days" in caplog.text
    assert second.records("deletions") == []


def test_what_graphql_refuses_is_one_line_that_names_the_scope(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    body: dict[str, Any] = {"data": None, "errors": [{"message": "no", "extensions": {"code": "insufficient_scope"}}]}
    sandbox.order_fault(
        {"kind": "respond", "status": 200, "body": body}, service="commercetools", path="/graphql", times=None
    )
    run = tap_process.run(configure(), catalog=catalog_of("categories", "deletions"))
    assert run.exit_code == 1
    assert len(run.error_lines) == 1
    assert "categories was refused: insufficient_scope" in run.error_lines[0]


def test_a_fresh_catalog_selects_deletions_if_the_setting_says_so() -> None:
    def chosen(**config: Any) -> bool:
        entries = catalog_of(config=config, selected=False)["streams"]
        entry = next(each for each in entries if each["tap_stream_id"] == "deletions")
        root = next(item["metadata"] for item in entry["metadata"] if item["breadcrumb"] == [])
        return bool(root["selected-by-default"])

    assert chosen(deletions_enabled=True)
    assert not chosen()


@given(st.sets(st.uuids().map(str) | st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1)))
def test_remembered_ids_come_back_as_they_were(identifiers: set[str]) -> None:
    assert unpacked(packed(identifiers)) == identifiers


@pytest.mark.parametrize("text", ["é", "no ids", packed(["a"])[:-3]])
def test_damaged_remembered_ids_are_told_from_good_ones(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpacked(text)


def test_damaged_remembered_ids_do_not_stop_a_run(
    read_streams: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    first = read_streams("zones", "deletions")
    first.state["bookmarks"]["deletions"]["known_ids"]["zones"] = "damaged"
    second = read_streams("zones", "deletions", state=first.state)
    assert "the ids of zones in the bookmark cannot be read" in caplog.text
    assert second.records("deletions") == []


def test_a_message_of_an_inventory_entry_names_its_sku() -> None:
    message = {
        "id": "m",
        "type": "InventoryEntryDeleted",
        "resource": {"typeId": "inventory-entry", "id": "i"},
        "resourceVersion": 4,
        "createdAt": "2026-11-21T10:00:00.000Z",
        "sku": "HAT",
    }
    assert deletion_told(message) == {
        "id": "i",
        "resourceTypeId": "inventory-entry",
        "deletedAt": "2026-11-21T10:00:00.000Z",
        "change": "deleted",
        "source": "message",
        "version": 4,
        "messageId": "m",
        "identifiers": {"sku": "HAT"},
    }
