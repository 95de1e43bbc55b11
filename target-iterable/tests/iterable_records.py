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
