"""Totals of an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mapper_commercetools.money import Money, read_money, read_units
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.returns import refunded_units
from mapper_commercetools.source_values import Record, nested, nested_list

if TYPE_CHECKING:
    from mapper_commercetools.line_items import OrderLine


class OrderTotals(msgspec.Struct, frozen=True):
    """Totals in the smallest unit of the order's currency.

    `total = subtotal + shipping - vouchers - discount on the total price`; whether tax is in these amounts is the
    shop's choice per price, as in the platform's own `totalPrice`.

    Attributes:
        currency: ISO 4217 code.
        digits: Decimal places of the unit.
        total: `totalPrice`.
        subtotal: Sum of the lines after their discounts, without shipping and without negative custom lines.
        shipping: What is paid for shipping, after shipping discounts.
        discount: What cart discounts and negative custom lines (vouchers) take off; product discounts are not in it.
        tax: Tax of the order if the platform worked it out.
        gross: Total with tax if the platform worked tax out.
        refunded: What was refunded for returned units, at most the total.
    """

    currency: str
    digits: int
    total: int
    subtotal: int
    shipping: int
    discount: int
    tax: int | None
    gross: int | None
    refunded: int


def read_total_price(order: Record) -> Money:
    """Read `totalPrice`.

    Raises:
        RejectRecordError: If it is missing or malformed.
    """
    total = read_money(order.get("totalPrice"), "totalPrice")
    if total is None:
        message = "totalPrice: missing"
        raise RejectRecordError(message)
    return total


def read_totals(order: Record, total_price: Money, lines: list[OrderLine]) -> OrderTotals:
    """Read an order's totals.

    Raises:
        RejectRecordError: If an amount is malformed or in another currency.
    """
    shipping, shipping_discount = _shipping(order, total_price)
    on_total = nested(order, "discountOnTotalPrice").get("discountedAmount")
    discount = read_units(on_total, "discountOnTotalPrice.discountedAmount", total_price) or 0
    discount += shipping_discount + sum(line.discount - min(line.total, 0) for line in lines)
    taxed = nested(order, "taxedPrice")
    return OrderTotals(
        currency=total_price.currency,
        digits=total_price.digits,
        total=total_price.units,
        subtotal=sum(max(line.total, 0) for line in lines),
        shipping=shipping,
        discount=discount,
        tax=_tax(taxed, total_price),
        gross=read_units(taxed.get("totalGross"), "taxedPrice.totalGross", total_price),
        refunded=min(refunded_units(order, lines), max(total_price.units, 0)),
    )


def _shipping(order: Record, total_price: Money) -> tuple[int, int]:
    """Return what is paid for shipping and what was taken off, over one or several shipping methods."""
    paid = taken_off = 0
    for info in shipping_infos(order):
        price = read_units(info.get("price"), "shippingInfo.price", total_price) or 0
        discounted = read_units(
            nested(info, "discountedPrice").get("value"), "shippingInfo.discountedPrice.value", total_price
        )
        paid += price if discounted is None else discounted
        taken_off += 0 if discounted is None else price - discounted
    return paid, taken_off


def shipping_infos(order: Record) -> list[Record]:
    """Return the order's shipping methods: one in `shippingInfo`, several in `shipping[].shippingInfo`."""
    if single := nested(order, "shippingInfo"):
        return [single]
    return [nested(shipping, "shippingInfo") for shipping in nested_list(order, "shipping")]


def _tax(taxed: Record, total_price: Money) -> int | None:
    tax = read_units(taxed.get("totalTax"), "taxedPrice.totalTax", total_price)
    if tax is not None:
        return tax
    net = read_units(taxed.get("totalNet"), "taxedPrice.totalNet", total_price)
    gross = read_units(taxed.get("totalGross"), "taxedPrice.totalGross", total_price)
    return None if net is None or gross is None else gross - net
