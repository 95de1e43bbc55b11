from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from tap_commercetools import schemas
from tap_commercetools.schemas.cart import CART
from tap_commercetools.schemas.customer import CUSTOMER
from tap_commercetools.schemas.message import MESSAGE
from tap_commercetools.schemas.order import ORDER
from tap_commercetools.schemas.product import PRODUCT_PROJECTION
from tap_commercetools.schemas.product_variant import VARIANT
from tap_commercetools.schemas.project import PROJECT
from tap_commercetools.streams import stream_definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.testing import RunningSandbox

ALWAYS_THERE = ["id", "version", "createdAt", "lastModifiedAt"]
ALWAYS_THERE_OTHERWISE = {
    "PROJECT": ["key", "version", "createdAt"],
    "CUSTOMER_ORDER_SUMMARY": ["id"],
    "DELETION": ["id", "resourceTypeId", "deletedAt", "change", "source"],
}
NAME_OF_PATH = {
    "business-units": "BUSINESS_UNIT",
    "cart-discounts": "CART_DISCOUNT",
    "carts": "CART",
    "categories": "CATEGORY",
    "channels": "CHANNEL",
    "custom-objects": "CUSTOM_OBJECT",
    "customer-groups": "CUSTOMER_GROUP",
    "customers": "CUSTOMER",
    "discount-codes": "DISCOUNT_CODE",
    "inventory": "INVENTORY_ENTRY",
    "messages": "MESSAGE",
    "orders": "ORDER",
    "orders/edits": "ORDER_EDIT",
    "payments": "PAYMENT",
    "product-discounts": "PRODUCT_DISCOUNT",
    "product-selections": "PRODUCT_SELECTION",
    "product-types": "PRODUCT_TYPE",
    "products": "PRODUCT",
    "quote-requests": "QUOTE_REQUEST",
    "quotes": "QUOTE",
    "recurring-orders": "RECURRING_ORDER",
    "reviews": "REVIEW",
    "shipping-methods": "SHIPPING_METHOD",
    "shopping-lists": "SHOPPING_LIST",
    "staged-quotes": "STAGED_QUOTE",
    "standalone-prices": "STANDALONE_PRICE",
    "states": "STATE",
    "stores": "STORE",
    "tax-categories": "TAX_CATEGORY",
    "types": "TYPE",
    "variants": "VARIANT",
    "zones": "ZONE",
}
"""What describes the rows under a path of the platform, as far as the sandbox keeps them."""

DIFFER_BY_KIND = {"MESSAGE", "ORDER_EDIT"}
"""Rows of which parts have further fields by their kind, which are not described."""


def rows_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of whole rows by the name they have in their module."""
    modules = (
        importlib.import_module(f"{schemas.__name__}.{each.name}") for each in pkgutil.iter_modules(schemas.__path__)
    )
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, dict) and "required" in value
    }


SCHEMAS = rows_schemas()
BY_NAME = pytest.mark.parametrize("name", sorted(SCHEMAS))


def parts(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through a schema: every sub-schema with the path to it."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from parts(schema[keyword], f"{path}[]")


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that refuses fields it does not name, to find those that the tap does not describe."""
    result = {**schema}
    if "properties" in schema:
        result["properties"] = {name: closed(part) for name, part in schema["properties"].items()}
        result["additionalProperties"] = False
    for keyword in ("items", "additionalProperties"):
        if isinstance(result.get(keyword), dict):
            result[keyword] = closed(result[keyword])
    return result


@BY_NAME
def test_the_schema_is_a_schema(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])
    Draft202012Validator.check_schema(SCHEMAS[name])


@BY_NAME
def test_nothing_is_promised_but_what_every_row_has(name: str) -> None:
    always_there = ALWAYS_THERE_OTHERWISE.get(name, ALWAYS_THERE)
    for path, part in parts(SCHEMAS[name]):
        if path == "":
            assert part["required"] == always_there
            assert part["type"] == "object"
        elif path.removeprefix(".") in always_there:
            assert isinstance(part["type"], str), path
        else:
            assert "null" in part["type"], path
            assert "required" not in part, path
        assert "enum" not in part, path


