"""Which messages the platform writes for which change of which kind of resource.

Kinds that are not listed have no message: nobody is told that a cart, a category or a payment is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.messages.change import Payload, Update, present
from commerce_sandbox.commercetools.messages.customers import customer_updated
from commerce_sandbox.commercetools.messages.orders import order_created, order_updated, payment_updated
from commerce_sandbox.commercetools.messages.other_updates import (
    cart_updated,
    category_updated,
    review_updated,
    shopping_list_updated,
    state_changed,
    tailored,
    tailoring_updated,
)
from commerce_sandbox.commercetools.messages.products import (
    product_created,
    product_deleted,
    product_updated,
    variant_created,
    variant_updated,
)
from commerce_sandbox.commercetools.messages.stock_and_prices import (
    article,
    inventory_updated,
    standalone_price_updated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from commerce_sandbox.commercetools.store import Document

_STORE_MEMBERS = (
    "name",
    "languages",
    "countries",
    "distributionChannels",
    "supplyChannels",
    "productSelections",
    "custom",
)
_TAILORED_TEXTS = (
    "name",
    "description",
    "slug",
    "metaTitle",
    "metaDescription",
    "metaKeywords",
    "variants",
    "attributes",
)


def _whole(message_type: str, name: str) -> Callable[[Document], Iterable[Payload]]:
    return lambda resource: [{"type": message_type, name: resource}]


def _bare(message_type: str) -> Callable[[Document], Iterable[Payload]]:
    return lambda _resource: [{"type": message_type}]


def _store_created(store: Document) -> Iterable[Payload]:
    lists: Document = {"distributionChannels": [], "supplyChannels": [], "productSelections": []}
    yield {"type": "StoreCreated", **lists, **{name: store[name] for name in _STORE_MEMBERS if name in store}}


def _tailoring_created(tailoring: Document) -> Iterable[Payload]:
    current = tailoring.get("current", {})
    texts = {name: current[name] for name in _TAILORED_TEXTS if name in current}
    identity = {**present(key=tailoring.get("key")), **tailored(tailoring)}
    yield {"type": "ProductTailoringCreated", **identity, **texts, "published": tailoring.get("published", False)}


CREATED: Mapping[str, Callable[[Document], Iterable[Payload]]] = {
    "associate-roles": _whole("AssociateRoleCreated", "associateRole"),
    "business-units": _whole("BusinessUnitCreated", "businessUnit"),
    "cart-discounts": _whole("CartDiscountCreated", "cartDiscount"),
    "categories": _whole("CategoryCreated", "category"),
    "customers": _whole("CustomerCreated", "customer"),
    "discount-codes": _whole("DiscountCodeCreated", "discountCode"),
    "discount-groups": _whole("DiscountGroupCreated", "discountGroup"),
    "inventory": _whole("InventoryEntryCreated", "inventoryEntry"),
    "orders": order_created,
    "payment-methods": _whole("PaymentMethodCreated", "paymentMethod"),
    "payments": _whole("PaymentCreated", "payment"),
    "product-selections": _whole("ProductSelectionCreated", "productSelection"),
    "product-tailoring": _tailoring_created,
    "products": product_created,
    "quote-requests": _whole("QuoteRequestCreated", "quoteRequest"),
    "quotes": _whole("QuoteCreated", "quote"),
    "recurring-orders": _whole("RecurringOrderCreated", "recurringOrder"),
    "reviews": _whole("ReviewCreated", "review"),
    "staged-quotes": _whole("StagedQuoteCreated", "stagedQuote"),
    "standalone-prices": _whole("StandalonePriceCreated", "standalonePrice"),
    "stores": _store_created,
    "variants": variant_created,
}
"""Path to the messages of a new resource."""

UPDATED: Mapping[str, Callable[[Update], Iterable[Payload]]] = {
    "carts": cart_updated,
    "categories": category_updated,
    "customers": customer_updated,
    "inventory": inventory_updated,
    "orders": order_updated,
    "payments": payment_updated,
    "product-tailoring": tailoring_updated,
    "products": product_updated,
    "quote-requests": state_changed("QuoteRequestStateChanged", "quoteRequestState", "quoteRequestState"),
    "quotes": state_changed("QuoteStateChanged", "quoteState", "quoteState"),
    "recurring-orders": state_changed("RecurringOrderStateChanged", "recurringOrderState", "state"),
    "reviews": review_updated,
    "shopping-lists": shopping_list_updated,
    "staged-quotes": state_changed("StagedQuoteStateChanged", "stagedQuoteState", "stagedQuoteState"),
    "standalone-prices": standalone_price_updated,
    "variants": variant_updated,
}
"""Path to the messages of a changed resource."""

DELETED: Mapping[str, Callable[[Document], Iterable[Payload]]] = {
    "associate-roles": _bare("AssociateRoleDeleted"),
    "business-units": _bare("BusinessUnitDeleted"),
    "cart-discounts": _bare("CartDiscountDeleted"),
    "customers": lambda customer: [{"type": "CustomerDeleted", **present(email=customer.get("email"))}],
    "discount-codes": _bare("DiscountCodeDeleted"),
    "discount-groups": _bare("DiscountGroupDeleted"),
    "inventory": lambda entry: [{"type": "InventoryEntryDeleted", **article(entry)}],
    "orders": _whole("OrderDeleted", "order"),
    "payment-methods": _whole("PaymentMethodDeleted", "paymentMethod"),
    "product-selections": _bare("ProductSelectionDeleted"),
    "product-tailoring": lambda tailoring: [{"type": "ProductTailoringDeleted", **tailored(tailoring)}],
    "products": product_deleted,
    "quote-requests": _bare("QuoteRequestDeleted"),
    "quotes": _bare("QuoteDeleted"),
    "recurring-orders": _whole("RecurringOrderDeleted", "recurringOrder"),
    "staged-quotes": _bare("StagedQuoteDeleted"),
    "standalone-prices": lambda price: [{"type": "StandalonePriceDeleted", **present(sku=price.get("sku"))}],
    "stores": _bare("StoreDeleted"),
    "variants": _bare("VariantDeleted"),
}
"""Path to the messages of a deleted resource."""
