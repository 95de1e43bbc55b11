"""Groups of attributes and of discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_ATTRIBUTE_GROUPS = {
    "fit-and-size": ("Fit and size", ("size", "fit")),
    "looks": ("Looks", ("color", "tags")),
    "origin": ("Origin", ("vegan", "madeOn", "supplier")),
}
_DISCOUNT_GROUPS = {"best-deal": ("Best deal only", "0.3", True), "loyalty": ("Loyalty", "0.7", False)}


def attribute_groups(past: Past) -> list[Document]:
    """Return the groups in which attributes are shown together."""
    return [
        past.head() | {"key": key, "name": {"en": name}, "attributes": [{"key": attribute} for attribute in attributes]}
        for key, (name, attributes) in _ATTRIBUTE_GROUPS.items()
    ]


def discount_groups(past: Past) -> list[Document]:
    """Return the groups of which only the best discount counts."""
    return [
        past.head() | {"key": key, "name": {"en": name}, "sortOrder": order, "isActive": active}
        for key, (name, order, active) in _DISCOUNT_GROUPS.items()
    ]
