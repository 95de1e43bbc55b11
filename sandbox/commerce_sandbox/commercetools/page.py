"""The page for people: what the shop holds, one table per kind of resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.readable import readable
from commerce_sandbox.service import Page
from commerce_sandbox.table_view import table_view

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from commerce_sandbox.commercetools.store import Document, Store

_FIRST_TABLE = "customers"
_PRODUCTS = "products"
_OTHER_COLUMNS = ("key", "name")
_COLUMNS: Mapping[str, Sequence[str]] = {
    "customers": ("email", "firstName", "lastName", "locale", "stores", "customerGroup", "custom"),
    "orders": (
        "orderNumber",
        "customerEmail",
        "orderState",
        "paymentState",
        "shipmentState",
        "totalPrice",
        "lineItems",
        "store",
    ),
    "products": ("key", "name", "published", "variants", "priceMode"),
    "carts": ("customerEmail", "cartState", "totalPrice", "lineItems", "store"),
    "categories": ("key", "name", "parent", "orderHint"),
    "inventory": ("sku", "supplyChannel", "quantityOnStock", "availableQuantity"),
    "payments": ("key", "customer", "amountPlanned", "transactions"),
    "discount-codes": ("code", "name", "cartDiscounts", "isActive"),
    "messages": ("type", "resource", "sequenceNumber", "resourceVersion"),
    "custom-objects": ("container", "key", "value"),
    "standalone-prices": ("sku", "value", "country", "channel", "active"),
    "shopping-lists": ("name", "customer", "lineItems", "store"),
    "reviews": ("rating", "title", "target", "customer"),
    "business-units": ("key", "name", "unitType", "status", "parentUnit", "stores"),
    "quote-requests": ("quoteRequestState", "customer", "totalPrice", "lineItems", "store"),
    "quotes": ("quoteState", "customer", "totalPrice", "validTo", "store"),
    "recurring-orders": ("recurringOrderState", "customerEmail", "originOrder", "nextOrderAt", "store"),
    "variants": ("key", "variantId", "product", "published"),
    "product-selections/products": ("product", "productSelection"),
}


def shop_page(store: Store, arguments: Mapping[str, str]) -> Page:
    """Return the page that shows one kind of resource, ``?table=``, and links to the others."""
    held = {path: len(store.table(path)) for path in store.paths()}
    counts = {path: held[path] for path in (*_COLUMNS, *held) if path in held}
    asked = arguments.get("table", _FIRST_TABLE)
    path = asked if asked in counts else next(iter(counts), _FIRST_TABLE)
    columns = (*_COLUMNS.get(path, _OTHER_COLUMNS), "lastModifiedAt", "version", "id")
    view = table_view(
        path.replace("/", "-"),
        path.replace("-", " ").capitalize(),
        [(column, _heading(column)) for column in columns],
        _rows(store, path, columns),
        arguments,
        only_table=True,
    )
    return Page("commercetools.html", {"counts": counts, "path": path, "view": view})


def _rows(store: Store, path: str, columns: Sequence[str]) -> Iterator[dict[str, object]]:
    for document in sorted(store.all(path), key=_last_modified, reverse=True):
        flat = _product(document) if path == _PRODUCTS else document
        yield {column: readable(flat.get(column)) for column in columns}


def _last_modified(document: Document) -> str:
    moment: str = document["lastModifiedAt"]
    return moment


def _product(document: Document) -> Document:
    """Return a product with the members that people look for at its top."""
    data = document["masterData"]
    staged = data["staged"]
    variants = [variant for variant in (staged.get("masterVariant"), *staged.get("variants", ())) if variant]
    return {**document, "name": staged["name"], "published": data["published"], "variants": variants}


def _heading(column: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in column)
    return words.capitalize()
