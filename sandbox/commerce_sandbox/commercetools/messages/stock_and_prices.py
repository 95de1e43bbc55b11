"""What messages say of stock and of standalone prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.messages.change import Payload, Update, present, when_changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.commercetools.store import Document

_FIGURES = ("quantityOnStock", "availableQuantity")


def article(entry: Document) -> Document:
    """Return the members that say which stock entry it is."""
    return present(sku=entry.get("sku"), supplyChannel=entry.get("supplyChannel"))


def inventory_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed stock entry."""
    if any(update.changed(name) for name in _FIGURES):
        (old_stock, old_available), (new_stock, new_available) = (
            tuple(entry.get(name, 0) for name in _FIGURES) for entry in (update.before, update.after)
        )
        figures = {
            "oldQuantityOnStock": old_stock,
            "newQuantityOnStock": new_stock,
            "oldAvailableQuantity": old_available,
            "newAvailableQuantity": new_available,
        }
        yield {"type": "InventoryEntryQuantitySet", **figures, **article(update.after)}
        if old_available > 0 >= new_available:
            yield {"type": "InventoryEntryOutOfStock", **article(update.after)}


def standalone_price_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed standalone price."""
    yield from when_changed(
        update,
        "value",
        lambda new, old: {"type": "StandalonePriceValueChanged", "value": new, "staged": False, "oldValue": old},
    )
    yield from when_changed(
        update, "discounted", lambda new, _old: {"type": "StandalonePriceDiscountSet", **present(discounted=new)}
    )
    yield from when_changed(
        update, "active", lambda new, old: {"type": "StandalonePriceActiveChanged", "active": new, "oldActive": old}
    )
