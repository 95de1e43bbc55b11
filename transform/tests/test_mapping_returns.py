from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.line_items import read_lines
from mapper_commercetools.money import Money
from mapper_commercetools.returns import refunded_units
from mapper_commercetools.totals import read_total_price, read_totals

ORDER = Money(0, 2, "EUR")


def money(units: int) -> dict[str, Any]:
    return {"type": "centPrecision", "currencyCode": "EUR", "centAmount": units, "fractionDigits": 2}


def order_of(total: int, quantity: int, *returned: int, state: str = "Refunded") -> dict[str, Any]:
    items = [{"lineItemId": "li-1", "quantity": number, "paymentState": state} for number in returned]
    return {
        "totalPrice": money(total),
        "lineItems": [{"id": "li-1", "quantity": quantity, "totalPrice": money(total)}],
        "returnInfo": [{"items": items}],
    }


def refund(order: dict[str, Any]) -> int:
    return refunded_units(order, read_lines(order, ORDER, ("en",)))


@given(st.integers(0, 10**9), st.integers(1, 500))
def test_returning_all_units_one_by_one_refunds_exactly_the_line(total: int, quantity: int) -> None:
    assert refund(order_of(total, quantity, *([1] * quantity))) == total


@given(st.integers(0, 10**9), st.integers(1, 500), st.integers(0, 600), st.integers(0, 600))
def test_refunds_grow_with_the_units_and_stay_within_the_line(total: int, quantity: int, some: int, more: int) -> None:
    first, second = refund(order_of(total, quantity, some)), refund(order_of(total, quantity, some + more))
    assert 0 <= first <= second <= total


@pytest.mark.parametrize("state", ["Initial", "NotRefunded", "NonRefundable", "SomethingNew"])
def test_only_refunded_returns_count(state: str) -> None:
    assert refund(order_of(1000, 2, 1, state=state)) == 0


def test_a_third_of_ten_euros_is_rounded_to_the_cent() -> None:
    assert [refund(order_of(1000, 3, number)) for number in (1, 2, 3)] == [333, 667, 1000]


def test_returns_of_unknown_lines_count_nothing() -> None:
    order = order_of(1000, 1, 1)
    order["returnInfo"][0]["items"][0]["lineItemId"] = "li-9"
    assert refund(order) == 0


def test_refunds_never_exceed_what_the_order_costs() -> None:
    order = order_of(5000, 1, 1)
    order["customLineItems"] = [{"id": "voucher", "quantity": 1, "totalPrice": money(-2000)}]
    order["totalPrice"] = money(3000)
    total_price = read_total_price(order)
    totals = read_totals(order, total_price, read_lines(order, total_price, ("en",)))
    assert (totals.total, totals.refunded, totals.discount, totals.subtotal) == (3000, 3000, 2000, 5000)
