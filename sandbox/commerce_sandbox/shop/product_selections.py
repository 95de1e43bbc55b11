"""Which products a selection holds, and the texts of a product that only one store shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference, store_reference
from commerce_sandbox.shop.moments import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_SELECTIONS = {"winter-range": "Winter range", "outlet-range": "Outlet range", "partner-range": "Partner range"}


def product_selections(past: Past, products: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """Return the selections and their members.

    A member is ``{product, productSelection, variantSelection?}`` with a head of its own, which the platform does not
    show: the head is what the store orders members by.
    """
    dice = past.dice
    selections, members = [], []
    for key, name in _SELECTIONS.items():
        chosen = dice.sample(products, dice.between(1, max(1, len(products) // 4)))
        selection = past.head() | {"key": key, "name": {"en": name}, "mode": "Individual", "productCount": len(chosen)}
        selections.append(selection)
        for product in chosen:
            member = past.head(read(selection["createdAt"])) | {
                "product": reference("product", product["id"]),
                "productSelection": reference("product-selection", selection["id"]),
            }
            if dice.chance(0.3):
                sku = product["masterData"]["current"]["masterVariant"]["sku"]
                member["variantSelection"] = {"type": "inclusion", "skus": [sku]}
            members.append(member)
    return selections, members


def product_tailoring(past: Past, products: Sequence[Document]) -> list[Document]:
    """Return the texts of one product in twelve as two stores show them."""
    dice = past.dice
    documents = []
    for product in dice.sample(products, -(-len(products) // 12)):
        for store, language in dice.sample((("de-web", "de"), ("uk-web", "en")), dice.between(1, 2)):
            name = next(iter(product["masterData"]["current"]["name"].values()))
            current = {"name": {language: f"{name} ({store})"}}
            changed = dice.chance(0.2)
            documents.append(
                past.head(read(product["createdAt"]))
                | {
                    "key": f"{product['key']}-{store}",
                    "store": store_reference(store),
                    "product": reference("product", product["id"]),
                    "published": not dice.chance(0.2),
                    "current": current,
                    "staged": {"name": {language: f"{name} ({store}) II"}} if changed else current,
                    "hasStagedChanges": changed,
                }
            )
    return documents
