"""The generated shop against the vendor's OpenAPI file, where a copy of it lies beside the repository."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from commerce_sandbox.clock import Clock
from commerce_sandbox.commercetools.store import Store
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from commerce_sandbox.shop.changes import CHANGES

if TYPE_CHECKING:
    from commerce_sandbox.vendor_shapes import Shapes

HISTORY_END = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
SCHEMA_OF_PATH = {
    "customers": "Customer",
    "orders": "Order",
    "products": "Product",
    "carts": "Cart",
    "categories": "Category",
    "inventory": "InventoryEntry",
    "payments": "Payment",
    "types": "Type",
    "product-types": "ProductType",
    "customer-groups": "CustomerGroup",
    "stores": "Store",
    "channels": "Channel",
    "states": "State",
    "discount-codes": "DiscountCode",
    "cart-discounts": "CartDiscount",
    "product-discounts": "ProductDiscount",
    "tax-categories": "TaxCategory",
    "zones": "Zone",
    "shipping-methods": "ShippingMethod",
    "standalone-prices": "StandalonePrice",
    "shopping-lists": "ShoppingList",
    "reviews": "Review",
    "business-units": "BusinessUnit",
    "associate-roles": "AssociateRole",
    "product-selections": "ProductSelection",
    "product-tailoring": "ProductTailoring",
    "quote-requests": "QuoteRequest",
    "staged-quotes": "StagedQuote",
    "quotes": "Quote",
    "recurring-orders": "RecurringOrder",
    "recurrence-policies": "RecurrencePolicy",
    "orders/edits": "OrderEdit",
    "custom-objects": "CustomObject",
    "attribute-groups": "AttributeGroup",
    "discount-groups": "DiscountGroup",
    "payment-methods": "PaymentMethod",
}
MEMBERS_OF_SELECTIONS = "product-selections/products"


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(customers=400, orders=1200, products=150, history_end=HISTORY_END))


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize("path", SCHEMA_OF_PATH)
def test_resources_have_the_platforms_names_types_and_required_members(shapes: Shapes, shop: Shop, path: str) -> None:
    schema = _reference(SCHEMA_OF_PATH[path])
    found = {defect for resource in shop.resources[path].values() for defect in shapes.defects(schema, resource, path)}
    assert not found


def test_project_settings_have_the_platforms_names_types_and_required_members(shapes: Shapes, shop: Shop) -> None:
    assert not list(shapes.defects(_reference("Project"), shop.project, "project"))


def test_changed_resources_keep_the_platforms_shape(shapes: Shapes, shop: Shop) -> None:
    store = Store(Clock(), shop.resources)
    for change in CHANGES.values():
        assert change(store, 15, 3)
    found = {
        defect
        for path, schema in SCHEMA_OF_PATH.items()
        for resource in store.all(path)
        if resource["lastModifiedAt"] > shop.notes["history_end"]
        for defect in shapes.defects(_reference(schema), resource, path)
    }
    assert not found


def test_members_of_selections_have_the_platforms_shape_besides_their_own_head(shapes: Shapes, shop: Shop) -> None:
    schema = _reference("ProductSelectionAssignment")
    heads = {"id", "version", "createdAt", "lastModifiedAt"}
    members = shop.resources[MEMBERS_OF_SELECTIONS].values()
    shown = [{name: value for name, value in member.items() if name not in heads} for member in members]
    assert not {defect for member in shown for defect in shapes.defects(schema, member, "member")}


def test_every_generated_path_is_checked(shop: Shop) -> None:
    assert set(shop.resources) == {*SCHEMA_OF_PATH, MEMBERS_OF_SELECTIONS}


def test_checker_notices_what_is_wrong(shapes: Shapes) -> None:
    money = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1.5, "preciseAmount": 1}
    found = set(shapes.defects(_reference("TypedMoney"), money, "m"))
    assert found == {"m: lacks fractionDigits", "m.centAmount: integer expected", "m.preciseAmount: unknown"}
    order = {"orderState": "Canceled"}
    assert "o.orderState: 'Canceled' is not in the list" in set(shapes.defects(_reference("Order"), order, "o"))
