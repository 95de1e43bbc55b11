"""Products with their variants, drafts and stock."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_sandbox.shop.categories import ancestor_keys
from commerce_sandbox.shop.dice import Dice, fixed_identifier
from commerce_sandbox.shop.documents import fixed_reference, head
from commerce_sandbox.shop.inventory import availability, stock_entries
from commerce_sandbox.shop.moments import DAY, TRADE_DAYS
from commerce_sandbox.shop.prices import piece_prices, shelf_prices
from commerce_sandbox.shop.product_words import DESCRIPTIONS, PEAKS, PRODUCT_KINDS, ProductKind
from commerce_sandbox.shop.variant_attributes import attributes

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document

_FEW = 10
_UNUSUAL_SHARE = 7
_FIRST = "00001"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The generated products and their stock.

    Attributes:
        products: All products, the first one always published and sold everywhere.
        inventory: All stock entries.
        unpublished_ids: Products that were on sale once.
        never_published_ids: Products that were never on sale.
    """

    products: list[Document] = field(default_factory=list)
    inventory: list[Document] = field(default_factory=list)
    unpublished_ids: list[str] = field(default_factory=list)
    never_published_ids: list[str] = field(default_factory=list)


def generate_catalogue(seed: int, count: int, founded: int, history_end: int) -> Catalogue:
    """Return count products, some of them unpublished or never published; what was sold is older than any order."""
    dice = Dice(seed, "products")
    catalogue = Catalogue()
    unusual = max(1, count * _UNUSUAL_SHARE // 100) if count >= _FEW else 0
    places = dice.sample(range(1, count), 2 * unusual)
    unpublished, never_published = set(places[:unusual]), set(places[unusual:])
    for place in range(count):
        newest = history_end - 5 * DAY if place in never_published else history_end - TRADE_DAYS * DAY
        product, entries = _product(dice, place, (founded, newest), history_end)
        product["masterData"]["published"] = place not in unpublished and place not in never_published
        if place in unpublished:
            catalogue.unpublished_ids.append(product["id"])
        if place in never_published:
            catalogue.never_published_ids.append(product["id"])
        elif dice.chance(0.12):
            _edit_draft(product)
        catalogue.products.append(product)
        catalogue.inventory.extend(entries)
    return catalogue


def _product(dice: Dice, place: int, between: tuple[int, int], history_end: int) -> tuple[Document, list[Document]]:
    kind = PRODUCT_KINDS[place % len(PRODUCT_KINDS)]
    created = dice.between(*between)
    modified = dice.between(created, history_end)
    number = f"{place + 1:05d}"
    variants, entries = _variants(dice, kind, number, created, history_end)
    data = _texts(dice, kind, place) | {
        "categories": [fixed_reference("category", key) for key in (kind.category, *ancestor_keys(kind.category)[:1])],
        "categoryOrderHints": {fixed_identifier("category", kind.category): f"0.{dice.between(1, 99)}1"},
        "masterVariant": variants[0],
        "variants": variants[1:],
        "searchKeywords": {"en": [{"text": kind.nouns["en"].lower()}]} if dice.chance(0.3) else {},
        "attributes": [],
    }
    product = head(dice.identifier(), dice.between(2, 120), created, modified) | {
        "key": f"{kind.category}-{number}",
        "productType": fixed_reference("product-type", kind.product_type),
        "masterData": {
            "published": True,
            "hasStagedChanges": False,
            "current": data,
            "staged": copy.deepcopy(data),
        },
        "taxCategory": fixed_reference("tax-category", kind.tax_category),
        "priceMode": "Embedded",
    }
    if dice.chance(0.3):
        product["reviewRatingStatistics"] = _ratings(dice)
    return product, entries


def _texts(dice: Dice, kind: ProductKind, place: int) -> dict[str, Any]:
    peak = PEAKS[place // len(PRODUCT_KINDS) % len(PEAKS)]
    locales = list(kind.nouns)
    if "fr" in locales and dice.chance(0.12):
        locales.remove("fr")
    if place and dice.chance(0.04):
        locales = ["de"]
    name = {locale: f"{kind.nouns[locale]} {peak}" for locale in locales}
    slug = {locale: f"{kind.category}-{place + 1}-{locale}" for locale in locales if locale != "ja"}
    if len(slug) > 1 and dice.chance(0.06):
        slug.pop(dice.pick(list(slug)))
    texts: dict[str, Any] = {"name": name, "slug": slug}
    if dice.chance(0.9):
        texts["description"] = {locale: DESCRIPTIONS[locale].format(peak=peak) for locale in locales}
    if dice.chance(0.5):
        texts["metaTitle"] = {locale: f"{text} | Sandbox Shop" for locale, text in name.items()}
    return texts


def _variants(
    dice: Dice, kind: ProductKind, number: str, created: int, history_end: int
) -> tuple[list[Document], list[Document]]:
    shelf_price = dice.between(kind.euro_cents[0] // 100, kind.euro_cents[1] // 100) * 100 - 10
    entries: list[Document] = []
    variants: list[Document] = []
    for identifier in range(1, dice.between(1, 6) + 1):
        sku = f"{kind.code}-{number}-{identifier}"
        stock = stock_entries(dice, sku, created, history_end)
        by_the_piece = kind.category == "small-parts"
        variant: Document = {
            "id": identifier,
            "sku": sku,
            "key": sku.lower(),
            "prices": piece_prices(dice, shelf_price)
            if by_the_piece
            else shelf_prices(dice, shelf_price, history_end, everywhere=number == _FIRST),
            "attributes": attributes(dice, kind, identifier, history_end),
            "images": _images(dice, sku),
            "assets": [],
            "availability": availability(stock),
        }
        variants.append(variant)
        entries.extend(stock)
    return variants, entries


def _images(dice: Dice, sku: str) -> list[Document]:
    if dice.chance(0.1):
        return []
    return [
        {
            "url": f"https://img.shop.example/{sku.lower()}-{view}.jpg",
            "dimensions": {"w": 1200, "h": 900},
            "label": view,
        }
        for view in ("front", "side", "sole")[: dice.between(1, 3)]
    ]


def _ratings(dice: Dice) -> Document:
    distribution = {str(stars): dice.between(1, 9) for stars in range(dice.between(1, 4), 6)}
    count = sum(distribution.values())
    points = sum(int(stars) * number for stars, number in distribution.items())
    return {
        "averageRating": points * 10_000 // count / 10_000,
        "highestRating": 5,
        "lowestRating": int(min(distribution)),
        "count": count,
        "ratingsDistribution": distribution,
    }


def _edit_draft(product: Document) -> None:
    product["masterData"]["hasStagedChanges"] = True
    staged = product["masterData"]["staged"]
    staged["name"] = {locale: f"{text} II" for locale, text in staged["name"].items()}
