"""Taxes of single lines and their sum, rounded line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.shop.money import FULL_RATE, cent_money, divided_half_even, share

if TYPE_CHECKING:
    from commerce_sandbox.shop.markets import TaxRate
    from commerce_sandbox.shop.model import Document


def net_and_gross(amount: int, rate: TaxRate) -> tuple[int, int]:
    """Return an amount without and with its tax, in minor units, half to even."""
    if rate.included:
        return divided_half_even(amount * FULL_RATE, FULL_RATE + rate.rate), amount
    return amount, amount + share(amount, rate.rate)


@dataclass(slots=True)
class TaxSum:
    """Adds up the taxes of an order.

    Attributes:
        currency: ISO 4217.
        net: Sum without tax, in minor units.
        gross: Sum with tax, in minor units.
    """

    currency: str
    net: int = 0
    gross: int = 0
    _portions: dict[TaxRate, int] = field(default_factory=dict)

    def add(self, amount: int, rate: TaxRate) -> Document:
        """Add one line's amount and return its TaxedItemPrice."""
        net, gross = net_and_gross(amount, rate)
        self.net += net
        self.gross += gross
        self._portions[rate] = self._portions.get(rate, 0) + gross - net
        return _taxed(self.currency, net, gross, {rate: gross - net})

    def document(self) -> Document:
        """Return the TaxedPrice of everything added."""
        return _taxed(self.currency, self.net, self.gross, self._portions)


def _taxed(currency: str, net: int, gross: int, portions: dict[TaxRate, int]) -> Document:
    return {
        "totalNet": cent_money(currency, net),
        "totalGross": cent_money(currency, gross),
        "taxPortions": [
            {"rate": rate.rate / FULL_RATE, "amount": cent_money(currency, tax), "name": rate.name}
            for rate, tax in portions.items()
        ],
        "totalTax": cent_money(currency, gross - net),
    }
