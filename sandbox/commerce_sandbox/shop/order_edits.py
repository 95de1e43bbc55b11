"""Edits of orders: prepared, and some of them applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference
from commerce_sandbox.shop.moments import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_MOST = 50


def order_edits(past: Past, orders: Sequence[Document]) -> list[Document]:
    """Return an edit for one order in eighty, fifty at most."""
    dice = past.dice
    documents = []
    for order in dice.sample(orders, min(_MOST, -(-len(orders) // 80))):
        document = past.head(read(order["createdAt"]))
        excerpt = {name: order[name] for name in ("totalPrice", "taxedPrice") if name in order} | {"version": 1}
        applied = {
            "type": "Applied",
            "appliedAt": document["lastModifiedAt"],
            "excerptBeforeEdit": excerpt,
            "excerptAfterEdit": excerpt,
        }
        documents.append(
            document
            | {
                "key": f"edit-{document['id'][:8]}",
                "resource": reference("order", order["id"]),
                "stagedActions": [{"action": "setPurchaseOrderNumber", "purchaseOrderNumber": dice.code(6)}],
                "result": applied if dice.chance(0.6) else {"type": "NotProcessed"},
                "comment": "Asked for by telephone",
            }
        )
    return documents
