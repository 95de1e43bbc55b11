"""Which source streams Iterable gets, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.event_settings import EventSettings
from mapper_commercetools.iterable import (
    carts,
    catalog_items,
    deleted_users,
    derived_fields,
    events,
    list_memberships,
    purchases,
    subscriptions,
    users,
)
from mapper_commercetools.iterable.event_fields import EVENTS, events_stream
from mapper_commercetools.stream_mapping import MappingPart, StreamMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mapper_commercetools.cart_settings import CartSettings
    from mapper_commercetools.outcomes import MappedRecord, MappedStream
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record


def stream_mappings(settings: MappingSettings, at: datetime, references: References) -> dict[str, StreamMapping]:
    """Return the mapping of each source stream.

    Args:
        settings: The settings.
        at: The instant of the run.
        references: What the run has read of the records that others refer to.
    """
    products = StreamMapping(
        lambda _: [catalog_items.catalog_items_stream(settings, references)],
        (
            MappingPart(
                catalog_items.CATALOG_ITEMS, lambda record: catalog_items.map_product(record, settings, references)
            ),
        ),
    )
    mappings = {
        "customers": _customers(settings, references),
        "orders": _orders(settings, references),
        "products": products,
        "product_offers": products,
    }
    told = settings.events
    if told is not None:
        mappings["messages"] = _single(
            events_stream(settings), EVENTS, lambda record: events.map_message(record, settings, told)
        )
        mappings["payments"] = _single(
            events_stream(settings), EVENTS, lambda record: events.map_payment(record, settings, told)
        )
    if settings.carts is not None:
        mappings["carts"] = _carts(settings, settings.carts, at)
    rules = settings.order_summaries
    if rules is not None:
        mappings["customer_order_summaries"] = _single(
            derived_fields.with_derived_fields(users.users_stream(settings), rules, settings),
            users.USERS,
            lambda record: derived_fields.map_order_summary(record, rules, settings),
        )
    deletions = settings.deletions
    if deletions is not None:
        mappings["deletions"] = StreamMapping(
            lambda _: deleted_users.deletion_streams(settings, references),
            (
                MappingPart(
                    deleted_users.DELETED_USERS,
                    lambda record: deleted_users.map_deletion(record, deletions, settings),
                    lambda record: deleted_users.noes_of_deletion(record, deletions, settings),
                ),
            ),
        )
    return mappings


def _single(stream: MappedStream, main: str, map_record: Callable[[Record], Sequence[MappedRecord]]) -> StreamMapping:
    return StreamMapping(lambda _: [stream], (MappingPart(main, map_record),))


def _customers(settings: MappingSettings, references: References) -> StreamMapping:
    streams = [users.users_stream(settings)]
    parts = [
        MappingPart(
            users.USERS,
            lambda record: users.map_customer(record, settings, references),
            lambda record: users.noes_of_customer(record, settings),
        )
    ]
    if subscriptions.subscription_rules(settings):
        streams.append(subscriptions.subscriptions_stream(settings))
        parts.append(
            MappingPart(
                subscriptions.SUBSCRIPTIONS,
                lambda record: subscriptions.map_customer(record, settings),
                lambda record: subscriptions.noes_of_customer(record, settings),
            )
        )
    if settings.lists:
        streams.append(list_memberships.list_memberships_stream(settings))
        parts.append(
            MappingPart(
                list_memberships.LIST_MEMBERSHIPS, lambda record: list_memberships.map_customer(record, settings)
            )
        )
    return StreamMapping(lambda _: streams, tuple(parts))


def _orders(settings: MappingSettings, references: References) -> StreamMapping:
    streams = [purchases.purchases_stream(settings)]
    parts = [MappingPart(purchases.PURCHASES, lambda record: purchases.map_order(record, settings, references))]
    told = settings.events
    if told is not None:
        streams.append(events_stream(settings))
        parts.append(MappingPart(EVENTS, lambda record: events.map_order_events(record, settings, told)))
    return StreamMapping(lambda _: streams, tuple(parts))


def _carts(settings: MappingSettings, rules: CartSettings, at: datetime) -> StreamMapping:
    told = settings.events or EventSettings.compile(None, "events")
    streams = [] if rules.tells_abandonment else [carts.carts_stream()]
    if rules.tells_abandonment or "cartUpdated" in told.names:
        streams.append(events_stream(settings))
    main = EVENTS if rules.tells_abandonment else carts.CARTS
    part = MappingPart(main, lambda record: carts.map_cart(record, settings, rules, told, at))
    return StreamMapping(lambda _: streams, (part,))