@BY_NAME
def test_every_object_is_open_to_new_fields(name: str) -> None:
    for path, part in parts(SCHEMAS[name]):
        if "object" in part["type"] and "array" not in part["type"]:
            assert part["additionalProperties"], path


@BY_NAME
def test_every_field_is_described(name: str) -> None:
    for path, part in parts(SCHEMAS[name]):
        for field_name, field in part.get("properties", {}).items():
            assert field["description"].endswith("."), f"{path}.{field_name}"


def test_the_sandboxs_rows_fit_and_use_known_fields_only(sandbox: RunningSandbox) -> None:
    held = sandbox.snapshot("commercetools", *NAME_OF_PATH)
    assert {"customers", "orders", "products", "carts", "inventory", "payments"} <= set(held)
    for path, rows in held.items():
        schema = SCHEMAS[NAME_OF_PATH[path]]
        open_schema, closed_schema = Draft7Validator(schema), Draft7Validator(closed(schema))
        for row in rows:
            row.pop("password", None)
            open_schema.validate(row)
            if NAME_OF_PATH[path] not in DIFFER_BY_KIND:
                closed_schema.validate(row)


@BY_NAME
def test_no_password_is_described(name: str) -> None:
    assert not [path for path, _ in parts(SCHEMAS[name]) if path.endswith((".password", ".authorizationHeader"))]


def test_passwords_are_withheld() -> None:
    customers = next(definition for definition in stream_definitions({}) if definition.name == "customers")
    assert ("password",) in customers.withheld


