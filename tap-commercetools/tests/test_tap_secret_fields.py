"""Which fields of messages are secrets: derived from the vendor's API description, where a copy lies beside."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from commerce_sandbox.vendor_specifications import COMMERCETOOLS, folder_beside
from tap_commercetools.secret_fields import withhold_from_message, withhold_from_order_edit
from tap_commercetools.streams import stream_definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECIFICATIONS = folder_beside(__file__)
SECRET = "a-secret"
_SECRET_NAME = re.compile(r"password|secret|token(value)?$|authorization", re.IGNORECASE)
_TOKEN_MESSAGE = re.compile(r"^Customer.*Token")
_PUBLIC = {"invalidateOlderTokens"}
"""Says something about tokens, and is none."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    if SPECIFICATIONS is None:
        pytest.skip("the vendor's API description is not at hand")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (SPECIFICATIONS / COMMERCETOOLS).read_text(encoding="utf-8")
    schemas: dict[str, Any] = yaml.load(text, Loader=loader)["components"]["schemas"]  # noqa: S506 - both are safe loaders
    return schemas


def sample(schemas: dict[str, Any], name: str, above: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return an object with every member that a type describes, and `SECRET` for each that is one.

    References are not expanded by the tap, so what they lead to is left out.
    """
    found: dict[str, Any] = {}
    for member, schema in members(schemas, name):
        is_token_value = member == "value" and (_TOKEN_MESSAGE.match(name) or name.endswith("Token"))
        if (_SECRET_NAME.search(member) and member not in _PUBLIC) or is_token_value:
            found[member] = SECRET if "$ref" not in schema else {"value": SECRET}
        elif member != "obj" and (inner := type_of(schema)) in schemas and inner not in above and len(above) < 5:
            value = sample(schemas, inner, above | {name})
            found[member] = [value] if schema.get("type") == "array" else value
    return found


def type_of(schema: dict[str, Any]) -> str:
    reference: str = schema.get("$ref") or schema.get("items", {}).get("$ref") or ""
    return reference.rpartition("/")[2]


def members(schemas: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    parts = [schemas[name]]
    while parts:
        part = parts.pop()
        if "$ref" in part:
            parts.append(schemas[type_of(part)])
        parts += part.get("allOf", ())
        yield from part.get("properties", {}).items()


def types_of(schemas: dict[str, Any], ending: str) -> dict[str, str]:
    names = [name for name in schemas if name.endswith(ending) and name != ending]
    return {name.removesuffix(ending): name for name in names if "type" in dict(members(schemas, name))}


@pytest.mark.parametrize("base", ["Message", "MessagePayload"])
def test_no_secret_of_any_message_is_emitted(described: dict[str, Any], base: str) -> None:
    withheld = []
    for kind, name in types_of(described, base).items():
        message = {**sample(described, name), "type": kind}
        if SECRET not in json.dumps(message):
            continue
        withheld.append(kind)
        edit = {"result": {"type": "PreviewSuccess", "messagePayloads": [json.loads(json.dumps(message))]}}
        withhold_from_message(message)
        withhold_from_order_edit(edit)
        assert SECRET not in json.dumps(message), kind
        assert SECRET not in json.dumps(edit), kind
    assert {"CustomerEmailTokenCreated", "CustomerPasswordTokenCreated", "PaymentMethodInfoTokenSet"} <= {*withheld}
    assert len(withheld) >= 6


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("customers", "Customer"),
        ("payments", "Payment"),
        ("project", "Project"),
        ("orders", "Order"),
        ("carts", "Cart"),
    ],
)
def test_no_secret_of_a_stream_is_emitted(described: dict[str, Any], stream: str, name: str) -> None:
    definition = next(each for each in stream_definitions({}) if each.name == stream)
    found = set(secret_paths(sample(described, name)))
    assert found == {(*path,) for path in definition.withheld}


def secret_paths(value: object, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, list):
        for item in value:
            yield from secret_paths(item, above)
    elif isinstance(value, dict):
        for name, inner in value.items():
            is_secret = inner in (SECRET, {"value": SECRET})
            yield from [(*above, name)] if is_secret else secret_paths(inner, (*above, name))


TOKEN = {"value": SECRET}
MESSAGES: list[dict[str, Any]] = [
    {"type": "CustomerPasswordTokenCreated", "customerId": "c", "value": SECRET},
    {"type": "CustomerEmailTokenCreated", "customerId": "c", "value": SECRET},
    {"type": "CustomerCreated", "customer": {"id": "c", "password": SECRET}},
    {"type": "PaymentMethodInfoTokenSet", "token": TOKEN, "oldToken": TOKEN},
    {"type": "PaymentCreated", "payment": {"id": "p", "paymentMethodInfo": {"method": "card", "token": TOKEN}}},
    {"type": "PaymentMethodCreated", "paymentMethod": {"id": "m", "token": TOKEN}},
    {"type": "ToCome", "list": [{"paymentMethodInfo": {"token": TOKEN}}]},
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["type"])
def test_secrets_of_messages_are_withheld_and_nothing_else(message: dict[str, Any]) -> None:
    whole = json.loads(json.dumps(message))
    withhold_from_message(whole)
    assert SECRET not in json.dumps(whole)
    assert whole["type"] == message["type"]
    assert whole.keys() >= message.keys() - {"value", "token", "oldToken"}


@pytest.mark.parametrize("message", [{}, {"type": 5}, {"type": ["a"]}, {"customer": "x"}, {"paymentMethod": [1]}])
def test_a_message_of_another_shape_stays_as_it_is(message: dict[str, Any]) -> None:
    kept = dict(message)
    withhold_from_message(message)
    withhold_from_order_edit({"result": message})
    withhold_from_order_edit({"result": {"messagePayloads": [5, message]}})
    assert message == kept


def test_tokens_of_payment_methods_stay_if_that_is_set() -> None:
    definitions = {each.name: each for each in stream_definitions({"payment_method_tokens": True})}
    assert definitions["payments"].withheld == ()
    withhold = definitions["messages"].withhold
    assert withhold is not None
    for message in MESSAGES:
        whole = json.loads(json.dumps(message))
        withhold(whole)
        assert (SECRET in json.dumps(whole)) is not message["type"].startswith("Customer")
