"""The shop's markets: which one a record belongs to, and what it says about a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapper_commercetools.localization import closest_locale
from mapper_commercetools.prices import PriceRule
from mapper_commercetools.product_links import ProductLink, parse_product_link
from mapper_commercetools.source_values import Record, nested, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

MARKET_FACTS = {
    "store": "Store key",
    "market": "Key of the market, as the setting markets names it",
    "currency": "Currency of the market, ISO 4217",
    "language": "The one of the market's locales that fits best",
    "channel": "Channel of the market's prices",
}
"""What a market says about a record: name → description."""

_DEFAULT_LOCALES = ("en",)
_LONGEST_COLLECTION_NAME = 255
# Not locales: it has a default, so that it does not tell whether anybody described a market there.
_TOP_LEVEL = ("currency", "country", "product_url")


@dataclass(frozen=True, slots=True)
class Market:
    """A market: who belongs to it, and what its shoppers see.

    Attributes:
        key: Its name in every record; None for what the settings at the top level describe.
        stores: Keys of its stores, in the order of the setting.
        countries: Countries whose records belong to it if they name none of any market's stores.
        locales: Languages of its texts, best first.
        price: Which price its shoppers see.
        product_link: Addresses of its product pages.
        supply_channels: Ids or keys of the supply channels whose stock its shoppers can buy; empty if it names none.
    """

    key: str | None
    stores: tuple[str, ...]
    countries: frozenset[str]
    locales: tuple[str, ...]
    price: PriceRule
    product_link: ProductLink | None
    supply_channels: frozenset[str]

    def facts(self, stores: Iterable[str], locale: str | None) -> dict[str, str | None]:
        """Return what it says about a person, an order or a cart: the members of `MARKET_FACTS`, unknown ones as None.

        Args:
            stores: Keys of the record's stores; of several the one that the setting names first counts.
            locale: The record's own locale.
        """
        known = list(stores)
        own = next((store for store in self.stores if store in known), None)
        return {
            "store": own or next(iter(known), None),
            "market": self.key,
            "currency": self.price.currency,
            "language": closest_locale(locale, self.locales),
            "channel": self.price.channel,
        }

    def catalog_facts(self) -> dict[str, str | None]:
        """Return what it says about a catalogue entry: a store only if it has just one, and the price's scope."""
        return self.facts(self.stores if len(self.stores) == 1 else (), None)


@dataclass(frozen=True, slots=True)
class Markets:
    """The shop's markets.

    Attributes:
        named: Those of the setting `markets`, in its order; none if the shop does not use it.
        default: The market of records that belong to no other.
    """

    named: tuple[Market, ...]
    default: Market

    def of(self, stores: Iterable[str], countries: Iterable[str | None], currency: str | None = None) -> Market:
        """Return the market of a record: by store, else by the first country that has one, else by currency.

        Where several markets fit, the first in the order of the setting counts, whatever the record's own order.
        """
        if not self.named:
            return self.default
        of_record = frozenset(stores)
        for market in self.named:
            if not of_record.isdisjoint(market.stores):
                return market
        for country in countries:
            for market in self.named:
                if country in market.countries:
                    return market
        if currency is not None:
            for market in self.named:
                if market.price.currency == currency:
                    return market
        return self.default

    def of_purchase(self, record: Record) -> Market:
        """Return the market of an order or a cart: by its store, its country, its shipping address, its currency."""
        if not self.named:
            return self.default
        store = text(nested(record, "store"), "key")
        countries = (text(record, "country"), text(nested(record, "shippingAddress"), "country"))
        currency = text(nested(record, "totalPrice"), "currencyCode")
        return self.of((store,) if store else (), countries, currency)

    def of_catalogues(self, *, per_market: bool) -> tuple[Market, ...]:
        """Return the markets that have a catalogue: all, or the first for everybody; without markets the one there is.

        Args:
            per_market: Whether each market has a catalogue of its own.
        """
        return (self.named if per_market else self.named[:1]) or (self.default,)


