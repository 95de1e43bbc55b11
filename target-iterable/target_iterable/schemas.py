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

USER: JsonSchema = {
    "type": "object",
    "properties": {**_PERSON, "consentFields": {"type": ["array", "null"], "items": {"type": "string"}}},
    "additionalProperties": False,
}
"""An element of `users` in `POST /api/users/bulkUpdate`, and beside it which of its data fields say a consent."""

DELETED_USER: JsonSchema = {
    "type": "object",
    "properties": {
        "email": {"type": ["string", "null"]},
        "userId": {"type": ["string", "null"]},
        "action": {"enum": ["unsubscribe", "delete", "forget", None]},
    },
    "additionalProperties": False,
}
"""Who is gone, and what is to be done: `delete` if it does not say."""

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

_BUYER: JsonSchema = {
    "type": "object",
    "properties": {**_PERSON, "createNewFields": {"type": "boolean"}},
    "additionalProperties": False,
}

PURCHASE: JsonSchema = {
    "type": "object",
    "required": ["user", "items", "total"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 512},
        "createdAt": {"type": "integer", "minimum": 0},
        "user": _BUYER,
        "items": {"type": "array", "items": _PURCHASED_ITEM},
        "total": {"type": "number"},
        "campaignId": {"type": "integer"},
        "templateId": {"type": "integer"},
        "dataFields": _DATA_FIELDS,
    },
    "additionalProperties": False,
}
"""The body of `POST /api/commerce/trackPurchase`."""

CART: JsonSchema = {
    "type": "object",
    "required": ["user", "items"],
    "properties": {
        "cartId": {"type": ["string", "null"], "minLength": 1},
        "cartVersion": {"type": ["integer", "null"], "minimum": 0},
        "createdAt": {"type": ["integer", "null"], "minimum": 0},
        "user": _BUYER,
        "items": {"type": "array", "items": _PURCHASED_ITEM},
    },
    "additionalProperties": False,
}
"""The body of `POST /api/commerce/updateCart`, and beside it which version of which cart it is."""

EVENT: JsonSchema = {
    "type": "object",
    "required": ["eventName"],
    "properties": {
        "email": {"type": ["string", "null"]},
        "userId": {"type": ["string", "null"]},
        "eventName": {"type": "string", "minLength": 1},
        "id": {"type": ["string", "null"]},
        "createdAt": {"type": ["integer", "null"], "minimum": 0},
        "dataFields": {"type": ["object", "null"]},
        "campaignId": {"type": ["integer", "null"]},
        "templateId": {"type": ["integer", "null"]},
        "createNewFields": {"type": ["boolean", "null"]},
    },
    "additionalProperties": False,
}
"""An element of `events` in `POST /api/events/trackBulk`."""

CATALOG_NAME = r"^[A-Za-z0-9-]{1,255}$"

CATALOG_ITEM: JsonSchema = {
    "type": "object",
    "required": ["catalogName", "itemId", "value"],
    "properties": {
        "catalogName": {"type": "string", "pattern": CATALOG_NAME},
        "itemId": {"type": "string", "pattern": CATALOG_NAME},
        "value": {"type": ["object", "null"], "propertyNames": {"pattern": r"^[^.]+$"}},
    },
    "additionalProperties": False,
}
"""An item as `GET /api/catalogs/{name}/items/{id}` shows it: the catalog's name, the item's id, and its value.

A `value` of null stands for an item that is no more."""

_EITHER_NAME: JsonSchema = {"type": ["integer", "string"], "minLength": 1, "maxLength": 255, "maximum": 10**18}

SUBSCRIPTION: JsonSchema = {
    "type": "object",
    "required": ["subscriptionGroup", "subscriptionGroupId", "action"],
    "properties": {
        "email": {"type": ["string", "null"]},
        "userId": {"type": ["string", "null"]},
        "preferUserId": {"type": ["boolean", "null"]},
        "subscriptionGroup": {"enum": ["messageChannel", "messageType", "emailList"]},
        "subscriptionGroupId": _EITHER_NAME,
        "action": {"enum": ["subscribe", "unsubscribe"]},
        "resubscribe": {"enum": ["never", "newer", "always", None]},
        "consentedAt": {"type": ["integer", "null"], "minimum": 0},
    },
    "additionalProperties": False,
}
"""The path and query of `PUT /api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}`, with one person and a rule.

The rule `resubscribe` says whether somebody who has opted out is subscribed again; absent stands for never."""

LIST_MEMBERSHIP: JsonSchema = {
    "type": "object",
    "required": ["list"],
    "properties": {
        **_PERSON,
        "list": _EITHER_NAME,
        "action": {"enum": ["add", "remove"]},
    },
    "additionalProperties": False,
}
"""A subscriber of `POST /api/lists/subscribe` or `unsubscribe`, and the list."""
