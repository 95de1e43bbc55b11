"""Attribute values of variants, at least one of every attribute type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import fixed_reference
from commerce_sandbox.shop.moments import DAY, written, written_date
from commerce_sandbox.shop.money import cent_money
from commerce_sandbox.shop.product_words import AUTHORS, CARE, ProductKind
from commerce_sandbox.shop.type_definitions import COLOURS, FITS, TAGS

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document


def attributes(dice: Dice, kind: ProductKind, variant: int, history_end: int) -> list[Document]:
    """Return the ``attributes`` of a variant, as its product type defines them."""
    if kind.product_type == "book":
        return _named(
            {
                "author": dice.pick(AUTHORS),
                "pages": dice.between(80, 640),
                "madeOn": written_date(history_end - dice.between(30, 900) * DAY),
            }
        )
    colour = dice.pick(tuple(COLOURS))
    values: Document = {"color": {"key": colour, "label": COLOURS[colour]}}
    if kind.sizes:
        values["size"] = kind.sizes[(variant - 1) % len(kind.sizes)]
    if dice.chance(0.6):
        values["tags"] = [{"key": key, "label": TAGS[key]} for key in dice.sample(tuple(TAGS), 2)]
    if kind.product_type == "equipment":
        return _named(values | _equipment(dice, history_end))
    fit = dice.pick(tuple(FITS))
    values |= {"fit": {"key": fit, "label": FITS[fit]}, "vegan": dice.chance(0.5), "care": CARE}
    if kind.product_type == "footwear":
        values["weightGrams"] = dice.between(180, 900)
    elif dice.chance(0.3):
        values["availableFrom"] = written(history_end - dice.between(-30, 300) * DAY)
    return _named(values)


def _equipment(dice: Dice, history_end: int) -> Document:
    values: Document = {
        "weightGrams": dice.between(50, 60_000) / 10,
        "supplier": fixed_reference("channel", "warehouse-leipzig"),
        "madeOn": written_date(history_end - dice.between(30, 900) * DAY),
    }
    if dice.chance(0.3):
        values["dimensions"] = _named({"widthMm": dice.between(100, 900), "heightMm": dice.between(100, 2000)})
    if dice.chance(0.2):
        values["depositValue"] = cent_money("EUR", 2500)
    return values


def _named(values: Document) -> list[Document]:
    return [{"name": name, "value": value} for name, value in values.items()]
