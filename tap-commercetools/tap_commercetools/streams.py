"""The streams of the tap, as data: one declaration each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_commercetools.schemas.business_unit import BUSINESS_UNIT
from tap_commercetools.schemas.cart import CART
from tap_commercetools.schemas.category import CATEGORY
from tap_commercetools.schemas.custom_object import CUSTOM_OBJECT
from tap_commercetools.schemas.customer import CUSTOMER, CUSTOMER_GROUP
from tap_commercetools.schemas.customer_order_summary import CUSTOMER_ORDER_SUMMARY
from tap_commercetools.schemas.deletion import DELETION
from tap_commercetools.schemas.discount import CART_DISCOUNT, DISCOUNT_CODE, PRODUCT_DISCOUNT
from tap_commercetools.schemas.inventory_entry import INVENTORY_ENTRY
from tap_commercetools.schemas.message import MESSAGE
from tap_commercetools.schemas.order import ORDER
from tap_commercetools.schemas.order_edit import ORDER_EDIT
from tap_commercetools.schemas.payment import PAYMENT
from tap_commercetools.schemas.price import STANDALONE_PRICE
from tap_commercetools.schemas.product import PRODUCT, PRODUCT_PROJECTION
from tap_commercetools.schemas.product_offer import PRODUCT_OFFER
from tap_commercetools.schemas.product_variant import VARIANT
from tap_commercetools.schemas.project import PROJECT
from tap_commercetools.schemas.quote import QUOTE, QUOTE_REQUEST, STAGED_QUOTE
from tap_commercetools.schemas.recurring_order import RECURRING_ORDER
from tap_commercetools.schemas.review import REVIEW
from tap_commercetools.schemas.shipping_method import SHIPPING_METHOD, ZONE
from tap_commercetools.schemas.shopping_list import SHOPPING_LIST
from tap_commercetools.schemas.state import STATE
from tap_commercetools.schemas.store import CHANNEL, PRODUCT_SELECTION, STORE
from tap_commercetools.schemas.tax import TAX_CATEGORY
from tap_commercetools.schemas.type_definition import PRODUCT_TYPE, TYPE
from tap_commercetools.secret_fields import withhold_from_message, withhold_from_order_edit
from tap_commercetools.stream_definition import StreamDefinition, custom_object_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRODUCT_SCOPES = ("view_products", "view_published_products")
_PROJECT_SCOPES = ("view_project_settings",)

_CUSTOMERS_AND_TRADE = (
    StreamDefinition(
        "customers",
        "customers",
        CUSTOMER,
        (("view_customers",),),
        withheld=(("password",),),
        is_core=True,
        in_store=True,
        type_id="customer",
        deleted_by=("CustomerDeleted",),
        id_collection="customers",
    ),
    StreamDefinition(
        "orders",
        "orders",
        ORDER,
        (("view_orders",),),
        is_core=True,
        in_store=True,
        type_id="order",
        deleted_by=("OrderDeleted",),
        id_collection="orders",
    ),
    StreamDefinition(
        "carts",
        "carts",
        CART,
        (("view_orders",),),
        is_core=True,
        in_store=True,
        type_id="cart",
        id_collection="carts",
        how_deletions_show="mostly carts that expired",
    ),
    StreamDefinition(
        "customer_groups",
        "customer-groups",
        CUSTOMER_GROUP,
        (("view_customer_groups", "view_customers"),),
        is_core=True,
        type_id="customer-group",
        id_collection="customerGroups",
    ),
    StreamDefinition(
        "shopping_lists",
        "shopping-lists",
        SHOPPING_LIST,
        (("view_shopping_lists",),),
        in_store=True,
        type_id="shopping-list",
        id_collection="shoppingLists",
        how_deletions_show="mostly lists that expired",
    ),
    StreamDefinition("reviews", "reviews", REVIEW, (("view_products",),), type_id="review", id_collection="reviews"),
    StreamDefinition(
        "recurring_orders",
        "recurring-orders",
        RECURRING_ORDER,
        (("view_recurring_orders",),),
        type_id="recurring-order",
        deleted_by=("RecurringOrderDeleted",),
        id_collection="recurringOrders",
    ),
    StreamDefinition(
        "business_units",
        "business-units",
        BUSINESS_UNIT,
        (("view_business_units",),),
        in_store=True,
        type_id="business-unit",
        deleted_by=("BusinessUnitDeleted",),
        id_collection="businessUnits",
    ),
    StreamDefinition(
        "quotes",
        "quotes",
        QUOTE,
        (("view_quotes",),),
        in_store=True,
        type_id="quote",
        deleted_by=("QuoteDeleted",),
        id_collection="quotes",
    ),
    StreamDefinition(
        "quote_requests",
        "quote-requests",
        QUOTE_REQUEST,
        (("view_quote_requests",),),
        in_store=True,
        type_id="quote-request",
        deleted_by=("QuoteRequestDeleted",),
        id_collection="quoteRequests",
    ),
    StreamDefinition(
        "staged_quotes",
        "staged-quotes",
        STAGED_QUOTE,
        (("view_staged_quotes",),),
        in_store=True,
        type_id="staged-quote",
        deleted_by=("StagedQuoteDeleted",),
        id_collection="stagedQuotes",
    ),
)

_ORDER_EDITS = StreamDefinition(
    "order_edits",
    "orders/edits",
    ORDER_EDIT,
    (("view_order_edits",),),
    type_id="order-edit",
    id_collection="orderEdits",
)

_CATALOGUE = (
    StreamDefinition(
        "products",
        "products",
        PRODUCT,
        (_PRODUCT_SCOPES,),
        is_core=True,
        type_id="product",
        deleted_by=("ProductDeleted",),
        id_collection="products",
        how_deletions_show="unpublished: `masterData.published` is false, and message `ProductUnpublished`",
    ),
    StreamDefinition(
        "variants",
        "products",
        VARIANT,
        (_PRODUCT_SCOPES,),
        type_id="variant",
        deleted_by=("ProductVariantDeleted", "VariantDeleted"),
        how_deletions_show="a deleted product takes its variants along",
    ),
    StreamDefinition(
        "categories",
        "categories",
        CATEGORY,
        (("view_categories", "view_products"),),
        is_core=True,
        type_id="category",
        id_collection="categories",
    ),
    StreamDefinition(
        "product_types",
        "product-types",
        PRODUCT_TYPE,
        (("view_product_types", "view_products"),),
        is_core=True,
        type_id="product-type",
        id_collection="productTypes",
    ),
    StreamDefinition(
        "inventory",
        "inventory",
        INVENTORY_ENTRY,
        (("view_products",),),
        is_core=True,
        type_id="inventory-entry",
        deleted_by=("InventoryEntryDeleted",),
        id_collection="inventoryEntries",
    ),
    StreamDefinition(
        "standalone_prices",
        "standalone-prices",
        STANDALONE_PRICE,
        (("view_standalone_prices",),),
        type_id="standalone-price",
        deleted_by=("StandalonePriceDeleted",),
        id_collection="standalonePrices",
    ),
    StreamDefinition(
        "product_selections",
        "product-selections",
        PRODUCT_SELECTION,
        (("view_product_selections",),),
        type_id="product-selection",
        deleted_by=("ProductSelectionDeleted",),
        id_collection="productSelections",
    ),
    StreamDefinition(
        "product_discounts",
        "product-discounts",
        PRODUCT_DISCOUNT,
        (("view_product_discounts", "view_products"),),
        type_id="product-discount",
        id_collection="productDiscounts",
    ),
)

_SETTINGS_OF_THE_SHOP = (
    StreamDefinition(
        "types", "types", TYPE, (("view_types",),), is_core=True, type_id="type", id_collection="typeDefinitions"
    ),
    StreamDefinition(
        "states", "states", STATE, (("view_states",),), is_core=True, type_id="state", id_collection="states"
    ),
    StreamDefinition(
        "stores",
        "stores",
        STORE,
        (("view_stores",),),
        is_core=True,
        type_id="store",
        deleted_by=("StoreDeleted",),
        id_collection="stores",
    ),
    StreamDefinition(
        "channels",
        "channels",
        CHANNEL,
        (("view_channels", "view_products"),),
        is_core=True,
        type_id="channel",
        id_collection="channels",
    ),
    StreamDefinition(
        "discount_codes",
        "discount-codes",
        DISCOUNT_CODE,
        (("view_discount_codes",),),
        in_store=True,
        type_id="discount-code",
        deleted_by=("DiscountCodeDeleted",),
        id_collection="discountCodes",
    ),
    StreamDefinition(
        "cart_discounts",
        "cart-discounts",
        CART_DISCOUNT,
        (("view_cart_discounts", "view_orders"),),
        in_store=True,
        type_id="cart-discount",
        deleted_by=("CartDiscountDeleted",),
        id_collection="cartDiscounts",
    ),
    StreamDefinition(
        "tax_categories",
        "tax-categories",
        TAX_CATEGORY,
        (("view_tax_categories", "view_products"),),
        type_id="tax-category",
        id_collection="taxCategories",
    ),
    StreamDefinition("zones", "zones", ZONE, (("view_zones", "view_orders"),), type_id="zone", id_collection="zones"),
    StreamDefinition(
        "shipping_methods",
        "shipping-methods",
        SHIPPING_METHOD,
        (("view_shipping_methods", "view_orders"),),
        type_id="shipping-method",
        id_collection="shippingMethods",
    ),
)

PROJECT_STREAM = StreamDefinition(
    "project",
    "",
    PROJECT,
    (_PROJECT_SCOPES,),
    replication_key=None,
    primary_keys=("key",),
    withheld=(("externalOAuth", "authorizationHeader"),),
    how_deletions_show="read whole each time",
)
MESSAGE_STREAM = StreamDefinition(
    "messages",
    "messages",
    MESSAGE,
    (("view_messages",),),
    replication_key="createdAt",
    how_deletions_show="they expire, and nothing is reported",
)
SUMMARY_STREAM = StreamDefinition(
    "customer_order_summaries",
    "orders",
    CUSTOMER_ORDER_SUMMARY,
    (("view_orders",), ("view_payments",), ("view_customers",), _PRODUCT_SCOPES),
    how_deletions_show="a deleted order is left out once another of the buyer changes",
)
OFFER_STREAM = StreamDefinition(
    "product_offers",
    "products",
    PRODUCT_OFFER,
    (("view_products",), ("view_standalone_prices",)),
    type_id="product",
    deleted_by=("ProductDeleted",),
    id_collection="products",
    how_deletions_show=(
        "unpublished: as in `products`; deleted stock and prices: the product comes again if the project keeps messages"
    ),
)
DELETION_STREAM = StreamDefinition(
    "deletions",
    "messages",
    DELETION,
    (("view_messages",), _PROJECT_SCOPES),
    replication_key="deletedAt",
    primary_keys=("resourceTypeId", "id", "deletedAt", "change"),
    how_deletions_show="is about nothing else",
)

READ_FIRST = (
    PROJECT_STREAM.name,
    "types",
    "product_types",
    "states",
    "stores",
    "channels",
    "customer_groups",
    "categories",
    "zones",
    "tax_categories",
    "shipping_methods",
)
"""Streams that a run reads before the others, because the others refer to them and not the other way round."""

READ_LAST = ("carts",)
"""Streams that a run reads after all others.

