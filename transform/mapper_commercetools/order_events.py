"""What an order is evidence of: that it was placed, confirmed, shipped, delivered, cancelled, returned, refunded.

An order says in every later version what happened to it before, so an event has an id made of what happened to what:
the same id whichever version, payment or message tells of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.event_ids import event_id
from mapper_commercetools.money import Money, divide_half_even
from mapper_commercetools.payment_refunds import refunds_of_payment
from mapper_commercetools.source_values import Record, nested, nested_list, text, whole_number
from mapper_commercetools.timestamps import read_instant
from mapper_commercetools.totals import shipping_infos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mapper_commercetools.event_settings import EventKind, EventSettings
    from mapper_commercetools.line_items import OrderLine
    from mapper_commercetools.orders import OrderFacts
    from mapper_commercetools.payment_refunds import PaymentRefund

_SHIPPED = frozenset({"Shipped", "Delivered"})
_CONFIRMED = frozenset({"Confirmed", "Complete"})


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Some units of one line.

    Attributes:
        line: The line; None if the order does not have it (any more).
        quantity: How many units.
    """

    line: OrderLine | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """One delivery.

    Attributes:
        delivery_id: Its id.
        tracking_ids: Tracking ids of its parcels.
        carriers: Who carries them, each once.
        units: What is in it.
    """

    delivery_id: str
    tracking_ids: tuple[str, ...]
    carriers: tuple[str, ...]
    units: tuple[LineUnits, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """One return item.

    Attributes:
        item_id: Its id.
        units: What is returned.
        state: `Advised` (announced), `Returned`, `BackInStock`, `Unusable`.
        refund: What the units were worth when they were bought; only if they are refunded.
    """

    item_id: str
    units: LineUnits
    state: str | None
    refund: Money | None


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Something that happened to an order.

    Attributes:
        kind: What happened.
        id: Stable id; see `event_ids`.
        occurred_at: When.
        time_is_exact: False if the time is only that of the last change of what tells of it.
        detail: What is particular to the kind: a shipment, a return, or a refund by payment.
    """

    kind: EventKind
    id: str
    occurred_at: datetime
    time_is_exact: bool
    detail: Shipment | Return | PaymentRefund | None = None


def events_of_order(order: Record, facts: OrderFacts, settings: EventSettings) -> list[OrderEvent]:
    """Return the events that an order is evidence of, wanted or not.

    Exact times: placed (`completedAt`, else `createdAt`), shipped (the delivery's `createdAt`), returned (the item's
    `createdAt`), refunded by payment (the transaction's `timestamp`). The others have that of the item's or the order's
    last change, which moves when the order changes again.

    `Complete` tells of confirmation too: an order may have passed `Confirmed` between two readings.

    Raises:
        RejectRecordError: If an amount of an expanded payment is malformed.
    """
    changed_at = facts.updated_at or facts.placed_at
    events = [OrderEvent("orderPlaced", event_id("order", facts.id, "placed"), facts.placed_at, time_is_exact=True)]
    if facts.order_state in _CONFIRMED:
        events.append(_by_state(facts, "orderConfirmed", changed_at))
    if settings.shipped_by_state:
        if facts.shipment_state in _SHIPPED:
            events.append(_by_state(facts, "orderShipped", changed_at))
    else:
        events.extend(_shipments(order, facts, changed_at))
    if facts.shipment_state == "Delivered":
        events.append(_by_state(facts, "orderDelivered", changed_at))
    events.extend(_returns(order, facts, changed_at, with_refunds=not settings.refunds_from_payments))
    if settings.refunds_from_payments:
        for reference in nested_list(nested(order, "paymentInfo"), "payments"):
            events.extend(refund_events(nested(reference, "obj")))
    if facts.order_state == "Cancelled":
        events.append(_by_state(facts, "orderCancelled", changed_at))
    return events


def refund_events(payment: Record) -> list[OrderEvent]:
    """Return an event for each `Refund` transaction of a payment that succeeded; none for an empty record.

    Raises:
        RejectRecordError: If an amount is malformed.
    """
    return [
        OrderEvent(
            "orderRefunded",
            event_id("payment", refund.payment_id, "refunded", refund.transaction_id),
            refund.occurred_at,
            refund.time_is_exact,
            refund,
        )
        for refund in refunds_of_payment(payment)
    ]


def _by_state(facts: OrderFacts, kind: EventKind, changed_at: datetime) -> OrderEvent:
    what = kind.removeprefix("order").lower()
    return OrderEvent(kind, event_id("order", facts.id, what), changed_at, time_is_exact=False)


def _shipments(order: Record, facts: OrderFacts, changed_at: datetime) -> Iterator[OrderEvent]:
    lines = {line.id: line for line in facts.lines if line.id}
    seen: set[str] = set()
    for info in shipping_infos(order):
        for delivery in nested_list(info, "deliveries"):
            identifier = text(delivery, "id")
            if identifier is None or identifier in seen:
                continue
            seen.add(identifier)
            created_at = read_instant(delivery.get("createdAt"))
            yield OrderEvent(
                "orderShipped",
                event_id("order", facts.id, "shipped", identifier),
                created_at or changed_at,
                created_at is not None,
                _shipment(delivery, identifier, lines),
            )


def _shipment(delivery: Record, identifier: str, lines: dict[str, OrderLine]) -> Shipment:
    trackings = [nested(parcel, "trackingData") for parcel in nested_list(delivery, "parcels")]
    outward = [tracking for tracking in trackings if tracking.get("isReturn") is not True]
    ids = (text(tracking, "trackingId") for tracking in outward)
    carriers = (text(tracking, "carrier") for tracking in outward)
    return Shipment(
        delivery_id=identifier,
        tracking_ids=tuple(one for one in ids if one),
        carriers=tuple(dict.fromkeys(one for one in carriers if one)),
        units=tuple(
            LineUnits(lines.get(text(item, "id") or ""), whole_number(item, "quantity") or 0)
            for item in nested_list(delivery, "items")
        ),
    )


def _returns(order: Record, facts: OrderFacts, changed_at: datetime, *, with_refunds: bool) -> Iterator[OrderEvent]:
    """Yield the events of return items.

    A return item carries no money. What its units are worth is the line's total times its share, rounded so that
    the items of a line add up to exactly its total, and at most what is left of the order's total. Items count in the
    order in which they were made, refunded or not, so that a later return or refund never changes an earlier worth.
    """
    lines = {line.id: line for line in facts.lines if line.id}
    returned: dict[str, int] = {}
    left = max(facts.totals.total, 0)
    for identifier, item in _return_items(order):
        line = lines.get(text(item, "lineItemId") or text(item, "customLineItemId") or "")
        units = LineUnits(line, max(whole_number(item, "quantity") or 0, 0))
        worth = 0
        if line is not None and line.id is not None:
            before = returned.get(line.id, 0)
            after = min(before + units.quantity, line.quantity)
            returned[line.id] = after
            worth = min(_worth(line, after) - _worth(line, before), left)
            left -= worth
        refunded = item.get("paymentState") == "Refunded"
        money = Money(worth, facts.totals.digits, facts.totals.currency) if refunded else None
        detail = Return(identifier, units, text(item, "shipmentState"), money)
        created_at = read_instant(item.get("createdAt"))
        yield OrderEvent(
            "orderReturned",
            event_id("order", facts.id, "returned", identifier),
            created_at or changed_at,
            created_at is not None,
            detail,
        )
        if refunded and with_refunds:
            refunded_at = read_instant(item.get("lastModifiedAt")) or changed_at
            name = event_id("order", facts.id, "refunded", identifier)
            yield OrderEvent("orderRefunded", name, refunded_at, time_is_exact=False, detail=detail)


def _return_items(order: Record) -> list[tuple[str, Record]]:
    """Return the return items with an id, each once, in the order in which they were made."""
    items: dict[str, Record] = {}
    for return_info in nested_list(order, "returnInfo"):
        for item in nested_list(return_info, "items"):
            identifier = text(item, "id")
            if identifier is not None:
                items.setdefault(identifier, item)
    return sorted(items.items(), key=lambda entry: (text(entry[1], "createdAt") or "", entry[0]))


def _worth(line: OrderLine, units: int) -> int:
    return divide_half_even(line.total * units, line.quantity) if units and line.total > 0 else 0
