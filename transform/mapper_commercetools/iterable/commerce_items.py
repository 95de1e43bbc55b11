"""Lines of an order or a cart as Iterable's commerce items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.iterable.field_values import as_double, money_as_double, without_absent
from mapper_commercetools.json_schema import JsonSchema, open_object, required

if TYPE_CHECKING:
    from mapper_commercetools.line_items import OrderLine
    from mapper_commercetools.product_links import ProductLink

_ITEM_FIELDS = {
    "productId": required("string", "commercetools product id"),
    "productKey": required("string", "The shop's product key"),
    "variantId": required("integer", "Number of the variant within the product"),
    "listPrice": required("number", "Price of one unit before all discounts"),
    "lineTotal": required("number", "What is paid for all units"),
    "isDiscounted": required("boolean", "Whether less than the list price is paid"),
    "isGift": required("boolean", "Whether a discount gave it for nothing"),
    "isCustom": required("boolean", "A fee or service instead of a product"),
}


def item_schema(description: str) -> JsonSchema:
    """Return the schema of an item."""
    return open_object(
        {
            "id": required("string", "SKU, else product id and variant number"),
            "sku": required("string", "SKU"),
            "name": required("string", "Name in the language of the order or cart"),
            "price": required("number", "What is paid for one unit"),
            "quantity": required("integer", "Units"),
            "url": required("string", "Product page"),
            "imageUrl": required("string", "First image of the variant"),
            "dataFields": open_object(_ITEM_FIELDS, "Further facts"),
        },
        description,
        needs=("id", "name", "price", "quantity"),
    )


def commerce_item(line: OrderLine, digits: int, product_link: ProductLink | None) -> dict[str, Any]:
    """Return a line as an item.

    Args:
        line: The line.
        digits: Decimal places of the currency's smallest unit.
        product_link: Template of product pages.
    """
    identifier = item_id(line)
    item: dict[str, Any] = {
        "id": identifier,
        "name": line.name or identifier,
        "price": as_double(line.unit_price, digits),
        "quantity": line.quantity,
        "dataFields": _item_fields(line, digits),
    }
    if line.sku is not None:
        item["sku"] = line.sku
    if line.image_url is not None:
        item["imageUrl"] = line.image_url
    if product_link is not None and line.product_id is not None:
        url = product_link.url(id=line.product_id, key=line.product_key, sku=line.sku, slug=line.slug)
        if url is not None:
            item["url"] = url
    return item


def item_id(line: OrderLine) -> str:
    """Return an item's id: SKU, else product id and variant number; a custom line's slug or id."""
    if line.sku is not None:
        return line.sku
    if line.product_id is None:
        return line.id or "custom"
    return line.product_id if line.variant_id is None else f"{line.product_id}-{line.variant_id}"


def _item_fields(line: OrderLine, digits: int) -> dict[str, Any]:
    listed = line.list_price
    return without_absent(
        {
            "productId": line.product_id,
            "productKey": line.product_key,
            "variantId": line.variant_id,
            "listPrice": money_as_double(listed),
            "lineTotal": as_double(line.total, digits),
            "isDiscounted": listed is not None and line.unit_price * 10**listed.digits < listed.units * 10**digits,
            "isGift": line.is_gift,
            "isCustom": True if line.is_custom else None,
        }
    )