An order ends the cart it was made of. Read after the orders, a cart is as it is after them, and what a purchase does to
a cart at a destination has been done before the cart that is open now gets there.
"""


def stream_definitions(config: Mapping[str, Any]) -> tuple[StreamDefinition, ...]:
    """Return all streams that there are with these settings.

    Args:
        config: The settings; they need not be complete, because discovery works without.
    """
    payment_method_tokens = bool(config.get("payment_method_tokens"))
    return (
        *_CUSTOMERS_AND_TRADE,
        _payments(payment_method_tokens=payment_method_tokens),
        replace(_ORDER_EDITS, withhold=partial(withhold_from_order_edit, payment_method_tokens=payment_method_tokens)),
        *_CATALOGUE,
        *_SETTINGS_OF_THE_SHOP,
        _product_projections(staged=bool(config.get("staged_projections"))),
        *map(_custom_objects, dict.fromkeys(config.get("custom_object_containers") or ())),
        replace(MESSAGE_STREAM, withhold=partial(withhold_from_message, payment_method_tokens=payment_method_tokens)),
        PROJECT_STREAM,
        SUMMARY_STREAM,
        OFFER_STREAM,
        replace(DELETION_STREAM, is_core=bool(config.get("deletions_enabled"))),
    )


def _payments(*, payment_method_tokens: bool) -> StreamDefinition:
    return StreamDefinition(
        "payments",
        "payments",
        PAYMENT,
        (("view_payments",),),
        withheld=() if payment_method_tokens else (("paymentMethodInfo", "token"),),
        is_core=True,
        type_id="payment",
        id_collection="payments",
    )


def _product_projections(*, staged: bool) -> StreamDefinition:
    return StreamDefinition(
        "product_projections",
        "product-projections",
        PRODUCT_PROJECTION,
        (("view_products",) if staged else _PRODUCT_SCOPES,),
        parameters=(("staged", "true" if staged else "false"),),
        type_id="product",
        deleted_by=("ProductDeleted",),
        id_collection="products",
        how_deletions_show=(
            "unpublished: `published` is false (`staged_projections`), else only message `ProductUnpublished`"
        ),
    )


def _custom_objects(container: str) -> StreamDefinition:
    return StreamDefinition(
        custom_object_stream(container),
        f"custom-objects/{container}",
        CUSTOM_OBJECT,
        (("view_key_value_documents", "view_products", "view_orders", "view_customers"),),
        is_core=True,
        type_id="key-value-document",
        id_collection="customObjects",
        container=container,
    )
