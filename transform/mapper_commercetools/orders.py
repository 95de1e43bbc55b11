"""What is common to orders in both destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mapper_commercetools.line_items import OrderLine, read_lines
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.people import read_email
from mapper_commercetools.source_values import Record, nested, nested_list, reference_id, required_id, text
from mapper_commercetools.timestamps import read_instant, required_instant
from mapper_commercetools.totals import OrderTotals, read_total_price, read_totals, shipping_infos

if TYPE_CHECKING:
    from datetime import datetime


class OrderFacts(msgspec.Struct, frozen=True):
    """An order's standard fields; what the record lacks is None.

    Attributes:
        id: The platform's UUID.
        number: The shop's own order number.
        customer_id: UUID of the customer; None for a guest.
        email: Lower-cased and trimmed.
        placed_at: `completedAt` of an imported order (its true date), else `createdAt`.
        updated_at: `lastModifiedAt`.
        store: Key of the store.
        country: ISO 3166-1 alpha-2.
        locale: Language in which it was placed.
        order_state: `Open`, `Confirmed`, `Complete`, `Cancelled` or a value the platform adds later.
        payment_state: `Paid`, `Pending`, …
        shipment_state: `Shipped`, `Delivered`, … (here it is spelt `Canceled`).
        shipping_method: Name of the first shipping method.
        discount_code_ids: UUIDs of the codes used.
        discount_codes: The codes themselves, as far as the references were expanded.
        lines: Line items, then custom line items.
        totals: Totals.
        billing_address: Billing address, empty if there is none.
        shipping_address: Shipping address, empty if there is none.
    """

    id: str
    number: str | None
    customer_id: str | None
    email: str | None
    placed_at: datetime
    updated_at: datetime | None
    store: str | None
    country: str | None
    locale: str | None
    order_state: str | None
    payment_state: str | None
    shipment_state: str | None
    shipping_method: str | None
    discount_code_ids: list[str]
    discount_codes: list[str]
    lines: list[OrderLine]
    totals: OrderTotals
    billing_address: Record
    shipping_address: Record


def read_order(order: Record, fallback_locales: tuple[str, ...]) -> OrderFacts:
    """Read an order.

    Raises:
        RejectRecordError: If it has no id, no date, no total, or an amount is malformed.
    """
    identifier, locale = required_id(order), text(order, "locale")
    total_price = read_total_price(order)
    lines = read_lines(order, total_price, locale_preference(locale, fallback_locales))
    methods = (text(info, "shippingMethodName") for info in shipping_infos(order))
    codes = nested_list(order, "discountCodes")
    expanded = (text(nested(nested(code, "discountCode"), "obj"), "code") for code in codes)
    referenced = (reference_id(code, "discountCode") for code in codes)
    return OrderFacts(
        id=identifier,
        number=text(order, "orderNumber"),
        customer_id=text(order, "customerId"),
        email=read_email(order, "customerEmail"),
        placed_at=read_instant(order.get("completedAt")) or required_instant(order.get("createdAt"), "createdAt"),
        updated_at=read_instant(order.get("lastModifiedAt")),
        store=text(nested(order, "store"), "key"),
        country=text(order, "country"),
        locale=locale,
        order_state=text(order, "orderState"),
        payment_state=text(order, "paymentState"),
        shipment_state=text(order, "shipmentState"),
        shipping_method=next((method for method in methods if method), None),
        discount_code_ids=[code for code in referenced if code],
        discount_codes=[code for code in expanded if code],
        lines=lines,
        totals=read_totals(order, total_price, lines),
        billing_address=nested(order, "billingAddress"),
        shipping_address=nested(order, "shippingAddress"),
    )
