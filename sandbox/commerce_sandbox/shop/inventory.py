"""Stock entries by article number and warehouse, and the copy of them that variants carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.documents import fixed_reference, head
from commerce_sandbox.shop.moments import DAY, written

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document

_STOCK = Choices.of({0: 12, 5: 10, 40: 50, 400: 28})
_WAREHOUSES = ("warehouse-leipzig", "warehouse-ohio")


def stock_entries(dice: Dice, sku: str, created: int, history_end: int) -> list[Document]:
    """Return the entries of one article: always one without a warehouse, sometimes one per warehouse as well."""
    entries = [_entry(dice, sku, None, created, history_end)]
    if dice.chance(0.25):
        entries += [_entry(dice, sku, warehouse, created, history_end) for warehouse in _WAREHOUSES]
    return entries


def _entry(dice: Dice, sku: str, warehouse: str | None, created: int, history_end: int) -> Document:
    highest = dice.draw(_STOCK)
    on_stock = dice.between(1, highest) if highest else 0
    reserved = dice.between(0, min(3, on_stock)) if dice.chance(0.2) else 0
    modified = dice.late_between(created, history_end)
    entry = head(dice.identifier(), dice.between(1, 90), created, modified) | {
        "sku": sku,
        "quantityOnStock": on_stock,
        "availableQuantity": on_stock - reserved,
    }
    if warehouse is not None:
        entry["supplyChannel"] = fixed_reference("channel", warehouse)
    if on_stock == 0:
        entry["restockableInDays"] = dice.between(2, 30)
        entry["expectedDelivery"] = written(history_end + entry["restockableInDays"] * DAY)
    return entry


def availability(entries: list[Document]) -> Document:
    """Return what a variant shows of its entries: the figures without a warehouse on top, the others by channel."""
    shown: Document = {}
    channels: dict[str, Document] = {}
    for entry in entries:
        figures = {
            "isOnStock": entry["availableQuantity"] > 0,
            "availableQuantity": entry["availableQuantity"],
            "id": entry["id"],
            "version": entry["version"],
        }
        if "restockableInDays" in entry:
            figures["restockableInDays"] = entry["restockableInDays"]
        if "supplyChannel" in entry:
            channels[entry["supplyChannel"]["id"]] = figures
        else:
            shown = figures
    return shown | ({"channels": channels} if channels else {})
