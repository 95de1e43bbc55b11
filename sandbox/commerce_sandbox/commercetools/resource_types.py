"""The kinds of resources served: their paths, scopes, references and members."""

from __future__ import annotations

from dataclasses import dataclass, replace

MESSAGES = "messages"
"""Path of the messages."""

VARIANTS = "variants"
"""Path of the variants, where these are resources of their own."""

_COMMON = "id version createdAt lastModifiedAt createdBy lastModifiedBy"
_CART_AND_ORDER = """
    customerId customerEmail customerGroup anonymousId businessUnit store lineItems customLineItems totalPrice
    taxedPrice taxedShippingPrice discountOnTotalPrice priceRoundingMode taxMode taxRoundingMode taxCalculationMode
    inventoryMode billingAddress shippingAddress shippingMode shippingKey shippingInfo shippingRateInput
    shippingCustomFields shipping itemShippingAddresses discountCodes directDiscounts refusedGifts paymentInfo
    country locale origin custom discountTypeCombination purchaseOrderNumber
"""
_QUOTED = """
    key customer customerGroup store lineItems customLineItems totalPrice taxedPrice shippingAddress billingAddress
    inventoryMode taxMode priceRoundingMode taxRoundingMode taxCalculationMode country shippingInfo paymentInfo
    shippingRateInput itemShippingAddresses directDiscounts custom state purchaseOrderNumber businessUnit
"""
_PRODUCT_DATA = """
    name description slug categories categoryOrderHints metaTitle metaDescription metaKeywords searchKeywords
    masterVariant variants attributes
"""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind of resource that can be queried.

    Attributes:
        path: Path below the project key.
        type_id: What references to it say in ``typeId``.
        scopes: View scopes, without project key; any one of them suffices.
        fields: Its members; a predicate or sort over any other field is refused. None: not known, anything goes.
        in_store: It can also be read under ``in-store/key={storeKey}``, there also with a scope for that store only.
        has_key: A single one can be read by ``key={key}``.
        time_fields: Members that tell the time by which rows are kept in order.
        lowercase: Names that only predicates know, each with the member whose text in lower case it is.
    """

    path: str
    type_id: str
    scopes: tuple[str, ...]
    fields: frozenset[str] | None
    in_store: bool = False
    has_key: bool = True
    time_fields: frozenset[str] = frozenset({"lastModifiedAt"})
    lowercase: tuple[tuple[str, str], ...] = ()


def _type(
    path: str, type_id: str, scopes: str, fields: str | None, *, in_store: bool = False, has_key: bool = True
) -> ResourceType:
    return ResourceType(
        path=path,
        type_id=type_id,
        scopes=tuple(scopes.split()),
        fields=None if fields is None else frozenset(f"{_COMMON} {fields}".split()),
        in_store=in_store,
        has_key=has_key,
    )


_CUSTOMERS = replace(
    _type(
        "customers",
        "customer",
        "view_customers",
        "key customerNumber externalId email password firstName lastName middleName title salutation dateOfBirth "
        "companyName vatId addresses defaultShippingAddressId shippingAddressIds defaultBillingAddressId "
        "billingAddressIds isEmailVerified customerGroup customerGroupAssignments custom locale stores "
        "authenticationMode",
        in_store=True,
    ),
    lowercase=(("lowercaseEmail", "email"),),
)
"""commercetools: ``lowercaseEmail`` is no member of a customer, but can be queried (the vendor's JVM SDK,
CustomerQueryModel); ``email`` is compared as it is written."""

_ALL = (
    _CUSTOMERS,
    _type(
        "orders",
        "order",
        "view_orders",
        f"{_CART_AND_ORDER} orderNumber cart quote recurringOrder orderState shipmentState paymentState state "
        "syncInfo returnInfo lastMessageSequenceNumber completedAt",
        in_store=True,
        has_key=False,
    ),
    _type("orders/edits", "order-edit", "view_order_edits", "key resource stagedActions result comment custom"),
    _type(
        "carts",
        "cart",
        "view_orders",
        f"{_CART_AND_ORDER} key totalLineItemQuantity cartState freezeStrategy lock deleteDaysAfterLastModification "
        "warnings",
        in_store=True,
    ),
    _type(
        "products",
        "product",
        "view_products view_published_products",
        "key productType masterData taxCategory state reviewRatingStatistics priceMode warnings",
    ),
    _type(
        "product-projections",
        "product",
        "view_products view_published_products",
        f"{_PRODUCT_DATA} key productType hasStagedChanges published taxCategory state reviewRatingStatistics "
        "priceMode",
    ),
    _type("product-types", "product-type", "view_product_types view_products", "key name description attributes"),
    _type(
        "product-selections", "product-selection", "view_product_selections", "key name productCount type mode custom"
    ),
    _type(
        "product-tailoring",
        "product-tailoring",
        "view_products",
        "key store product published current staged hasStagedChanges warnings",
        in_store=True,
    ),
    _type(VARIANTS, "variant", "view_products", "key variantId product published current staged warnings"),
    _type(
        "categories",
        "category",
        "view_categories view_products",
        "name slug description ancestors parent orderHint externalId metaTitle metaDescription metaKeywords custom "
        "assets key",
    ),
    _type(
        "inventory",
        "inventory-entry",
        "view_products",
        "key sku supplyChannel quantityOnStock availableQuantity minCartQuantity maxCartQuantity restockableInDays "
        "expectedDelivery reservationExpirationInMinutes stockLevels custom",
    ),
    _type(
        "standalone-prices",
        "standalone-price",
        "view_standalone_prices",
        "key sku value country customerGroup channel validFrom validUntil tiers discounted custom staged active "
        "recurrencePolicy",
    ),
    _type(
        "product-discounts",
        "product-discount",
        "view_product_discounts view_products",
        "name key description value predicate sortOrder isActive references validFrom validUntil",
    ),
    _type(
        "cart-discounts",
        "cart-discount",
        "view_orders view_cart_discounts",
        "name key description value cartPredicate target sortOrder stores isActive validFrom validUntil "
        "requiresDiscountCode references stackingMode custom discountGroup recurringOrderScope",
        in_store=True,
    ),
    _type(
        "discount-codes",
        "discount-code",
        "view_discount_codes",
        "key name description code cartDiscounts stores cartPredicate isActive references maxApplications "
        "maxApplicationsPerCustomer custom groups validFrom validUntil applicationVersion",
        in_store=True,
    ),
    _type("discount-groups", "discount-group", "view_cart_discounts", "name key description sortOrder isActive"),
    _type("customer-groups", "customer-group", "view_customer_groups view_customers", "key name custom"),
    _type(
        "payments",
        "payment",
        "view_payments",
        "customer anonymousId externalId interfaceId amountPlanned amountAuthorized authorizedUntil amountPaid "
        "amountRefunded paymentMethodInfo paymentStatus transactions interfaceInteractions custom key",
    ),
    _type(
        "payment-methods",
        "payment-method",
        "view_payment_methods",
        "key name customer businessUnit method paymentInterface interfaceAccount token paymentMethodStatus default "
        "custom",
    ),
    _type(
        "reviews",
        "review",
        "view_products",
        "key uniquenessValue locale authorName title text target includedInStatistics rating state customer custom",
    ),
    _type(
        "shopping-lists",
        "shopping-list",
        "view_shopping_lists",
        "name key customer slug description lineItems textLineItems deleteDaysAfterLastModification anonymousId "
        "store businessUnit custom",
        in_store=True,
    ),
    _type(
        "stores",
        "store",
        "view_stores",
        "key name languages countries distributionChannels supplyChannels productSelections custom storefront",
    ),
    _type(
        "channels",
        "channel",
        "view_channels view_products",
        "key roles name description address reviewRatingStatistics custom geoLocation",
    ),
    _type("states", "state", "view_states", "key type name description initial builtIn roles transitions"),
    _type("types", "type", "view_types", "key name description resourceTypeIds fieldDefinitions"),
    _type("tax-categories", "tax-category", "view_tax_categories view_products", "name description rates key"),
    _type("zones", "zone", "view_zones view_orders", "key name description locations"),
    _type(
        "shipping-methods",
        "shipping-method",
        "view_shipping_methods view_orders",
        "key name localizedName description localizedDescription taxCategory zoneRates active isDefault predicate "
        "custom stores carrier",
    ),
    _type(
        "business-units",
        "business-unit",
        "view_business_units",
        "key status stores inheritedStores storeMode unitType name contactEmail custom customerGroupAssignments "
        "addresses shippingAddressIds defaultShippingAddressId billingAddressIds defaultBillingAddressId "
        "associateMode associates inheritedAssociates parentUnit topLevelUnit approvalRuleMode",
        in_store=True,
    ),
    _type("associate-roles", "associate-role", "view_associate_roles", "key buyerAssignable name permissions custom"),
    _type(
        "quotes",
        "quote",
        "view_quotes",
        f"{_QUOTED} quoteRequest stagedQuote validTo sellerComment buyerComment quoteState",
        in_store=True,
    ),
    _type(
        "quote-requests",
        "quote-request",
        "view_quote_requests",
        f"{_QUOTED} quoteRequestState comment cart",
        in_store=True,
    ),
    _type(
        "staged-quotes",
        "staged-quote",
        "view_staged_quotes",
        "key stagedQuoteState customer quoteRequest quotationCart validTo sellerComment custom state "
        "purchaseOrderNumber businessUnit store",
        in_store=True,
    ),
    _type(
        "recurring-orders",
        "recurring-order",
        "view_recurring_orders",
        "key cart originOrder startsAt resumesAt expiresAt lastOrderAt nextOrderAt skipConfiguration store "
        "businessUnit state recurringOrderState schedule customer customerEmail custom",
    ),
    _type("recurrence-policies", "recurrence-policy", "view_recurrence_policies", "key name description schedule"),
    _type("attribute-groups", "attribute-group", "view_products", "key name description attributes"),
    _type(
        "custom-objects",
        "key-value-document",
        "view_key_value_documents view_products view_orders view_customers",
        "container key value",
    ),
    ResourceType(
        MESSAGES,
        "message",
        ("view_messages",),
        fields=None,
        has_key=False,
        time_fields=frozenset({"createdAt", "lastModifiedAt"}),  # messages never change
    ),
)

RESOURCE_TYPES = {resource_type.path: resource_type for resource_type in _ALL}
"""Path below the project key to kind of resource."""

SELECTION_MEMBERS = ResourceType(
    path="product-selections/products",
    type_id="",
    scopes=("view_product_selections",),
    fields=frozenset({"product", "productSelection", "variantSelection", "variantExclusion"}),
    in_store=True,
    has_key=False,
)
"""Products in product selections: no resources of their own, and read only below a selection or a store."""

PROJECT_SCOPE = "view_project_settings"
"""Scope to read the project's own settings."""

VIEW_SCOPES = tuple(sorted({scope for kind in _ALL for scope in kind.scopes} | {PROJECT_SCOPE}))
"""The view scopes of everything that is served."""

PATH_OF_REFERENCE = {
    resource_type.type_id: resource_type.path for resource_type in _ALL if resource_type.path != "product-projections"
}
"""What a reference says in ``typeId`` to the path where it leads."""
