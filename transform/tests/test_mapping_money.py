from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.dotdigital.field_values import as_number
from mapper_commercetools.iterable.field_values import as_double
from mapper_commercetools.money import Money, amount, divide_half_even, read_money, read_units
from mapper_commercetools.outcomes import RejectRecordError

INT64 = st.integers(-(2**63), 2**63 - 1)


def cents(units: int, digits: int = 2, currency: str = "EUR") -> dict[str, Any]:
    return {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": digits}


@given(INT64, st.integers(0, 20))
def test_amounts_are_exact_for_all_fraction_digits(units: int, digits: int) -> None:
    money = read_money(cents(units, digits), "totalPrice")
    assert money == Money(units, digits, "EUR")
    assert Fraction(amount(money.units, money.digits)) == Fraction(units, 10**digits)


@given(INT64, st.integers(0, 20))
def test_high_precision_uses_the_precise_amount(units: int, digits: int) -> None:
    value = {**cents(1, digits), "type": "highPrecision", "preciseAmount": units}
    assert read_money(value, "value") == Money(units, digits, "EUR")


@given(INT64, st.integers(0, 20))
def test_an_iterable_amount_is_exact_and_a_double_in_json(units: int, digits: int) -> None:
    value = as_double(units, digits)
    text = msgspec.json.Encoder(decimal_format="number").encode(value).decode()
    assert Fraction(value) == Fraction(units, 10**digits)
    assert isinstance(msgspec.json.decode(text), float)


@given(INT64, st.integers(0, 2))
def test_a_dotdigital_amount_is_exact_up_to_two_digits(units: int, digits: int) -> None:
    assert Fraction(as_number(units, digits)) == Fraction(units, 10**digits)


@pytest.mark.parametrize(("units", "digits", "text"), [(1235, 3, "1.24"), (1225, 3, "1.22"), (14000, 0, "14000")])
def test_a_dotdigital_amount_has_at_most_two_decimals(units: int, digits: int, text: str) -> None:
    assert str(as_number(units, digits)) == text


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_division_rounds_half_even(dividend: int, divisor: int) -> None:
    exact = Decimal(dividend) / Decimal(divisor)
    assert divide_half_even(dividend, divisor) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    "value",
    [
        {"centAmount": 1, "fractionDigits": 2},
        {"currencyCode": "EURO", "centAmount": 1, "fractionDigits": 2},
        {"currencyCode": "EUR", "centAmount": 1},
        {"currencyCode": "EUR", "centAmount": 1, "fractionDigits": 21},
        {"currencyCode": "EUR", "centAmount": 1.5, "fractionDigits": 2},
        {"currencyCode": "EUR", "centAmount": True, "fractionDigits": 2},
        {"currencyCode": "EUR", "centAmount": 2**63, "fractionDigits": 2},
        {"type": "highPrecision", "currencyCode": "EUR", "centAmount": 1, "fractionDigits": 2},
        "12.00",
    ],
)
def test_malformed_money_is_rejected_by_its_path(value: object) -> None:
    with pytest.raises(RejectRecordError, match=r"^totalPrice: "):
        read_money(value, "totalPrice")


def test_absent_money_is_none() -> None:
    assert read_money(None, "totalPrice") is None


@pytest.mark.parametrize("other", [cents(1, 2, "USD"), cents(1, 3)])
def test_money_of_another_currency_is_rejected(other: dict[str, Any]) -> None:
    with pytest.raises(RejectRecordError, match="not in the currency"):
        read_units(other, "lineItems.totalPrice", Money(1, 2, "EUR"))
