"""Runs the mapping: one source record in, one or more outcomes out.

The loaders find `create_record_mapper` by the entry point `commercetools` of the group `delivery.mappers`; the Meltano
mapper calls it too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapper_commercetools.dotdigital import cart_insight
from mapper_commercetools.dotdigital import catalog as dotdigital_catalog
from mapper_commercetools.dotdigital import contacts as dotdigital_contacts
from mapper_commercetools.dotdigital import derived_fields as dotdigital_derived
from mapper_commercetools.dotdigital import orders as dotdigital_orders
from mapper_commercetools.iterable import catalog_items, purchases, users
from mapper_commercetools.iterable import derived_fields as iterable_derived
from mapper_commercetools.outcomes import (
    MappedRecord,
    MappedStream,
    RejectRecordError,
    SkipRecordError,
    skipped,
)
from mapper_commercetools.settings import MappingSettings, check_field_names, compile_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from mapper_commercetools.source_values import Record

DESTINATIONS = ("dotdigital", "iterable")
ORDER_SUMMARIES = "customer_order_summaries"


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """How one source stream is mapped.

    Attributes:
        main: The destination stream that its records are for.
        streams: Source schema → destination streams, in the order in which one record yields them.
        map_record: The mapping function; it raises SkipRecordError and RejectRecordError.
    """

    main: str
    streams: Callable[[dict[str, Any]], Sequence[MappedStream]]
    map_record: Callable[[Record, MappingSettings], list[MappedRecord]]


class CommercetoolsRecordMapper:
    """Maps the records of one run for one destination.

    Args:
        settings: Compiled settings.
        mappings: Source stream → mapping.
    """

    def __init__(self, settings: MappingSettings, mappings: Mapping[str, StreamMapping]) -> None:
        self._settings = settings
        self._mappings = mappings

    def map_schema(
        self,
        stream: str,
        schema: dict[str, Any],
        key_properties: Sequence[str],  # noqa: ARG002  part of the protocol
    ) -> Sequence[MappedStream] | None:
        """Return the streams that a source stream yields, none if there is no mapping for it.

        None means that the stream is not one of commercetools and passes through untouched: its schema lacks `id` or
        `lastModifiedAt`, which every resource of the platform has and no destination's shape has.
        """
        properties = schema.get("properties") or {}
        if "id" not in properties or "lastModifiedAt" not in properties:
            return None
        mapping = self._mappings.get(stream)
        return [] if mapping is None else mapping.streams(schema)

    def map_record(self, stream: str, record: Record) -> Sequence[MappedRecord]:
        """Return what a record of a commercetools stream yields: at least one outcome, whatever the record holds."""
        mapping = self._mappings.get(stream)
        if mapping is None:
            return [skipped(stream, f"no mapping for stream {stream}")]
        try:
            return mapping.map_record(record, self._settings)
        except SkipRecordError as error:
            return [skipped(mapping.main, str(error))]
        except RejectRecordError as error:
            return [MappedRecord(mapping.main, "rejected", None, str(error))]


def create_record_mapper(
    config: Mapping[str, Any], destination: str, *, at: datetime | None = None, path: str = "mapper.config."
) -> CommercetoolsRecordMapper:
    """Create the mapper of one run.

    Args:
        config: The settings, see `settings_schema`.
        destination: `iterable` or `dotdigital`.
        at: The instant at which catalogue prices must be valid; now by default.
        path: What comes before a setting's name in error texts.

    Raises:
        ValueError: If a setting is unknown or wrong; the text names its path.
    """
    if destination not in DESTINATIONS:
        message = f"destination: '{destination}' is not known; choose one of {', '.join(DESTINATIONS)}"
        raise ValueError(message)
    settings = compile_settings(config, path=path, at=at)
    if destination == "iterable":
        # There consent is a field of its own, `newsletterOptIn`.
        fields = settings.customer_fields.leaving_out(settings.consent.answer_fields())
        settings = replace(settings, customer_fields=fields)
    for rules, taken in _checked_names(settings, destination):
        check_field_names(rules, destination, taken, path)
    mappings = _iterable(settings) if destination == "iterable" else _dotdigital(settings)
    return CommercetoolsRecordMapper(settings, mappings)


def _iterable(settings: MappingSettings) -> dict[str, StreamMapping]:
    mappings = {
        "customers": StreamMapping(users.USERS, lambda _: [users.users_stream(settings)], users.map_customer),
        "orders": StreamMapping(
            purchases.PURCHASES, lambda _: [purchases.purchases_stream(settings)], purchases.map_order
        ),
        "products": StreamMapping(
            catalog_items.CATALOG_ITEMS,
            lambda _: [catalog_items.catalog_items_stream(settings)],
            catalog_items.map_product,
        ),
    }
    rules = settings.order_summaries
    if rules is not None:
        stream = iterable_derived.with_derived_fields(users.users_stream(settings), rules, settings)
        mappings[ORDER_SUMMARIES] = StreamMapping(
            users.USERS,
            lambda _: [stream],
            lambda record, settings: iterable_derived.map_order_summary(record, rules, settings),
        )
    return mappings


def _dotdigital(settings: MappingSettings) -> dict[str, StreamMapping]:
    # Orders announce contacts too: in the shape that customers announced, or a loader would start a new batch.
    rules = settings.order_summaries

    def contacts_for(schema: dict[str, Any]) -> MappedStream:
        stream = dotdigital_contacts.contacts_stream(settings, schema)
        return stream if rules is None else dotdigital_derived.with_derived_fields(stream, rules)

    announced = contacts_for({})

    def streams_of_customers(schema: dict[str, Any]) -> list[MappedStream]:
        nonlocal announced
        announced = contacts_for(schema)
        return [announced]

    def streams_of_orders(_: dict[str, Any]) -> list[MappedStream]:
        return [announced, dotdigital_orders.orders_stream(settings)]

    mappings = {
        "customers": StreamMapping(
            dotdigital_contacts.CONTACTS, streams_of_customers, dotdigital_contacts.map_customer
        ),
        "orders": StreamMapping(dotdigital_orders.ORDERS, streams_of_orders, dotdigital_orders.map_order),
        "products": StreamMapping(
            dotdigital_catalog.CATALOG,
            lambda _: [dotdigital_catalog.catalog_stream(settings)],
            dotdigital_catalog.map_product,
        ),
    }
    if rules is not None:
        mappings[ORDER_SUMMARIES] = StreamMapping(
            dotdigital_contacts.CONTACTS,
            lambda _: [announced],
            lambda record, settings: dotdigital_derived.map_order_summary(record, rules, settings),
        )
    carts = settings.carts
    if carts is not None:
        mappings["carts"] = StreamMapping(
            cart_insight.CART_INSIGHT,
            lambda _: [announced, cart_insight.cart_insight_stream(settings)],
            lambda record, settings: cart_insight.map_cart(record, settings, carts),
        )
    return mappings


def _checked_names(settings: MappingSettings, destination: str) -> list[tuple[Any, frozenset[str]]]:
    if destination == "dotdigital":
        return [(settings.customer_fields, settings.taken_data_fields)]
    return [
        (settings.customer_fields, users.taken_names(settings) | _names_of_summaries(settings)),
        (settings.order_fields, purchases.taken_names(settings)),
        (settings.catalog.attributes, catalog_items.taken_names(settings)),
    ]


def _names_of_summaries(settings: MappingSettings) -> frozenset[str]:
    return frozenset() if settings.order_summaries is None else frozenset(iterable_derived.DERIVED_FIELDS)
