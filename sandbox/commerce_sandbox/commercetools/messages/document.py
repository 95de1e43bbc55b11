"""A message as the platform shows it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.resource_types import RESOURCE_TYPES
from commerce_sandbox.shop.dice import uuid_text

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.messages.change import Payload
    from commerce_sandbox.commercetools.store import Document

_IDENTIFIERS = ("key", "externalId", "orderNumber", "customerNumber", "sku")
_BASE = ("id", "version", "createdAt", "lastModifiedAt", "sequenceNumber", "resource", "resourceVersion", "type")

ResourceKey = tuple[str, str]
"""A path and an id."""


def message_id(resource: ResourceKey, number: int) -> str:
    """Return the id of the message with a sequence number about a resource."""
    path, identifier = resource
    digest = hashlib.sha256(f"message/{path}/{identifier}/{number}".encode()).digest()
    return uuid_text(int.from_bytes(digest[:16], "big"))


def message(path: str, resource: Document, payload: Payload, number: int, moment: str) -> Document:
    """Return a message.

    Args:
        path: Where the resource is.
        resource: The resource as it is after the change, or as it was before it was deleted.
        payload: What is particular to the message.
        number: The message's place among those about this resource, from 1.
        moment: When it happened, as a timestamp.
    """
    document: Document = {
        "id": message_id((path, resource["id"]), number),
        "version": 1,
        "createdAt": moment,
        "lastModifiedAt": moment,
        "sequenceNumber": number,
        "resource": {"typeId": RESOURCE_TYPES[path].type_id, "id": resource["id"]},
        "resourceVersion": resource["version"],
    }
    identifiers = _user_provided(resource)
    if identifiers:
        document["resourceUserProvidedIdentifiers"] = identifiers
    if "lastModifiedBy" in resource:
        document |= {"createdBy": resource["lastModifiedBy"], "lastModifiedBy": resource["lastModifiedBy"]}
    return document | payload


def without_content(document: Document) -> Document:
    """Return what is left of a message once its resource's personal data are erased: that it happened, and when."""
    return {name: document[name] for name in _BASE}


def _user_provided(resource: Document) -> Document:
    identifiers: Document = {name: resource[name] for name in _IDENTIFIERS if name in resource}
    slug = resource.get("slug") or resource.get("masterData", {}).get("current", {}).get("slug")
    return identifiers | ({"slug": slug} if isinstance(slug, dict) else {})
