"""The stream of customer order summaries, run as people run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapRun

STREAM = "customer_order_summaries"


def by_id(run: TapRun) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in run.records(STREAM)}


def test_everybody_who_ordered_has_a_summary_and_later_only_those_concerned(
    read_streams: Callable[..., TapRun], sandbox: RunningSandbox
) -> None:
    orders = sandbox.snapshot("commercetools", "orders")["orders"]
    buyers = {
        f"customer/{order['customerId']}" if order.get("customerId") else f"guest/{order['customerEmail']}"
        for order in orders
        if order.get("customerId") or order.get("customerEmail")
    }
    first = read_streams(STREAM)
    assert by_id(first).keys() == buyers
    assert len(first.records(STREAM)) == len(buyers)
    assert read_streams(STREAM, state=first.state).counts() == {}
    sandbox.advance_clock(2)
    changed = sandbox.control("POST", "/commercetools/changes", {"place_orders": 2, "cancel_orders": 1})
    sandbox.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    ids = {identifier for identifiers in changed.values() for identifier in identifiers}
    held = {order["id"]: order for order in sandbox.snapshot("commercetools", "orders")["orders"]}
    concerned = {
        f"customer/{order['customerId']}" if order.get("customerId") else f"guest/{order['customerEmail']}"
        for order in (held[identifier] for identifier in ids if identifier in held)
    }
    assert by_id(second).keys() == concerned
    fresh = by_id(read_streams(STREAM))
    assert {identifier: fresh[identifier] for identifier in concerned} == by_id(second)


def test_a_refund_alone_changes_the_summary(read_streams: Callable[..., TapRun], sandbox: RunningSandbox) -> None:
    first = read_streams(STREAM)
    orders = sandbox.snapshot("commercetools", "orders")["orders"]
    order = next(
        order
        for order in orders
        if order.get("customerId") and order.get("paymentInfo") and order["orderState"] != "Cancelled"
    )
    payment_id = order["paymentInfo"]["payments"][0]["id"]
    payments = {each["id"]: each for each in sandbox.snapshot("commercetools", "payments")["payments"]}
    refund = {
        "id": "refund-1",
        "type": "Refund",
        "state": "Success",
        "amount": {**order["totalPrice"], "centAmount": 100},
    }
    transactions = [each for each in payments[payment_id]["transactions"] if each["type"] != "Refund"]
    sandbox.advance_clock(2)
    sandbox.control("PUT", f"/commercetools/payments/{payment_id}", {"transactions": [*transactions, refund]})
    sandbox.advance_clock(2)
    second = read_streams(STREAM, state=first.state)
    (summary,) = second.records(STREAM)
    assert summary["id"] == f"customer/{order['customerId']}"
    before = by_id(first)[summary["id"]]
    assert summary["orderCount"] == before["orderCount"]
    assert summary["lastModifiedAt"] > before["lastModifiedAt"]
    assert summary["valueByCurrency"] != before["valueByCurrency"]


@pytest.mark.parametrize("scope", ["view_customers", "view_payments", "view_products"])
def test_a_missing_scope_is_named(
    scope: str, read_streams: Callable[..., TapRun], caplog: pytest.LogCaptureFixture
) -> None:
    from tap_commercetools.errors import AccessError  # noqa: PLC0415

    others = sorted({"view_customers", "view_orders", "view_payments", "view_products"} - {scope})
    with pytest.raises(AccessError, match=f"{STREAM} needs .*{scope}"):
        read_streams(STREAM, scopes=others)
    assert caplog.text.count("@") == 0
