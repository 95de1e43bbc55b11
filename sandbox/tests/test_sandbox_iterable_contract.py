"""The emulated Iterable against the vendor's own contract, where that file is at hand.

The contract is looked for in ``shared/reference/specs`` beside the repository and is no part of it. Its known
defects are patched first: ``params`` may be null, the set of codes is open, catalog values are plain objects,
three catalog reads are wrapped in the envelope, times are epoch milliseconds, users may lack an address.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from commerce_sandbox.iterable.body_shape import Kind, ListOf, MapOf, Members, Shape
from commerce_sandbox.iterable.endpoints import ENDPOINTS
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable
from jsonschema import Draft4Validator

if TYPE_CHECKING:
    from commerce_sandbox.iterable.endpoint import Endpoint
    from commerce_sandbox.iterable.json_value import JsonValue

SPEC_NAME = "shared/reference/specs/iterable-swagger-1.8.json"
SPEC = next((parent / SPEC_NAME for parent in Path(__file__).parents if (parent / SPEC_NAME).exists()), None)
pytestmark = pytest.mark.skipif(SPEC is None, reason="the vendor's contract is not beside the repository")

WRAPPED = {
    ("get", "/api/catalogs"),
    ("get", "/api/catalogs/{catalogName}/items"),
    ("get", "/api/catalogs/{catalogName}/items/{itemId}"),
    ("get", "/api/catalogs/{catalogName}/fieldMappings"),
}
PERIODS = {"second": 1.0, "minute": 60.0}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    assert SPEC is not None
    document: dict[str, Any] = msgspec.json.decode(SPEC.read_bytes())
    definitions = document["definitions"]
    envelope = definitions["IterableApiResponse"]["properties"]
    envelope["params"] = {}
    del envelope["code"]["enum"]
    definitions["JsObject"] = {"type": "object"}
    definitions["CatalogItemWithProperties"]["properties"]["lastModified"] = {"type": ["integer", "string"]}
    del definitions["ApiResponseUser"]["required"]
    return document


def operation(contract: dict[str, Any], method: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the vendor's template and operation for a path, literal templates first."""
    found = [
        (template, operations[method])
        for template, operations in contract["paths"].items()
        if method in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
    ]
    return min(found, key=lambda entry: entry[0].count("{"))


CALLS: list[tuple[str, str, Any]] = [
    ("post", "/api/users/update", {"email": "ana@example.org", "userId": "u-1", "dataFields": {"a": 1}}),
    ("post", "/api/users/bulkUpdate", {"users": [{"email": "ana@example.org"}, {"email": "x"}, {"userId": "u-2"}]}),
    ("get", "/api/users/getFields", None),
    ("get", "/api/users/getByEmail?email=ana@example.org", None),
    ("get", "/api/users/getByEmail?email=nobody@example.org", None),
    ("get", "/api/users/byUserId?userId=u-2", None),
    ("get", "/api/users/byUserId/u-2", None),
    ("get", "/api/users/ana@example.org", None),
    ("post", "/api/users/merge", {"sourceUserId": "u-2", "destinationUserId": "u-1"}),
    ("post", "/api/users/updateSubscriptions", {"userId": "u-1", "unsubscribedChannelIds": [101]}),
    (
        "post",
        "/api/users/bulkUpdateSubscriptions",
        {"updateSubscriptionsRequests": [{"userId": "u-1", "unsubscribedMessageTypeIds": []}, {"email": "x"}]},
    ),
    ("post", "/api/events/track", {"userId": "u-1", "eventName": "e", "id": "e-1"}),
    (
        "post",
        "/api/events/trackBulk",
        {"events": [{"userId": "u-1", "eventName": "e"}, {"email": "x", "eventName": "e"}]},
    ),
    ("get", "/api/events/byUserId/u-1", None),
    ("get", "/api/events/ana@example.org", None),
    (
        "post",
        "/api/commerce/trackPurchase",
        {"user": {"userId": "u-1"}, "items": [{"id": "1", "name": "n", "price": 1, "quantity": 1}], "total": 1},
    ),
    ("post", "/api/commerce/updateCart", {"user": {"userId": "u-1"}, "items": []}),
    ("get", "/api/channels", None),
    ("get", "/api/messageTypes", None),
    ("post", "/api/lists", {"name": "all", "description": "d"}),
    ("get", "/api/lists", None),
    ("post", "/api/lists/subscribe", {"listId": 61001, "subscribers": [{"userId": "u-1"}, {"email": "x"}]}),
    ("post", "/api/lists/unsubscribe", {"listId": 61001, "subscribers": [{"userId": "u-1"}, {"userId": "ghost"}]}),
    ("patch", "/api/subscriptions/messageType/41/byUserId/u-1", None),
    ("delete", "/api/subscriptions/emailList/61001/user/ana@example.org", None),
    ("put", "/api/subscriptions/messageChannel/101?action=subscribe", {"usersByUserId": ["u-1"]}),
    ("delete", "/api/lists/61001", None),
    ("post", "/api/catalogs/products", None),
    ("get", "/api/catalogs", None),
    ("post", "/api/catalogs/products/items", {"documents": {"a": {"n": 1}}, "replaceUploadedFieldsOnly": False}),
    ("put", "/api/catalogs/products/items/b", {"value": {"n": 2}}),
    ("patch", "/api/catalogs/products/items/b", {"update": {"m": 2}}),
    ("put", "/api/catalogs/products/fieldMappings", {"mappingsUpdates": [{"fieldName": "n", "fieldType": "long"}]}),
    ("get", "/api/catalogs/products/fieldMappings", None),
    ("get", "/api/catalogs/products/items", None),
    ("get", "/api/catalogs/products/items/a", None),
    ("delete", "/api/catalogs/products/items/a", None),
    ("delete", "/api/catalogs/products/items", {"itemIds": ["b"]}),
    ("delete", "/api/catalogs/products", None),
    ("post", "/api/users/forget", {"userId": "u-1"}),
    ("get", "/api/users/forgotten", None),
    ("get", "/api/users/forgottenUserIds", None),
    ("post", "/api/users/unforget", {"userId": "u-1"}),
    ("delete", "/api/users/ana@example.org", None),
]


