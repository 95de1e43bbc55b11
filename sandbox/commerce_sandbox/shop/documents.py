"""The small shapes that most resources are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.moments import written

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document


def reference(type_id: str, identifier: str) -> Document:
    """Return a Reference: by id."""
    return {"typeId": type_id, "id": identifier}


def fixed_reference(type_id: str, key: str) -> Document:
    """Return a Reference to a resource that every generated shop has."""
    return reference(type_id, fixed_identifier(type_id, key))


def store_reference(key: str) -> Document:
    """Return a KeyReference to a store: stores are referred to by key, never by id."""
    return {"typeId": "store", "key": key}


def head(identifier: str, version: int, created: int, modified: int) -> Document:
    """Return the members that every resource begins with; moments in milliseconds since the epoch."""
    return {
        "id": identifier,
        "version": version,
        "createdAt": written(created),
        "lastModifiedAt": written(modified),
    }
