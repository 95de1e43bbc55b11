"""What happened to orders as Iterable events: elements of `events/trackBulk`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.iterable.event_fields import (
    EVENTS,
    contents_fields,
    detail_fields,
    identifier_of,
    market_fields,
    order_fields,
)
from mapper_commercetools.iterable.field_values import without_absent
from mapper_commercetools.iterable.users import buyer
from mapper_commercetools.message_events import events_of_message
from mapper_commercetools.order_events import OrderEvent, events_of_order, refund_events
from mapper_commercetools.orders import OrderFacts, read_order
from mapper_commercetools.outcomes import MappedRecord, SkipRecordError, mapped
from mapper_commercetools.source_values import Record, reference_id, required_id
from mapper_commercetools.timestamps import epoch_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.event_settings import EventSettings
    from mapper_commercetools.settings import MappingSettings


def map_order_events(order: Record, settings: MappingSettings, events: EventSettings) -> list[MappedRecord]:
    """Map an order to the events it is evidence of.

    Raises:
        RejectRecordError: If the order is malformed.
        SkipRecordError: If its store does not travel, it names nobody, or it tells of no event that is wanted.
    """
    facts = _read_order(order, settings)
    return _of_order(order, facts, events_of_order(order, facts, events), settings, events)


def map_payment(
    payment: Record, settings: MappingSettings, events: EventSettings, order: Record | None = None
) -> list[MappedRecord]:
    """Map a payment to the refunds it tells of.

    A payment names its customer, if any, but not its order: without the order the event has no more than the amount
    and the payment's ids, and a guest's refund is nobody's.

    Raises:
        RejectRecordError: If the payment is malformed.
        SkipRecordError: If payments do not tell of refunds, nothing was refunded, or nobody is named.
    """
    required_id(payment)
    if not events.refunds_from_payments:
        message = "setting events.refunds_from: returns tell of refunds, not payments"
        raise SkipRecordError(message)
    refunds = refund_events(payment)
    if order is not None:
        return _of_order(order, _read_order(order, settings), refunds, settings, events)
    return _of_payment(reference_id(payment, "customer"), refunds, settings, events)


def map_message(
    message: Record, settings: MappingSettings, events: EventSettings, order: Record | None = None
) -> list[MappedRecord]:
    """Map a message to the events it tells of; see `message_events`.

    Raises:
        RejectRecordError: If what it says is malformed.
        SkipRecordError: If it tells of no event that is wanted, or does not say whose it is.
    """
    told = events_of_message(message, events, lambda known: _read_order(known, settings), order)
    if told.order is not None and told.facts is not None:
        return _of_order(told.order, told.facts, told.events, settings, events)
    return _of_payment(told.customer_id, told.events, settings, events)


def _read_order(order: Record, settings: MappingSettings) -> OrderFacts:
    return read_order(order, settings.markets.of_purchase(order).locales)


def _of_order(
    order: Record, facts: OrderFacts, told: list[OrderEvent], settings: MappingSettings, events: EventSettings
) -> list[MappedRecord]:
    market = settings.markets.of_purchase(order)
    settings.store.check([facts.store] if facts.store else [], "store")
    person = identifier_of(buyer(facts, settings.project_type))
    common = {**market_fields(settings, market, facts.store, facts.locale), **order_fields(facts)}
    contents = contents_fields(facts, market.product_link)
    return _records(
        [(event, {**common, **(contents if event.kind == "orderPlaced" else {})}) for event in told],
        person,
        facts.placed_at,
        events,
    )


def _of_payment(
    customer_id: str | None, refunds: list[OrderEvent], settings: MappingSettings, events: EventSettings
) -> list[MappedRecord]:
    if refunds and (customer_id is None or settings.project_type == "email"):
        message = "customer: missing, or without address in an email-based project; a payment does not name its order"
        raise SkipRecordError(message)
    person = {} if customer_id is None else {"userId": customer_id}
    return _records([(refund, {}) for refund in refunds], person, None, events)


def _records(
    told: list[tuple[OrderEvent, dict[str, Any]]],
    person: dict[str, str],
    placed_at: datetime | None,
    events: EventSettings,
) -> list[MappedRecord]:
    records = [
        mapped(
            EVENTS,
            {
                "eventName": name,
                "id": event.id,
                "createdAt": epoch_seconds(event.occurred_at),
                **person,
                "dataFields": without_absent(
                    {"event": event.kind, "timeIsExact": event.time_is_exact, **fields, **detail_fields(event)}
                ),
            },
        )
        for event, fields in told
        if (name := _name(event, placed_at, events)) is not None
    ]
    if not records:
        message = "no event to tell: none happened, or the settings events.names and events.since leave out what did"
        raise SkipRecordError(message)
    return records


def _name(event: OrderEvent, placed_at: datetime | None, events: EventSettings) -> str | None:
    """Return an event's name; None if it is not told.

    A time that is not known is no later than the last change, and may be as old as the order.
    """
    name = events.names.get(event.kind)
    happened_at = event.occurred_at if event.time_is_exact or placed_at is None else placed_at
    return events.import_as if name is not None and events.is_history(happened_at) else name
