"""Puts a whole shop together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from commerce_sandbox.clock import Clock
from commerce_sandbox.garbage import without_collecting
from commerce_sandbox.shop.around_the_trade import Trade, around_the_trade
from commerce_sandbox.shop.assortment import assortment_of
from commerce_sandbox.shop.carts import generate_carts
from commerce_sandbox.shop.categories import categories
from commerce_sandbox.shop.customers import generate_customers
from commerce_sandbox.shop.discounts import cart_discounts, discount_codes, product_discounts
from commerce_sandbox.shop.model import Document, Shop, ShopPlan
from commerce_sandbox.shop.moments import DAY, TRADE_DAYS, moment_of, written
from commerce_sandbox.shop.orders import bulk_import_moment, clientele, generate_orders
from commerce_sandbox.shop.products import Catalogue, generate_catalogue
from commerce_sandbox.shop.project import channels, customer_groups, project_settings, states, stores
from commerce_sandbox.shop.taxes_and_shipping import shipping_methods, tax_categories, zones
from commerce_sandbox.shop.type_definitions import product_types, types

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_FOUNDED_DAYS = 1000
_CARTS_PER_HUNDRED_ORDERS = 10
_GUESTS_PER_HUNDRED_ORDERS = 16


def generate_shop(plan: ShopPlan, clock: Clock | None = None) -> Shop:
    """Generate a believable shop.

    Args:
        plan: Seed and sizes.
        clock: Tells the present when the plan names no end of history; None for the machine's own time.

    Returns:
        The shop. `Shop.notes` holds, beside ``history_end`` and ``bulk_import_at`` (timestamps), lists of ids:
        ``invalid_email_customer_ids`` (they never ordered), ``shared_email_customer_ids`` (pairs),
        ``bulk_import_customer_ids``, ``bulk_import_order_ids``, ``guest_order_ids``, ``nameless_order_ids``,
        ``unpublished_product_ids``, ``never_published_product_ids``.
    """
    history_end = moment_of(plan.history_end or _an_hour_ago(clock or Clock()))
    with without_collecting():
        return _generate(plan, history_end)


def _generate(plan: ShopPlan, history_end: int) -> Shop:
    founded = history_end - _FOUNDED_DAYS * DAY
    catalogue = generate_catalogue(plan.seed, plan.products, founded, history_end)
    base = generate_customers(plan.seed, plan.customers, history_end)
    gift_product_id = catalogue.products[0]["id"]
    assortment = assortment_of(
        catalogue.products, None, gift_product_id=gift_product_id, without=catalogue.never_published_ids
    )
    invalid = set(base.invalid_email_ids)
    buyers = clientele(
        plan.seed,
        [customer for customer in base.customers if customer["id"] not in invalid],
        plan.orders * _GUESTS_PER_HUNDRED_ORDERS // 100,
        history_end - TRADE_DAYS * DAY,
    )
    book = generate_orders(plan.seed, plan.orders, assortment, buyers, history_end)
    left_behind = generate_carts(
        plan.seed, -(-plan.orders * _CARTS_PER_HUNDRED_ORDERS // 100), assortment, buyers, history_end
    )
    resources = _standing(founded, history_end, catalogue, gift_product_id)
    resources |= {
        "customers": base.customers,
        "orders": book.orders,
        "payments": book.payments,
        "carts": [*book.carts, *left_behind],
    }
    resources |= around_the_trade(
        plan.seed, Trade(base.customers, book.orders, catalogue.products), founded, history_end
    )
    notes = {
        "history_end": written(history_end),
        "bulk_import_at": written(bulk_import_moment(history_end)),
        "invalid_email_customer_ids": base.invalid_email_ids,
        "shared_email_customer_ids": base.shared_email_ids,
        "bulk_import_customer_ids": base.imported_ids,
        "bulk_import_order_ids": book.imported_ids,
        "guest_order_ids": book.guest_ids,
        "nameless_order_ids": book.nameless_ids,
        "unpublished_product_ids": catalogue.unpublished_ids,
        "never_published_product_ids": catalogue.never_published_ids,
    }
    return Shop(project_settings(founded), {path: _by_id(documents) for path, documents in resources.items()}, notes)


def _an_hour_ago(clock: Clock) -> datetime:
    return (clock.now() - timedelta(hours=1)).replace(second=0, microsecond=0)


def _by_id(documents: Iterable[Document]) -> dict[str, Document]:
    return {document["id"]: document for document in documents}


def _standing(founded: int, history_end: int, catalogue: Catalogue, gift_product_id: str) -> dict[str, list[Document]]:
    """Return what stands in the shop before anybody buys: settings, discounts and the catalogue."""
    return {
        "tax-categories": tax_categories(founded),
        "zones": zones(founded),
        "channels": channels(founded),
        "stores": stores(founded),
        "shipping-methods": shipping_methods(founded),
        "customer-groups": customer_groups(founded),
        "states": states(founded),
        "types": types(founded),
        "product-types": product_types(founded),
        "product-discounts": product_discounts(founded),
        "cart-discounts": cart_discounts(founded, gift_product_id),
        "discount-codes": discount_codes(founded, history_end),
        "categories": categories(founded),
        "products": catalogue.products,
        "inventory": catalogue.inventory,
    }
