from __future__ import annotations

from datetime import datetime, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from commerce_sandbox.shop.money import (
    cent_money,
    converted,
    divided_half_even,
    high_precision_money,
    spread,
    times,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HISTORY_END = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
FRACTION_DIGITS = {"EUR": 2, "GBP": 2, "USD": 2, "JPY": 0}


@given(dividend=st.integers(-(10**15), 10**15), divisor=st.integers(1, 10**9))
def test_division_rounds_half_to_even_as_decimal_does(dividend: int, divisor: int) -> None:
    twice = Decimal(2 * dividend) / divisor  # exact enough: halves are exact in 28 digits for these sizes
    expected = dividend // divisor
    rest = 2 * (dividend - expected * divisor)
    if rest > divisor or (rest == divisor and expected % 2):
        expected += 1
    assert divided_half_even(dividend, divisor) == expected
    assert abs(Decimal(divided_half_even(dividend, divisor)) * 2 - twice) <= 1


@given(cents=st.integers(-(10**9), 10**9), places=st.integers(1, 6))
def test_division_by_powers_of_ten_equals_decimal_quantize(cents: int, places: int) -> None:
    expected = Decimal(cents).scaleb(-places).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert divided_half_even(cents, 10**places) == int(expected)


@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_spread_parts_add_up_and_stay_fair(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert all(part >= 0 for part in parts)
    total = sum(weights)
    if total:
        assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))


def test_money_shapes_are_the_platforms() -> None:
    assert cent_money("JPY", 14000) == {
        "type": "centPrecision",
        "currencyCode": "JPY",
        "centAmount": 14000,
        "fractionDigits": 0,
    }
    assert high_precision_money("EUR", 875025, 4) == {
        "type": "highPrecision",
        "currencyCode": "EUR",
        "centAmount": 8750,
        "preciseAmount": 875025,
        "fractionDigits": 4,
    }
    assert times(high_precision_money("EUR", 325, 4), 100) == 325
    assert times(high_precision_money("EUR", 325, 4), 1) == 3
    assert converted(9000, "JPY") == 14580


def _cents(money: dict[str, Any]) -> int:
    assert money["fractionDigits"] == FRACTION_DIGITS[money["currencyCode"]]
    assert money["type"] == "centPrecision"
    cents: int = money["centAmount"]
    assert isinstance(cents, int)
    return cents


def _shipping(document: dict[str, Any]) -> int:
    if "shippingInfo" not in document:
        return 0
    info = document["shippingInfo"]
    return _cents(info["discountedPrice"]["value"] if "discountedPrice" in info else info["price"])


def _unit(price: dict[str, Any], quantity: int) -> dict[str, Any]:
    if "discounted" in price:
        value: dict[str, Any] = price["discounted"]["value"]
        return value
    value = price["value"]
    for tier in price.get("tiers", []):
        if quantity >= tier["minimumQuantity"]:
            value = tier["value"]
    return value


def _exact(money: dict[str, Any]) -> Decimal:
    """The exact amount in minor units."""
    if money["type"] == "highPrecision":
        return Decimal(money["preciseAmount"]).scaleb(FRACTION_DIGITS[money["currencyCode"]] - money["fractionDigits"])
    return Decimal(money["centAmount"])


