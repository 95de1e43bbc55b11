"""Why an entry of the catalogue is as it is: which price, which stock and which category paths were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.categories import product_categories
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.money import Money, amount
from mapper_commercetools.offers import Offers, read_offers
from mapper_commercetools.prices import choose_price
from mapper_commercetools.source_values import nested, nested_list, text, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapper_commercetools.categories import CategoryTree
    from mapper_commercetools.markets import Market
    from mapper_commercetools.prices import ChosenPrice
    from mapper_commercetools.source_values import Record


def product_reasons(product: Record, market: Market, tree: CategoryTree | None) -> Iterator[str]:
    """Yield what the settings of a market decided about a product, one sentence each.

    Args:
        product: A record of the stream `products` or `product_offers`.
        market: The market.
        tree: The categories read before it; None if paths are not wanted.

    Raises:
        RejectRecordError: If it cannot be mapped.
    """
    current = nested(nested(product, "masterData"), "current")
    offers, place = read_offers(product), f" in market {market.key}" if market.key else ""
    for variant in (nested(current, "masterVariant"), *nested_list(current, "variants")):
        if variant:
            which = f"of variant {whole_number(variant, 'id')}{place}"
            yield f"price {which}: {_price_reason(variant, offers, market)}"
            yield from (f"stock {which}: {reason}" for reason in _stock_reasons(variant, offers, market))
    if tree is not None:
        for category in product_categories(current, tree, locale_preference(None, market.locales)):
            yield f"category{place}: {category.path or 'not among the categories that were read'}"


def _price_reason(variant: Record, offers: Offers, market: Market) -> str:
    if offers.prices_untold:
        return "standalone, and so not in the record; the tap's stream product_offers tells it"
    rule, prices = market.price, offers.prices_of(variant)
    chosen = choose_price(prices, rule, offers.place_of_prices)
    wanted = (
        f"currency {rule.currency or 'any'}, country {rule.country or 'any'}, at {rule.at.isoformat('T', 'seconds')}"
    )
    if chosen is None:
        return f"none of {len(prices)} fits {wanted}"
    fitting = [price for price in prices if choose_price([price], rule) is not None]
    source = next(price for price in fitting if choose_price([price], rule) == chosen)
    return (
        f"{_in_words(chosen)}, the most specific of {len(fitting)} that fit {wanted}, of {len(prices)} in all "
        f"({_scope(source)})"
    )


def _stock_reasons(variant: Record, offers: Offers, market: Market) -> Iterator[str]:
    figures = offers.stock_of(variant, market.supply_channels)
    if not figures:
        return
    source = "the inventory entries" if offers.inventory is not None else "the variant itself"
    channels = sum(bool(figure.channel) for figure in figures)
    where = f"{channels} supply channels" if channels else "no supply channel in particular"
    yield f"{sum(figure.available for figure in figures)}, of {where}, from {source}"


def _in_words(price: ChosenPrice) -> str:
    discounted = f", discounted {_money(price.discounted)}" if price.discounted else ""
    return f"{_money(price.value)}{discounted}"


def _money(money: Money) -> str:
    return f"{amount(money.units, money.digits):f} {money.currency}"


def _scope(price: Record) -> str:
    """Return to whom a price applies, in words."""
    parts = [f"country {country}" if (country := text(price, "country")) else "every country"]
    parts += [name for name in ("channel", "customerGroup", "validFrom", "validUntil") if price.get(name)]
    return ", ".join(parts)
