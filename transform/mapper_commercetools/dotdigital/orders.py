"""Orders as Dotdigital Insight data, after the contact they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.custom_fields import read_custom_fields
from mapper_commercetools.dotdigital.contacts import contact_of_order
from mapper_commercetools.dotdigital.field_names import property_name, record_key
from mapper_commercetools.dotdigital.field_values import as_number, clipped, own_field, without_absent
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.orders import OrderFacts, read_order
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.people import region_of, street_of
from mapper_commercetools.source_values import Record, text
from mapper_commercetools.timestamps import iso_text

if TYPE_CHECKING:
    from mapper_commercetools.line_items import OrderLine
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings

ORDERS = "orders"

# An order has a store and a currency of its own.
_MARKET_PROPERTIES = ("market", "language", "channel")
_ADDRESS_PARTS = ("address_1", "address_2", "city", "region", "country", "postcode")


def orders_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `orders`."""
    of_market = {name: required("string", MARKET_FACTS[name]) for name in _MARKET_PROPERTIES}
    product = open_object(
        {
            "product_id": required("string", "Key of the product in the catalogue collection"),
            "parent_id": required("string", "Key of its product if the catalogue has variants; else empty"),
            "name": required("string", "Name in the order's language"),
            "sku": required("string", "SKU"),
            "qty": required("integer", "Units"),
            "price": required("number", "What is paid for one unit"),
        },
        "One line of the order",
        needs=("product_id", "name", "qty", "price"),
    )
    order = open_object(
        {
            "id": required("string", "Order number, else the order's id"),
            "order_total": required("number", "What the order costs, less refunds of returned units"),
            "order_subtotal": required("number", "Sum of the lines after their discounts, without delivery"),
            "currency": required("string", "ISO 4217"),
            "purchase_date": required("string", "When it was placed", format="date-time"),
            "order_status": required("string", "As the setting order_status says"),
            "payment_status": required("string", "Payment state of the platform"),
            "shipment_status": required("string", "Shipment state of the platform"),
            "products": array_of(product, "Lines"),
            "discount_amount": required("number", "What cart discounts and vouchers take off"),
            "delivery_total": required("number", "What is paid for delivery"),
            "tax_amount": required("number", "Tax, if the platform worked it out"),
            "refunded_amount": required("number", "Refunds of returned units, if there are any"),
            "delivery_method": required("string", "Name of the shipping method"),
            "couponCode": required("string", "Codes used, as far as they are known"),
            "store_name": required("string", "Store key"),
            "country": required("string", "ISO 3166-1 alpha-2"),
            "locale": required("string", "Language in which it was placed"),
            "modified_date": required("string", "When it last changed", format="date-time"),
            "billing_address": _address_schema("billing"),
            "delivery_address": _address_schema("delivery"),
            "custom": open_object({}, "The shop's own fields"),
            **(of_market if settings.markets.named else {}),
        },
        "The record; it replaces what is there",
        needs=("id", "order_total", "order_subtotal", "currency", "purchase_date"),
    )
    schema = record_schema(
        {
            "key": required("string", "Order number or id, made of letters, digits, `_` and `-`"),
            "contactIdentity": open_object(
                {
                    "identifier": required("string", "email"),
                    "value": required("string", "E-mail address, lower-cased"),
                },
                "The contact it belongs to",
                needs=("identifier", "value"),
            ),
            "json": order,
        },
        needs=("key", "contactIdentity", "json"),
    )
    return MappedStream(ORDERS, schema, ("key",))


