"""The stream `events` of Iterable, and the data fields of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.iterable.commerce_items import commerce_item, item_id, item_schema
from mapper_commercetools.iterable.field_values import as_double, money_as_double
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.order_events import LineUnits, OrderEvent, Return, Shipment
from mapper_commercetools.outcomes import MappedStream
from mapper_commercetools.payment_refunds import PaymentRefund

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mapper_commercetools.markets import Market
    from mapper_commercetools.money import Money
    from mapper_commercetools.orders import OrderFacts
    from mapper_commercetools.product_links import ProductLink
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.totals import OrderTotals

EVENTS = "events"

# An order and a cart have a store and a currency of their own.
_OF_MARKET = ("market", "language", "channel")
_UNITS = open_object(
    {
        "id": required("string", "As in the items of the order"),
        "sku": required("string", "SKU"),
        "name": required("string", "Name in the order's language"),
        "quantity": required("integer", "Units"),
    },
    "Units of one line",
    needs=("id", "quantity"),
)
_FIELDS = {
    "event": required("string", "What happened, whatever the event is named: orderPlaced, …"),
    "timeIsExact": required("boolean", "False if the time is that of the last change of what tells of it"),
    "orderId": required("string", "commercetools order id"),
    "orderNumber": required("string", "The shop's order number"),
    "cartId": required("string", "commercetools cart id"),
    "currency": required("string", "ISO 4217; of all amounts"),
    "total": required("number", "What the order or cart costs, `totalPrice`"),
    "subtotal": required("number", "Sum of the items after their discounts"),
    "shippingTotal": required("number", "What is paid for shipping"),
    "discountTotal": required("number", "What cart discounts and vouchers take off"),
    "taxTotal": required("number", "Tax, if the platform worked it out"),
    "itemCount": required("integer", "Units of all products"),
    "isGuest": required("boolean", "Without a customer account"),
    "store": required("string", "Store key"),
    "country": required("string", "ISO 3166-1 alpha-2"),
    "locale": required("string", "Language of the order or cart"),
    "items": array_of(item_schema("One line"), "Lines, of orders placed and of carts"),
    "units": array_of(_UNITS, "What was shipped, returned or refunded"),
    "deliveryId": required("string", "commercetools delivery id"),
    "trackingIds": array_of(required("string", "Tracking id"), "Of the delivery's parcels"),
    "carriers": array_of(required("string", "Carrier"), "Who carries the parcels"),
    "returnItemId": required("string", "commercetools return item id"),
    "returnState": required("string", "Advised (announced), Returned, BackInStock, Unusable"),
    "amount": required("number", "What was refunded"),
    "paymentId": required("string", "commercetools payment id"),
    "transactionId": required("string", "commercetools transaction id"),
    "cartUrl": required("string", "Page of the cart"),
}


def events_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `events`."""
    of_market = {name: required("string", MARKET_FACTS[name]) for name in _OF_MARKET}
    schema = record_schema(
        {
            "eventName": required("string", "As the setting events.names says"),
            "id": required("string", "The same for the same event, whatever tells of it and however often"),
            "createdAt": required("integer", "When it happened, seconds since 1970"),
            "email": required("string", "Whose event it is, or userId"),
            "userId": required("string", "Whose event it is, or email"),
            "dataFields": open_object({**_FIELDS, **(of_market if settings.markets.named else {})}, "Facts"),
        },
        needs=("eventName", "id", "createdAt", "dataFields"),
    )
    return MappedStream(EVENTS, schema, ("id",))


def identifier_of(user: dict[str, Any]) -> dict[str, str]:
    """Return the one identifier in the `user` of a commerce call: an event has nothing else of a person."""
    return {name: user[name] for name in ("userId", "email") if name in user}


def market_fields(
    settings: MappingSettings, market: Market, store: str | None, locale: str | None
) -> dict[str, str | None]:
    """Return what the market says of an order or a cart; nothing if the shop has named no markets."""
    if not settings.markets.named:
        return {}
    facts = market.facts([store] if store else [], locale)
    return {name: facts[name] for name in _OF_MARKET}


def order_fields(order: OrderFacts) -> dict[str, Any]:
    """Return what all events of an order say of it."""
    return {
        "orderId": order.id,
        "orderNumber": order.number,
        "currency": order.totals.currency,
        "total": as_double(order.totals.total, order.totals.digits),
        "isGuest": order.customer_id is None,
        "store": order.store,
        "country": order.country,
        "locale": order.locale,
    }


def totals_fields(totals: OrderTotals) -> dict[str, Any]:
    """Return what makes up the total of an order or a cart."""
    digits = totals.digits
    return {
        "subtotal": as_double(totals.subtotal, digits),
        "shippingTotal": as_double(totals.shipping, digits),
        "discountTotal": as_double(totals.discount, digits),
        "taxTotal": None if totals.tax is None else as_double(totals.tax, digits),
    }


def contents_fields(order: OrderFacts, link: ProductLink | None) -> dict[str, Any]:
    """Return what was ordered, for how much; a negative custom line is a voucher, not an item."""
    items = [line for line in order.lines if not (line.is_custom and line.total < 0)]
    return {
        **totals_fields(order.totals),
        "itemCount": sum(line.quantity for line in order.lines if not line.is_custom),
        "items": [commerce_item(line, order.totals.digits, link) for line in items],
    }


def detail_fields(event: OrderEvent) -> dict[str, Any]:
    """Return what is particular to an event; lists that would be empty are absent."""
    detail = event.detail
    if isinstance(detail, Shipment):
        return {
            "deliveryId": detail.delivery_id,
            "trackingIds": list(detail.tracking_ids) or None,
            "carriers": list(detail.carriers) or None,
            "units": _units(detail.units),
        }
    if isinstance(detail, Return):
        refund = detail.refund if event.kind == "orderRefunded" else None
        return {
            "returnItemId": detail.item_id,
            "returnState": detail.state,
            "units": _units([detail.units]),
            **_amount(refund),
        }
    if isinstance(detail, PaymentRefund):
        return {
            "paymentId": detail.payment_id,
            "transactionId": detail.transaction_id,
            **_amount(detail.amount),
        }
    return {}


def _amount(money: Money | None) -> dict[str, Any]:
    return {} if money is None else {"amount": money_as_double(money), "currency": money.currency}


def _units(units: Iterable[LineUnits]) -> list[dict[str, Any]] | None:
    """Return the units of known lines, since an id is all that an unknown one has."""
    known = [(one.line, one.quantity) for one in units if one.line is not None]
    return [
        {
            "id": item_id(line),
            "name": line.name or item_id(line),
            "quantity": quantity,
            **({} if line.sku is None else {"sku": line.sku}),
        }
        for line, quantity in known
    ] or None
