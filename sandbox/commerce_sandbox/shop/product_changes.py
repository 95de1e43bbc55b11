"""What happens to the catalogue, its stock and its prices while a shop runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.money import FULL_RATE, cent_money, divided_half_even, high_precision_money, share
from commerce_sandbox.shop.shop_store import ShopStore, chosen, dice_for

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document

_STEEPEST_CUT = 8000
_STEEPEST_RISE = 12_500
_LARGEST_DELIVERY = 50


def unpublish_products(store: ShopStore, count: int, seed: int) -> list[str]:
    """Take published products off sale."""
    dice = dice_for(store, "products", seed, "unpublish_products")
    products = chosen(store, dice, "products", count, _is_published)
    for product in products:
        product["masterData"]["published"] = False
        store.update("products", product)
    return [product["id"] for product in products]


def change_prices(store: ShopStore, count: int, seed: int) -> list[str]:
    """Make all prices of published products dearer or cheaper, in drafts and on sale alike."""
    dice = dice_for(store, "products", seed, "change_prices")
    products = chosen(store, dice, "products", count, _is_published)
    for product in products:
        rate = _rate(dice)
        for data in (product["masterData"]["current"], product["masterData"]["staged"]):
            for variant in (data["masterVariant"], *data["variants"]):
                variant["prices"] = [_repriced(price, rate) for price in variant.get("prices", [])]
        store.update("products", product)
    return [product["id"] for product in products]


def move_stock(store: ShopStore, count: int, seed: int) -> list[str]:
    """Sell from or fill up stock entries; no product changes by that, its variants' copy of the stock follows later."""
    dice = dice_for(store, "inventory", seed, "move_stock")
    entries = chosen(store, dice, "inventory", count, lambda _entry: True)
    for entry in entries:
        reserved = entry["quantityOnStock"] - entry["availableQuantity"]
        moved = 0
        while moved == 0:
            moved = dice.between(-entry["availableQuantity"], _LARGEST_DELIVERY)
        entry["quantityOnStock"] += moved
        entry["availableQuantity"] = entry["quantityOnStock"] - reserved
        store.update("inventory", entry)
    return [entry["id"] for entry in entries]


def change_standalone_prices(store: ShopStore, count: int, seed: int) -> list[str]:
    """Make standalone prices dearer or cheaper, some of them also active or no longer; no product changes by that."""
    dice = dice_for(store, "standalone-prices", seed, "change_standalone_prices")
    prices = chosen(store, dice, "standalone-prices", count, lambda _price: True)
    for price in prices:
        changed = _repriced(price, _rate(dice))
        if dice.chance(0.2):
            changed["active"] = not changed["active"]
        store.update("standalone-prices", changed)
    return [price["id"] for price in prices]


def _rate(dice: Dice) -> int:
    rate = FULL_RATE
    while rate == FULL_RATE:
        rate = dice.between(_STEEPEST_CUT, _STEEPEST_RISE)
    return rate


def _is_published(product: Document) -> bool:
    return bool(product["masterData"]["published"])


def _repriced(price: Document, rate: int) -> Document:
    repriced = price | {"value": _at_rate(price["value"], rate)}
    if "discounted" in price:
        repriced["discounted"] = price["discounted"] | {"value": _at_rate(price["discounted"]["value"], rate)}
    if "tiers" in price:
        repriced["tiers"] = [tier | {"value": _at_rate(tier["value"], rate)} for tier in price["tiers"]]
    return repriced


def _at_rate(money: Document, rate: int) -> Document:
    """Return Money at a rate per ten thousand of itself."""
    currency = money["currencyCode"]
    if money["type"] == "highPrecision":
        precise = divided_half_even(money["preciseAmount"] * rate, FULL_RATE)
        return high_precision_money(currency, precise, money["fractionDigits"])
    return cent_money(currency, share(money["centAmount"], rate))