def map_order(order: Record, settings: MappingSettings, references: References) -> list[MappedRecord]:
    """Map an order to its contact, then to the Insight record.

    Raises:
        RejectRecordError: If the order is malformed.
        SkipRecordError: If it has no e-mail address, or its store does not travel.
    """
    market = settings.markets.of_purchase(order)
    facts = read_order(order, market.locales)
    settings.store.check([facts.store] if facts.store else [], "store")
    if facts.email is None:
        message = "customerEmail: missing, and an order belongs to a contact with an e-mail address"
        raise SkipRecordError(message)
    own = read_custom_fields(
        order,
        settings.order_fields,
        references,
        property_name,
        locale_preference(facts.locale, market.locales),
    )
    properties = _properties(facts, {name: own_field(value) for name, value in own.items()}, settings)
    if settings.markets.named:
        of_market = market.facts((), facts.locale)
        properties |= without_absent({name: of_market[name] for name in _MARKET_PROPERTIES})
    record = {
        "key": record_key(facts.id if settings.key_orders_by_id or facts.number is None else facts.number),
        "contactIdentity": {"identifier": "email", "value": facts.email},
        "json": properties,
    }
    return [contact_of_order(facts, facts.email, market, settings), mapped(ORDERS, record)]


def _properties(facts: OrderFacts, own: dict[str, Any], settings: MappingSettings) -> dict[str, Any]:
    totals = facts.totals
    digits = totals.digits
    return without_absent(
        {
            "id": facts.number or facts.id,
            "order_total": as_number(totals.total - totals.refunded, digits),
            "order_subtotal": as_number(totals.subtotal, digits),
            "currency": totals.currency,
            "purchase_date": iso_text(facts.placed_at),
            "order_status": settings.order_status.get(facts.order_state, facts.order_state)
            if facts.order_state
            else None,
            "payment_status": facts.payment_state,
            "shipment_status": facts.shipment_state,
            "products": [_product(line, digits, settings) for line in facts.lines if _is_product(line)],
            "discount_amount": as_number(totals.discount, digits),
            "delivery_total": as_number(totals.shipping, digits),
            "tax_amount": None if totals.tax is None else as_number(totals.tax, digits),
            "refunded_amount": as_number(totals.refunded, digits) if totals.refunded else None,
            "delivery_method": facts.shipping_method,
            "couponCode": ", ".join(facts.discount_codes) or None,
            "store_name": facts.store,
            "country": facts.country,
            "locale": facts.locale,
            "modified_date": iso_text(facts.updated_at) if facts.updated_at else None,
            "billing_address": _address(facts.billing_address, "billing"),
            "delivery_address": _address(facts.shipping_address, "delivery"),
            "custom": own,
        }
    )


def _is_product(line: OrderLine) -> bool:
    """Tell whether a line is something bought: a negative custom line is a voucher, counted in `discount_amount`."""
    return not (line.is_custom and line.total < 0)


def _product(line: OrderLine, digits: int, settings: MappingSettings) -> dict[str, Any]:
    product_id, parent_id = _product_keys(line, settings)
    product = {
        "product_id": product_id,
        "parent_id": parent_id,
        "name": clipped(line.name or line.sku or product_id),
        "qty": line.quantity,
        "price": as_number(line.unit_price, digits),
    }
    if line.sku is not None:
        product["sku"] = line.sku
    return product


def _product_keys(line: OrderLine, settings: MappingSettings) -> tuple[str, str]:
    """Return the keys under which the catalogue collection has the line's product and its parent."""
    if line.product_id is None:
        return f"custom-{line.sku or line.id or 'line'}", ""
    if settings.catalog.per_variant and line.variant_id is not None:
        return f"{line.product_id}-{line.variant_id}", line.product_id
    return line.product_id, ""


def _address(address: Record, kind: str) -> dict[str, str]:
    values = (
        street_of(address),
        text(address, "additionalStreetInfo"),
        text(address, "city"),
        region_of(address),
        text(address, "country"),
        text(address, "postalCode"),
    )
    return {f"{kind}_{part}": value for part, value in zip(_ADDRESS_PARTS, values, strict=True) if value}


def _address_schema(kind: str) -> dict[str, Any]:
    parts = {f"{kind}_{part}": required("string", part) for part in _ADDRESS_PARTS}
    return open_object(parts, f"{kind.capitalize()} address")
