"""Carts as Dotdigital's CartInsight, after the contact they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.carts import CartFacts, check_owner, read_cart
from mapper_commercetools.dotdigital.contacts import CONTACTS
from mapper_commercetools.dotdigital.field_names import record_key
from mapper_commercetools.dotdigital.field_values import as_number, clipped, money_as_number, without_absent
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.timestamps import iso_text

if TYPE_CHECKING:
    from mapper_commercetools.cart_settings import CartSettings
    from mapper_commercetools.line_items import OrderLine
    from mapper_commercetools.product_links import ProductLink
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

CART_INSIGHT = "cart_insight"

# A cart has a store and a currency of its own.
_MARKET_PROPERTIES = ("market", "language", "channel")


def cart_insight_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `cart_insight`."""
    of_market = {name: required("string", MARKET_FACTS[name]) for name in _MARKET_PROPERTIES}
    line = open_object(
        {
            "sku": required("string", "SKU, else the product's or the line's id"),
            "name": required("string", "Name in the cart's language"),
            "imageUrl": required("string", "First image of the variant"),
            "productUrl": required("string", "Product page"),
            "unitPrice": required("number", "Price of one unit before all discounts"),
            "salePrice": required("number", "What is paid for one unit"),
            "quantity": required("integer", "Units"),
            "totalPrice": required("number", "What is paid for all units"),
        },
        "One line",
        needs=("sku", "name", "salePrice", "quantity", "totalPrice"),
    )
    cart = open_object(
        {
            "cartId": required("string", "commercetools cart id"),
            "cartUrl": required("string", "Page of the cart"),
            "cartPhase": required("string", "As the setting carts.phases says; ORDER_COMPLETE once it is ordered"),
            "currency": required("string", "ISO 4217"),
            "createdDate": required("string", "When it was made", format="date-time"),
            "modifiedDate": required("string", "When it last changed", format="date-time"),
            "subTotal": required("number", "Sum of the lines after their discounts, without shipping"),
            "shipping": required("number", "What is paid for shipping"),
            "discountAmount": required("number", "What cart discounts and vouchers take off"),
            "taxAmount": required("number", "Tax, if the platform worked it out"),
            "grandTotal": required("number", "What the cart costs"),
            "store_name": required("string", "Store key"),
            "locale": required("string", "Its language"),
            "lineItems": array_of(line, "Lines"),
            **(of_market if settings.markets.named else {}),
        },
        "The record; it replaces what is there",
        needs=("cartId", "cartPhase", "currency", "modifiedDate", "subTotal", "grandTotal"),
    )
    identity = open_object(
        {
            "identifier": required("string", "email"),
            "value": required("string", "E-mail address, lower-cased"),
        },
        "The contact it belongs to",
        needs=("identifier", "value"),
    )
    schema = record_schema(
        {"key": required("string", "Cart id"), "contactIdentity": identity, "json": cart},
        needs=("key", "contactIdentity", "json"),
    )
    return MappedStream(CART_INSIGHT, schema, ("key",))


def map_cart(cart: Record, settings: MappingSettings, carts: CartSettings) -> list[MappedRecord]:
    """Map a cart to its contact, then to the CartInsight record.

    Insight data makes no contacts, so the contact comes first, with nothing but its address. The record is rewritten
    in place: with phase `ORDER_COMPLETE` once the cart is ordered, without lines and with a total of 0 once it is
    emptied.

    Raises:
        RejectRecordError: If the cart is malformed.
        SkipRecordError: If its store does not travel, it is nobody's, has no e-mail address, or was merged.
    """
    market = settings.markets.of_purchase(cart)
    facts = read_cart(cart, market.locales)
    settings.store.check([facts.store] if facts.store else [], "store")
    check_owner(facts, carts)
    if facts.email is None:
        message = "customerEmail: missing, and a cart belongs to a contact with an e-mail address"
        raise SkipRecordError(message)
    phase = carts.phases.get(facts.state or "Active")
    if phase is None:
        message = "cartState: no phase for it in setting carts.phases (what was in a merged cart is in another)"
        raise SkipRecordError(message)
    properties = _properties(facts, market.product_link)
    properties["cartPhase"] = phase
    if (page := carts.page_of(facts.id, facts.locale or market.locales[0])) is not None:
        properties["cartUrl"] = page
    if settings.markets.named:
        of_market = market.facts([facts.store] if facts.store else [], facts.locale)
        properties |= without_absent({name: of_market[name] for name in _MARKET_PROPERTIES})
    contact = {"matchIdentifier": "email", "identifiers": {"email": facts.email}}
    record = {
        "key": record_key(facts.id),
        "contactIdentity": {"identifier": "email", "value": facts.email},
        "json": properties,
    }
    return [mapped(CONTACTS, contact), mapped(CART_INSIGHT, record)]


def _properties(cart: CartFacts, link: ProductLink | None) -> dict[str, Any]:
    totals, digits = cart.totals, cart.totals.digits
    return without_absent(
        {
            "cartId": cart.id,
            "currency": totals.currency,
            "createdDate": iso_text(cart.created_at) if cart.created_at else None,
            "modifiedDate": iso_text(cart.updated_at),
            "subTotal": as_number(totals.subtotal, digits),
            "shipping": as_number(totals.shipping, digits),
            "discountAmount": as_number(totals.discount, digits),
            "taxAmount": None if totals.tax is None else as_number(totals.tax, digits),
            "grandTotal": as_number(totals.total, digits),
            "store_name": cart.store,
            "locale": cart.locale,
            "lineItems": [_line(line, digits, link) for line in cart.items],
        }
    )


def _line(line: OrderLine, digits: int, link: ProductLink | None) -> dict[str, Any]:
    sku = line.sku or line.product_id or line.id or "line"
    url = None
    if link is not None and line.product_id is not None:
        url = link.url(id=line.product_id, key=line.product_key, sku=line.sku, slug=line.slug)
    return without_absent(
        {
            "sku": sku,
            "name": clipped(line.name or sku),
            "imageUrl": line.image_url,
            "productUrl": url,
            "unitPrice": money_as_number(line.list_price),
            "salePrice": as_number(line.unit_price, digits),
            "quantity": line.quantity,
            "totalPrice": as_number(line.total, digits),
        }
    )
