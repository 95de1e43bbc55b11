"""What is common to products in both destinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.localization import LocalizedText, locale_preference, localized, localized_text
from mapper_commercetools.outcomes import SkipRecordError
from mapper_commercetools.prices import ChosenPrice, PriceRule, choose_price
from mapper_commercetools.source_values import (
    Record,
    nested,
    nested_list,
    reference_ids,
    required_id,
    text,
    whole_number,
)
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
        price: The price in the market; None if there is none, or if prices are standalone and so not in products.
        stock: Units available; None if the platform does not say.
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
        category_ids: UUIDs of its categories.
        category_names: UUID → name, as far as the references were expanded.
        created_at: When it was made.
        updated_at: `lastModifiedAt`.
        has_standalone_prices: Whether its prices are standalone; prices embedded in it then do not count.
        variants: The master variant first; empty in projects whose variants are resources of their own.
    """

    market: Market
    id: str
    key: str | None
    published: bool
    name: str | None
    description: str | None
    slug: LocalizedText | None
    category_ids: list[str]
    category_names: dict[str, str]
    created_at: datetime | None
    updated_at: datetime | None
    has_standalone_prices: bool
    variants: list[VariantFacts]


def read_product(product: Record, market: Market) -> ProductFacts:
    """Read a record of the stream `products` as shoppers of a market see it.

    Raises:
        RejectRecordError: If it has no id, or a price is malformed.
        SkipRecordError: If it was never published: then it has no current data.
    """
    identifier, catalogue_data = required_id(product), nested(product, "masterData")
    current, published = nested(catalogue_data, "current"), catalogue_data.get("published") is True
    if not current:
        message = "masterData.current: the product was never published"
        raise SkipRecordError(message)
    shared, standalone = _attributes(current), product.get("priceMode") == "Standalone"
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
        category_ids=reference_ids(current, "categories"),
        category_names=_category_names(current, locales),
        created_at=read_instant(product.get("createdAt")),
        updated_at=read_instant(product.get("lastModifiedAt")),
        has_standalone_prices=standalone,
        variants=[_variant(variant, shared, None if standalone else market.price) for variant in variants if variant],
    )


def _variant(variant: Record, shared: dict[str, Any], rule: PriceRule | None) -> VariantFacts:
    images = nested_list(variant, "images")
    return VariantFacts(
        id=whole_number(variant, "id"),
        sku=text(variant, "sku"),
        price=choose_price(nested_list(variant, "prices"), rule) if rule else None,
        stock=_stock(nested(variant, "availability")),
        image_url=text(images[0], "url") if images else None,
        attributes={**shared, **_attributes(variant)},
    )


def _stock(availability: Record) -> int | None:
    """Return the channel-less figure, which does not add up the channels; without one, the sum of the channels."""
    stock = whole_number(availability, "availableQuantity")
    if stock is not None:
        return stock
    channels = nested(availability, "channels")
    quantities = [whole_number(nested(channels, channel), "availableQuantity") for channel in channels]
    known = [quantity for quantity in quantities if quantity is not None]
    return sum(known) if known else None


def _attributes(owner: Record) -> dict[str, Any]:
    return {
        name: attribute.get("value")
        for attribute in nested_list(owner, "attributes")
        if (name := text(attribute, "name"))
    }


def _category_names(current: Record, locales: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for category in nested_list(current, "categories"):
        identifier, name = text(category, "id"), localized_text(nested(category, "obj").get("name"), locales)
        if identifier and name:
            names[identifier] = name
    return names
