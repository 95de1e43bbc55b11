"""Shelf prices of a variant, and the choice of the one a shopper pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.discounts import PRODUCT_DISCOUNTS
from commerce_sandbox.shop.documents import fixed_reference
from commerce_sandbox.shop.moments import DAY, read, written
from commerce_sandbox.shop.money import cent_money, converted, high_precision_money, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document

_FOREIGN = ("GBP", "USD", "JPY")
_YEAR = 365 * DAY
_WINDOWS = ((-2 * _YEAR, -_YEAR), (-30 * DAY, 30 * DAY), (30 * DAY, 60 * DAY))


def shelf_prices(dice: Dice, euro_cents: int, history_end: int, *, everywhere: bool) -> list[Document]:
    """Return the embedded prices of one variant.

    Always a euro price without country, nearly always pounds, dollars and yen; sometimes prices for one country, a
    customer group, a channel, a quantity or a time, and reduced ones.

    Args:
        dice: Where chance comes from.
        euro_cents: The usual shelf price.
        history_end: The present, around which timed prices lie, in milliseconds since the epoch.
        everywhere: Whether a price in every currency is a must.
    """
    discount = dice.pick(tuple(PRODUCT_DISCOUNTS)) if dice.chance(0.2) else None
    prices = [_price(dice, "EUR", euro_cents, discount=discount)]
    if dice.chance(0.5):
        prices.append(_price(dice, "EUR", euro_cents - 100, country="DE", discount=discount))
    if dice.chance(0.15):
        prices.append(_price(dice, "EUR", euro_cents + 200, country="AT"))
    sold_in = [currency for currency in _FOREIGN if everywhere or not dice.chance(0.04)]
    prices += [_price(dice, currency, converted(euro_cents, currency), discount=discount) for currency in sold_in]
    if dice.chance(0.2):
        prices.append(_group_price(dice, euro_cents))
    if dice.chance(0.1):
        prices.append(_channel_price(dice, euro_cents))
    if dice.chance(0.15):
        prices.append(_timed_price(dice, euro_cents, history_end))
    if dice.chance(0.1):
        prices[0]["tiers"] = [
            {"minimumQuantity": 10, "value": cent_money("EUR", share(euro_cents, 9000))},
            {"minimumQuantity": 50, "value": cent_money("EUR", share(euro_cents, 8000))},
        ]
    return prices


def piece_prices(dice: Dice, euro_cents: int) -> list[Document]:
    """Return prices of a part sold by the hundred: fractions of a cent a piece."""
    prices: list[Document] = [
        {"id": dice.identifier(), "value": high_precision_money("EUR", euro_cents + 25, 4)},
        {"id": dice.identifier(), "value": high_precision_money("USD", converted(euro_cents, "USD") * 10 + 5, 5)},
        {"id": dice.identifier(), "value": high_precision_money("JPY", converted(euro_cents, "JPY") + 1, 2)},
        _price(dice, "GBP", 1),
    ]
    return prices


def _price(
    dice: Dice, currency: str, amount: int, *, country: str | None = None, discount: str | None = None
) -> Document:
    price: Document = {"id": dice.identifier(), "value": cent_money(currency, amount)}
    if country is not None:
        price["country"] = country
    if discount is not None:
        price["discounted"] = {
            "value": cent_money(currency, share(amount, 10_000 - PRODUCT_DISCOUNTS[discount])),
            "discount": fixed_reference("product-discount", discount),
        }
    return price


def _group_price(dice: Dice, euro_cents: int) -> Document:
    price = _price(dice, "EUR", share(euro_cents, 7500))
    price["customerGroup"] = fixed_reference("customer-group", "wholesale")
    return price


def _channel_price(dice: Dice, euro_cents: int) -> Document:
    price = _price(dice, "EUR", share(euro_cents, 6000))
    price["channel"] = fixed_reference("channel", "outlet")
    return price


def _timed_price(dice: Dice, euro_cents: int, history_end: int) -> Document:
    start, end = dice.pick(_WINDOWS)
    price = _price(dice, "EUR", share(euro_cents, 9000), country="DE")
    price["validFrom"] = written(history_end + start)
    price["validUntil"] = written(history_end + end)
    return price


def paid_price(prices: Iterable[Document], currency: str, country: str, moment: int | None) -> Document | None:
    """Return the price an ordinary shopper gets, None when the variant is not sold for this currency.

    Prices of customer groups and channels are left aside; a price for the country goes before one without, a price
    for a time before one without.

    Args:
        prices: Embedded prices of a variant.
        currency: ISO 4217.
        country: ISO 3166-1 alpha-2.
        moment: When it is bought; None leaves all prices with a validity window aside.
    """
    best: tuple[bool, bool, Document] | None = None
    for price in prices:
        if price["value"]["currencyCode"] != currency or "customerGroup" in price or "channel" in price:
            continue
        if price.get("country", country) != country or not _valid(price, moment):
            continue
        rank = ("country" in price, "validFrom" in price or "validUntil" in price)
        if best is None or rank > best[:2]:
            best = (*rank, price)
    return best[2] if best else None


def _valid(price: Document, moment: int | None) -> bool:
    if "validFrom" not in price and "validUntil" not in price:
        return True
    if moment is None:
        return False
    if "validFrom" in price and read(price["validFrom"]) > moment:
        return False
    return "validUntil" not in price or moment < read(price["validUntil"])