def always_there(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the least that a row must have."""
    return {name: {"string": "x", "integer": 1}[schema["properties"][name]["type"]] for name in schema["required"]}


@BY_NAME
def test_unknown_fields_and_kinds_pass(name: str) -> None:
    custom = {"type": {"typeId": "type", "id": "x"}, "fields": {"any": [1, {"of": None}]}}
    row = always_there(SCHEMAS[name])
    Draft7Validator(SCHEMAS[name]).validate({**row, "addedNextYear": {"x": 1}, "custom": custom})


@BY_NAME
def test_any_field_that_is_not_promised_may_be_null(name: str) -> None:
    schema = SCHEMAS[name]
    Draft7Validator(schema).validate({**dict.fromkeys(schema["properties"]), **always_there(schema)})


def reference(kind: str, identifier: str = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01") -> dict[str, Any]:
    return {"typeId": kind, "id": identifier}


def euros(cents: int) -> dict[str, Any]:
    return {"type": "centPrecision", "currencyCode": "EUR", "centAmount": cents, "fractionDigits": 2}


def taxed(net: int, gross: int) -> dict[str, Any]:
    portion = {"name": "VAT DE", "rate": 0.19, "amount": euros(gross - net)}
    return {
        "totalNet": euros(net),
        "totalGross": euros(gross),
        "totalTax": euros(gross - net),
        "taxPortions": [portion],
    }


# One line for what belongs together shows a row better than one line for each field.
# fmt: off
HEAD = {"version": 7, "createdAt": "2025-03-04T09:15:22.114Z", "lastModifiedAt": "2026-11-02T18:40:05.320Z"}
ADDRESS = {"id": "aDr1", "key": "home", "firstName": "Ada", "lastName": "Kern", "city": "Köln", "country": "DE"}
ACTORS = {"createdBy": {"clientId": "webshop", "anonymousId": "anon-1"}, "lastModifiedBy": {"clientId": "crm-sync"}}
STORE = {"typeId": "store", "key": "de-web"}
ATTRIBUTES = [
    {"name": "size", "value": "42"}, {"name": "weightGrams", "value": 285}, {"name": "vegan", "value": True},
    {"name": "color", "value": {"key": "grn", "label": {"de": "Grün", "en": "Green"}}},
    {"name": "tags", "value": [{"key": "new", "label": "New"}, {"key": "eco", "label": "Eco"}]},
]
PRICES = [
    {"id": "pr-70", "value": euros(9000), "country": "DE", "validFrom": "2026-12-01T00:00:00.000Z"},
    {"id": "pr-71", "value": euros(9900), "tiers": [{"minimumQuantity": 10, "value": euros(8900)}]},
    {"id": "pr-72", "value": {**euros(8750), "type": "highPrecision", "preciseAmount": 875025, "fractionDigits": 4},
     "discounted": {"value": euros(7500), "discount": reference("product-discount")}},
]
MASTER_VARIANT = {
    "id": 1, "sku": "FELS-41-GRN", "key": "fels-41-grn", "prices": PRICES, "attributes": ATTRIBUTES, "assets": [],
    "images": [{"url": "https://img.shop.example/1.jpg", "dimensions": {"w": 1200, "h": 900}, "label": "front"}],
    "availability": {"isOnStock": True, "availableQuantity": 12, "channels": {"c4a0": {"isOnStock": False}}},
}
DISCOUNTED = {
    "value": euros(8100),
    "includedDiscounts": [{"discount": reference("cart-discount"), "discountedAmount": euros(900)}],
}
LINE_ITEM = {
    "id": "li-1", "productId": "c2a5d3f0", "productKey": "trail-runner", "productType": reference("product-type"),
    "name": {"de": "Trailschuh Fels", "en": "Trail shoe Fels"}, "productSlug": {"de": "trailschuh-fels"},
    "variant": {"id": 2, "sku": "FELS-42-GRN", "attributes": ATTRIBUTES, "images": []}, "price": PRICES[0],
    "quantity": 2, "discountedPricePerQuantity": [{"quantity": 2, "discountedPrice": DISCOUNTED}],
    "taxRate": {"name": "VAT DE", "amount": 0.19, "includedInPrice": True, "country": "DE"},
    "totalPrice": euros(16200), "taxedPrice": taxed(13613, 16200), "taxedPricePortions": [], "perMethodTaxRate": [],
    "priceMode": "Platform", "lineItemMode": "Standard", "state": [{"quantity": 2, "state": reference("state")}],
    "addedAt": "2026-10-20T10:58:01.000Z",
}
PURCHASE = {
    **HEAD, "id": "3f1e7f5a", "customerId": "0b9d3c9e", "customerEmail": "ada.kern@shop.example", "store": STORE,
    "country": "DE", "locale": "de-DE", "origin": "Customer", "totalPrice": euros(16690), "taxMode": "Platform",
    "lineItems": [LINE_ITEM], "customLineItems": [], "shippingMode": "Single", "shipping": [], "refusedGifts": [],
    "discountCodes": [{"discountCode": reference("discount-code"), "state": "MatchesCart"}],
    "directDiscounts": [{"id": "dd", "value": {"type": "relative", "permyriad": 1000}, "target": {"type": "shipping"}}],
}
DELIVERY = {
    "id": "dl-1", "createdAt": "2026-10-21T06:00:00.000Z", "items": [{"id": "li-1", "quantity": 2}],
    "parcels": [{"id": "pc-1", "trackingData": {"trackingId": "TRK0001", "isReturn": False}}],
}
RETURN_ITEM = {
    "type": "LineItemReturnItem", "id": "ri-1", "lineItemId": "li-1", "quantity": 1, "comment": "too small",
    "shipmentState": "Returned", "paymentState": "Refunded", "createdAt": "2026-11-01T07:30:00.000Z",
}
EXAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "customer": (CUSTOMER, {
        **HEAD, **ACTORS, "id": "0b9d3c9e", "customerNumber": "10042", "email": "ada.kern@shop.example",
        "dateOfBirth": "1988-07-19", "addresses": [ADDRESS], "shippingAddressIds": ["aDr1"], "isEmailVerified": True,
        "customerGroupAssignments": [{"customerGroup": reference("customer-group")}], "stores": [STORE],
        "custom": {"type": reference("type"), "fields": {"newsletterOptIn": True, "interests": ["trail"]}},
    }),
    "order": (ORDER, {
        **PURCHASE, "orderNumber": "DE-2026-004217", "orderState": "Complete", "taxedPrice": taxed(14025, 16690),
        "shippingAddress": ADDRESS, "paymentInfo": {"payments": [reference("payment")]}, "cart": reference("cart"),
        "shippingInfo": {"shippingMethodName": "Standard", "price": euros(490), "deliveries": [DELIVERY],
                         "shippingRate": {"price": euros(490), "tiers": []}},
        "returnInfo": [{"returnDate": "2026-11-03T00:00:00.000Z", "items": [RETURN_ITEM]}], "syncInfo": [],
    }),
    "cart": (CART, {
        **PURCHASE, "cartState": "Active", "totalLineItemQuantity": 2, "deleteDaysAfterLastModification": 90,
    }),
    "product projection": (PRODUCT_PROJECTION, {
        **HEAD, "id": "c2a5d3f0", "productType": reference("product-type"), "name": {"de": "Trailschuh Fels"},
        "categories": [reference("category")], "categoryOrderHints": {"ca7e": "0.4"}, "published": True,
        "attributes": [{"name": "gender", "value": {"key": "u", "label": "unisex"}}],
        "masterVariant": MASTER_VARIANT, "variants": [{"id": 2, "sku": "FELS-42-GRN"}],
        "reviewRatingStatistics": {"averageRating": 4.25, "count": 8, "ratingsDistribution": {"2": 1, "4": 7}},
        "searchKeywords": {"de": [{"text": "Schuh", "suggestTokenizer": {"type": "whitespace"}}]},
    }),
    "variant of a Classic project": (VARIANT, {
        **HEAD, "id": "c2a5d3f0/1", "variantId": 1, "product": reference("product"), "productKey": "trail-runner",
        "key": "fels-41-grn", "published": True, "isMaster": True, "current": MASTER_VARIANT, "staged": MASTER_VARIANT,
    }),
    "variant of a Modular project": (VARIANT, {
        **HEAD, **ACTORS, "id": "7d1c", "variantId": 1, "product": reference("product"), "published": True,
        "current": {"sku": "FELS-41-GRN", "images": [], "assets": [], "attributes": ATTRIBUTES},
    }),
    "project": (PROJECT, {
        "key": "shop", "version": 5, "createdAt": "2023-01-09T07:00:00.000Z", "languages": ["de", "en"],
        "messages": {"enabled": True, "deleteDaysAfterCreation": 15}, "carts": {"deleteDaysAfterLastModification": 90},
    }),
}
DELETION_MESSAGE = {
    **HEAD, **ACTORS, "id": "6d00", "version": 1, "sequenceNumber": 12, "resource": reference("customer"),
    "resourceVersion": 8, "resourceUserProvidedIdentifiers": {"customerNumber": "10042"}, "type": "CustomerDeleted",
}
# fmt: on


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_the_platform_sends_fits_and_is_described(name: str) -> None:
    schema, row = EXAMPLES[name]
    Draft7Validator(schema).validate(row)
    Draft7Validator(closed(schema)).validate(row)


def test_what_only_one_type_of_message_has_passes_undescribed() -> None:
    Draft7Validator(closed(MESSAGE)).validate(DELETION_MESSAGE)
    Draft7Validator(MESSAGE).validate({**DELETION_MESSAGE, "email": "ada.kern@shop.example"})
    assert "email" not in MESSAGE["properties"]


@pytest.mark.parametrize(("field", "value"), [("createdAt", None), ("version", "7"), ("id", 3), ("email", ["a", "b"])])
def test_a_row_with_a_value_of_another_kind_does_not_fit(field: str, value: object) -> None:
    schema, row = EXAMPLES["customer"]
    assert not Draft7Validator(schema).is_valid({**row, field: value})
