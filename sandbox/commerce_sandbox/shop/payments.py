"""Payments and the transactions on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.documents import head
from commerce_sandbox.shop.moments import SECOND, written
from commerce_sandbox.shop.money import cent_money
from commerce_sandbox.shop.order_course import (
    CHARGED,
    FAILED,
    INVOICED,
    OPEN,
    PARTLY_REFUNDED,
    REFUNDED,
    VOIDED,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document

_METHODS = Choices.of({"card": 55, "wallet": 30, "invoice": 10, "bank-transfer": 5})
_METHOD_NAMES: dict[str, Document] = {
    "card": {"en": "Credit card", "de": "Kreditkarte", "fr": "Carte bancaire"},
    "wallet": {"en": "Wallet"},
    "invoice": {"en": "Invoice", "de": "Rechnung"},
    "bank-transfer": {"en": "Bank transfer", "de": "Überweisung"},
    "gift-card": {"en": "Gift card", "de": "Geschenkkarte"},
}

_BEFORE_ORDER: dict[str, tuple[tuple[str, str], ...]] = {
    OPEN: (("Authorization", "Pending"),),
    FAILED: (("Authorization", "Failure"),),
    INVOICED: (("Charge", "Initial"),),
    VOIDED: (("Authorization", "Success"), ("CancelAuthorization", "Success")),
    CHARGED: (("Authorization", "Success"), ("Charge", "Success")),
    REFUNDED: (("Authorization", "Success"), ("Charge", "Success")),
    PARTLY_REFUNDED: (("Authorization", "Success"), ("Charge", "Success")),
}
"""Settlement to the transactions (type, state) made just before the order."""


def draw_payments(dice: Dice, payer: Document, currency: str, due: int, settlement: str, moment: int) -> list[Document]:
    """Return the payments of an order: none when nothing is due, sometimes a gift card beside another.

    Args:
        dice: Where chance comes from.
        payer: The members that name who pays.
        currency: ISO 4217.
        due: Amount to pay, in minor units.
        settlement: What happened to the money at the checkout; refunds are added by `refunded`.
        moment: When the order was placed, in milliseconds since the epoch.
    """
    if due <= 0:
        return []
    method = "invoice" if settlement == INVOICED else dice.draw(_METHODS)
    if due > 1 and dice.chance(0.06):
        part = dice.between(1, due - 1)
        return [
            _payment(dice, payer, "gift-card", currency, part, settlement, moment),
            _payment(dice, payer, method, currency, due - part, settlement, moment),
        ]
    return [_payment(dice, payer, method, currency, due, settlement, moment)]


def _payment(
    dice: Dice, payer: Document, method: str, currency: str, amount: int, settlement: str, moment: int
) -> Document:
    transactions = [
        transaction(dice, kind, state, currency, amount, moment - place * SECOND)
        for place, (kind, state) in enumerate(reversed(_BEFORE_ORDER[settlement]))
    ][::-1]
    begun = moment - len(transactions) * SECOND
    return head(dice.identifier(), len(transactions) + 1, begun, moment) | {
        **payer,
        "interfaceId": f"psp-{dice.code(10)}",
        "amountPlanned": cent_money(currency, amount),
        "paymentMethodInfo": {
            "paymentInterface": "example-pay",
            "method": method,
            "name": _METHOD_NAMES[method],
        },
        "paymentStatus": {"interfaceCode": settlement},
        "transactions": transactions,
        "interfaceInteractions": [],
    }


def transaction(dice: Dice, kind: str, state: str, currency: str, amount: int, moment: int) -> Document:
    """Return one transaction of a payment; amount in minor units."""
    return {
        "id": dice.identifier(),
        "timestamp": written(moment),
        "type": kind,
        "amount": cent_money(currency, amount),
        "interactionId": f"tx-{dice.code(8)}",
        "state": state,
    }


def total_of(payment: Document, kind: str) -> int:
    """Return the sum of a payment's successful transactions of one type, in minor units."""
    return sum(
        int(entry["amount"]["centAmount"])
        for entry in payment["transactions"]
        if entry["type"] == kind and entry["state"] == "Success"
    )


def refundable(payment: Document) -> int:
    """Return what was charged and not yet given back, in minor units."""
    return total_of(payment, "Charge") - total_of(payment, "Refund")


def refunded(dice: Dice, payments: Sequence[Document], amount: int, moment: int) -> list[Document]:
    """Return the payments with an amount given back, never more than was charged.

    One refund in ten is preceded by a failed attempt, which moves no money.

    Args:
        dice: Where chance comes from.
        payments: Payments of one order; they are not changed.
        amount: What to give back, in minor units.
        moment: When, in milliseconds since the epoch.

    Returns:
        The payments in the same order; those that took no part are the same objects.
    """
    results = []
    rest = amount
    for payment in payments:
        part = min(rest, refundable(payment))
        rest -= part
        results.append(_with_refund(dice, payment, part, moment) if part > 0 else payment)
    return results


def _with_refund(dice: Dice, payment: Document, amount: int, moment: int) -> Document:
    currency = payment["amountPlanned"]["currencyCode"]
    refunds = [transaction(dice, "Refund", "Success", currency, amount, moment)]
    if dice.chance(0.1):
        refunds.insert(0, transaction(dice, "Refund", "Failure", currency, amount, moment))
    return payment | {
        "version": payment["version"] + len(refunds),
        "lastModifiedAt": written(moment),
        "transactions": [*payment["transactions"], *refunds],
        "paymentStatus": {"interfaceCode": REFUNDED if refundable(payment) == amount else PARTLY_REFUNDED},
    }