def _check_line(line: dict[str, Any]) -> None:
    quantity, total = line["quantity"], _cents(line["totalPrice"])
    portions = line["discountedPricePerQuantity"]
    before = int((_exact(_unit(line["price"], quantity)) * quantity).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    if not portions:
        assert total == before
        return
    assert sum(portion["quantity"] for portion in portions) == quantity
    assert sum(portion["quantity"] * _cents(portion["discountedPrice"]["value"]) for portion in portions) == total
    off = sum(
        portion["quantity"] * _cents(discount["discountedAmount"])
        for portion in portions
        for discount in portion["discountedPrice"]["includedDiscounts"]
    )
    assert before - off == total


def _check_taxes(document: dict[str, Any]) -> None:
    lines = document["lineItems"] + document["customLineItems"]
    shipping = [document["shippingInfo"]] if "shippingInfo" in document else []
    for part in (*lines, *shipping):
        taxed, rate = part["taxedPrice"], part["taxRate"]
        net, gross = _cents(taxed["totalNet"]), _cents(taxed["totalGross"])
        assert _cents(taxed["totalTax"]) == gross - net
        factor = 1 + Decimal(str(rate["amount"]))
        if rate["includedInPrice"]:
            assert net == int((gross / factor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
        else:
            tax = net * Decimal(str(rate["amount"]))
            assert gross == net + int(tax.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    for line in document["customLineItems"]:
        if _cents(line["totalPrice"]) < 0 and not line["taxRate"]["includedInPrice"]:
            assert _cents(line["taxedPrice"]["totalTax"]) == 0, "a voucher does not give tax back"
    if "taxedPrice" not in document:
        return
    taxed = document["taxedPrice"]
    for total in ("totalNet", "totalGross", "totalTax"):
        assert _cents(taxed[total]) == sum(_cents(part["taxedPrice"][total]) for part in (*lines, *shipping))
    assert sum(_cents(portion["amount"]) for portion in taxed["taxPortions"]) == _cents(taxed["totalTax"])
    included = all(part["taxRate"]["includedInPrice"] for part in (*lines, *shipping))
    assert _cents(taxed["totalGross" if included else "totalNet"]) == _cents(document["totalPrice"])


def _check_totals(document: dict[str, Any]) -> None:
    lines = document["lineItems"] + document["customLineItems"]
    currencies = {line["totalPrice"]["currencyCode"] for line in lines} | {document["totalPrice"]["currencyCode"]}
    assert len(currencies) == 1
    goods = sum(_cents(line["totalPrice"]) for line in lines)
    assert goods + _shipping(document) == _cents(document["totalPrice"])
    assert _cents(document["totalPrice"]) >= 0
    for line in document["lineItems"]:
        _check_line(line)


def _transactions(payment: dict[str, Any], kind: str) -> int:
    return sum(
        _cents(entry["amount"])
        for entry in payment["transactions"]
        if entry["type"] == kind and entry["state"] == "Success"
    )


def check_money(shop: Shop) -> None:
    payments = shop.resources["payments"]
    for order in shop.resources["orders"].values():
        _check_totals(order)
        _check_taxes(order)
        paid_with = [payments[entry["id"]] for entry in order.get("paymentInfo", {}).get("payments", [])]
        planned = sum(_cents(payment["amountPlanned"]) for payment in paid_with)
        if "taxedPrice" in order:
            assert planned == _cents(order["taxedPrice"]["totalGross"])
        for payment in paid_with:
            assert payment["amountPlanned"]["currencyCode"] == order["totalPrice"]["currencyCode"]
            charged, refunded = _transactions(payment, "Charge"), _transactions(payment, "Refund")
            assert charged in (0, _cents(payment["amountPlanned"]))
            assert 0 <= refunded <= charged
    for cart in shop.resources["carts"].values():
        _check_totals(cart)
        if "taxedPrice" in cart:
            _check_taxes(cart)


@pytest.fixture(scope="module")
def default_shop() -> Shop:
    return generate_shop(ShopPlan(history_end=HISTORY_END))


def test_money_adds_up_in_every_order_and_cart_of_the_default_shop(default_shop: Shop) -> None:
    check_money(default_shop)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), orders=st.integers(0, 40), products=st.integers(1, 30))
def test_money_adds_up_whatever_the_seed_and_size(seed: int, orders: int, products: int) -> None:
    plan = ShopPlan(seed=seed, customers=10, orders=orders, products=products, history_end=HISTORY_END)
    check_money(generate_shop(plan))


def test_default_shop_holds_every_kind_of_amount(default_shop: Shop) -> None:
    orders = list(default_shop.resources["orders"].values())
    lines = [line for order in orders for line in order["lineItems"]]
    custom = [line for order in orders for line in order["customLineItems"]]
    assert {order["totalPrice"]["currencyCode"] for order in orders} == {"EUR", "GBP", "USD", "JPY"}
    assert any(order["totalPrice"]["centAmount"] == 0 and "paymentInfo" not in order for order in orders)
    assert any(line["lineItemMode"] == "GiftLineItem" and line["totalPrice"]["centAmount"] == 0 for line in lines)
    assert any(line["price"]["value"]["type"] == "highPrecision" for line in lines)
    assert any("discounted" in line["price"] for line in lines)
    assert any(len(line["discountedPricePerQuantity"]) == 2 for line in lines)
    assert any(line["totalPrice"]["centAmount"] < 0 for line in custom)
    assert any(line["totalPrice"]["centAmount"] > 0 for line in custom)
    assert any("discountedPrice" in order.get("shippingInfo", {}) for order in orders)
    assert any(len(order.get("taxedPrice", {}).get("taxPortions", [])) == 2 for order in orders)
    assert any(not line["taxRate"]["includedInPrice"] for line in lines)
    states = {info["state"] for order in orders for info in order["discountCodes"]}
    assert states == {"MatchesCart", "DoesNotMatchCart"}


def test_refunds_are_partial_full_and_sometimes_failed(default_shop: Shop) -> None:
    payments = list(default_shop.resources["payments"].values())
    refunding = [payment for payment in payments if _transactions(payment, "Refund")]
    full = [payment for payment in refunding if _transactions(payment, "Refund") == _transactions(payment, "Charge")]
    failed = [entry for payment in payments for entry in payment["transactions"] if entry["state"] == "Failure"]
    assert 0 < len(full) < len(refunding)
    assert {"Refund", "Authorization"} == {entry["type"] for entry in failed}


def test_returned_pieces_are_worth_what_was_refunded(default_shop: Shop) -> None:
    partly = 0
    for order in default_shop.resources["orders"].values():
        items = [item for info in order.get("returnInfo", []) for item in info["items"]]
        refunds = [
            _transactions(default_shop.resources["payments"][entry["id"]], "Refund")
            for entry in order.get("paymentInfo", {}).get("payments", [])
        ]
        if not items or {item["paymentState"] for item in items} != {"Refunded"} or order["customLineItems"]:
            continue
        lines = {line["id"]: line for line in order["lineItems"]}
        worth = sum(
            int(
                (
                    Decimal(_cents(lines[item["lineItemId"]]["taxedPrice"]["totalGross"]))
                    * item["quantity"]
                    / lines[item["lineItemId"]]["quantity"]
                ).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
            )
            for item in items
        )
        everything = sum(item["quantity"] for item in items) == sum(line["quantity"] for line in lines.values())
        if not everything:
            partly += 1
            assert sum(refunds) == worth
        else:
            assert sum(refunds) in (worth, worth + _cents(order["shippingInfo"]["taxedPrice"]["totalGross"]))
    assert partly > 20
