"""Choosing the price of a variant when the catalogue is mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.money import Money, read_money
from mapper_commercetools.source_values import Record, nested, text
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from datetime import datetime


Rank = tuple[bool, bool, bool, bool]
"""Whether a price is for the customer group, for the channel, fits the country as wanted, has a validity range."""


@dataclass(frozen=True, slots=True)
class PriceRule:
    """Which price of a variant counts.

    Attributes:
        currency: ISO 4217 code; None takes the currency of the best price of any currency.
        country: ISO 3166-1 alpha-2; None prefers prices without a country.
        at: The instant at which a price must be valid, the same for a whole run.
        channel: Id of the channel, or its key if references were expanded; None leaves out prices of any channel.
        customer_group: Id of the customer group, or its key likewise; None leaves out prices of any group.
    """

    currency: str | None
    country: str | None
    at: datetime
    channel: str | None = None
    customer_group: str | None = None


@dataclass(frozen=True, slots=True)
class ChosenPrice:
    """A price and, if a product discount is active on it, the discounted one."""

    value: Money
    discounted: Money | None


def choose_price(prices: list[Record], rule: PriceRule, place: str = "prices") -> ChosenPrice | None:
    """Choose the price a shopper of the market sees.

    Left out: prices outside `validFrom`/`validUntil`, of another currency, country, channel or customer group, and
    those of a recurrence policy, which are for subscriptions. Of the rest the more specific one counts: first one for
    the customer group before one for everybody, then one for the channel, then one for the country, then one with a
    validity range, then the platform's order. Without a wanted country, one without a country comes first. The
    platform documents what scopes a price but not in which order it weighs them against each other; this is the order
    of its price selection as far as it is known.

    Args:
        prices: Embedded or standalone prices of one variant; both have these members.
        rule: Which of them counts.
        place: Where they are, for reasons.

    Raises:
        RejectRecordError: If the chosen price is not money.
    """
    best: Record | None = None
    best_rank: Rank | None = None
    for price in prices:
        rank = _rank(price, rule)
        if rank is not None and (best_rank is None or rank > best_rank):
            best, best_rank = price, rank
    if best is None:
        return None
    value = read_money(best.get("value"), f"{place}.value")
    if value is None:
        return None
    return ChosenPrice(value, read_money(nested(best, "discounted").get("value"), f"{place}.discounted.value"))


def _rank(price: Record, rule: PriceRule) -> Rank | None:
    """Return how specific a price is, None if it does not count."""
    if price.get("recurrencePolicy"):
        return None
    if rule.currency is not None and nested(price, "value").get("currencyCode") != rule.currency:
        return None
    country = text(price, "country")
    if rule.country is not None and country not in {None, rule.country}:
        return None
    group, channel = price.get("customerGroup"), price.get("channel")
    if (group and not _refers_to(group, rule.customer_group)) or (channel and not _refers_to(channel, rule.channel)):
        return None
    valid_from, valid_until = read_instant(price.get("validFrom")), read_instant(price.get("validUntil"))
    if (valid_from and rule.at < valid_from) or (valid_until and rule.at >= valid_until):
        return None
    fits_country = (country is not None) == (rule.country is not None)
    return bool(group), bool(channel), fits_country, valid_from is not None or valid_until is not None


def _refers_to(reference: object, wanted: str | None) -> bool:
    """Tell whether a reference names the wanted id, or the wanted key if it was expanded."""
    if wanted is None or not isinstance(reference, dict):
        return False
    return wanted in {text(reference, "id"), text(nested(reference, "obj"), "key")}
