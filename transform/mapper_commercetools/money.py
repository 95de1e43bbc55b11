"""Exact amounts: integers of a smallest unit until they are written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from mapper_commercetools.outcomes import RejectRecordError

_MOST_DIGITS = 20  # of a high-precision amount
_INT64 = 2**63
_CURRENCY_LENGTH = 3


class Money(msgspec.Struct, frozen=True):
    """An amount: `units / 10 ** digits` of a currency.

    Attributes:
        units: The amount in its smallest unit.
        digits: Decimal places of the unit: 2 for EUR, 0 for JPY, up to 20 for high precision.
        currency: ISO 4217 code.
    """

    units: int
    digits: int
    currency: str


def read_money(value: object, place: str) -> Money | None:
    """Read a money object of the platform, of cent or high precision.

    In high precision `centAmount` is rounded to the currency's own digits while `fractionDigits` counts those of
    `preciseAmount`: the amount is `preciseAmount / 10 ** fractionDigits`.

    Args:
        value: The member's value; None and an absent member give None.
        place: The member's path, for the reason of a rejection.

    Raises:
        RejectRecordError: If it is there but is not money.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _malformed(place, "not a money object")
    currency = value.get("currencyCode")
    digits = value.get("fractionDigits")
    name = "preciseAmount" if value.get("type") == "highPrecision" else "centAmount"
    units = value.get(name)
    if not isinstance(currency, str) or len(currency) != _CURRENCY_LENGTH:
        raise _malformed(place, "money without a currencyCode")
    if type(digits) is not int or not 0 <= digits <= _MOST_DIGITS:
        raise _malformed(place, "money without fractionDigits")
    if type(units) is not int or not -_INT64 <= units < _INT64:
        raise _malformed(place, f"money without {name}")
    return Money(units, digits, currency)


def read_units(value: object, place: str, like: Money) -> int | None:
    """Read a money object that must be of the same currency and digits as another, as its units.

    Raises:
        RejectRecordError: If it is not money, or of another currency or other digits.
    """
    money = read_money(value, place)
    if money is None:
        return None
    if money.currency != like.currency or money.digits != like.digits:
        raise _malformed(place, "not in the currency of the order's totalPrice")
    return money.units


def amount(units: int, digits: int) -> Decimal:
    """Return `units / 10 ** digits` exactly, with that many decimal places."""
    return Decimal(f"{units}E-{digits}")


def divide_half_even(dividend: int, divisor: int) -> int:
    """Return the quotient rounded to the nearest integer, a tie to the even one (the platform's default)."""
    quotient, remainder = divmod(dividend, divisor)
    twice = 2 * remainder
    if twice > divisor or (twice == divisor and quotient % 2):
        quotient += 1
    return quotient


def _malformed(place: str, fault: str) -> RejectRecordError:
    return RejectRecordError(f"{place}: {fault}")


def is_money(value: Any) -> bool:  # noqa: ANN401  any custom field value may be asked about
    """Tell whether a free value looks like money of the platform."""
    return isinstance(value, dict) and "currencyCode" in value and "centAmount" in value
