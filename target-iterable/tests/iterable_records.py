"""Input for the loader's tests: Singer lines of its streams."""

from __future__ import annotations

from typing import Any

from delivery.testing import record_line, schema_line


def users(*records: dict[str, Any]) -> list[str]:
    schema = {"email": {"type": "string"}, "userId": {"type": "string"}, "dataFields": {"type": "object"}}
    return [schema_line("users", schema), *(record_line("users", record) for record in records)]


def purchases(*records: dict[str, Any]) -> list[str]:
    schema = {"id": {"type": "string"}, "user": {"type": "object"}, "items": {"type": "array"}}
    return [schema_line("purchases", schema, ["id"]), *(record_line("purchases", record) for record in records)]


def catalog_items(*records: dict[str, Any], value: dict[str, Any] | None = None) -> list[str]:
    schema = {
        "catalogName": {"type": "string"},
        "itemId": {"type": "string"},
        "value": {"type": "object", "properties": value or {}},
    }
    lines = [record_line("catalog_items", record) for record in records]
    return [schema_line("catalog_items", schema, ["catalogName", "itemId"]), *lines]


def deleted_users(*records: dict[str, Any]) -> list[str]:
    schema = {"email": {"type": "string"}, "userId": {"type": "string"}, "action": {"type": "string"}}
    return [schema_line("deleted_users", schema), *(record_line("deleted_users", record) for record in records)]


def events(*records: dict[str, Any]) -> list[str]:
    schema = {"eventName": {"type": "string"}, "dataFields": {"type": "object"}}
    return [schema_line("events", schema), *(record_line("events", record) for record in records)]


def carts(*records: dict[str, Any]) -> list[str]:
    schema = {"user": {"type": "object"}, "items": {"type": "array"}}
    return [schema_line("carts", schema), *(record_line("carts", record) for record in records)]


def subscriptions(*records: dict[str, Any]) -> list[str]:
    schema = {"subscriptionGroup": {"type": "string"}, "action": {"type": "string"}}
    return [schema_line("subscriptions", schema), *(record_line("subscriptions", record) for record in records)]


def list_memberships(*records: dict[str, Any]) -> list[str]:
    schema = {"list": {"type": ["string", "integer"]}, "action": {"type": "string"}}
    return [schema_line("list_memberships", schema), *(record_line("list_memberships", record) for record in records)]


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "userId": f"c-{number}",
        "eventName": "orderShipped",
        "id": f"ct-order-{number}-shipped",
        "createdAt": 1772442900 + number,
        "dataFields": {"orderId": f"o-{number}", "total": 59.9},
        **changes,
    }


def cart(number: int, version: int | None = 1, **changes: Any) -> dict[str, Any]:
    """Return a cart of a person of its own; without a version it has no id either."""
    item = {"id": "sku-1", "name": "Wool hat", "price": 19.95, "quantity": version or 1}
    marks = {} if version is None else {"cartId": f"cart-{number}", "cartVersion": version}
    return {"user": {"userId": f"c-{number}"}, "items": [item], **marks, **changes}


def purchase(number: int, **changes: Any) -> dict[str, Any]:
    item = {"id": "sku-1", "name": "Wool hat", "price": 19.95, "quantity": 2}
    return {
        "id": f"ct-order-{number}",
        "createdAt": 1772442900 + number,
        "total": 39.9,
        "user": {"email": f"buyer{number}@shop.example"},
        "items": [item],
        "dataFields": {"currency": "EUR"},
        **changes,
    }
