"""Catalogs of the emulated Iterable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable

if TYPE_CHECKING:
    from commerce_sandbox.in_process import Reply
    from commerce_sandbox.iterable.json_value import JsonValue


@pytest.fixture
def iterable() -> InProcessIterable:
    service = InProcessIterable()
    assert service.post("catalogs/products", None).status == 201
    return service


def upload(iterable: InProcessIterable, documents: dict[str, Any], *, merge: bool = False) -> Reply:
    body = {"documents": documents, "replaceUploadedFieldsOnly": merge}
    return iterable.post("catalogs/products/items", body)


def items(iterable: InProcessIterable) -> dict[str, Any]:
    held: dict[str, Any] = iterable.service.snapshot()["catalogs"]["products"]
    return held


def test_catalog_names_are_unique_regardless_of_case(iterable: InProcessIterable) -> None:
    reply = iterable.post("catalogs/PRODUCTS", None)
    assert (reply.status, reply.json["code"]) == (400, "BadParams")
    assert iterable.get("catalogs").json["params"] == {"catalogNames": [{"name": "products"}], "totalCatalogsCount": 1}


@pytest.mark.parametrize("name", ["a_b", "a.b", "a%20b", "x" * 256])
def test_catalog_names_have_letters_digits_and_dashes(iterable: InProcessIterable, name: str) -> None:
    assert iterable.post(f"catalogs/{name}", None).json["code"] == "BadParams"


def test_an_upload_replaces_items_or_merges_into_them(iterable: InProcessIterable) -> None:
    assert upload(iterable, {"a-1": {"sku": "HAT", "price": 19.95}}).status == 202
    upload(iterable, {"a-1": {"name": "Hat"}}, merge=True)
    assert items(iterable) == {"a-1": {"sku": "HAT", "price": 19.95, "name": "Hat"}}
    upload(iterable, {"a-1": {"name": "Hat"}, "A-1": {"name": "Other"}})
    assert items(iterable) == {"A-1": {"name": "Other"}, "a-1": {"name": "Hat"}}, "the case of item ids counts"


def test_single_items_are_put_patched_and_deleted(iterable: InProcessIterable) -> None:
    path = "catalogs/products/items/a-1"
    assert iterable.put(path, {"value": {"sku": "HAT", "n": 1}}).status == 202
    reply = iterable.patch(path, {"update": {"n": 2}})
    assert reply.json["params"] == {"catalogName": "products", "itemId": "a-1", "url": f"/api/{path}"}
    shown = iterable.get(path).json
    assert (shown["value"], shown["itemId"], shown["size"]) == ({"sku": "HAT", "n": 2}, "a-1", 19)
    assert isinstance(shown["lastModified"], int)
    assert iterable.delete(path).status == 202
    gone = iterable.get(path)
    assert (gone.status, gone.json["code"]) == (404, "NotFound")


def test_many_items_are_deleted_by_a_delete_with_a_body(iterable: InProcessIterable) -> None:
    upload(iterable, {"a": {}, "b": {}, "c": {}})
    reply = iterable.delete("catalogs/products/items", {"itemIds": ["a", "c", "unknown"]})
    assert reply.status == 202
    assert list(items(iterable)) == ["b"]
    assert iterable.delete("catalogs/products/items").json["code"] == "BadJsonBody"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "items", None),
        ("GET", "items/a", None),
        ("GET", "fieldMappings", None),
        ("POST", "items", {"documents": {}, "replaceUploadedFieldsOnly": False}),
        ("PUT", "items/a", {"value": {}}),
    ],
)
def test_an_unknown_catalog_has_an_error_shape_of_its_own(
    iterable: InProcessIterable, method: str, path: str, body: JsonValue
) -> None:
    reply = iterable.call(method, f"/iterable/api/catalogs/nothing/{path}", body)
    assert reply.status == 404
    assert reply.json == {
        "error": "NotFound",
        "message": "Catalog not found: nothing",
        "code": "error.catalogs.notFound",
        "data": {"args": ["nothing"]},
    }


def test_deleting_from_or_deleting_an_unknown_catalog_is_no_error(iterable: InProcessIterable) -> None:
    assert iterable.delete("catalogs/nothing").status == 200
    assert iterable.delete("catalogs/nothing/items/a").status == 202
    assert iterable.delete("catalogs/products").status == 200
    assert iterable.service.snapshot()["catalogs"] == {}


@pytest.mark.parametrize("item_id", ["a_b", "a.b", "a b", "", "x" * 256])
def test_item_ids_have_letters_digits_and_dashes(iterable: InProcessIterable, item_id: str) -> None:
    assert upload(iterable, {"fine": {}, item_id: {}}).json["code"] == "BadParams"
    assert items(iterable) == {}, "one wrong item stops the whole upload"


def test_field_names_have_no_periods(iterable: InProcessIterable) -> None:
    assert upload(iterable, {"a": {"price.eur": 1}}).json["code"] == "BadParams"


def test_an_upload_has_at_most_1000_items(iterable: InProcessIterable) -> None:
    assert upload(iterable, {f"i-{number}": {} for number in range(1001)}).json["code"] == "BatchTooLarge"
    assert upload(iterable, {f"i-{number}": {} for number in range(1000)}).status == 202


def test_a_value_has_at_most_30_kb(iterable: InProcessIterable) -> None:
    frame = len('{"a":""}')
    assert upload(iterable, {"a": {"a": "x" * (30_001 - frame)}}).json["code"] == "BadParams"
    assert upload(iterable, {"a": {"a": "x" * (30_000 - frame)}}).status == 202


def test_a_catalog_has_at_most_350_fields(iterable: InProcessIterable) -> None:
    fields = {f"f{number}": 1 for number in range(350)}
    assert upload(iterable, {"a": fields}).status == 202
    reply = upload(iterable, {"b": {"one-more": 1}})
    assert reply.json["code"] == "UniqueFieldsLimitExceeded"
    assert reply.json["params"]["newFields"] == ["one-more"]


def test_mapped_types_come_first_and_never_change(iterable: InProcessIterable) -> None:
    path = "catalogs/products/fieldMappings"
    mapping = {"mappingsUpdates": [{"fieldName": "price", "fieldType": "double"}]}
    assert iterable.put(path, mapping).status == 200
    assert upload(iterable, {"a": {"price": 20, "sku": "1001"}}).status == 202
    assert items(iterable)["a"]["price"] == 20.0
    assert isinstance(items(iterable)["a"]["price"], float)
    assert iterable.get(path).json["params"] == {"definedMappings": {"price": "double"}, "undefinedFields": ["sku"]}
    changed = {"mappingsUpdates": [{"fieldName": "price", "fieldType": "string"}]}
    assert iterable.put(path, changed).json["code"] == "BadParams"
    assert iterable.put(path, mapping).status == 200, "the same type again is no change"
    unknown = {"mappingsUpdates": [{"fieldName": "x", "fieldType": "money"}]}
    assert iterable.put(path, unknown).json["code"] == "BadParams"


def test_the_first_value_types_a_field_without_mapping(iterable: InProcessIterable) -> None:
    upload(iterable, {"a": {"stock": 5}})
    reply = upload(iterable, {"b": {"stock": "many"}})
    assert reply.json["params"]["validationErrors"]["stock"]["category"] == "catalog"


def test_items_come_in_pages(iterable: InProcessIterable) -> None:
    upload(iterable, {f"i-{number:02}": {"n": number} for number in range(25)})
    first = iterable.get("catalogs/products/items").json["params"]
    assert (len(first["catalogItemsWithProperties"]), first["totalItemsCount"]) == (10, 25)
    assert "previousPageUrl" not in first
    assert first["nextPageUrl"] == "/api/catalogs/products/items?page=2&pageSize=10"
    last = iterable.get("catalogs/products/items?page=3").json["params"]
    assert [item["itemId"] for item in last["catalogItemsWithProperties"]] == [f"i-{n}" for n in range(20, 25)]
    assert "nextPageUrl" not in last
    assert iterable.get("catalogs/products/items?pageSize=1001").json["code"] == "BadParams"


def test_items_are_ordered_only_by_fields_with_a_defined_type(iterable: InProcessIterable) -> None:
    upload(iterable, {"a": {"n": 2}, "b": {"n": 1}, "c": {}, "d": {"n": 3}})
    assert iterable.get("catalogs/products/items?orderBy=n").json["code"] == "BadParams"
    mapping = {"mappingsUpdates": [{"fieldName": "n", "fieldType": "long"}]}
    iterable.put("catalogs/products/fieldMappings", mapping)
    for ascending, order in (("true", ["b", "a", "d", "c"]), ("false", ["d", "a", "b", "c"])):
        page = iterable.get(f"catalogs/products/items?orderBy=n&sortAscending={ascending}").json["params"]
        assert [item["itemId"] for item in page["catalogItemsWithProperties"]] == order


def test_the_project_setting_for_new_fields_does_not_touch_catalogs() -> None:
    iterable = InProcessIterable(IterableSettings(rate_limits=False, create_new_fields=False))
    iterable.post("catalogs/products", None)
    upload(iterable, {"a": {"new": 1}})
    assert items(iterable) == {"a": {"new": 1}}
