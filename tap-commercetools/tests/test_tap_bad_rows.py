"""One bad row never stops a run: it is mended or left out, told by its id, and the others go on."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import catalog_of
from scripted_platform import SECRET, ScriptedPlatform, json_answer, raw_answer, scripted_platform
from tap_commercetools.client import CommercetoolsClient
from tap_commercetools.errors import LeftOutError, TapError, TooManyLeftOutError, UnexpectedAnswerError
from tap_commercetools.json_pieces import (
    elements,
    holds_a_long_number,
    is_too_deep,
    may_hold_a_long_number,
    members,
    mended,
)
from tap_commercetools.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapRun

SCOPES = "view_orders:shop view_customers:shop view_order_edits:shop view_messages:shop view_products:shop"
EMPTY = b'{"limit":500,"offset":0,"count":0,"results":[]}'


@pytest.fixture
def platform() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as running:
        running.answer("/oauth/token", json_answer({"access_token": "t", "expires_in": 172_800, "scope": SCOPES}))
        yield running


def row(identifier: str, *fields: str, day: int = 1) -> str:
    time = f"2026-11-{day:02d}T00:00:00.000Z"
    return (
        "{"
        + ",".join([f'"id":"{identifier}","version":1,"createdAt":"{time}","lastModifiedAt":"{time}"', *fields])
        + "}"
    )


def page(*rows: str) -> bytes:
    return raw_answer(f'{{"limit":500,"offset":0,"count":{len(rows)},"results":[{",".join(rows)}]}}'.encode())


def config(platform: ScriptedPlatform, **settings: Any) -> dict[str, Any]:
    return {
        "project_key": "shop",
        "client_id": "client",
        "client_secret": SECRET,
        "api_url": platform.url,
        "auth_url": platform.url,
        "max_left_out": 1_000,
        **settings,
    }


PATHS = {"orders": "/shop/orders", "customers": "/shop/customers", "order_edits": "/shop/orders/edits"}
HOW: list[tuple[str, dict[str, Any]]] = [
    ("orders", {}),  # goes out as it came
    ("customers", {}),  # a field is left out on the way
    ("order_edits", {}),  # taken apart
    ("orders", {"stream_maps": {"orders": {"total": "version + 1"}}}),
]
LEFT_OUT = {
    "NaN": row("bad", '"n":NaN', day=2),
    "Infinity": row("bad", '"n":[-Infinity]', day=2),
    "a thousand digits": row("bad", '"n":' + "7" * 5_000, day=2),
    "nested too deep": row("bad", '"n":' + "[" * 5_000 + "]" * 5_000, day=2),
    "objects too deep": row("bad", '"n":' + '{"a":' * 5_000 + "1" + "}" * 5_000, day=2),
    "no escape": row("bad", r'"n":"\q"', day=2),
    "no version": row("bad", day=2).replace('"version":1', '"version":{"is":1}'),
    "no time": row("bad", day=2).replace("2026-11-02T00:00:00.000Z", "2026-99-99T99:99:99.999Z"),
    "no time at all": row("bad", day=2).replace('"2026-11-02T00:00:00.000Z"', '{"at":"yesterday"}'),
    "a day that is none": row("bad", day=2).replace("2026-11-02T00:00:00.000Z", "2026-02-30T00:00:00.000Z"),
    "no time of creation": row("bad", day=2).replace('"createdAt":"2026-11-02T', '"createdAt":"2026-11-99T'),
}
WITHOUT_AN_ID = {
    "an object for an id": row("bad", day=2).replace('"id":"bad"', '"id":{"is":"bad"}'),
    "a list for an id": row("bad", day=2).replace('"id":"bad"', '"id":["bad"]'),
    "no id": row("bad", day=2).replace('"id":"bad",', ""),
    "an id with half a character": row(r"bad\ud83d", day=2),
    "null": "null",
    "a number": "17",
    "a list": "[]",
    "nothing": "{}",
}


@pytest.mark.parametrize("kind", [*LEFT_OUT, *WITHOUT_AN_ID])
@pytest.mark.parametrize(("stream", "settings"), HOW, ids=str)
def test_a_bad_row_is_left_out_and_told_and_the_others_are_emitted(
    platform: ScriptedPlatform,
    read: Callable[..., TapRun],
    caplog: pytest.LogCaptureFixture,
    stream: str,
    settings: dict[str, Any],
    kind: str,
) -> None:
    bad = LEFT_OUT.get(kind) or WITHOUT_AN_ID[kind]
    platform.answer(PATHS[stream], page(row("good-1"), bad, row("good-2", day=3)), raw_answer(EMPTY))
    run = read(config(platform, **settings), None, catalog_of(stream))
    assert run.ids(stream) == ["good-1", "good-2"]
    told = "id bad" if kind in LEFT_OUT else "no readable id"
    assert caplog.text.count(f"{stream}: left out the row with {told}: ") == 1
    assert f"1 rows were left out because they cannot be read or emitted ({stream}: 1)" in caplog.text
    assert run.state["bookmarks"][stream]["position"] is None
    assert run.state["bookmarks"][stream]["replication_key_value"].startswith("2026-12-01T11:59")


@pytest.mark.parametrize("place", [0, 2])
def test_a_bad_row_at_an_end_of_its_page_is_told_once(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture, place: int
) -> None:
    rows = [row("good-1", day=2), row("good-2", day=3)]
    rows.insert(place, "null")
    platform.answer("/shop/orders", page(*rows), page(*rows[2:][place != 2 :]), raw_answer(EMPTY))
    run = read(config(platform), None, catalog_of("orders"))
    assert run.ids("orders") == ["good-1", "good-2"]
    assert caplog.text.count("left out the row") == 1


HALVES = [
    (r"\ud83d", "\ufffd"),
    (r"\uDE00", "\ufffd"),
    (r"\ud83d\ud83d\ude00", "\ufffd😀"),
    (r"\ude00\ud83d", "\ufffd\ufffd"),
    (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
    (r"\ud83dA", "\ufffdA"),
    (r"\ud83d\n", "\ufffd\n"),
]


@pytest.mark.parametrize(("half", "whole"), HALVES)
@pytest.mark.parametrize(("stream", "settings"), HOW, ids=str)
def test_half_a_character_is_mended_and_told(
    platform: ScriptedPlatform,
    read: Callable[..., TapRun],
    caplog: pytest.LogCaptureFixture,
    stream: str,
    settings: dict[str, Any],
    half: str,
    whole: str,
) -> None:
    spoilt = row("spoilt", f'"text":"{half}"', f'"custom":{{"{half}":["{half}"]}}', day=2)
    platform.answer(PATHS[stream], page(row("good-1"), spoilt, row("good-2", day=3)), raw_answer(EMPTY))
    run = read(config(platform, **settings), None, catalog_of(stream))
    assert run.ids(stream) == ["good-1", "spoilt", "good-2"]
    record = run.records(stream)[1]
    assert (record["text"], record["custom"]) == (whole, {whole: [whole]})
    assert f"{stream}: the row with id spoilt holds half a character" in caplog.text
    assert "left out" not in caplog.text


def test_more_than_a_hundred_in_a_row_end_the_run(platform: ScriptedPlatform, read: Callable[..., TapRun]) -> None:
    bad = [row(f"bad-{number:03d}", '"n":NaN', day=2) for number in range(101)]
    platform.answer("/shop/orders", page(row("good"), *bad), raw_answer(EMPTY))
    with pytest.raises(TooManyLeftOutError, match="stream orders: more than 100 rows in a row could not be emitted"):
        read(config(platform), None, catalog_of("orders"))


def test_a_hundred_here_and_there_do_not(platform: ScriptedPlatform, read: Callable[..., TapRun]) -> None:
    rows = [row(f"{number:03d}", '"n":NaN' if number % 3 else '"n":1', day=2) for number in range(300)]
    platform.answer("/shop/orders", page(*rows), raw_answer(EMPTY))
    assert len(read(config(platform), None, catalog_of("orders")).ids("orders")) == 100


def test_a_record_that_a_stream_map_cannot_shape_is_left_out(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    rows = [row("good", '"total":"1"'), row("bad", '"total":"ada@shop.example"', day=2)]
    platform.answer("/shop/orders", page(*rows), raw_answer(EMPTY))
    maps = {"orders": {"total": "int(total)"}}
    assert read(config(platform, stream_maps=maps), None, catalog_of("orders")).ids("orders") == ["good"]
    assert "orders: left out the row with id bad: unexpected ValueError" in caplog.text
    assert "ada" not in caplog.text


def test_a_bad_row_is_not_told_again_by_the_next_run(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    late = row("bad", '"n":NaN').replace("2026-11-01T00:00:00.000Z", "2026-12-01T11:58:00.000Z")
    platform.answer("/shop/orders", page(late), raw_answer(EMPTY))
    first = read(config(platform), None, catalog_of("orders"))
    assert caplog.text.count("left out the row") == 1
    platform.answer("/oauth/token", json_answer({"access_token": "t", "expires_in": 9_999, "scope": SCOPES}))
    platform.answer("/shop/orders", page(late), raw_answer(EMPTY))
    read(config(platform, settle_seconds=30), first.state, catalog_of("orders"))
    assert caplog.text.count("left out the row") == 1


def test_money_that_no_summary_can_add_up_leaves_out_the_summaries_it_is_in(
    sandbox: RunningSandbox, read_streams: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    whole = read_streams("customer_order_summaries")
    buyer = whole.records("customer_order_summaries")[0]["customerId"]
    high = {"type": "highPrecision", "currencyCode": "EUR", "centAmount": 1, "preciseAmount": 12, "fractionDigits": 3}
    bad = {"id": "00000000-bad", "customerId": buyer, "totalPrice": high, "lastModifiedAt": "2019-01-01T00:00:00.000Z"}
    sandbox.control("POST", "/commercetools/orders", [bad])
    run = read_streams("customer_order_summaries", max_left_out=1_000)
    others = {key for key in whole.ids("customer_order_summaries") if key != f"customer/{buyer}"}
    assert set(run.ids("customer_order_summaries")) == others
    assert "order with id 00000000-bad: totalPrice is not money of cent precision" in caplog.text
    assert re.search(r"rows were left out .*customer_order_summaries: \d", caplog.text)


@pytest.mark.parametrize("bad", ['"resource":5', '"resource":{"typeId":"customer"}', '"resource":null'])
def test_a_message_that_tells_of_nothing_spoils_no_deletion_beside_it(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    def deleted(identifier: str, resource: str, day: int) -> str:
        return row(identifier, '"type":"CustomerDeleted","email":"ada@shop.example"', resource, day=day)

    good = [deleted(f"good-{n}", f'"resource":{{"typeId":"customer","id":"c-{n}"}}', n) for n in (1, 3, 4)]
    scopes = f"{SCOPES} view_project_settings:shop"
    platform.answer("/oauth/token", json_answer({"access_token": "t", "expires_in": 172_800, "scope": scopes}))
    platform.answer("/shop/customers", raw_answer(EMPTY))
    platform.answer("/shop/messages", page(good[0], deleted("bad", bad, 2), *good[1:]), raw_answer(EMPTY))
    run = read(config(platform), None, catalog_of("customers", "deletions"))
    assert run.ids("deletions") == ["c-1", "c-3", "c-4"]
    assert all(record["emailIsFree"] for record in run.records("deletions"))
    assert caplog.text.count("deletions: left out the row with id bad: unexpected ") == 1
    assert "ada" not in caplog.text


def deleted(number: int, *fields: str) -> str:
    resource = f'"resource":{{"typeId":"customer","id":"c-{number}"}}'
    return row(f"m-{number:03d}", '"type":"CustomerDeleted"', resource, *fields)


def read_deletions(platform: ScriptedPlatform, read: Callable[..., TapRun], *rows: str, **settings: Any) -> TapRun:
    scopes = f"{SCOPES} view_project_settings:shop"
    platform.answer("/oauth/token", json_answer({"access_token": "t", "expires_in": 172_800, "scope": scopes}))
    platform.answer("/shop/customers", raw_answer(EMPTY))
    platform.answer("/shop/messages", page(*rows), raw_answer(EMPTY))
    return read(config(platform, **settings), None, catalog_of("customers", "deletions"))


def test_rows_of_a_key_with_several_values_are_each_counted_and_told_by_all_that_are_ids(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    rows = [deleted(n, *(['"email":"ada@shop.example"'] if n > 3 else [])) for n in range(6)]
    maps = {"deletions": {"domain": "email.lower()"}}
    assert read_deletions(platform, read, *rows, stream_maps=maps).ids("deletions") == ["c-4", "c-5"]
    for number in range(4):
        assert caplog.text.count(f"left out the row with id customer c-{number} erased: ") == 1
    assert "4 rows were left out because they cannot be read or emitted (deletions: 4)" in caplog.text


def test_more_than_a_hundred_of_them_in_a_row_end_the_run(
    platform: ScriptedPlatform, read: Callable[..., TapRun]
) -> None:
    maps = {"deletions": {"domain": "email.nosuch()"}}
    with pytest.raises(TooManyLeftOutError, match="stream deletions: more than 100 rows in a row"):
        read_deletions(platform, read, *map(deleted, range(101)), stream_maps=maps)


def test_a_record_that_a_filter_cannot_judge_is_left_out(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    rows = [row("good", '"mail":"a.example"'), row("bad", '"mail":null', day=2), row("not-wanted", '"mail":"b"', day=3)]
    platform.answer("/shop/orders", page(*rows), raw_answer(EMPTY))
    maps = {"orders": {"__filter__": "mail.endswith('example')"}}
    run = read(config(platform, stream_maps=maps), None, catalog_of("orders"))
    assert run.ids("orders") == ["good"]
    assert caplog.text.count("orders: left out the row with id bad: unexpected ") == 1
    assert run.state["bookmarks"]["orders"]["position"] is None


class HeldRows(dict[str, list[str]]):
    """Rows that are changed and can be looked up, by path; answers as the platform does, and counts how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, platform: ScriptedPlatform, **rows: list[str]) -> None:
        super().__init__(rows)
        self.asked = 0
        scopes = ["view_orders", "view_payments", "view_customers", "view_products", "view_standalone_prices"]
        scope = " ".join(f"{each}:shop" for each in scopes)
        platform.answer("/oauth/token", json_answer({"access_token": "t", "expires_in": 172_800, "scope": scope}))
        platform.answer("/shop", json_answer({"message": "no"}, status="403 Forbidden"))
        monkeypatch.setattr(CommercetoolsClient, "fetch_page", lambda _client, *asked: self.page(*asked))

    def page(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        self.asked += 1
        one, values = dict(query), {value for name, value in query if name == "var.values"}
        after = (one.get("var.time", one.get("var.lower", "")), one.get("var.id", ""))
        found = [
            each
            for each in self.get(path, [])
            if (
                values & set(each.split('"')) and identifier(each) > one.get("var.last", "")
                if values
                else after < (each.split('"lastModifiedAt":"')[1][:24], identifier(each))
            )
        ]
        return Page.read(page(*found[:limit]).partition(b"\r\n\r\n")[2])


def identifier(document: str) -> str:
    return document.split('"')[3]


def order(number: int, buyer: str, *fields: str) -> str:
    total = '"totalPrice":{"type":"centPrecision","currencyCode":"EUR","centAmount":100,"fractionDigits":2}'
    return row(f"o-{number:03d}", f'"customerId":"{buyer}","lineItems":[]', total, *fields)


def test_one_bad_order_costs_the_one_summary_it_is_in_however_often_its_buyer_ordered(
    monkeypatch: pytest.MonkeyPatch,
    platform: ScriptedPlatform,
    read: Callable[..., TapRun],
    caplog: pytest.LogCaptureFixture,
) -> None:
    orders = [order(n, f"c-{n % 3}", *(['"note":NaN'] if n == 0 else [])) for n in range(450)]
    held = HeldRows(monkeypatch, platform, orders=orders)
    run = read(config(platform, page_size=100, max_parallel_requests=1), None, catalog_of("customer_order_summaries"))
    assert sorted(run.ids("customer_order_summaries")) == ["customer/c-1", "customer/c-2"]
    assert [record["orderCount"] for record in run.records("customer_order_summaries")] == [150, 150]
    assert caplog.text.count("left out the row") == 1
    assert "left out the row with id customer/c-0: it is no JSON" in caplog.text
    assert held.asked < 25


def test_the_payments_of_a_bad_order_cost_its_summary_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
    platform: ScriptedPlatform,
    read: Callable[..., TapRun],
    caplog: pytest.LogCaptureFixture,
) -> None:
    payments = [row(f"p-{n:03d}", '"amountPlanned":{}', day=20) for n in range(150)]
    paid = ",".join(f'{{"typeId":"payment","id":"p-{n:03d}"}}' for n in range(149))
    bad = order(0, "c-0", f'"paymentInfo":{{"payments":[{paid}]}}', '"n":NaN')
    good = order(1, "c-1", '"paymentInfo":{"payments":[{"typeId":"payment","id":"p-149"}]}')
    held = HeldRows(monkeypatch, platform, orders=[bad, good], payments=payments)
    run = read(config(platform), state_of("customer_order_summaries"), catalog_of("customer_order_summaries"))
    assert run.ids("customer_order_summaries") == ["customer/c-1"]
    assert caplog.text.count("left out the row") == 1
    assert "left out the row with id customer/c-0: " in caplog.text
    assert held.asked < 20


