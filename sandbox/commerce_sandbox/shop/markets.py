"""The countries the shop sells to, each with its store, currency, language and taxes."""

from __future__ import annotations

from dataclasses import dataclass

from commerce_sandbox.shop.dice import Choices


@dataclass(frozen=True, slots=True)
class Market:
    """One market.

    Attributes:
        key: Short name, also the pool of people's names and addresses.
        store: Key of the store that serves it, None for a market without one.
        currency: ISO 4217.
        countries: ISO 3166-1 alpha-2, the main one first.
        language: Language of the store.
        tax_included: Whether shelf prices contain the tax.
    """

    key: str
    store: str | None
    currency: str
    countries: tuple[str, ...]
    language: str
    tax_included: bool = True

    def locale_of(self, country: str) -> str:
        """Return the locale that a shopper in this country uses, for example ``de-AT``."""
        return f"{self.language}-{country}"


GERMAN = Market("de", "de-web", "EUR", ("DE", "AT"), "de")
FRENCH = Market("fr", "fr-web", "EUR", ("FR",), "fr")
BRITISH = Market("uk", "uk-web", "GBP", ("GB",), "en")
AMERICAN = Market("us", "us-web", "USD", ("US",), "en", tax_included=False)
JAPANESE = Market("jp", None, "JPY", ("JP",), "ja")

MARKETS = (GERMAN, FRENCH, BRITISH, AMERICAN, JAPANESE)
MARKET_SHARES = Choices.of({GERMAN: 40, FRENCH: 18, BRITISH: 15, AMERICAN: 17, JAPANESE: 10})

_BY_STORE = {market.store: market for market in MARKETS if market.store}
_BY_COUNTRY = {country: market for market in MARKETS for country in market.countries}


def market_of(store: str | None, country: str | None) -> Market:
    """Return the market of a store, else of a country, else the home market."""
    if store in _BY_STORE:
        return _BY_STORE[store]
    return _BY_COUNTRY.get(country or "", GERMAN)


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax rate of one category in one country; rate per ten thousand."""

    name: str
    rate: int
    included: bool
    country: str


_RATES = {
    ("standard", "DE"): ("MwSt. DE", 1900),
    ("standard", "AT"): ("USt. AT", 2000),
    ("standard", "FR"): ("TVA FR", 2000),
    ("standard", "GB"): ("VAT GB", 2000),
    ("standard", "US"): ("Sales tax US", 825),
    ("standard", "JP"): ("消費税", 1000),
    ("reduced", "DE"): ("MwSt. DE ermäßigt", 700),
    ("reduced", "AT"): ("USt. AT ermäßigt", 1000),
    ("reduced", "FR"): ("TVA FR réduite", 550),
    ("reduced", "GB"): ("VAT GB zero", 0),
    ("reduced", "US"): ("Sales tax US reduced", 0),
    ("reduced", "JP"): ("消費税 軽減", 800),
}

TAX_RATES = {
    (category, country): TaxRate(name, rate, _BY_COUNTRY[country].tax_included, country)
    for (category, country), (name, rate) in _RATES.items()
}
"""(tax category key, country) to the rate."""
