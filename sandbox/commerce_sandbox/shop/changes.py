"""The ways in which a running shop changes, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.customer_changes import (
    change_emails,
    delete_customers,
    edit_customers,
    opt_in_customers,
    opt_out_customers,
    register_customers,
)
from commerce_sandbox.shop.deletions import (
    delete_categories,
    delete_orders,
    delete_products,
    delete_standalone_prices,
    delete_stock,
    erase_customers,
    expire_carts,
    expire_shopping_lists,
    remove_variants,
)
from commerce_sandbox.shop.order_changes import (
    abandon_carts,
    cancel_orders,
    place_orders,
    refund_orders,
    ship_orders,
)
from commerce_sandbox.shop.product_changes import (
    change_prices,
    change_standalone_prices,
    move_stock,
    unpublish_products,
)
from commerce_sandbox.shop.shop_store import ShopStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHANGES: Mapping[str, Callable[[ShopStore, int, int], list[str]]] = {
    change.__name__: change
    for change in (
        place_orders,
        edit_customers,
        cancel_orders,
        refund_orders,
        ship_orders,
        unpublish_products,
        change_prices,
        register_customers,
        delete_customers,
        abandon_carts,
        opt_in_customers,
        opt_out_customers,
        change_emails,
        expire_carts,
        expire_shopping_lists,
        erase_customers,
        delete_orders,
        delete_categories,
        delete_products,
        remove_variants,
        move_stock,
        change_standalone_prices,
        delete_stock,
        delete_standalone_prices,
    )
}
"""Name to a function (store, count, seed) that makes up to count changes and returns the ids of what it changed.

For a given content of the store, count and seed the outcome is the same, but for the times the store writes. Fewer
ids than asked for come back when fewer rows suit the change.
"""

__all__ = [
    "CHANGES",
    "ShopStore",
    "abandon_carts",
    "cancel_orders",
    "change_emails",
    "change_prices",
    "change_standalone_prices",
    "delete_categories",
    "delete_customers",
    "delete_orders",
    "delete_products",
    "delete_standalone_prices",
    "delete_stock",
    "edit_customers",
    "erase_customers",
    "expire_carts",
    "expire_shopping_lists",
    "move_stock",
    "opt_in_customers",
    "opt_out_customers",
    "place_orders",
    "refund_orders",
    "register_customers",
    "remove_variants",
    "ship_orders",
    "unpublish_products",
]
