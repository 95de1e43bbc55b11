"""The emulated Iterable against the vendor's own contract, where that file is at hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.iterable.body_shape import Kind, ListOf, MapOf, Members, Shape
from commerce_sandbox.iterable.endpoints import ENDPOINTS
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable
from commerce_sandbox.vendor_specifications import ITERABLE, Operation, folder_beside, operation
from jsonschema import Draft4Validator

if TYPE_CHECKING:
    from commerce_sandbox.iterable.endpoint import Endpoint
    from commerce_sandbox.iterable.json_value import JsonValue

SPECIFICATIONS = folder_beside(__file__)
# The vendors' files have no open licence, so the project lacks them; who has them runs these.
pytestmark = pytest.mark.skipif(SPECIFICATIONS is None, reason="the vendor's contract is not beside the repository")

PERIODS = {"second": 1.0, "minute": 60.0}


def contract(method: str, path: str) -> Operation:
    assert SPECIFICATIONS is not None
    described = operation(SPECIFICATIONS, (ITERABLE,), method, path)
    assert described is not None, f"the contract does not know {method} {path}"
    return described


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


def test_requests_and_successful_answers_fit_the_contract() -> None:
    iterable = InProcessIterable(IterableSettings(rate_limits=False, incremental_subscriptions=True))
    covered = set()
    for method, path, body in CALLS:
        described = contract(method, path.partition("?")[0])
        covered.add((method, described.template))
        if described.body is not None:
            _check(described.body, body, f"request of {method} {path}")
        reply = iterable.call(method.upper(), f"/iterable{path}", body)
        assert reply.status in {200, 201, 202}, f"{method} {path}: {reply.status} {reply.text}"
        assert str(reply.status) in described.answers, f"{method} {path}: {reply.status} is not listed"
        # Of an operation that answers 201 or 202, the contract shows the body under 200.
        schema = described.answers.get("200")
        if schema is None:
            continue
        _check(schema, reply.json, f"answer of {method} {path}")
    assert len(covered) >= 40


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_endpoints_and_their_rate_limits_are_the_contracts(endpoint: Endpoint) -> None:
    described = _described(endpoint)
    assert described.template.count("{") == endpoint.path.count("{")
    stated = re.search(r"Rate limit</b>:?\s*:?\s*([\d,]+) requests?(?:/| per )(second|minute)", described.description)
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
def test_request_shapes_are_the_contracts(endpoint: Endpoint) -> None:
    body = _described(endpoint).body
    assert body is not None
    assert endpoint.body is not None
    _compare(body["definitions"], endpoint.body, body, endpoint.path)


def _described(endpoint: Endpoint) -> Operation:
    path = re.sub(r"\{group_id[^}]*\}|\{list_id[^}]*\}", "1", endpoint.path)
    return contract(endpoint.method, re.sub(r"\{[^}]+\}", "x", path))


UNDOCUMENTED = {"updateOnly", "createdAt"}
"""Members that the contract leaves out although the vendor's own clients or partners send them."""


def _compare(definitions: dict[str, Any], shape: Shape, schema: dict[str, Any], place: str) -> None:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if isinstance(shape, Members):
        properties = schema["properties"]
        assert set(shape.required) == set(schema.get("required", ())), place
        declared = {**shape.required, **shape.optional}
        assert set(properties) - {"children"} <= set(declared), place
        assert set(declared) - set(properties) <= UNDOCUMENTED, place
        for name in set(declared) & set(properties):
            _compare(definitions, declared[name], properties[name], f"{place}.{name}")
    elif isinstance(shape, ListOf):
        assert schema["type"] == "array", place
        _compare(definitions, shape.element, schema["items"], f"{place}[]")
    elif isinstance(shape, MapOf):
        assert schema["type"] == "object", place
    else:
        kinds = {"string": Kind.STRING, "boolean": Kind.BOOLEAN, "integer": Kind.WHOLE, "number": Kind.NUMBER}
        assert kinds.get(schema["type"], Kind.OBJECT) is shape, place


def _check(schema: dict[str, Any], instance: JsonValue, what: str) -> None:
    errors = [f"{what}: {error.json_path}: {error.message}" for error in Draft4Validator(schema).iter_errors(instance)]
    assert not errors, errors
