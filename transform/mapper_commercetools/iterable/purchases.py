"""Orders as Iterable purchases: bodies of `commerce/trackPurchase`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.custom_fields import read_custom_fields
from mapper_commercetools.iterable.commerce_items import commerce_item, item_schema
from mapper_commercetools.iterable.field_names import clean_name
from mapper_commercetools.iterable.field_values import as_double, own_field, without_absent
from mapper_commercetools.iterable.users import buyer
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.orders import OrderFacts, read_order
from mapper_commercetools.outcomes import MappedRecord, MappedStream, mapped
from mapper_commercetools.timestamps import epoch_seconds, iterable_text

if TYPE_CHECKING:
    from mapper_commercetools.line_items import OrderLine
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

PURCHASES = "purchases"

_FIELDS = {
    "orderId": required("string", "commercetools order id"),
    "orderNumber": required("string", "The shop's order number"),
    "currency": required("string", "ISO 4217; of total and of all amounts"),
    "store": required("string", "Store key"),
    "locale": required("string", "Language in which the order was placed"),
    "country": required("string", "ISO 3166-1 alpha-2"),
    "orderState": required("string", "Open, Confirmed, Complete, Cancelled"),
    "paymentState": required("string", "Payment state"),
    "shipmentState": required("string", "Shipment state"),
    "shippingMethod": required("string", "Name of the shipping method"),
    "isGuest": required("boolean", "Ordered without a customer account"),
    "itemCount": required("integer", "Units of all products"),
    "subtotal": required("number", "Sum of the items after their discounts"),
    "shippingTotal": required("number", "What is paid for shipping"),
    "discountTotal": required("number", "What cart discounts and vouchers take off"),
    "taxTotal": required("number", "Tax, if the platform worked it out"),
    "grossTotal": required("number", "Total with tax, if the platform worked it out"),
    "refundedTotal": required("number", "Refunds of returned units, if there are any"),
    "discountCodes": array_of(required("string", "Code"), "Codes used, as far as they are known"),
    "discountCodeIds": array_of(required("string", "Id"), "commercetools ids of the codes used"),
    "updatedAt": required("string", "When the order last changed, `yyyy-MM-dd HH:mm:ss +00:00`"),
}
# An order has a store and a currency of its own.
_MARKET_FIELDS = {name: required("string", MARKET_FACTS[name]) for name in ("market", "language", "channel")}
_STANDARD_NAMES = frozenset(_FIELDS)
_NAMES_WITH_MARKETS = _STANDARD_NAMES | frozenset(_MARKET_FIELDS)


def taken_names(settings: MappingSettings) -> frozenset[str]:
    """Return the names of standard fields, which the shop's own fields cannot have."""
    return _NAMES_WITH_MARKETS if settings.markets.named else _STANDARD_NAMES


def purchases_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `purchases`."""
    item = item_schema("One line of the order")
    user = open_object(
        {
            "userId": required("string", "Customer id, or a guest's made-up id"),
            "email": required("string", "E-mail address"),
            "mergeNestedObjects": required("boolean", "Merge objects key by key"),
        },
        "Who bought, by one identifier",
    )
    fields = {**_FIELDS, **_MARKET_FIELDS} if settings.markets.named else _FIELDS
    schema = record_schema(
        {
            "id": required("string", "`ct-order-` and the order's id; sending it again updates the purchase"),
            "createdAt": required("integer", "When the order was placed, seconds since 1970"),
            "total": required("number", "What the order costs, `totalPrice`"),
            "user": user,
            "items": array_of(item, "Lines"),
            "dataFields": open_object(fields, "Facts about the order"),
        },
        needs=("id", "createdAt", "total", "user", "items"),
    )
    return MappedStream(PURCHASES, schema, ("id",))


def map_order(order: Record, settings: MappingSettings, references: References) -> list[MappedRecord]:
    """Map an order to a purchase, whatever its state; a guest's purchase makes its user.

    A cancelled or refunded order stays a purchase of its full total: its `orderState` and `refundedTotal` tell.

    Raises:
        RejectRecordError: If the order is malformed.
        SkipRecordError: If its store does not travel, or it names nobody.
    """
    market, taken = settings.markets.of_purchase(order), taken_names(settings)
    facts = read_order(order, market.locales)
    stores = [facts.store] if facts.store else []
    settings.store.check(stores, "store")
    of_market = without_absent(market.facts(stores, facts.locale)) if settings.markets.named else {}
    user = buyer(facts, settings.project_type, of_market)
    own = read_custom_fields(
        order,
        settings.order_fields,
        references,
        lambda source_name: clean_name(source_name, taken),
        locale_preference(facts.locale, market.locales),
    )
    data_fields = {**of_market, **_standard_fields(facts)}
    data_fields.update((name, own_field(value)) for name, value in own.items())
    purchase = {
        "id": "ct-order-" + facts.id,
        "createdAt": epoch_seconds(facts.placed_at),
        "total": as_double(facts.totals.total, facts.totals.digits),
        "user": user,
        "items": [
            commerce_item(line, facts.totals.digits, market.product_link) for line in facts.lines if _is_item(line)
        ],
        "dataFields": data_fields,
    }
    return [mapped(PURCHASES, purchase)]


def _is_item(line: OrderLine) -> bool:
    """Tell whether a line is something bought: a negative custom line is a voucher, counted in `discountTotal`."""
    return not (line.is_custom and line.total < 0)


def _standard_fields(facts: OrderFacts) -> dict[str, Any]:
    totals = facts.totals
    digits = totals.digits
    return without_absent(
        {
            "orderId": facts.id,
            "orderNumber": facts.number,
            "currency": totals.currency,
            "store": facts.store,
            "locale": facts.locale,
            "country": facts.country,
            "orderState": facts.order_state,
            "paymentState": facts.payment_state,
            "shipmentState": facts.shipment_state,
            "shippingMethod": facts.shipping_method,
            "isGuest": facts.customer_id is None,
            "itemCount": sum(line.quantity for line in facts.lines if not line.is_custom),
            "subtotal": as_double(totals.subtotal, digits),
            "shippingTotal": as_double(totals.shipping, digits),
            "discountTotal": as_double(totals.discount, digits),
            "taxTotal": None if totals.tax is None else as_double(totals.tax, digits),
            "grossTotal": None if totals.gross is None else as_double(totals.gross, digits),
            "refundedTotal": as_double(totals.refunded, digits) if totals.refunded else None,
            "discountCodes": facts.discount_codes or None,
            "discountCodeIds": facts.discount_code_ids or None,
            "updatedAt": iterable_text(facts.updated_at) if facts.updated_at else None,
        }
    )
