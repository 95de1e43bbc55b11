"""What orders, payments and messages tell as Iterable events."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from mapper_commercetools.event_settings import EVENT_KINDS, EventSettings
from mapper_commercetools.iterable.event_fields import events_stream
from mapper_commercetools.iterable.events import map_message, map_order_events, map_payment
from mapper_commercetools.outcomes import RejectRecordError, SkipRecordError
from mapper_commercetools.settings import compile_settings

Record = dict[str, Any]
ORDER_ID = "3f1e7f5a-8a41-4c53-b0a5-1f1d6f8e9a10"
PREFIX = f"ct-order-{ORDER_ID}"
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
PAYMENT: Record = {
    "id": "9a900000-0000-4000-8000-0000000099a1",
    "version": 4,
    "createdAt": "2026-10-20T11:02:33.901Z",
    "lastModifiedAt": "2026-11-05T08:12:40.000Z",
    "customer": {"typeId": "customer", "id": CUSTOMER_ID},
    "transactions": [
        {"id": "t-1", "type": "Charge", "state": "Success", "amount": {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 17690, "fractionDigits": 2}},  # noqa: E501  one transaction a line
        {"id": "t-2", "type": "Refund", "state": "Failure", "amount": {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 8100, "fractionDigits": 2}},  # noqa: E501  one transaction a line
        {"id": "t-3", "type": "Refund", "state": "Success", "timestamp": "2026-11-05T08:00:00.000Z", "amount": {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 8100, "fractionDigits": 2}},  # noqa: E501  one transaction a line
    ],
}  # fmt: skip


def events_of(order: Record, *, project_type: str = "hybrid", **section: Any) -> dict[str, Record]:
    settings = compile_settings({"locales": ["en"], "identity": {"project_type": project_type}})
    outcomes = map_order_events(order, settings, EventSettings.compile(section, "events"))
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    by_id = {record["id"]: record for record in records}
    assert len(by_id) == len(records) == len(outcomes)
    return by_id


def told_by_message(message: Record, order: Record | None = None, **section: Any) -> list[Record]:
    outcomes = map_message(message, compile_settings({}), EventSettings.compile(section, "events"), order)
    return [outcome.record for outcome in outcomes if outcome.record is not None]


def message(kind: str, payload: Record, resource: Record | None = None, type_id: str = "order") -> Record:
    reference: Record = {"typeId": type_id, "id": resource["id"] if resource else ORDER_ID}
    return {
        "id": "6d000000-0000-4000-8000-0000000006d1",
        "createdAt": "2026-11-21T10:00:00.417Z",
        "resource": {**reference, "obj": resource} if resource else reference,
        "type": kind,
        "payload": payload,
    }


def test_an_order_tells_everything_that_happened_to_it(order: Record) -> None:
    events = events_of(order)
    assert {event["eventName"]: (name.removeprefix(PREFIX), event["createdAt"], event["dataFields"]["timeIsExact"]) for name, event in events.items()} == {  # noqa: E501  one comparison
        "orderPlaced": ("-placed", 1792494153, True),
        "orderConfirmed": ("-confirmed", 1793866367, False),
        "orderShipped": ("-shipped-dl-1", 1792562400, True),
        "orderDelivered": ("-delivered", 1793866367, False),
        "orderReturned": ("-returned-ri-1", 1793518200, True),
        "orderRefunded": ("-refunded-ri-1", 1793866367, False),
    }  # fmt: skip
    assert all(event["userId"] == CUSTOMER_ID and "email" not in event for event in events.values())


def test_a_placed_order_has_its_lines_and_exact_totals(order: Record) -> None:
    fields = events_of(order)[f"{PREFIX}-placed"]["dataFields"]
    assert (fields["orderNumber"], fields["currency"], fields["store"]) == ("DE-2026-004217", "EUR", "de-web")
    assert [str(fields[name]) for name in ("total", "subtotal", "shippingTotal", "discountTotal", "taxTotal")] == [
        "176.90",
        "172.00",
        "4.90",
        "18.00",
        "28.25",
    ]
    assert [(item["id"], str(item["price"]), item["quantity"]) for item in fields["items"]] == [
        ("FELS-42-GRN", "81.00", 2),
        ("SOCK-M", "10.00", 1),
    ]


def test_a_shipment_has_its_tracking_and_what_is_in_it(order: Record) -> None:
    fields = events_of(order)[f"{PREFIX}-shipped-dl-1"]["dataFields"]
    assert (fields["deliveryId"], fields["trackingIds"], fields["carriers"]) == ("dl-1", ["TRK0001"], ["Example Post"])
    assert fields["units"] == [
        {"id": "FELS-42-GRN", "name": "Trailschuh Fels", "quantity": 2, "sku": "FELS-42-GRN"},
        {"id": "SOCK-M", "name": "Socken", "quantity": 1, "sku": "SOCK-M"},
    ]


def test_labels_for_sending_back_are_no_tracking(order: Record) -> None:
    order["shippingInfo"]["deliveries"][0]["parcels"][0]["trackingData"]["isReturn"] = True
    assert "trackingIds" not in events_of(order)[f"{PREFIX}-shipped-dl-1"]["dataFields"]


def test_deliveries_of_several_shipping_methods_all_count(order: Record) -> None:
    info = order.pop("shippingInfo")
    second = {**info, "deliveries": [{"id": "dl-2", "items": []}]}
    order["shipping"] = [{"shippingKey": "a", "shippingInfo": info}, {"shippingKey": "b", "shippingInfo": second}]
    events = events_of(order)
    assert f"{PREFIX}-shipped-dl-1" in events
    assert events[f"{PREFIX}-shipped-dl-2"]["dataFields"]["timeIsExact"] is False


def test_a_refund_has_the_worth_of_the_returned_units(order: Record) -> None:
    fields = events_of(order)[f"{PREFIX}-refunded-ri-1"]["dataFields"]
    assert (fields["amount"], fields["currency"], fields["units"][0]["quantity"]) == (Decimal("81.00"), "EUR", 1)
    assert "amount" not in events_of(order)[f"{PREFIX}-returned-ri-1"]["dataFields"]


def test_a_return_that_is_not_refunded_is_no_refund(order: Record) -> None:
    order["returnInfo"][0]["items"][0]["paymentState"] = "NotRefunded"
    events = events_of(order)
    assert f"{PREFIX}-returned-ri-1" in events
    assert not any("refunded" in name for name in events)


@pytest.mark.parametrize(
    ("state", "told"),
    [("Open", set()), ("Confirmed", {"confirmed"}), ("Complete", {"confirmed"}), ("Cancelled", {"cancelled"})],
)
def test_order_states_tell_of_confirmation_and_cancellation(order: Record, state: str, told: set[str]) -> None:
    order |= {"orderState": state, "shipmentState": "Canceled"}
    assert {name.rpartition("-")[2] for name in events_of(order)} & {"confirmed", "cancelled", "delivered"} == told


def test_a_shop_without_deliveries_tells_of_shipping_by_the_state(order: Record) -> None:
    events = events_of(order, shipped_by="shipment_state")
    assert [name.removeprefix(PREFIX) for name in events if "shipped" in name] == ["-shipped"]
    order["shipmentState"] = "Ready"
    assert not any("shipped" in name for name in events_of(order, shipped_by="shipment_state"))


def test_an_imported_order_was_placed_when_it_was_completed(order: Record) -> None:
    order["completedAt"] = "2020-01-02T03:04:05.000Z"
    assert events_of(order)[f"{PREFIX}-placed"]["createdAt"] == 1577934245


def test_events_have_the_shops_names_and_only_those_it_wants(order: Record) -> None:
    names = {"orderPlaced": "Order Placed", "orderConfirmed": None, "orderDelivered": None}
    told = [event["eventName"] for event in events_of(order, names=names).values()]
    assert sorted(told) == ["Order Placed", "orderRefunded", "orderReturned", "orderShipped"]


@pytest.mark.parametrize(
    ("project_type", "identifier"),
    [
        ("hybrid", {"email": "ada.kern@shop.example"}),
        ("email", {"email": "ada.kern@shop.example"}),
        ("userid", {"userId": "guest-"}),
    ],
)
def test_a_guests_events_are_whose_the_purchase_is(order: Record, project_type: str, identifier: Record) -> None:
    del order["customerId"]
    for event in events_of(order, project_type=project_type).values():
        told = {name: event[name] for name in ("email", "userId") if name in event}
        assert told.keys() == identifier.keys()
        assert next(iter(told.values())).startswith(next(iter(identifier.values())))


def test_an_order_of_nobody_tells_nothing(order: Record) -> None:
    del order["customerId"], order["customerEmail"]
    with pytest.raises(SkipRecordError, match="customerEmail: missing"):
        events_of(order)


def test_history_starts_no_journeys(order: Record) -> None:
    with pytest.raises(SkipRecordError, match=r"events\.since"):
        events_of(order, since="2026-11-10T00:00:00Z")
    imported = events_of(order, since="2026-11-10T00:00:00Z", import_as="orderImported")
    assert {event["eventName"] for event in imported.values()} == {"orderImported"}
    assert imported.keys() == events_of(order).keys()
    assert imported[f"{PREFIX}-placed"]["dataFields"]["event"] == "orderPlaced"


def test_an_old_order_that_changes_again_tells_only_what_is_known_to_be_new(order: Record) -> None:
    """A bulk change of old orders must not report them as confirmed and delivered today."""
    told = events_of(order, since="2026-10-31T00:00:00Z")
    assert [name.removeprefix(PREFIX) for name in told] == ["-returned-ri-1"]


def test_payments_tell_of_refunds_that_succeeded_and_only_if_they_are_to() -> None:
    settings, by_payments = compile_settings({}), EventSettings.compile({"refunds_from": "payments"}, "events")
    ((record),) = [outcome.record for outcome in map_payment(PAYMENT, settings, by_payments)]
    assert record == {
        "eventName": "orderRefunded",
        "id": f"ct-payment-{PAYMENT['id']}-refunded-t-3",
        "createdAt": 1793865600,
        "userId": CUSTOMER_ID,
        "dataFields": {
            "event": "orderRefunded",
            "timeIsExact": True,
            "amount": Decimal("81.00"),
            "currency": "EUR",
            "paymentId": PAYMENT["id"],
            "transactionId": "t-3",
        },
    }
    with pytest.raises(SkipRecordError, match="refunds_from"):
        map_payment(PAYMENT, settings, EventSettings.compile({}, "events"))
    with pytest.raises(SkipRecordError, match="customer: missing"):
        map_payment({**PAYMENT, "customer": None}, settings, by_payments)
    with pytest.raises(RejectRecordError, match=r"transactions\.amount"):
        map_payment({**PAYMENT, "transactions": [{**PAYMENT["transactions"][2], "amount": {}}]}, settings, by_payments)


def test_a_refund_is_told_by_one_source_only_and_under_one_id(order: Record) -> None:
    order["paymentInfo"]["payments"][0]["obj"] = PAYMENT
    assert [name for name in events_of(order) if "refunded" in name] == [f"{PREFIX}-refunded-ri-1"]
    expanded = events_of(order, refunds_from="payments")
    (name,) = (name for name in expanded if "refunded" in name)
    settings, by_payments = compile_settings({}), EventSettings.compile({"refunds_from": "payments"}, "events")
    (alone,) = map_payment(PAYMENT, settings, by_payments)
    (with_order,) = map_payment(PAYMENT, settings, by_payments, order)
    (added,) = told_by_message(
        message("PaymentTransactionAdded", {"transaction": PAYMENT["transactions"][2]}, PAYMENT, "payment"),
        refunds_from="payments",
    )
    changed_payload = {"transactionId": "t-3", "state": "Success"}
    (changed,) = told_by_message(
        message("PaymentTransactionStateChanged", changed_payload, PAYMENT, "payment"), refunds_from="payments"
    )
    assert alone.record is not None
    assert with_order.record is not None
    assert alone.record["id"] == with_order.record["id"] == added["id"] == changed["id"] == name
    assert with_order.record["dataFields"]["orderNumber"] == "DE-2026-004217"


def test_messages_tell_the_same_events_with_their_true_times(order: Record) -> None:
    by_order = events_of(order)
    delivery, return_info = order["shippingInfo"]["deliveries"][0], order["returnInfo"][0]
    cases: list[tuple[str, Record, Record | None, str]] = [
        ("OrderCreated", {"order": order}, None, "-placed"),
        ("OrderStateChanged", {"orderState": "Confirmed", "oldOrderState": "Open"}, order, "-confirmed"),
        ("OrderShipmentStateChanged", {"shipmentState": "Delivered", "oldShipmentState": "Shipped"}, order, "-delivered"),  # noqa: E501  one case a line
        ("DeliveryAdded", {"delivery": delivery}, order, "-shipped-dl-1"),
    ]  # fmt: skip
    for kind, payload, resource, name in cases:
        (event,) = told_by_message(message(kind, payload, resource))
        known = by_order[event["id"]]
        assert event["id"] == PREFIX + name
        assert event["dataFields"] == {**known["dataFields"], "timeIsExact": True}
        assert event["createdAt"] == (known["createdAt"] if known["dataFields"]["timeIsExact"] else 1795255200)
    returned = told_by_message(message("ReturnInfoAdded", {"returnInfo": return_info}, order))
    assert [event["id"] for event in returned] == [f"{PREFIX}-returned-ri-1", f"{PREFIX}-refunded-ri-1"]
    before = copy.deepcopy(order)
    before["returnInfo"] = []
    early = told_by_message(message("ReturnInfoAdded", {"returnInfo": return_info}, before))
    assert [event["dataFields"] for event in early] == [event["dataFields"] for event in returned]


def test_a_message_without_the_order_is_skipped_unless_the_order_is_known_otherwise(order: Record) -> None:
    bare = message("OrderStateChanged", {"orderState": "Cancelled", "oldOrderState": "Open"})
    with pytest.raises(SkipRecordError, match="not expanded"):
        told_by_message(bare)
    (event,) = told_by_message(bare, order)
    assert event["id"] == f"{PREFIX}-cancelled"


def test_a_state_that_changes_nothing_new_is_no_event(order: Record) -> None:
    completed = message("OrderStateChanged", {"orderState": "Complete", "oldOrderState": "Confirmed"}, order)
    with pytest.raises(SkipRecordError, match="no event"):
        told_by_message(completed)
    with pytest.raises(SkipRecordError, match="type:"):
        told_by_message(message("CustomerCreated", {}, order))


def test_the_schema_names_every_field_that_is_sent(order: Record) -> None:
    properties = events_stream(compile_settings({})).schema["properties"]
    known = properties["dataFields"]["properties"]
    order["paymentInfo"]["payments"][0]["obj"] = PAYMENT
    for section in ({}, {"refunds_from": "payments"}):
        for event in events_of(order, **section).values():
            assert event.keys() <= properties.keys()
            assert event["dataFields"].keys() <= known.keys()


def test_events_carry_their_market(order: Record) -> None:
    markets = [{"key": "de", "stores": ["de-web"], "locales": ["de"], "currency": "EUR", "channel": "ch-1"}]
    settings = compile_settings({"markets": markets})
    (placed, *_) = map_order_events(order, settings, EventSettings.compile({}, "events"))
    assert placed.record is not None
    fields = placed.record["dataFields"]
    assert (fields["market"], fields["language"], fields["channel"], fields["store"]) == ("de", "de", "ch-1", "de-web")


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"since": "yesterday"}, r"^c\.events\.since: not an instant"),
        ({"names": {"orderLost": "x"}}, r"^c\.events\.names\.orderLost: unknown setting"),
        ({"names": {"orderPlaced": " "}}, r"^c\.events\.names\.orderPlaced: "),
        (
            {"names": {"orderPlaced": "purchase"}},
            r"^c\.events\.names\.orderPlaced: an event that Iterable stores by itself has this name",
        ),
        ({"names": {"orderShipped": "orderPlaced"}}, r"^c\.events\.names\.orderShipped: .*another event"),
        ({"import_as": "orderImported"}, r"^c\.events\.import_as: .*c\.events\.since"),
        ({"import_as": "orderPlaced", "since": "2026-01-01"}, r"^c\.events\.(since|import_as): "),
        ({"shipped_by": "parcel"}, r"^c\.events\.shipped_by: "),
        ({"refunds_from": 3}, r"^c\.events\.refunds_from: "),
    ],
)
def test_a_wrong_setting_is_named_by_its_path(section: Record, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        compile_settings({"events": section}, path="c.")


def test_without_settings_all_events_but_one_have_their_own_names() -> None:
    names = EventSettings.compile(None, "events").names
    assert names == {kind: kind for kind in EVENT_KINDS if kind != "cartUpdated"}


def with_returns(order: Record, *items: tuple[str, str, int]) -> Record:
    """Give the order three pairs of socks for 10.00, and returns: id, createdAt, quantity; all refunded."""
    total = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1000, "fractionDigits": 2}
    order["lineItems"][1] |= {"quantity": 3, "totalPrice": total}
    order["returnInfo"] = [
        {"items": [{"id": name, "lineItemId": "li-2", "quantity": number, "paymentState": "Refunded", "createdAt": at}]}
        for name, at, number in items
    ]
    return order


def refunds(order: Record) -> dict[str, str]:
    events = events_of(order).values()
    return {
        event["dataFields"]["returnItemId"]: str(event["dataFields"]["amount"])
        for event in events
        if event["eventName"] == "orderRefunded"
    }


def test_returns_are_worth_their_share_in_the_order_in_which_they_were_made(order: Record) -> None:
    items = [("b", "2026-11-01T00:00:00.000Z", 1), ("a", "2026-11-02T00:00:00.000Z", 2)]
    assert refunds(with_returns(order, *items)) == refunds(with_returns(order, *reversed(items)))
    assert refunds(with_returns(order, items[0])) == {"b": "3.33"}
    assert refunds(with_returns(order, *items)) == {"b": "3.33", "a": "6.67"}


def test_more_units_than_were_bought_are_worth_no_more_than_the_line(order: Record) -> None:
    items = [("a", "2026-11-01T00:00:00.000Z", 2), ("b", "2026-11-02T00:00:00.000Z", 9)]
    assert refunds(with_returns(order, *items)) == {"a": "6.67", "b": "3.33"}


def test_what_is_listed_twice_is_told_once(order: Record) -> None:
    order["shippingInfo"]["deliveries"] *= 2
    order["returnInfo"] *= 2
    assert sorted(name.removeprefix(PREFIX) for name in events_of(order)) == [
        "-confirmed",
        "-delivered",
        "-placed",
        "-refunded-ri-1",
        "-returned-ri-1",
        "-shipped-dl-1",
    ]


def test_a_message_tells_of_its_own_return_only_and_knows_those_before(order: Record) -> None:
    items = [("b", "2026-11-01T00:00:00.000Z", 1), ("a", "2026-11-02T00:00:00.000Z", 1)]
    told = {"returnInfo": with_returns(order, *items)["returnInfo"][1]}
    (returned, refunded) = told_by_message(message("ReturnInfoAdded", told, order))
    assert (returned["id"], refunded["id"]) == (f"{PREFIX}-returned-a", f"{PREFIX}-refunded-a")
    assert refunded["dataFields"]["amount"] == Decimal("3.34")
    order["returnInfo"] = order["returnInfo"][:1]
    assert told_by_message(message("ReturnInfoAdded", told, order))[1]["dataFields"]["amount"] == Decimal("3.34")
