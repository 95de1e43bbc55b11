"""Custom objects: what the shop keeps in the platform for itself, in two containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_BRANCHES = ("Köln", "Wien", "Besançon", "Edinburgh", "San José", "大阪市")
_BADGES: tuple[Any, ...] = ("first order", 42, True, ["gold", "silver"], {"points": 100, "label": {"en": "Hiker"}}, 0.5)


def custom_objects(past: Past) -> list[Document]:
    """Return opening hours by branch, and badges whose values are of every JSON type."""
    branches = [
        past.head() | {"container": "branches", "key": f"branch-{place + 1}", "value": {"city": city, "opens": "09:00"}}
        for place, city in enumerate(_BRANCHES)
    ]
    badges = [
        past.head() | {"container": "loyalty-badges", "key": f"badge-{place + 1}", "value": value}
        for place, value in enumerate(_BADGES)
    ]
    return branches + badges
