"""Which version of which cart a profile holds, or held: what keeps a version from being sent twice.

Iterable: a cart has neither an id nor data fields of its own, but its items have. The loader writes `cartId` and
`cartVersion` into each item, and reads them back from the profile and from its `updateCart` events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class CartVersion:
    """A version of a cart.

    Attributes:
        cart_id: The cart's id in its source.
        version: Grows with each change of the cart.
    """

    cart_id: str
    version: int

    def covers(self, other: CartVersion) -> bool:
        """Tell whether this is the same version of the same cart, or a newer one."""
        return self.cart_id == other.cart_id and self.version >= other.version


def mark_items(items: Sequence[Mapping[str, Any]], version: CartVersion) -> list[dict[str, Any]]:
    """Return items that carry the version they belong to."""
    marks = {"cartId": version.cart_id, "cartVersion": version.version}
    return [{**item, "dataFields": {**(item.get("dataFields") or {}), **marks}} for item in items]


def version_of_items(items: object) -> CartVersion | None:
    """Return the version that the items of a cart carry; None for any other items, and for anything else."""
    for item in items if isinstance(items, list) else []:
        fields = item.get("dataFields") if isinstance(item, dict) else None
        match fields:
            case {"cartId": str(cart_id), "cartVersion": int(version) | float(version)}:
                return CartVersion(cart_id, int(version))
    return None


def was_stored(version: CartVersion, events: object) -> bool:
    """Tell whether a profile's events show that a version of a cart, or a newer one, was stored.

    Args:
        version: The version.
        events: The events of one person as Iterable lists them; `updateCart` ones hold `updatedShoppingCartItems`.
    """
    for event in events if isinstance(events, list) else []:
        if not isinstance(event, dict) or event.get("eventName") != "updateCart":
            continue
        fields = event.get("dataFields")
        holder = fields if isinstance(fields, dict) else event
        stored = version_of_items(holder.get("updatedShoppingCartItems"))
        if stored is not None and stored.covers(version):
            return True
    return False
