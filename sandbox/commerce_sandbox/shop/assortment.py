"""What can be bought in each country, at which price."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.markets import MARKETS
from commerce_sandbox.shop.prices import paid_price
from commerce_sandbox.shop.taxes_and_shipping import TAX_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from commerce_sandbox.shop.model import Document

_TAX_CATEGORY_KEYS = {fixed_identifier("tax-category", key): key for key in TAX_CATEGORIES}


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant with the price that holds in one country.

    Attributes:
        product: The line item members that come from the product: id, key, name, slug, type.
        variant: The variant as lines copy it.
        price: The price as lines copy it.
        tax_category: Key of the tax category.
    """

    product: Document
    variant: Document
    price: Document
    tax_category: str

    @property
    def by_the_piece(self) -> bool:
        """Whether one piece costs a fraction of the smallest coin."""
        return bool(self.price["value"]["type"] == "highPrecision")

    def value_for(self, quantity: int) -> Document:
        """Return the Money one piece costs when so many are bought: reduced, else by quantity, else the shelf price."""
        if "discounted" in self.price:
            reduced: Document = self.price["discounted"]["value"]
            return reduced
        value: Document = self.price["value"]
        for tier in self.price.get("tiers", ()):
            if quantity >= tier["minimumQuantity"]:
                value = tier["value"]
        return value


@dataclass(frozen=True, slots=True)
class Assortment:
    """All offers, by country.

    Attributes:
        offers: Country to its offers, in the order of the products.
        gift: Country to the offer that large orders get for nothing.
    """

    offers: dict[str, list[Offer]] = field(default_factory=dict)
    gifts: dict[str, Offer] = field(default_factory=dict)


def assortment_of(
    products: Iterable[Document],
    moment: int | None,
    *,
    gift_product_id: str | None = None,
    without: Container[str] = (),
) -> Assortment:
    """Return what the current (published) data of products offers.

    Args:
        products: Products in a stable order.
        moment: Which timed prices hold; None leaves timed prices aside.
        gift_product_id: The product whose first variant is the gift.
        without: Ids of products that are not sold.
    """
    assortment = Assortment({country: [] for market in MARKETS for country in market.countries})
    for product in products:
        if product["id"] in without:
            continue
        data = product["masterData"]["current"]
        members = {
            "productId": product["id"],
            "productKey": product["key"],
            "name": data["name"],
            "productSlug": data["slug"],
            "productType": product["productType"],
        }
        tax_category = _TAX_CATEGORY_KEYS[product["taxCategory"]["id"]]
        for variant in (data["masterVariant"], *data["variants"]):
            _add_variant(assortment, members, variant, tax_category, moment)
            if product["id"] == gift_product_id and variant["id"] == 1:
                _choose_gift(assortment)
    return assortment


def _add_variant(
    assortment: Assortment, product: Document, variant: Document, tax_category: str, moment: int | None
) -> None:
    copied = {name: variant[name] for name in ("id", "sku", "key", "attributes")}
    copied["images"] = variant["images"][:1]
    for market in MARKETS:
        for country in market.countries:
            price = paid_price(variant["prices"], market.currency, country, moment)
            if price is not None:
                assortment.offers[country].append(Offer(product, copied, price, tax_category))


def _choose_gift(assortment: Assortment) -> None:
    """Make the variant added last the gift wherever it is sold."""
    for country, offers in assortment.offers.items():
        if offers:
            assortment.gifts[country] = offers[-1]
