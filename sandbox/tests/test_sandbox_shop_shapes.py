"""The generated shop against the vendor's OpenAPI file, where a copy of it lies beside the repository."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from commerce_sandbox.clock import Clock
from commerce_sandbox.commercetools.store import Store
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from commerce_sandbox.shop.changes import CHANGES
from commerce_sandbox.vendor_specification_defects import mend_commercetools
from commerce_sandbox.vendor_specifications import COMMERCETOOLS, folder_beside

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECIFICATIONS = folder_beside(__file__)
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
}
FORMATS = {
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "date-only": re.compile(r"\d{4}-\d\d-\d\d"),
    "time-only": re.compile(r"\d\d:\d\d:\d\d\.\d{3}"),
}
JSON_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list}


class Shapes:
    """Finds what a document has that its schema does not know, and what it lacks."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _flat(self, schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
        schema = self._resolved(schema)
        members, required = dict(schema.get("properties", {})), set(schema.get("required", []))
        for part in schema.get("allOf", []):
            part_members, part_required = self._flat(part)
            members.update(part_members)
            required |= part_required
        return members, required

    def defects(self, schema: dict[str, Any], value: object, at: str) -> Iterator[str]:
        schema = self._resolved(schema)
        if isinstance(value, dict):
            yield from self._object_defects(schema, value, at)
            return
        kind = schema.get("type")
        if kind == "object" or "allOf" in schema:
            yield f"{at}: object expected"
        if kind in JSON_TYPES and (
            not isinstance(value, JSON_TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))
        ):
            yield f"{at}: {kind} expected"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is not in the list"
        pattern = FORMATS.get(schema.get("format", ""))
        if pattern is not None and not pattern.fullmatch(str(value)):
            yield f"{at}: {value!r} is not a {schema['format']}"
        if isinstance(value, list):
            for item in value:
                yield from self.defects(schema.get("items", {}), item, f"{at}[]")

    def _object_defects(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        own = [schema, *(part for part in schema.get("allOf", []) if "$ref" not in part)]
        for rule in [part["discriminator"] for part in own if "discriminator" in part]:
            mapped = rule["mapping"].get(value.get(rule["propertyName"]))
            if mapped is None:
                yield f"{at}: {rule['propertyName']} is not in the list"
                return
            schema = self._resolved({"$ref": mapped})
        if "additionalProperties" in schema:
            for key, member in value.items():
                yield from self.defects(schema["additionalProperties"], member, f"{at}.{key}")
            return
        members, required = self._flat(schema)
        if not members:
            return
        yield from (f"{at}: lacks {missing}" for missing in sorted(required - set(value)))
        for key, member in value.items():
            if key in members:
                yield from self.defects(members[key], member, f"{at}.{key}")
            else:
                yield f"{at}.{key}: unknown"


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    if SPECIFICATIONS is None:
        pytest.skip("the vendor's OpenAPI file is not beside this repository")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (SPECIFICATIONS / COMMERCETOOLS).read_text(encoding="utf-8")
    document = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    mend_commercetools(document)
    return Shapes(document["components"]["schemas"])


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


def test_every_generated_path_is_checked(shop: Shop) -> None:
    assert set(shop.resources) == set(SCHEMA_OF_PATH)


def test_checker_notices_what_is_wrong(shapes: Shapes) -> None:
    money = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1.5, "preciseAmount": 1}
    found = set(shapes.defects(_reference("TypedMoney"), money, "m"))
    assert found == {"m: lacks fractionDigits", "m.centAmount: integer expected", "m.preciseAmount: unknown"}
    order = {"orderState": "Canceled"}
    assert "o.orderState: 'Canceled' is not in the list" in set(shapes.defects(_reference("Order"), order, "o"))