def compile_markets(config: Mapping[str, Any], path: str, at: datetime) -> Markets:
    """Compile `markets` and the settings at the top level that describe a market.

    What a market leaves out is taken from the setting of the same name at the top level.

    Args:
        config: All settings, checked against their schema.
        path: What comes before a setting's name in error texts.
        at: The instant at which prices must be valid.

    Raises:
        ValueError: If a market is wrong; the text names its path.
    """
    top_level = _market(config, path, PriceRule(None, None, at))
    sections: list[dict[str, Any]] = config.get("markets") or []
    named = tuple(
        _market(section, f"{path}markets.{index}.", top_level.price, top_level)
        for index, section in enumerate(sections)
    )
    _check_keys(named, path)
    _check_stores(named, path)
    if not named:
        return Markets((), top_level)
    defaults = [index for index, section in enumerate(sections) if section.get("default")]
    if len(defaults) > 1:
        message = f"{path}markets.{defaults[1]}.default: markets.{defaults[0]} is the default already; keep one of them"
        raise ValueError(message)
    if defaults:
        return Markets(named, named[defaults[0]])
    if any(config.get(name) for name in _TOP_LEVEL):
        return Markets(named, top_level)
    if len(named) == 1:
        return Markets(named, named[0])
    message = (
        f"{path}markets: none is the default; set `default: true` for the market of records that belong to no other, "
        f"or describe it at the top level ({', '.join(_TOP_LEVEL)})"
    )
    raise ValueError(message)


def check_catalog_names(markets: Markets, catalog_name: str, path: str) -> None:
    """Check that the name of each market's catalogue is not too long.

    Dotdigital's, `catalog_<name>_<key>`, are the longer ones. Both services allow 255 characters.

    Raises:
        ValueError: If one is, or if there are no markets; the text names the setting's path.
    """
    if not markets.named:
        message = f"{path}catalog.per_market: there are no markets; list them in the setting markets"
        raise ValueError(message)
    for index, market in enumerate(markets.named):
        if len(f"catalog_{catalog_name}_{market.key}") > _LONGEST_COLLECTION_NAME:
            message = (
                f"{path}markets.{index}.key: too long after catalog.name; the name of a catalogue has 255 characters"
            )
            raise ValueError(message)


def _market(section: Mapping[str, Any], place: str, price: PriceRule, top_level: Market | None = None) -> Market:
    locales = section.get("locales") or (top_level.locales if top_level else _DEFAULT_LOCALES)
    link = _product_link(section.get("product_url"), place)
    return Market(
        key=section.get("key"),
        stores=tuple(section.get("stores") or ()),
        countries=frozenset(section.get("countries") or ()),
        locales=tuple(locales),
        price=replace(
            price,
            currency=section.get("currency") or price.currency,
            country=section.get("country") or price.country,
            channel=section.get("channel"),
            customer_group=section.get("customer_group"),
        ),
        product_link=link or (top_level.product_link if top_level else None),
        supply_channels=frozenset(section.get("supply_channels") or ()),
    )


def _product_link(template: str | None, place: str) -> ProductLink | None:
    if not template:
        return None
    try:
        return parse_product_link(template)
    except ValueError as error:
        message = f"{place}product_url: {error}"
        raise ValueError(message) from error


def _check_keys(markets: tuple[Market, ...], path: str) -> None:
    seen: dict[str, int] = {}
    for index, market in enumerate(markets):
        # Iterable: names of catalogs are unique regardless of case.
        key = str(market.key).lower()
        if key in seen:
            message = (
                f"{path}markets.{index}.key: markets.{seen[key]} has this key already "
                "(capitals make no difference); choose another"
            )
            raise ValueError(message)
        seen[key] = index


def _check_stores(markets: tuple[Market, ...], path: str) -> None:
    owner: dict[str, int] = {}
    for index, market in enumerate(markets):
        for number, store in enumerate(market.stores):
            if store in owner:
                message = (
                    f"{path}markets.{index}.stores.{number}: markets.{owner[store]} has this store already; "
                    "a store belongs to one market"
                )
                raise ValueError(message)
            owner[store] = index
