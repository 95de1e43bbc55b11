"""Lines of an order or a cart, as both destinations need them."""

from __future__ import annotations

import msgspec

from mapper_commercetools.localization import LocalizedText, localized, localized_text
from mapper_commercetools.money import Money, divide_half_even, read_money, read_units
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.source_values import Record, nested, nested_list, text, whole_number


class OrderLine(msgspec.Struct, frozen=True):
    """One line, of a product or of the shop's own (a fee, a voucher).

    Amounts are in the smallest unit of the order's currency.

    Attributes:
        id: The line's own id, to which returns refer.
        is_custom: Whether it is a custom line item, without a product.
        is_gift: Whether a discount put it into the cart for nothing.
        product_id: The product's UUID, None for a custom line.
        product_key: The product's key.
        variant_id: The variant's number within the product.
        sku: The variant's SKU; a custom line's slug.
        name: In the order's language if there is one.
        slug: Of the product's page, in the order's language if there is one.
        image_url: The variant's first image.
        quantity: Units bought.
        total: What is paid for the line, after every discount (`totalPrice`).
        unit_price: What is paid for one unit, rounded half-even to the currency's smallest unit.
        list_price: The price of one unit before product and cart discounts, of either precision.
        discount: What cart discounts take off the line.
    """

    id: str | None
    is_custom: bool
    is_gift: bool
    product_id: str | None
    product_key: str | None
    variant_id: int | None
    sku: str | None
    name: str
    slug: LocalizedText | None
    image_url: str | None
    quantity: int
    total: int
    unit_price: int
    list_price: Money | None
    discount: int


def read_lines(order: Record, total_price: Money, locales: tuple[str, ...]) -> list[OrderLine]:
    """Read the line items, then the custom line items, of an order.

    What was paid is a line's `totalPrice`: neither `price` nor `discountedPricePerQuantity` is.

    Args:
        order: The order.
        total_price: The order's total, whose currency all lines must have.
        locales: Preference for names and slugs.

    Raises:
        RejectRecordError: If a line has no total, no quantity, or another currency.
    """
    lines = [_product_line(line, total_price, locales) for line in nested_list(order, "lineItems")]
    lines.extend(_custom_line(line, total_price, locales) for line in nested_list(order, "customLineItems"))
    return lines


def _product_line(line: Record, total_price: Money, locales: tuple[str, ...]) -> OrderLine:
    variant = nested(line, "variant")
    product_id, sku = text(line, "productId"), text(variant, "sku")
    quantity, total = _quantity(line, "lineItems"), _total(line, "lineItems", total_price)
    images = nested_list(variant, "images")
    product_key = text(line, "productKey")
    return OrderLine(
        id=text(line, "id"),
        is_custom=False,
        is_gift=line.get("lineItemMode") == "GiftLineItem",
        product_id=product_id,
        product_key=product_key,
        variant_id=whole_number(variant, "id"),
        sku=sku,
        name=localized_text(line.get("name"), locales) or sku or product_key or product_id or "",
        slug=localized(line.get("productSlug"), locales),
        image_url=text(images[0], "url") if images else None,
        quantity=quantity,
        total=total,
        unit_price=divide_half_even(total, quantity) if quantity else 0,
        list_price=read_money(nested(line, "price").get("value"), "lineItems.price.value"),
        discount=_cart_discount(line, "lineItems", total_price),
    )


def _custom_line(line: Record, total_price: Money, locales: tuple[str, ...]) -> OrderLine:
    quantity, total = _quantity(line, "customLineItems"), _total(line, "customLineItems", total_price)
    slug = text(line, "slug")
    return OrderLine(
        id=text(line, "id"),
        is_custom=True,
        is_gift=False,
        product_id=None,
        product_key=None,
        variant_id=None,
        sku=slug,
        name=localized_text(line.get("name"), locales) or slug or "",
        slug=None,
        image_url=None,
        quantity=quantity,
        total=total,
        unit_price=divide_half_even(total, quantity) if quantity else 0,
        list_price=read_money(line.get("money"), "customLineItems.money"),
        discount=_cart_discount(line, "customLineItems", total_price),
    )


def _quantity(line: Record, place: str) -> int:
    quantity = whole_number(line, "quantity")
    if quantity is None or quantity < 0:
        message = f"{place}.quantity: not a whole number of units"
        raise RejectRecordError(message)
    return quantity


def _total(line: Record, place: str, total_price: Money) -> int:
    total = read_units(line.get("totalPrice"), f"{place}.totalPrice", total_price)
    if total is None:
        message = f"{place}.totalPrice: missing"
        raise RejectRecordError(message)
    return total


def _cart_discount(line: Record, place: str, total_price: Money) -> int:
    discount = 0
    for share in nested_list(line, "discountedPricePerQuantity"):
        quantity = whole_number(share, "quantity") or 0
        for included in nested_list(nested(share, "discountedPrice"), "includedDiscounts"):
            units = read_units(
                included.get("discountedAmount"),
                f"{place}.discountedPricePerQuantity.discountedAmount",
                total_price,
            )
            discount += quantity * (units or 0)
    return discount
