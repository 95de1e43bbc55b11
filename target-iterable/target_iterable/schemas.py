"""JSON Schemas of the records this loader understands: Iterable's own request elements."""

from __future__ import annotations

from typing import Any

JsonSchema = dict[str, Any]

_DATA_FIELDS: JsonSchema = {"type": "object"}

_PERSON: dict[str, JsonSchema] = {
    "email": {"type": ["string", "null"]},
    "userId": {"type": ["string", "null"]},
    "dataFields": _DATA_FIELDS,
    "mergeNestedObjects": {"type": "boolean"},
    "preferUserId": {"type": "boolean"},
}

USER: JsonSchema = {"type": "object", "properties": _PERSON, "additionalProperties": False}
"""An element of `users` in `POST /api/users/bulkUpdate`."""

_PURCHASED_ITEM: JsonSchema = {
    "type": "object",
    "required": ["id", "name", "price", "quantity"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "sku": {"type": "string"},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "categories": {"type": "array", "items": {"type": "string"}},
        "price": {"type": "number"},
        "quantity": {"type": "integer"},
        "imageUrl": {"type": "string"},
        "url": {"type": "string"},
        "dataFields": _DATA_FIELDS,
    },
    "additionalProperties": False,
}

PURCHASE: JsonSchema = {
    "type": "object",
    "required": ["user", "items", "total"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 512},
        "createdAt": {"type": "integer", "minimum": 0},
        "user": {
            "type": "object",
            "properties": {**_PERSON, "createNewFields": {"type": "boolean"}},
            "additionalProperties": False,
        },
        "items": {"type": "array", "items": _PURCHASED_ITEM},
        "total": {"type": "number"},
        "campaignId": {"type": "integer"},
        "templateId": {"type": "integer"},
        "dataFields": _DATA_FIELDS,
    },
    "additionalProperties": False,
}
"""The body of `POST /api/commerce/trackPurchase`."""

CATALOG_NAME = r"^[A-Za-z0-9-]{1,255}$"

CATALOG_ITEM: JsonSchema = {
    "type": "object",
    "required": ["catalogName", "itemId", "value"],
    "properties": {
        "catalogName": {"type": "string", "pattern": CATALOG_NAME},
        "itemId": {"type": "string", "pattern": CATALOG_NAME},
        "value": {"type": "object", "propertyNames": {"pattern": r"^[^.]+$"}},
    },
    "additionalProperties": False,
}
"""An item as `GET /api/catalogs/{name}/items/{id}` shows it: the catalog's name, the item's id, and its value."""
