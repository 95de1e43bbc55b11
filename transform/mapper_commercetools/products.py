"""What is common to products in both destinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.categories import CategoryTree, ProductCategory, product_categories
from mapper_commercetools.localization import LocalizedText, locale_preference, localized, localized_text
from mapper_commercetools.offers import Offers, read_offers
from mapper_commercetools.outcomes import SkipRecordError
from mapper_commercetools.prices import ChosenPrice, choose_price
from mapper_commercetools.source_values import Record, nested, nested_list, required_id, text, whole_number
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.markets import Market


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One variant of a product.

    Attributes:
        id: Its number, unique within the product only.
        sku: Stock keeping unit.
        price: The price in the market; None if there is none, or if it is not told.
        stock: Units available in the market; None if the platform does not say.
        image_url: First image.
        attributes: Attribute name → value, the product's own included.
    """

    id: int | None
    sku: str | None
    price: ChosenPrice | None
    stock: int | None
    image_url: str | None
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """A product as the shoppers of a market see it (`masterData.current`).

    Attributes:
        market: The market.
        id: The platform's UUID.
        key: The shop's own key.
        published: Whether shoppers see it.
        name: In the market's language if there is one.
        description: Likewise.
        slug: Likewise, with its locale.
        categories: Its categories.
        created_at: When it was made.
        updated_at: `lastModifiedAt`.
        prices_untold: Whether its prices are standalone and the record does not tell them.
        variants: The master variant first; empty in projects whose variants are resources of their own.
    """

    market: Market
    id: str
    key: str | None
    published: bool
    name: str | None
    description: str | None
    slug: LocalizedText | None
    categories: tuple[ProductCategory, ...]
    created_at: datetime | None
    updated_at: datetime | None
    prices_untold: bool
    variants: list[VariantFacts]


def read_product(product: Record, market: Market, tree: CategoryTree | None) -> ProductFacts:
    """Read a record of the stream `products` or `product_offers` as shoppers of a market see it.

    Args:
        product: The record.
        market: The market.
        tree: The categories read before it; None if paths are not wanted.

    Raises:
        RejectRecordError: If it has no id, a price is malformed, or paths are wanted and no category was read.
        SkipRecordError: If it was never published: then it has no current data.
    """
    identifier, catalogue_data = required_id(product), nested(product, "masterData")
    current, published = nested(catalogue_data, "current"), catalogue_data.get("published") is True
    if not current:
        message = "masterData.current: the product was never published"
        raise SkipRecordError(message)
    shared, offers = _attributes(current), read_offers(product)
    locales = locale_preference(None, market.locales)
    variants = [nested(current, "masterVariant"), *nested_list(current, "variants")]
    return ProductFacts(
        market=market,
        id=identifier,
        key=text(product, "key"),
        published=published,
        name=localized_text(current.get("name"), locales),
        description=localized_text(current.get("description"), locales),
        slug=localized(current.get("slug"), locales),
        categories=product_categories(current, tree, locales),
        created_at=read_instant(product.get("createdAt")),
        updated_at=read_instant(product.get("lastModifiedAt")),
        prices_untold=offers.prices_untold,
        variants=[_variant(variant, shared, offers, market) for variant in variants if variant],
    )


def _variant(variant: Record, shared: dict[str, Any], offers: Offers, market: Market) -> VariantFacts:
    images = nested_list(variant, "images")
    stock = offers.stock_of(variant, market.supply_channels)
    return VariantFacts(
        id=whole_number(variant, "id"),
        sku=text(variant, "sku"),
        price=choose_price(offers.prices_of(variant), market.price, offers.place_of_prices),
        stock=sum(figure.available for figure in stock) if stock else None,
        image_url=text(images[0], "url") if images else None,
        attributes={**shared, **_attributes(variant)},
    )


def _attributes(owner: Record) -> dict[str, Any]:
    return {
        name: attribute.get("value")
        for attribute in nested_list(owner, "attributes")
        if (name := text(attribute, "name"))
    }
