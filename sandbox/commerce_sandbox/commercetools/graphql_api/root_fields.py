"""Which root fields there are, and what they read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field that queries one kind of resource.

    Attributes:
        name: Its name.
        path: Path of the resources in the HTTP API.
        type_name: Name of the type of one resource.
        has_key: Resources of the type may have a key.
        in_container: They are read from one container, which is a required argument.
    """

    name: str
    path: str
    type_name: str
    has_key: bool = True
    in_container: bool = False


ROOT_FIELDS = (
    RootField("customers", "customers", "Customer"),
    RootField("orders", "orders", "Order", has_key=False),
    RootField("carts", "carts", "Cart"),
    RootField("products", "products", "Product"),
    RootField("categories", "categories", "Category"),
    RootField("productTypes", "product-types", "ProductTypeDefinition"),
    RootField("typeDefinitions", "types", "TypeDefinition"),
    RootField("inventoryEntries", "inventory", "InventoryEntry"),
    RootField("payments", "payments", "Payment"),
    RootField("customerGroups", "customer-groups", "CustomerGroup"),
    RootField("stores", "stores", "Store"),
    RootField("channels", "channels", "Channel"),
    RootField("states", "states", "State"),
    RootField("discountCodes", "discount-codes", "DiscountCode"),
    RootField("cartDiscounts", "cart-discounts", "CartDiscount"),
    RootField("productDiscounts", "product-discounts", "ProductDiscount"),
    RootField("shoppingLists", "shopping-lists", "ShoppingList"),
    RootField("reviews", "reviews", "Review"),
    RootField("businessUnits", "business-units", "BusinessUnit"),
    RootField("productSelections", "product-selections", "ProductSelection"),
    RootField("zones", "zones", "Zone"),
    RootField("shippingMethods", "shipping-methods", "ShippingMethod"),
    RootField("taxCategories", "tax-categories", "TaxCategory"),
    RootField("quotes", "quotes", "Quote"),
    RootField("quoteRequests", "quote-requests", "QuoteRequest"),
    RootField("stagedQuotes", "staged-quotes", "StagedQuote"),
    RootField("recurringOrders", "recurring-orders", "RecurringOrder"),
    RootField("orderEdits", "orders/edits", "OrderEdit"),
    RootField("standalonePrices", "standalone-prices", "StandalonePrice"),
    RootField("customObjects", "custom-objects", "CustomObject", in_container=True),
)
"""The root fields. commercetools: orders have no key."""
