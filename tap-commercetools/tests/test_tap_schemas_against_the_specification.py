"""The schemas against the vendor's OpenAPI file, where a copy of it lies beside the repository.

Both are walked side by side: what the platform may send must be declared, with the same type, and nothing else.
Where a type has several kinds told apart by a discriminator, the union of their members counts.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from commerce_sandbox.vendor_specifications import COMMERCETOOLS, folder_beside
from tap_commercetools.schemas.business_unit import BUSINESS_UNIT
from tap_commercetools.schemas.cart import CART
from tap_commercetools.schemas.category import CATEGORY
from tap_commercetools.schemas.custom_object import CUSTOM_OBJECT
from tap_commercetools.schemas.customer import CUSTOMER, CUSTOMER_GROUP
from tap_commercetools.schemas.discount import CART_DISCOUNT, DISCOUNT_CODE, PRODUCT_DISCOUNT
from tap_commercetools.schemas.field_types import (
    anything,
    date,
    list_of_texts,
    map_of,
    number,
    open_record,
    record,
    text,
    timestamp,
    whole_number,
)
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPECIFICATIONS = folder_beside(__file__)

SCHEMAS: dict[str, dict[str, Any]] = {
    "BusinessUnit": BUSINESS_UNIT,
    "Cart": CART,
    "CartDiscount": CART_DISCOUNT,
    "Category": CATEGORY,
    "Channel": CHANNEL,
    "CustomObject": CUSTOM_OBJECT,
    "Customer": CUSTOMER,
    "CustomerGroup": CUSTOMER_GROUP,
    "DiscountCode": DISCOUNT_CODE,
    "InventoryEntry": INVENTORY_ENTRY,
    "Message": MESSAGE,
    "Order": ORDER,
    "OrderEdit": ORDER_EDIT,
    "Payment": PAYMENT,
    "Product": PRODUCT,
    "ProductDiscount": PRODUCT_DISCOUNT,
    "ProductProjection": PRODUCT_PROJECTION,
    "ProductSelection": PRODUCT_SELECTION,
    "ProductType": PRODUCT_TYPE,
    "Project": PROJECT,
    "Quote": QUOTE,
    "QuoteRequest": QUOTE_REQUEST,
    "RecurringOrder": RECURRING_ORDER,
    "Review": REVIEW,
    "ShippingMethod": SHIPPING_METHOD,
    "ShoppingList": SHOPPING_LIST,
    "StagedQuote": STAGED_QUOTE,
    "StandalonePrice": STANDALONE_PRICE,
    "State": STATE,
    "Store": STORE,
    "TaxCategory": TAX_CATEGORY,
    "Type": TYPE,
    "Variant": VARIANT,
    "Zone": ZONE,
}

DEVIATIONS = {
    "Customer.password: not declared": "a hash that must not leave the platform",
    "Project.externalOAuth.authorizationHeader: not declared": "a credential",
    "Message.payload: unknown to the platform": "the tap gathers there what each type has of its own",
    "Variant.productKey: unknown to the platform": "the tap adds it in the Classic catalogue",
    "Variant.isMaster: unknown to the platform": "the tap adds it in the Classic catalogue",
    "OrderEdit.result.preview: left open": "an order of its own, in a result that nobody has asked for",
    "ProductType.attributes[].type.elementType.elementType: left open": "the platform has no sets of sets",
    "Type.fieldDefinitions[].type.elementType.elementType: left open": "the platform has no sets of sets",
    "Channel.reviewRatingStatistics.ratingsDistribution: described more closely": "counts by rating in every answer",
    "Product.reviewRatingStatistics.ratingsDistribution: described more closely": "counts by rating in every answer",
    "ProductProjection.reviewRatingStatistics.ratingsDistribution: described more closely": "counts by rating",
}
"""Where a schema and the specification are meant to differ, and why. An entry that no longer holds fails too."""


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


IN_THE_PLACE_OF = {
    component("Money")["$ref"]: component("TypedMoney"),
    component("CentPrecisionMoney")["$ref"]: component("TypedMoney"),
}
"""One shape serves for every amount of money: the vendor has moved fields from one precision to the other before."""

DIFFERS_BY_KIND = {"ErrorObject", "Message", "MessagePayload", "StagedOrderUpdateAction"}
"""Types of hundreds of kinds, of which only what all of them have is declared."""

ANYTHING: dict[str, Any] = {}
VALUES_OF_MAPS = {
    "FieldContainer": ANYTHING,
    "ProductVariantChannelAvailabilityMap": component("ProductVariantChannelAvailability"),
    "SearchKeywords": {"type": "array", "items": component("SearchKeyword")},
}
"""What the file gets wrong: it says that all maps hold strings."""

ALSO = {
    "Variant.current": [component("ProductVariant")],
    "Variant.staged": [component("ProductVariant")],
}
"""What else a value may be: in the Classic catalogue, the tap takes a variant from its product."""

FORMATS = {"datetime": "date-time", "date-only": "date", "time-only": "time"}
EVERY_KIND = {"string", "number", "integer", "boolean", "array", "object"}


@dataclass
class Shape:
    """What the platform says of a value: the union of all that it may be."""

    kinds: set[str] = field(default_factory=set)
    formats: set[str] = field(default_factory=set)
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)

    def include(self, other: Shape) -> None:
        self.kinds |= other.kinds
        self.formats |= other.formats
        self.items += other.items
        self.values += other.values
        for name, schemas in other.members.items():
            known = self.members.setdefault(name, [])
            known += [schema for schema in schemas if schema not in known]


class Specification:
    """The vendor's types, and what a schema of ours says otherwise."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self.compared: set[str] = set()

    def deviations(self, name: str, ours: dict[str, Any]) -> set[str]:
        return set(self._differences([component(name)], ours, name))

    def _shape(self, schema: dict[str, Any], *, of_all_kinds: bool = True) -> Shape:
        """Return what a schema says, with the members of all its kinds unless only its own are asked for."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            if name in VALUES_OF_MAPS:
                return Shape(kinds={"object"}, values=[VALUES_OF_MAPS[name]])
            return self._shape(self._schemas[name], of_all_kinds=of_all_kinds and name not in DIFFERS_BY_KIND)
        shape = Shape()
        for part in schema.get("allOf", []):
            shape.include(self._shape(part, of_all_kinds=of_all_kinds and "$ref" not in part))
        for choice in schema.get("oneOf", []):
            shape.include(self._shape(choice))
        shape.include(own_shape(schema))
        if "discriminator" in schema and of_all_kinds:
            for reference in schema["discriminator"]["mapping"].values():
                shape.include(self._shape({"$ref": reference}))
        return shape

    def _differences(self, schemas: Iterable[dict[str, Any]], ours: dict[str, Any], at: str) -> Iterator[str]:
        self.compared.add(at)
        theirs = Shape()
        for schema in [*schemas, *ALSO.get(at, [])]:
            theirs.include(self._shape(IN_THE_PLACE_OF.get(schema.get("$ref", ""), schema)))
        our_kinds = {ours["type"]} if isinstance(ours["type"], str) else set(ours["type"]) - {"null"}
        their_kinds = theirs.kinds or EVERY_KIND
        if our_kinds != their_kinds:
            yield f"{at}: {' or '.join(sorted(our_kinds))} instead of {' or '.join(sorted(their_kinds))}"
        elif theirs.kinds:
            formats = {FORMATS.get(name, name) for name in theirs.formats}
            if formats != ({ours["format"]} if "format" in ours else set()):
                yield f"{at}: format {ours.get('format')} instead of {' or '.join(sorted(formats)) or None}"
            if theirs.items:
                yield from self._differences(theirs.items, ours["items"], f"{at}[]")
            if "object" in our_kinds:
                yield from self._differences_of_objects(theirs, ours, at)

    def _differences_of_objects(self, theirs: Shape, ours: dict[str, Any], at: str) -> Iterator[str]:
        declared, values = ours.get("properties", {}), ours["additionalProperties"]
        yield from (f"{at}.{name}: unknown to the platform" for name in declared.keys() - theirs.members.keys())
        if not theirs.members and isinstance(values, dict):
            if theirs.values:
                yield from self._differences(theirs.values, values, f"{at}[]")
            else:
                yield f"{at}: described more closely"
        elif not theirs.members:
            yield from [] if theirs.values in ([], [ANYTHING]) else [f"{at}: left open"]
        elif not declared:
            yield from [] if at.endswith(".obj") else [f"{at}: left open"]
        else:
            yield from (f"{at}.{name}: not declared" for name in theirs.members.keys() - declared.keys())
            for name in theirs.members.keys() & declared.keys():
                yield from self._differences(theirs.members[name], declared[name], f"{at}.{name}")


def own_shape(schema: dict[str, Any]) -> Shape:
    """Return what a schema says itself, without what it refers to."""
    shape = Shape(members={name: [member] for name, member in schema.get("properties", {}).items()})
    if "type" in schema:
        shape.kinds.add(schema["type"])
    # Formats of numbers tell their size, which JSON Schema does not.
    if schema.get("type") == "string" and "format" in schema:
        shape.formats.add(schema["format"])
    if "items" in schema:
        shape.items.append(schema["items"])
    if "additionalProperties" in schema:
        shape.values.append(schema["additionalProperties"])
    return shape


@pytest.fixture(scope="module")
def specification() -> Specification:
    if SPECIFICATIONS is None:
        # The vendors' files have no open licence, so the project lacks them; who has them runs these.
        pytest.skip("the vendor's OpenAPI file is not beside this repository")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (SPECIFICATIONS / COMMERCETOOLS).read_text(encoding="utf-8")
    return Specification(yaml.load(text, Loader=loader)["components"]["schemas"])  # noqa: S506 - both are safe loaders


@pytest.mark.parametrize("name", SCHEMAS)
def test_all_that_the_platform_may_send_is_declared_and_nothing_else(specification: Specification, name: str) -> None:
    meant = {deviation for deviation in DEVIATIONS if deviation.startswith(f"{name}.")}
    assert specification.deviations(name, SCHEMAS[name]) == meant


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_declared_field_is_compared(specification: Specification, name: str) -> None:
    specification.deviations(name, SCHEMAS[name])
    left = {at for at, _ in parts(SCHEMAS[name], name)} - specification.compared
    assert not {at for at in left if not at.startswith(tuple(place.split(":")[0] for place in DEVIATIONS))}


def test_an_offer_is_a_product_with_inventory_entries_and_standalone_prices(specification: Specification) -> None:
    added = {"Product.inventory: unknown to the platform", "Product.standalonePrices: unknown to the platform"}
    assert specification.deviations("Product", PRODUCT_OFFER) - specification.deviations("Product", PRODUCT) == added
    for field_name, name in (("inventory", "InventoryEntry"), ("standalonePrices", "StandalonePrice")):
        assert specification.deviations(name, PRODUCT_OFFER["properties"][field_name]["items"]) == set()


def test_every_deviation_is_of_a_schema_that_is_compared() -> None:
    assert {deviation.split(".", 1)[0] for deviation in DEVIATIONS} <= set(SCHEMAS)


def test_a_missing_field_is_noticed_wherever_it_is_missing(specification: Specification) -> None:
    schema = copy.deepcopy(PAYMENT)
    records = [(at, part["properties"]) for at, part in parts(schema, "Payment") if part.get("properties")]
    assert sum(len(fields) for _, fields in records) > 100
    for at, fields in records:
        for name in list(fields):
            left_out = fields.pop(name)
            # Without its only field, a record is an open one.
            noticed = f"{at}.{name}: not declared" if fields else f"{at}: left open"
            assert noticed in specification.deviations("Payment", schema)
            fields[name] = left_out


@pytest.mark.parametrize(
    ("name", "instead", "noticed"),
    [
        ("invented", text("Any."), ": unknown to the platform"),
        ("key", whole_number("Any."), ": integer instead of string"),
        ("key", timestamp("Any."), ": format date-time instead of None"),
        ("createdAt", text("Any."), ": format None instead of date-time"),
        ("createdAt", date("Any."), ": format date instead of date-time"),
        (
            "orderHint",
            anything("Any."),
            ": array or boolean or integer or number or object or string instead of string",
        ),
        ("name", open_record("Any."), ": left open"),
        ("name", map_of("Any.", number("Any.")), "[]: number instead of string"),
        ("name", record("Any.", {"en": text("Any.")}), ".en: unknown to the platform"),
        ("parent", open_record("Any."), ": left open"),
        ("ancestors", list_of_texts("Any."), "[]: string instead of object"),
    ],
)
def test_a_wrong_field_is_noticed(
    specification: Specification, name: str, instead: dict[str, Any], noticed: str
) -> None:
    schema = {**CATEGORY, "properties": {**CATEGORY["properties"], name: instead}}
    assert f"Category.{name}{noticed}" in specification.deviations("Category", schema)


def parts(schema: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through a schema: every sub-schema with the path to it."""
    yield at, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{at}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from parts(schema[keyword], f"{at}[]")
