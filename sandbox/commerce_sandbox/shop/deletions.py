"""What disappears while a shop runs: by hand, by law, and by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.customers import INVALID_EMAILS
from commerce_sandbox.shop.shop_store import ShopStore, chosen, dice_for

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document


def erase_customers(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete accounts of people who want to be forgotten: their personal data go from messages too."""
    dice = dice_for(store, "customers", seed, "erase_customers")
    customers = chosen(store, dice, "customers", count, lambda row: row["email"] not in INVALID_EMAILS)
    return [store.delete("customers", customer["id"], data_erasure=True)["id"] for customer in customers]


def delete_orders(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete orders; carts and payments stay."""
    return _deleted(store, "orders", count, seed, "delete_orders")


def delete_categories(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete categories that have none below them; products keep the references, and no message tells of it."""
    dice = dice_for(store, "categories", seed, "delete_categories")
    parents = {row["parent"]["id"] for row in store.all("categories") if "parent" in row}
    categories = chosen(store, dice, "categories", count, lambda row: row["id"] not in parents)
    return [store.delete("categories", category["id"])["id"] for category in categories]


def delete_products(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete products; those on sale are unpublished first, because the platform deletes no others."""
    dice = dice_for(store, "products", seed, "delete_products")
    products = chosen(store, dice, "products", count, lambda _product: True)
    for product in products:
        if product["masterData"]["published"]:
            product["masterData"]["published"] = False
            store.update("products", product)
        store.delete("products", product["id"])
    return [product["id"] for product in products]


def remove_variants(store: ShopStore, count: int, seed: int) -> list[str]:
    """Take the last variant out of products that have several, in drafts and on sale alike."""
    dice = dice_for(store, "products", seed, "remove_variants")
    products = chosen(store, dice, "products", count, _has_several_variants)
    for product in products:
        master = product["masterData"]
        removed = max(variant["id"] for part in ("current", "staged") for variant in master[part]["variants"])
        for part in ("current", "staged"):
            master[part]["variants"] = [variant for variant in master[part]["variants"] if variant["id"] != removed]
        store.update("products", product)
    return [product["id"] for product in products]


def delete_stock(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete stock entries, as when a warehouse closes."""
    return _deleted(store, "inventory", count, seed, "delete_stock")


def delete_standalone_prices(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete standalone prices."""
    return _deleted(store, "standalone-prices", count, seed, "delete_standalone_prices")


def expire_carts(store: ShopStore, count: int, _seed: int) -> list[str]:
    """Let the carts that were left alone for the longest time disappear, without a message."""
    return _expired(store, "carts", count)


def expire_shopping_lists(store: ShopStore, count: int, _seed: int) -> list[str]:
    """Let the shopping lists that were left alone for the longest time disappear, without a message."""
    return _expired(store, "shopping-lists", count)


def _deleted(store: ShopStore, path: str, count: int, seed: int, change: str) -> list[str]:
    dice = dice_for(store, path, seed, change)
    rows = chosen(store, dice, path, count, lambda _row: True)
    return [store.delete(path, row["id"])["id"] for row in rows]


def _expired(store: ShopStore, path: str, count: int) -> list[str]:
    ages = sorted((row["lastModifiedAt"], row["id"]) for row in store.all(path))
    return [store.delete(path, identifier)["id"] for _, identifier in ages[:count]]


def _has_several_variants(product: Document) -> bool:
    master = product["masterData"]
    return any(master[part]["variants"] for part in ("current", "staged"))
