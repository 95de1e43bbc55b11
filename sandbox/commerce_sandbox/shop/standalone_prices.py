"""Prices that stand on their own, tied to an article by its SKU only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import fixed_reference
from commerce_sandbox.shop.moments import DAY, written
from commerce_sandbox.shop.money import cent_money, converted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_COUNTRIES = {"EUR": "DE", "GBP": "GB", "USD": "US", "JPY": "JP"}


def standalone_prices(past: Past, products: Sequence[Document]) -> list[Document]:
    """Return prices for the first variant of every third product, in one or two currencies."""
    dice = past.dice
    prices = []
    for product in products[::3]:
        sku = product["masterData"]["current"]["masterVariant"]["sku"]
        euro_cents = dice.between(5, 300) * 100 - 10
        prices += [
            _price(past, sku, currency, converted(euro_cents, currency))
            for currency in dice.sample(tuple(_COUNTRIES), dice.between(1, 2))
        ]
    return prices


def _price(past: Past, sku: str, currency: str, amount: int) -> Document:
    dice = past.dice
    price = past.head() | {
        "key": f"{sku.lower()}-{currency.lower()}",
        "sku": sku,
        "value": cent_money(currency, amount),
        "active": not dice.chance(0.1),
    }
    if dice.chance(0.4):
        price["country"] = _COUNTRIES[currency]
    if dice.chance(0.15):
        price["customerGroup"] = fixed_reference("customer-group", "wholesale")
    if dice.chance(0.15):
        price["channel"] = fixed_reference("channel", "outlet")
    if dice.chance(0.2):
        price["validFrom"] = written(past.end + dice.between(-40, 10) * DAY)
        price["validUntil"] = written(past.end + dice.between(11, 60) * DAY)
    return price | _extras(dice, currency, amount)


def _extras(dice: Dice, currency: str, amount: int) -> Document:
    extras: Document = {}
    if dice.chance(0.2):
        extras["tiers"] = [{"minimumQuantity": 10, "value": cent_money(currency, amount * 9 // 10)}]
    elif dice.chance(0.2):
        extras["discounted"] = {
            "value": cent_money(currency, amount * 8 // 10),
            "discount": fixed_reference("product-discount", "clearance"),
        }
    if dice.chance(0.15):
        extras["staged"] = {"value": cent_money(currency, amount * 11 // 10)}
    return extras
