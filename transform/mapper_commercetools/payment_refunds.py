"""Refunds as payments tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.money import Money, read_money
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.source_values import Record, nested_list, reference_id, text
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class PaymentRefund:
    """One `Refund` transaction that succeeded.

    Attributes:
        payment_id: The payment's id.
        transaction_id: The transaction's id.
        customer_id: The customer the payment names, if any.
        amount: What was paid back.
        occurred_at: When.
        time_is_exact: Whether the transaction says when.
    """

    payment_id: str
    transaction_id: str
    customer_id: str | None
    amount: Money
    occurred_at: datetime
    time_is_exact: bool


def refunds_of_payment(payment: Record) -> Iterator[PaymentRefund]:
    """Yield the refunds of a payment that succeeded; a transaction without an id is left out.

    Raises:
        RejectRecordError: If an amount is malformed, or no time is known.
    """
    payment_id = text(payment, "id")
    seen: set[str] = set()
    for transaction in nested_list(payment, "transactions"):
        transaction_id = text(transaction, "id")
        succeeded = transaction.get("type") == "Refund" and transaction.get("state") == "Success"
        if payment_id is None or transaction_id is None or not succeeded or transaction_id in seen:
            continue
        seen.add(transaction_id)
        amount = read_money(transaction.get("amount"), "transactions.amount")
        at = read_instant(transaction.get("timestamp"))
        changed_at = read_instant(payment.get("lastModifiedAt"))
        when = at or changed_at
        if amount is None or when is None:
            fault = "transactions.amount: missing" if amount is None else "lastModifiedAt: not a timestamp"
            raise RejectRecordError(fault)
        yield PaymentRefund(payment_id, transaction_id, reference_id(payment, "customer"), amount, when, at is not None)
