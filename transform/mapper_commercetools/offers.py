"""What a product's articles cost and how many there are: from the product itself, or as told beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.source_values import Record, nested, nested_list, text, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class StockFigure:
    """Units of an article that are available at one place.

    Attributes:
        channel: Id of the supply channel and, if the reference was expanded, its key; empty for none in particular.
        available: `availableQuantity`.
    """

    channel: frozenset[str]
    available: int


@dataclass(frozen=True, slots=True)
class Offers:
    """Prices and stock of a product's variants.

    Attributes:
        standalone: Whether its prices are standalone; prices embedded in it then do not count.
        prices: SKU → standalone prices; None if the record does not tell them (stream `products`).
        inventory: SKU → inventory entries; None likewise.
    """

    standalone: bool
    prices: dict[str, list[Record]] | None
    inventory: dict[str, list[Record]] | None

    @property
    def prices_untold(self) -> bool:
        """Whether it has prices that the record does not tell."""
        return self.standalone and self.prices is None

    @property
    def place_of_prices(self) -> str:
        """Where its prices are, for reasons."""
        return "standalonePrices" if self.standalone else "prices"

    def prices_of(self, variant: Record) -> list[Record]:
        """Return the prices of a variant from which one may be chosen; inactive standalone ones are not among them."""
        if not self.standalone:
            return nested_list(variant, "prices")
        told = (self.prices or {}).get(text(variant, "sku") or "", [])
        return [price for price in told if price.get("active") is not False]

    def stock_of(self, variant: Record, supply_channels: frozenset[str]) -> list[StockFigure]:
        """Return the figures that add up to a variant's stock; none if the platform does not say.

        commercetools: an article has one inventory entry for each supply channel, and one without a channel, which
        does not add up the others and from which is taken what is ordered without a supply channel.

        Args:
            variant: The variant.
            supply_channels: Ids or keys of the channels that count. Without any, the figure without a channel does,
                else, if there is none, those of all channels.
        """
        if self.inventory is None:
            figures = _figures_of_availability(nested(variant, "availability"))
        else:
            figures = _figures_of_entries(self.inventory.get(text(variant, "sku") or "", []))
        if supply_channels:
            return [figure for figure in figures if not supply_channels.isdisjoint(figure.channel)]
        return [figure for figure in figures if not figure.channel] or figures


def read_offers(product: Record) -> Offers:
    """Read the prices and the stock of a record of the stream `products` or `product_offers`."""
    return Offers(
        standalone=product.get("priceMode") == "Standalone",
        prices=_by_sku(product, "standalonePrices"),
        inventory=_by_sku(product, "inventory"),
    )


def _by_sku(product: Record, name: str) -> dict[str, list[Record]] | None:
    if not isinstance(product.get(name), list):
        return None
    told: defaultdict[str, list[Record]] = defaultdict(list)
    for item in nested_list(product, name):
        if sku := text(item, "sku"):
            told[sku].append(item)
    return dict(told)


def _figures_of_availability(availability: Record) -> list[StockFigure]:
    channels = nested(availability, "channels")
    figures = [(frozenset[str](), availability), *((frozenset({name}), nested(channels, name)) for name in channels)]
    return list(_known(figures))


def _figures_of_entries(entries: list[Record]) -> list[StockFigure]:
    return list(_known((_channel_of(entry), entry) for entry in entries))


def _channel_of(entry: Record) -> frozenset[str]:
    channel = nested(entry, "supplyChannel")
    names = (text(channel, "id"), text(nested(channel, "obj"), "key"))
    return frozenset(name for name in names if name)


def _known(figures: Iterable[tuple[frozenset[str], Record]]) -> Iterable[StockFigure]:
    for channel, figure in figures:
        available = whole_number(figure, "availableQuantity")
        if available is not None:
            yield StockFigure(channel, available)
