"""Tax categories, zones and shipping methods, and what shipping costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.documents import fixed_reference, head
from commerce_sandbox.shop.markets import MARKETS, TAX_RATES, Market, TaxRate
from commerce_sandbox.shop.money import FULL_RATE, cent_money

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document

TAX_CATEGORIES = {"standard": "Standard rate", "reduced": "Reduced rate"}
SHIPPING_METHODS = {"standard": "Standard", "express": "Express", "pickup": "Click & collect"}

SHIPPING_PRICES = {
    ("standard", "EUR"): 490,
    ("standard", "GBP"): 395,
    ("standard", "USD"): 595,
    ("standard", "JPY"): 680,
    ("express", "EUR"): 1290,
    ("express", "GBP"): 995,
    ("express", "USD"): 1495,
    ("express", "JPY"): 1480,
    ("pickup", "EUR"): 0,
    ("pickup", "GBP"): 0,
    ("pickup", "USD"): 0,
    ("pickup", "JPY"): 0,
}
"""(shipping method key, currency) to the price in minor units."""

FREE_ABOVE = {"EUR": 15_000, "GBP": 13_000, "USD": 17_500, "JPY": 25_000}
"""Standard shipping costs nothing from this value of goods on, in minor units."""


def tax_rate_document(rate: TaxRate) -> Document:
    """Return a TaxRate as it stands on lines and in tax categories."""
    return {
        "id": fixed_identifier("tax-rate", rate.name)[:8],
        "name": rate.name,
        "amount": rate.rate / FULL_RATE,
        "includedInPrice": rate.included,
        "country": rate.country,
    }


TAX_RATE_DOCUMENTS = {rate: tax_rate_document(rate) for rate in TAX_RATES.values()}


def shipping_rate(method: str, currency: str) -> Document:
    """Return the ShippingRate of a method in a currency."""
    rate: Document = {"price": cent_money(currency, SHIPPING_PRICES[method, currency]), "tiers": []}
    if method == "standard":
        rate["freeAbove"] = cent_money(currency, FREE_ABOVE[currency])
    return rate


def tax_categories(founded: int) -> list[Document]:
    """Return the tax categories with a rate for each country."""
    return [
        head(fixed_identifier("tax-category", key), 8, founded, founded)
        | {
            "key": key,
            "name": name,
            "rates": [tax_rate_document(rate) for (category, _), rate in TAX_RATES.items() if category == key],
        }
        for key, name in TAX_CATEGORIES.items()
    ]


def zones(founded: int) -> list[Document]:
    """Return one zone for each market."""
    return [
        head(fixed_identifier("zone", market.key), 2, founded, founded)
        | {
            "key": market.key,
            "name": f"Zone {market.key}",
            "locations": [{"country": country} for country in market.countries],
        }
        for market in MARKETS
    ]


def shipping_methods(founded: int) -> list[Document]:
    """Return the shipping methods with their rates for every zone."""
    return [
        head(fixed_identifier("shipping-method", key), 11, founded, founded)
        | {
            "key": key,
            "name": name,
            "localizedName": {"en": name},
            "taxCategory": fixed_reference("tax-category", "standard"),
            "zoneRates": [_zone_rate(key, market) for market in MARKETS],
            "active": True,
            "isDefault": key == "standard",
            "stores": [],
        }
        for key, name in SHIPPING_METHODS.items()
    ]


def _zone_rate(method: str, market: Market) -> Document:
    return {
        "zone": fixed_reference("zone", market.key),
        "shippingRates": [shipping_rate(method, market.currency)],
    }