def test_a_bad_payment_costs_the_summary_of_who_paid(
    monkeypatch: pytest.MonkeyPatch,
    platform: ScriptedPlatform,
    read: Callable[..., TapRun],
    caplog: pytest.LogCaptureFixture,
) -> None:
    paid = '"paymentInfo":{"payments":[{"typeId":"payment","id":"p-1"}]}'
    orders = [order(n, f"c-{n:02d}", *[paid] * (n == 7)) for n in range(20)]
    held = HeldRows(monkeypatch, platform, orders=orders, payments=[row("p-1", '"amountPlanned":NaN')])
    run = read(config(platform), None, catalog_of("customer_order_summaries"))
    assert len(run.ids("customer_order_summaries")) == 19
    assert caplog.text.count("left out the row") == 1
    assert "left out the row with id customer/c-07: " in caplog.text
    assert held.asked < 60


def product(identifier: str, skus: list[str], *fields: str) -> str:
    variants = ",".join(f'{{"id":{n},"sku":"{sku}"}}' for n, sku in enumerate(skus, start=2))
    return row(
        identifier, f'"masterData":{{"current":{{"masterVariant":{{"id":1}},"variants":[{variants}]}}}}', *fields
    )


@pytest.mark.parametrize("bad", ["product", "stock"])
def test_what_spoils_an_offer_costs_that_offer_once_however_much_of_its_stock_changed(
    monkeypatch: pytest.MonkeyPatch,
    platform: ScriptedPlatform,
    read: Callable[..., TapRun],
    caplog: pytest.LogCaptureFixture,
    bad: str,
) -> None:
    nan = ['"n":NaN']
    skus = [f"s-{n:03d}" for n in range(150)]
    products = [product("p-1", skus, *nan * (bad == "product")), product("p-2", ["other"])]
    stock = [
        row(f"i-{n:03d}", f'"sku":"{sku}"', *nan * (bad == "stock" and n == 9), day=20)
        for n, sku in enumerate([*skus, "other"])
    ]
    rows = {"products": products, "inventory": stock}
    held = HeldRows(monkeypatch, platform, **rows)
    run = read(
        config(platform, page_size=50, max_parallel_requests=1),
        state_of("product_offers"),
        catalog_of("product_offers"),
    )
    assert run.ids("product_offers") == ["p-2"]
    assert caplog.text.count("left out the row with id p-1: ") == 1
    assert "SKUs that no product has" not in caplog.text
    assert held.asked < 30


