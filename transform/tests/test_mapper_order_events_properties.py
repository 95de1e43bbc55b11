"""What must hold of events whatever the orders, versions and sources."""

from __future__ import annotations

import copy
import re
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.event_ids import event_id
from mapper_commercetools.event_settings import EventSettings
from mapper_commercetools.iterable.events import map_message, map_order_events
from mapper_commercetools.outcomes import SkipRecordError
from mapper_commercetools.settings import compile_settings

if TYPE_CHECKING:
    from random import Random

Record = dict[str, Any]
SETTINGS, EVENTS = compile_settings({}), EventSettings.compile({}, "events")
HISTORY_END = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
STEPS = ("confirm", "ship", "deliver", "cancel", "return", "refund", "touch")
ALPHABET = re.compile(r"[A-Za-z0-9-]{1,512}")
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=700)


def money(units: int) -> Record:
    return {"type": "centPrecision", "currencyCode": "EUR", "centAmount": units, "fractionDigits": 2}


def new_order(total: int, quantity: int, voucher: int = 0) -> Record:
    return {
        "id": "o-1",
        "version": 1,
        "createdAt": "2026-10-01T00:00:00.000Z",
        "lastModifiedAt": "2026-10-01T00:00:00.000Z",
        "customerEmail": "a@shop.example",
        "orderState": "Open",
        "totalPrice": money(total - voucher),
        "lineItems": [{"id": "li-1", "quantity": quantity, "totalPrice": money(total)}],
        "customLineItems": [{"id": "v", "quantity": 1, "totalPrice": money(-voucher)}] if voucher else [],
        "shippingInfo": {"price": money(0), "deliveries": []},
        "returnInfo": [],
    }


def changed(order: Record, step: str) -> tuple[Record, Record | None]:
    """Return the order after a change, and the message of it."""
    new = copy.deepcopy(order)
    new["version"] += 1
    new["lastModifiedAt"] = f"2026-10-{new['version']:02}T00:00:00.000Z"
    items = [item for one in new["returnInfo"] for item in one["items"]]
    told: Record | None = None
    if step in {"confirm", "cancel"}:
        new["orderState"] = "Confirmed" if step == "confirm" else "Cancelled"
        told = {
            "type": "OrderStateChanged",
            "payload": {"orderState": new["orderState"], "oldOrderState": order["orderState"]},
        }
    elif step == "deliver":
        new["shipmentState"] = "Delivered"
        told = {
            "type": "OrderShipmentStateChanged",
            "payload": {"shipmentState": "Delivered", "oldShipmentState": order.get("shipmentState")},
        }
    elif step == "ship":
        delivery = {"id": f"dl-{new['version']}", "createdAt": new["lastModifiedAt"], "items": []}
        new["shippingInfo"]["deliveries"].append(delivery)
        told = {"type": "DeliveryAdded", "payload": {"delivery": delivery}}
    elif step == "return":
        item = {
            "id": f"ri-{new['version']:02}",
            "lineItemId": "li-1",
            "quantity": 1,
            "createdAt": new["lastModifiedAt"],
        }
        new["returnInfo"].append({"items": [item]})
        told = {"type": "ReturnInfoAdded", "payload": {"returnInfo": {"items": [item]}}}
    elif step == "refund" and items:
        items[-1]["paymentState"] = "Refunded"
    if told:
        told |= {"createdAt": new["lastModifiedAt"], "resource": {"typeId": "order", "id": "o-1", "obj": new}}
    return new, told  # fmt: skip


def course(total: int, quantity: int, steps: list[str], voucher: int = 0) -> tuple[list[Record], list[Record]]:
    versions, messages = [new_order(total, quantity, voucher)], []
    for step in steps:
        version, told = changed(versions[-1], step)
        versions.append(version)
        messages.extend([told] if told else [])
    return versions, messages


def told_by(order: Record) -> dict[str, Record]:
    records = [outcome.record for outcome in map_order_events(order, SETTINGS, EVENTS)]
    return {record["id"]: record for record in records if record is not None}


