"""What the platform's messages tell of orders, with the same ids as the orders themselves, and with exact times.

A message names its resource and says what changed; whose order it is, only the order says. It is there in messages of
new orders, and in the others if their reference `resource` was expanded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from mapper_commercetools.order_events import OrderEvent, Return, events_of_order, refund_events
from mapper_commercetools.outcomes import SkipRecordError
from mapper_commercetools.source_values import Record, nested, nested_list, reference_id, text
from mapper_commercetools.timestamps import required_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_commercetools.event_settings import EventSettings
    from mapper_commercetools.orders import OrderFacts

_CREATED = frozenset({"OrderCreated", "OrderImported", "OrderCreatedFromRecurringOrder"})
_BY_STATE = frozenset({"orderConfirmed", "orderShipped", "orderDelivered", "orderCancelled"})


@dataclass(frozen=True, slots=True)
class ToldEvents:
    """What a message tells.

    Attributes:
        order: The order it is about; None if only a payment is known.
        facts: The same, read.
        customer_id: Whose payment it is about, if the payment is known and names somebody.
        events: The events; none if what changed is no event.
    """

    order: Record | None
    facts: OrderFacts | None
    customer_id: str | None
    events: list[OrderEvent]


def events_of_message(
    message: Record, settings: EventSettings, read: Callable[[Record], OrderFacts], order: Record | None = None
) -> ToldEvents:
    """Return what a message tells.

    An event whose time nothing else says has the message's `createdAt`, which is exact.

    Args:
        message: A record of the stream `messages`: the base fields, and all others in `payload`.
        settings: What tells of shipping and of refunds.
        read: Reads an order.
        order: The order it is about, if it is known otherwise.

    Raises:
        SkipRecordError: If messages of this type tell of no event, or it does not say whose order it is about.
        RejectRecordError: If what it says is malformed.
    """
    kind = text(message, "type") or ""
    payload, resource = nested(message, "payload"), nested(message, "resource")
    if kind.startswith("PaymentTransaction") and settings.refunds_from_payments:
        payer = reference_id(nested(resource, "obj"), "customer")
        return ToldEvents(
            order, None if order is None else read(order), payer, _dated(message, _refunds(kind, message))
        )
    reader = _READERS.get(kind)
    if reader is None:
        message_text = "type: messages of this type tell of no event that the settings want"
        raise SkipRecordError(message_text)
    told = nested(payload, "order") if kind in _CREATED else nested(resource, "obj") or order
    if not told:
        message_text = (
            "resource: not expanded, so that the message does not say whose order it is; the order's own record tells "
            "of the event too"
        )
        raise SkipRecordError(message_text)
    facts = read(told)
    return ToldEvents(told, facts, None, _dated(message, reader(payload, told, facts, settings)))


def _dated(message: Record, events: list[OrderEvent]) -> list[OrderEvent]:
    if text(message, "type") == "ReturnInfoSet":  # tells that the list was replaced, not when its items were refunded
        return events
    created_at = required_instant(message.get("createdAt"), "createdAt")
    return [
        event if event.time_is_exact else replace(event, occurred_at=created_at, time_is_exact=True) for event in events
    ]


def _placed(_: Record, order: Record, facts: OrderFacts, settings: EventSettings) -> list[OrderEvent]:
    return [event for event in events_of_order(order, facts, settings) if event.kind == "orderPlaced"]


def _state_changed(payload: Record, _: Record, facts: OrderFacts, settings: EventSettings) -> list[OrderEvent]:
    """Return what a new `orderState` or `shipmentState` is evidence of and the old one was not.

    Without its deliveries, an order's evidence is its states.
    """
    new = _with_states(facts, payload, "orderState", "shipmentState")
    old = _with_states(facts, payload, "oldOrderState", "oldShipmentState")
    before = {event.id for event in events_of_order({}, old, settings)}
    return [event for event in events_of_order({}, new, settings) if event.kind in _BY_STATE and event.id not in before]


def _with_states(facts: OrderFacts, payload: Record, order_state: str, shipment_state: str) -> OrderFacts:
    return msgspec.structs.replace(
        facts, order_state=text(payload, order_state), shipment_state=text(payload, shipment_state)
    )


def _delivery_added(payload: Record, _: Record, facts: OrderFacts, settings: EventSettings) -> list[OrderEvent]:
    evidence = {"shippingInfo": {"deliveries": [nested(payload, "delivery")]}}
    silent = msgspec.structs.replace(facts, order_state=None, shipment_state=None)
    return [event for event in events_of_order(evidence, silent, settings) if event.kind == "orderShipped"]


def _returned(payload: Record, order: Record, facts: OrderFacts, settings: EventSettings) -> list[OrderEvent]:
    told = nested_list(payload, "returnInfo") or [nested(payload, "returnInfo")]
    identifiers = {text(item, "id") for return_info in told for item in nested_list(return_info, "items")}
    # What a return is worth depends on the returns before it.
    evidence = {"returnInfo": [*nested_list(order, "returnInfo"), *told]}
    return [
        event
        for event in events_of_order(evidence, facts, settings)
        if isinstance(event.detail, Return) and event.detail.item_id in identifiers
    ]


def _refunds(kind: str, message: Record) -> list[OrderEvent]:
    """Return the refund that a message about a payment's transaction tells of, if it is one that succeeded."""
    payload, resource = nested(message, "payload"), nested(message, "resource")
    payment = {**nested(resource, "obj"), "id": text(resource, "id"), "lastModifiedAt": message.get("createdAt")}
    if kind == "PaymentTransactionAdded":
        return refund_events({**payment, "transactions": [nested(payload, "transaction")]})
    known = nested_list(payment, "transactions")
    changed = [one for one in known if text(one, "id") == text(payload, "transactionId")]
    if not changed and payload.get("state") == "Success":
        message_text = (
            "resource: not expanded, so that the message does not say whose transaction it is; the payment's own "
            "record tells of a refund too"
        )
        raise SkipRecordError(message_text)
    return refund_events({**payment, "transactions": [{**one, "state": payload.get("state")} for one in changed]})


_READERS: dict[str, Callable[[Record, Record, OrderFacts, EventSettings], list[OrderEvent]]] = {
    **dict.fromkeys(_CREATED, _placed),
    "OrderStateChanged": _state_changed,
    "OrderShipmentStateChanged": _state_changed,
    "DeliveryAdded": _delivery_added,
    "ReturnInfoAdded": _returned,
    "ReturnInfoSet": _returned,
}