def test_requests_and_successful_answers_fit_the_contract(contract: dict[str, Any]) -> None:
    iterable = InProcessIterable(IterableSettings(rate_limits=False, incremental_subscriptions=True))
    covered = set()
    for method, path, body in CALLS:
        template, described = operation(contract, method, path.partition("?")[0])
        covered.add((method, template))
        for parameter in described["parameters"]:
            if parameter["in"] == "body":
                _check(contract, parameter["schema"], body, f"request of {method} {path}")
        reply = iterable.call(method.upper(), f"/iterable{path}", body)
        assert reply.status in {200, 201, 202}, f"{method} {path}: {reply.status} {reply.text}"
        assert str(reply.status) in described["responses"], f"{method} {path}: {reply.status} is not listed"
        schema = described["responses"].get("200", {}).get("schema")
        if schema is None:
            continue
        answer = reply.json
        if (method, template) in WRAPPED:
            assert set(answer) == {"msg", "code", "params"}
            answer = answer["params"]
        _check(contract, schema, answer, f"answer of {method} {path}")
    assert len(covered) >= 40


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_endpoints_and_their_rate_limits_are_the_contracts(contract: dict[str, Any], endpoint: Endpoint) -> None:
    path = re.sub(r"\{group_id[^}]*\}|\{list_id[^}]*\}", "1", endpoint.path)
    path = re.sub(r"\{[^}]+\}", "x", path)
    template, described = operation(contract, endpoint.method.lower(), path)
    assert template.count("{") == endpoint.path.count("{")
    stated = re.search(
        r"Rate limit</b>:?\s*:?\s*([\d,]+) requests?(?:/| per )(second|minute)", described["description"]
    )
    if stated is None:
        assert endpoint.limit is None
        return
    assert endpoint.limit is not None
    assert endpoint.limit.calls == int(stated[1].replace(",", ""))
    assert endpoint.limit.seconds == PERIODS[stated[2]]


@pytest.mark.parametrize(
    "endpoint",
    [endpoint for endpoint in ENDPOINTS if endpoint.body is not None],
    ids=lambda endpoint: f"{endpoint.method} {endpoint.path}",
)
def test_request_shapes_are_the_contracts(contract: dict[str, Any], endpoint: Endpoint) -> None:
    path = re.sub(r"\{group_id[^}]*\}", "1", endpoint.path)
    _, described = operation(contract, endpoint.method.lower(), re.sub(r"\{[^}]+\}", "x", path))
    [body] = [parameter["schema"] for parameter in described["parameters"] if parameter["in"] == "body"]
    assert endpoint.body is not None
    _compare(contract, endpoint.body, body, endpoint.path)


UNDOCUMENTED = {"updateOnly", "createdAt"}
"""Members that the contract leaves out although the vendor's own clients or partners send them."""


def _compare(contract: dict[str, Any], shape: Shape, schema: dict[str, Any], place: str) -> None:
    if "$ref" in schema:
        schema = contract["definitions"][schema["$ref"].rpartition("/")[2]]
    if isinstance(shape, Members):
        properties = schema["properties"]
        assert set(shape.required) == set(schema.get("required", ())), place
        declared = {**shape.required, **shape.optional}
        assert set(properties) - {"children"} <= set(declared), place
        assert set(declared) - set(properties) <= UNDOCUMENTED, place
        for name in set(declared) & set(properties):
            _compare(contract, declared[name], properties[name], f"{place}.{name}")
    elif isinstance(shape, ListOf):
        assert schema["type"] == "array", place
        _compare(contract, shape.element, schema["items"], f"{place}[]")
    elif isinstance(shape, MapOf):
        assert schema["type"] == "object", place
    else:
        kinds = {"string": Kind.STRING, "boolean": Kind.BOOLEAN, "integer": Kind.WHOLE, "number": Kind.NUMBER}
        assert kinds.get(schema["type"], Kind.OBJECT) is shape, place


def _check(contract: dict[str, Any], schema: dict[str, Any], instance: JsonValue, what: str) -> None:
    validator = Draft4Validator({**schema, "definitions": contract["definitions"]})
    errors = [f"{what}: {error.json_path}: {error.message}" for error in validator.iter_errors(instance)]
    assert not errors, errors