def test_a_bookmark_at_the_beginning_of_all_time_is_no_defect(
    platform: ScriptedPlatform, read: Callable[..., TapRun]
) -> None:
    state = state_of("orders")
    state["bookmarks"]["orders"]["replication_key_value"] = "0001-01-01T00:00:00.000Z"
    with pytest.raises(TapError, match="stream orders: its bookmark in the state lies at the beginning of all time"):
        read(config(platform), state, catalog_of("orders"))


def state_of(stream: str) -> dict[str, Any]:
    bookmark = {"replication_key": "lastModifiedAt", "replication_key_value": "2026-11-10T00:00:00.000Z"}
    return {"bookmarks": {stream: bookmark}}


# Taking JSON apart along its brackets.


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text('[]{}",\\:'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.text('[]{}",\\'), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]))
def test_an_array_is_taken_apart_into_its_elements(values: list[Any], indent: int | None) -> None:
    for ascii_only in (True, False):
        document = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode(errors="replace")
        assert [json.loads(each) for each in elements(document)] == json.loads(document)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=6))
def test_an_object_is_taken_apart_into_its_members(values: dict[str, Any]) -> None:
    found = members(json.dumps(values).encode())
    assert {name: json.loads(value) for name, value in found.items()} == values


@given(st.binary(max_size=60) | st.text('[]{}",:\\u dD8 aN', max_size=60).map(str.encode))
def test_whatever_is_no_json_is_an_error_of_the_kind_expected(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        elements(content)
    with contextlib.suppress(ValueError):
        members(content)
    mended(content)


@given(JSON)
def test_nothing_is_mended_where_nothing_is_broken(value: object) -> None:
    document = json.dumps(value).encode()
    if "\\ud" not in document.decode() and "\\uD" not in document.decode():
        assert mended(document) == document


@given(st.text(st.characters(categories=["Cs", "Lu"]), max_size=8))
def test_what_is_mended_can_be_read(text: str) -> None:
    document = json.dumps({"results": [{"id": text}], "count": 1, "limit": 1}).encode()
    assert json.loads(mended(document)) == json.loads(
        json.dumps(json.loads(document)).encode().decode(), object_pairs_hook=_replaced
    )


def _replaced(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    def whole(value: object) -> object:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value

    return {name: whole(value) for name, value in pairs}


@pytest.mark.parametrize(("digits", "long"), [(999, False), (1_000, True), (1_234, True), (50_000, True)])
def test_numbers_of_a_thousand_digits_are_found(digits: int, long: bool) -> None:  # noqa: FBT001 - a table
    for before in range(0, 400, 37):
        document = b'{"a":"' + b"x" * before + b'","n":' + b"8" * digits + b"}"
        assert holds_a_long_number(document) is long
        if long:
            assert may_hold_a_long_number(document)
    assert not holds_a_long_number(b'{"a":"' + b"8" * digits + b'"}')


@pytest.mark.parametrize(("levels", "deep"), [(20, False), (499, False), (501, True), (100_000, True)])
def test_rows_nested_too_deep_are_found(levels: int, deep: bool) -> None:  # noqa: FBT001 - a table
    text = b'"]}{[" '
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"), (b"[" + text + b",", b"]")):
        document = opening * levels + b"1" + closing * levels
        assert is_too_deep(document) is deep
    assert not is_too_deep(b"[" + b",".join([b"[{}]"] * 10_000) + b"]")


@pytest.mark.parametrize("piece", [b'"', b"\\", b'"\\', b"[", b"{", b'"a",', b"\\ud83d", b"1", b'{"a":"\\"'])
def test_the_time_to_take_an_answer_apart_grows_as_its_size(piece: bytes) -> None:
    def seconds(times: int) -> float:
        content = b'{"count":1,"limit":1,"results":[{"n":' + piece * times + b"}]}"
        began = time.perf_counter()
        with contextlib.suppress(msgspec.DecodeError, UnexpectedAnswerError):
            Page.read(content).rows("lastModifiedAt")
        return time.perf_counter() - began

    assert seconds(160_000) < 12 * seconds(40_000) + 0.2


def test_more_rows_left_out_than_allowed_fail_the_run_after_everything_else(
    platform: ScriptedPlatform, read: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    def answers() -> None:
        platform.answer("/shop/orders", page(row("good-1"), "null", row("good-2", day=3)), raw_answer(EMPTY))

    answers()
    with pytest.raises(LeftOutError, match=r"1 rows were left out .* \(orders: 1\).* max_left_out allows \(0\)"):
        read(config(platform, max_left_out=0), None, catalog_of("orders"))
    answers()
    assert read(config(platform, max_left_out=1), None, catalog_of("orders")).ids("orders") == ["good-1", "good-2"]
    assert "1 rows were left out" in caplog.text
