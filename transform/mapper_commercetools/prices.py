"""Choosing the price of a variant when the catalogue is mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.money import Money, read_money
from mapper_commercetools.source_values import Record, nested, text
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class PriceRule:
    """Which price of a variant counts.

    Attributes:
        currency: ISO 4217 code; None takes the currency of the best price of any currency.
        country: ISO 3166-1 alpha-2; None prefers prices without a country.
        at: The instant at which a price must be valid, the same for a whole run.
    """

    currency: str | None
    country: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ChosenPrice:
    """A price and, if a product discount is active on it, the discounted one."""

    value: Money
    discounted: Money | None


def choose_price(prices: list[Record], rule: PriceRule) -> ChosenPrice | None:
    """Choose the price a shopper of the market sees.

    Left out: prices outside `validFrom`/`validUntil`, of another currency or country, and those scoped to a customer
    group, channel or recurrence policy, which a catalogue for everybody cannot represent. Of the rest, one for the
    wanted country comes before one without a country, then one with a validity range before one without, then the
    platform's order. Without a wanted country, one without a country comes first.

    Raises:
        RejectRecordError: If the chosen price is not money.
    """
    best: Record | None = None
    best_rank = (-1, -1)
    for price in prices:
        rank = _rank(price, rule)
        if rank is not None and rank > best_rank:
            best, best_rank = price, rank
    if best is None:
        return None
    value = read_money(best.get("value"), "prices.value")
    if value is None:
        return None
    return ChosenPrice(value, read_money(nested(best, "discounted").get("value"), "prices.discounted.value"))


def _rank(price: Record, rule: PriceRule) -> tuple[int, int] | None:
    """Return how specific a price is, None if it does not count."""
    if price.get("customerGroup") or price.get("channel") or price.get("recurrencePolicy"):
        return None
    if rule.currency is not None and nested(price, "value").get("currencyCode") != rule.currency:
        return None
    country = text(price, "country")
    if rule.country is not None and country not in {None, rule.country}:
        return None
    valid_from, valid_until = read_instant(price.get("validFrom")), read_instant(price.get("validUntil"))
    if (valid_from and rule.at < valid_from) or (valid_until and rule.at >= valid_until):
        return None
    country_rank = int((country is not None) == (rule.country is not None))
    return country_rank, int(valid_from is not None or valid_until is not None)
