"""The messages stream: what happened, in one shape, with a warning where something is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_commercetools.message_history import SequenceGaps

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapRun


def message(resource: str, number: int) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"resource": {"typeId": "order", "id": resource}, "sequenceNumber": number}).encode())


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([("a", 1), ("a", 2), ("b", 1), ("a", 3)], 0),
        ([("a", 7), ("a", 8)], 0),  # the ones before were read in earlier runs
        ([("a", 1), ("a", 4)], 2),
        ([("a", 1), ("a", 3), ("a", 2), ("a", 4)], 0),  # of one millisecond, in the order of their ids
        ([("a", 2), ("a", 1), ("b", 1), ("b", 3)], 1),  # one out of order must not make up for one that is missing
        ([("a", 1), ("b", 5), ("a", 3), ("b", 9)], 4),
    ],
)
def test_gaps_in_the_numbers_of_a_resource_are_counted(numbers: list[tuple[str, int]], missing: int) -> None:
    gaps = SequenceGaps()
    for resource, number in numbers:
        gaps.note(message(resource, number))
    assert gaps.missing == missing


@given(read=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 30)), unique=True))
def test_in_whatever_order_messages_come_what_is_between_them_is_missing(read: list[tuple[str, int]]) -> None:
    gaps = SequenceGaps()
    for resource, number in read:
        gaps.note(message(resource, number))
    missing = 0
    for resource in "ab":
        numbers = [number for name, number in read if name == resource]
        missing += max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0
    assert gaps.missing == missing


def test_messages_have_one_shape_and_lose_nothing(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    first = read_streams("messages")
    sandbox.advance_clock(2)
    sandbox.control("POST", "/commercetools/changes", {"ship_orders": 2, "register_customers": 1, "cancel_orders": 1})
    sandbox.advance_clock(2)
    second = read_streams("messages", state=first.state)
    held = {each["id"]: each for each in sandbox.shop_client().results("/messages", limit=500)}
    for each in held.values():
        each.get("customer", {}).pop("password", None)
    arrived = {record["id"]: record for record in (*first.records("messages"), *second.records("messages"))}
    assert arrived.keys() == held.keys()
    for identifier, record in arrived.items():
        payload = record.pop("payload")
        assert not payload.keys() & record.keys()
        assert {**record, **payload} == held[identifier]
    kinds = {record["type"] for record in second.records("messages")}
    assert {"CustomerCreated", "OrderStateChanged", "DeliveryAdded"} <= kinds
    assert "password" not in json.dumps(second.messages)
    assert "messages are missing" not in caplog.text
    assert first.state["bookmarks"]["messages"]["replication_key"] == "createdAt"


def test_a_missing_message_is_noticed(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    order = sandbox.snapshot("commercetools", "orders")["orders"][0]["id"]
    for state in ("Open", "Confirmed", "Complete", "Cancelled"):
        sandbox.control("PUT", f"/commercetools/orders/{order}", {"orderState": state})
    sandbox.advance_clock(2)
    messages: list[dict[str, Any]] = sandbox.shop_client().results("/messages", limit=500)
    longest = max(
        {each["resource"]["id"] for each in messages},
        key=lambda identifier: sum(each["resource"]["id"] == identifier for each in messages),
    )
    own = sorted(
        (each for each in messages if each["resource"]["id"] == longest), key=lambda each: each["sequenceNumber"]
    )
    assert len(own) > 2
    kept = sorted(
        (each for each in messages if each["id"] != own[1]["id"]), key=lambda each: (each["createdAt"], each["id"])
    )
    answer = {"limit": 500, "count": len(kept[:499]), "results": kept[:499]}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": answer}, service="commercetools", path="/messages")
    read_streams("messages")
    assert "1 messages are missing between others of the same resources" in caplog.text


def test_a_project_without_messages_is_told_how_to_switch_them_on(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.control("POST", "/commercetools/settings", {"messages_enabled": False})
    try:
        assert read_streams("messages").counts() == {}
    finally:
        sandbox.control("POST", "/commercetools/settings", {"messages_enabled": True})
    assert "messages: the project keeps no messages" in caplog.text
    assert "messages.enabled" in caplog.text
