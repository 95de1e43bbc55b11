"""The product offers stream: records the tap puts together, each a product with what is known by its SKUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commercetools.schemas.field_types import list_of, record, timestamp
from tap_commercetools.schemas.inventory_entry import INVENTORY_ENTRY
from tap_commercetools.schemas.price import STANDALONE_PRICE
from tap_commercetools.schemas.product import PRODUCT

if TYPE_CHECKING:
    from tap_commercetools.schemas.field_types import Schema

_PRODUCT: dict[str, Schema] = PRODUCT["properties"]


def _part(description: str, whole: Schema) -> Schema:
    """Return the schema of a row as part of another, where no field is promised."""
    fields: dict[str, Schema] = whole["properties"]
    promised = {name: {**fields[name], "type": [fields[name]["type"], "null"]} for name in whole["required"]}
    changed = timestamp("When it last changed, UTC, three decimals.")
    return record(description, {**fields, **promised, "lastModifiedAt": changed})


PRODUCT_OFFER: Schema = {
    **PRODUCT,
    "properties": {
        **_PRODUCT,
        "version": {
            **_PRODUCT["version"],
            "description": "The product's version; it stays the same when stock or prices change.",
        },
        "lastModifiedAt": {
            **_PRODUCT["lastModifiedAt"],
            "description": "When the product last changed, UTC, three decimals; stock and prices have their own.",
        },
        "inventory": list_of(
            "The inventory entries of all its SKUs, on sale and in draft, in the order of its variants.",
            _part("One inventory entry.", INVENTORY_ENTRY),
        ),
        "standalonePrices": list_of(
            "The standalone prices of all its SKUs, active or not; empty unless priceMode is Standalone.",
            _part("One standalone price.", STANDALONE_PRICE),
        ),
    },
}
