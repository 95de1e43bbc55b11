"""Payment methods that customers let the shop keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference
from commerce_sandbox.shop.moments import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_METHODS = {"card": "Example Pay", "wallet": "Example Wallet", "invoice": "Example Invoices"}


def payment_methods(past: Past, customers: Sequence[Document]) -> list[Document]:
    """Return a saved method of one customer in thirty."""
    dice = past.dice
    documents = []
    for customer in dice.sample(customers, -(-len(customers) // 30)):
        method = dice.pick(tuple(_METHODS))
        documents.append(
            past.head(read(customer["createdAt"]))
            | {
                "key": f"method-{customer['id'][:8]}",
                "name": {"en": _METHODS[method]},
                "customer": reference("customer", customer["id"]),
                "method": method,
                "paymentInterface": _METHODS[method],
                "token": {"value": f"made-up-{dice.code(12)}"},
                "paymentMethodStatus": "Inactive" if dice.chance(0.1) else "Active",
                "default": dice.chance(0.7),
            }
        )
    return documents
