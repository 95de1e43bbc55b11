"""Which source streams Dotdigital gets, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.dotdigital import (
    cart_insight,
    catalog,
    contacts,
    deleted_contacts,
    derived_fields,
    orders,
    program_enrolments,
)
from mapper_commercetools.stream_mapping import MappingPart, StreamMapping

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.cart_settings import CartSettings
    from mapper_commercetools.outcomes import MappedStream
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings


class _AnnouncedContacts:
    """The stream `contacts` as it was announced last.

    Orders and carts announce contacts too: in the shape that customers announced, or a loader would start a new batch.
    """

    def __init__(self, settings: MappingSettings) -> None:
        self._settings = settings
        self.stream = self._of({})

    def by_customers(self, schema: dict[str, Any]) -> list[MappedStream]:
        """Return the stream, as a schema of customers makes it."""
        self.stream = self._of(schema)
        return [self.stream]

    def _of(self, schema: dict[str, Any]) -> MappedStream:
        stream, rules = contacts.contacts_stream(self._settings, schema), self._settings.order_summaries
        return stream if rules is None else derived_fields.with_derived_fields(stream, rules)


def stream_mappings(settings: MappingSettings, at: datetime, references: References) -> dict[str, StreamMapping]:
    """Return the mapping of each source stream.

    Args:
        settings: The settings.
        at: The instant of the run.
        references: What the run has read of the records that others refer to.
    """
    announced = _AnnouncedContacts(settings)
    products = StreamMapping(
        lambda _: [catalog.catalog_stream(settings, references)],
        (MappingPart(catalog.CATALOG, lambda record: catalog.map_product(record, settings, references)),),
    )
    mappings = {
        "customers": StreamMapping(
            announced.by_customers,
            (
                MappingPart(
                    contacts.CONTACTS,
                    lambda record: contacts.map_customer(record, settings, references),
                    lambda record: contacts.noes_of_customer(record, settings),
                ),
            ),
        ),
        "orders": StreamMapping(
            lambda _: [announced.stream, orders.orders_stream(settings)],
            (MappingPart(orders.ORDERS, lambda record: orders.map_order(record, settings, references)),),
        ),
        "products": products,
        "product_offers": products,
    }
    rules = settings.order_summaries
    if rules is not None:
        mappings["customer_order_summaries"] = StreamMapping(
            lambda _: [announced.stream],
            (MappingPart(contacts.CONTACTS, lambda record: derived_fields.map_order_summary(record, rules, settings)),),
        )
    if settings.carts is not None:
        mappings["carts"] = _carts(settings, settings.carts, at, announced)
    deletions = settings.deletions
    if deletions is not None:
        mappings["deletions"] = StreamMapping(
            lambda _: deleted_contacts.deletion_streams(deletions, settings, references, announced.stream),
            (
                MappingPart(
                    deleted_contacts.DELETED_CONTACTS,
                    lambda record: deleted_contacts.map_deletion(record, deletions, settings),
                    lambda record: deleted_contacts.noes_of_deletion(record, deletions),
                ),
            ),
        )
    return mappings


def _carts(
    settings: MappingSettings, carts: CartSettings, at: datetime, announced: _AnnouncedContacts
) -> StreamMapping:
    if (program := carts.program) is not None:
        return StreamMapping(
            lambda _: [program_enrolments.program_enrolments_stream()],
            (
                MappingPart(
                    program_enrolments.PROGRAM_ENROLMENTS,
                    lambda record: program_enrolments.map_abandoned_cart(record, settings, carts, program, at),
                ),
            ),
        )
    return StreamMapping(
        lambda _: [announced.stream, cart_insight.cart_insight_stream(settings)],
        (MappingPart(cart_insight.CART_INSIGHT, lambda record: cart_insight.map_cart(record, settings, carts)),),
    )
