"""Money in the platform's two shapes, and the arithmetic on whole minor units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document

FRACTION_DIGITS = {"EUR": 2, "GBP": 2, "USD": 2, "JPY": 0}
"""Decimal places of each currency the shop sells in."""

FULL_RATE = 10_000
"""Rates and relative discounts are whole numbers per ten thousand: 1900 is 19 %."""

_PER_EURO = {"EUR": 10_000, "GBP": 8_600, "USD": 11_000, "JPY": 16_200}


def cent_money(currency: str, amount: int) -> Document:
    """Return Money of type ``centPrecision``; amount in minor units."""
    return {
        "type": "centPrecision",
        "currencyCode": currency,
        "centAmount": amount,
        "fractionDigits": FRACTION_DIGITS[currency],
    }


def high_precision_money(currency: str, precise_amount: int, fraction_digits: int) -> Document:
    """Return Money of type ``highPrecision``: the amount is precise_amount / 10^fraction_digits."""
    scale: int = 10 ** (fraction_digits - FRACTION_DIGITS[currency])
    return {
        "type": "highPrecision",
        "currencyCode": currency,
        "centAmount": divided_half_even(precise_amount, scale),
        "preciseAmount": precise_amount,
        "fractionDigits": fraction_digits,
    }


def times(money: Document, quantity: int) -> int:
    """Return quantity pieces of Money of either type in minor units, rounded once, half to even."""
    if money["type"] == "highPrecision":
        scale: int = 10 ** (money["fractionDigits"] - FRACTION_DIGITS[money["currencyCode"]])
        return divided_half_even(money["preciseAmount"] * quantity, scale)
    amount: int = money["centAmount"]
    return amount * quantity


def divided_half_even(dividend: int, divisor: int) -> int:
    """Return dividend / divisor, rounded to the nearest whole number, halves to the even one.

    Args:
        dividend: Any whole number, also negative.
        divisor: A positive whole number.
    """
    quotient, rest = divmod(dividend, divisor)
    double = 2 * rest
    if double > divisor or (double == divisor and quotient % 2 == 1):
        return quotient + 1
    return quotient


def share(amount: int, rate: int) -> int:
    """Return the rate's part (per ten thousand) of an amount, rounded half to even."""
    return divided_half_even(amount * rate, FULL_RATE)


def converted(euro_cents: int, currency: str) -> int:
    """Return a shop-window price in another currency's minor units; yen come in steps of ten."""
    if currency == "JPY":
        return max(10, divided_half_even(euro_cents * _PER_EURO["JPY"], 10_000 * 10) * 10)
    return divided_half_even(euro_cents * _PER_EURO[currency], 10_000)


def spread(amount: int, weights: list[int]) -> list[int]:
    """Split an amount by weights so that the parts add up to it exactly.

    Args:
        amount: Minor units, not negative.
        weights: Not negative; when all are zero the first part takes everything.
    """
    total = sum(weights)
    if total == 0:
        return [amount, *([0] * (len(weights) - 1))]
    parts = [amount * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % total), place))
    for place in by_rest[: amount - sum(parts)]:
        parts[place] += 1
    return parts