@given(st.integers(0, 10**7), st.integers(1, 9), st.lists(st.sampled_from(STEPS), max_size=9), st.randoms())
def test_whatever_tells_of_an_event_in_whatever_order_it_has_one_id(
    total: int, quantity: int, steps: list[str], random: Random
) -> None:
    versions, messages = course(total, quantity, steps)
    by_versions = [event for version in versions for event in told_by(version).values()]
    happened: dict[tuple[Any, ...], set[str]] = {}
    for event in by_versions:
        fields = event["dataFields"]
        what = (fields["event"], fields.get("deliveryId"), fields.get("returnItemId"))
        happened.setdefault(what, set()).add(event["id"])
    assert all(len(ids) == 1 for ids in happened.values())
    ids = {event["id"] for event in by_versions}
    assert len(ids) == len(happened)
    assert all(ALPHABET.fullmatch(name) for name in ids)
    random.shuffle(messages)
    for message in messages * 2:
        try:
            outcomes = map_message(message, SETTINGS, EVENTS)
        except SkipRecordError:
            continue
        assert {outcome.record["id"] for outcome in outcomes if outcome.record} <= ids


@given(st.integers(0, 10**7), st.integers(1, 9), st.lists(st.sampled_from(STEPS), max_size=12))
def test_an_event_keeps_its_amount_in_all_later_versions(total: int, quantity: int, steps: list[str]) -> None:
    versions, _ = course(total, quantity, steps)
    amounts: dict[str, set[Decimal]] = {}
    for version in versions:
        for name, event in told_by(version).items():
            if "amount" in event["dataFields"]:
                amounts.setdefault(name, set()).add(event["dataFields"]["amount"])
    assert all(len(values) == 1 for values in amounts.values())


@given(st.integers(0, 10**7), st.integers(1, 9), st.integers(0, 3), st.integers(0, 10**7))
def test_refunding_all_units_one_by_one_refunds_exactly_what_was_paid(
    total: int, quantity: int, more: int, voucher: int
) -> None:
    voucher = min(voucher, total)
    versions, _ = course(total, quantity, ["return", "refund"] * (quantity + more), voucher)
    refunds = [event["dataFields"] for event in told_by(versions[-1]).values() if event["eventName"] == "orderRefunded"]
    assert len(refunds) == quantity + more
    assert sum((fields["amount"] for fields in refunds), Decimal(0)) == Decimal(total - voucher).scaleb(-2)


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_any_identifier_makes_an_id_that_iterable_takes(first: tuple[str, str], second: tuple[str, str]) -> None:
    one, other = event_id("order", first[0], "shipped", first[1]), event_id("order", second[0], "shipped", second[1])
    assert ALPHABET.fullmatch(one)
    assert (one == other) == (first == second)


def test_an_identifier_that_has_to_be_cleaned_meets_no_other() -> None:
    assert (
        event_id("order", "a_b", "placed") != event_id("order", "a.b", "placed") != event_id("order", "a-b", "placed")
    )


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(seed=11, customers=60, orders=300, products=30, history_end=HISTORY_END))


@pytest.mark.parametrize("project_type", ["hybrid", "userid", "email"])
def test_a_whole_shop_tells_each_event_once_of_somebody(shop: Shop, project_type: str) -> None:
    settings = compile_settings({"identity": {"project_type": project_type}})
    seen: set[str] = set()
    nobody = 0
    for order in shop.resources["orders"].values():
        try:
            outcomes = map_order_events(order, settings, EVENTS)
        except SkipRecordError:
            nobody += 1
            continue
        for outcome in outcomes:
            assert outcome.record is not None
            assert len({"email", "userId"} & outcome.record.keys()) == 1
            assert outcome.record["id"] not in seen
            seen.add(outcome.record["id"])
    assert nobody >= len(shop.notes["nameless_order_ids"]) > 0
    for what in ("placed", "confirmed", "shipped", "delivered", "cancelled", "returned", "refunded"):
        assert any(f"-{what}" in name for name in seen), what
