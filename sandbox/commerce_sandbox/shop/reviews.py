"""Reviews of products and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import fixed_reference, reference
from commerce_sandbox.shop.moments import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_TEXTS = {
    5: ("Wonderful", "Better than I hoped."),
    4: ("Good", "Does what it should."),
    3: ("Fine", "Solid, but the colour differs from the picture."),
    2: ("Hm", "Runs small."),
    1: ("Disappointed", "Came apart after two weeks."),
}


def reviews(past: Past, products: Sequence[Document], customers: Sequence[Document]) -> list[Document]:
    """Return reviews of two products in five, and one of the outlet; most reviewers are customers."""
    dice = past.dice
    chosen = dice.sample(products, -(-len(products) * 2 // 5))
    targets = [
        *((reference("product", product["id"]), read(product["createdAt"])) for product in chosen),
        (fixed_reference("channel", "outlet"), past.founded),
    ]
    documents = []
    for target, since in targets:
        rating = dice.between(1, 5)
        title, text = _TEXTS[rating]
        document = past.head(since) | {
            "authorName": "A shopper",
            "title": title,
            "text": text,
            "target": target,
            "includedInStatistics": True,
            "rating": rating,
        }
        if customers and dice.chance(0.8):
            author = dice.pick(customers)
            document |= {"customer": reference("customer", author["id"]), "uniquenessValue": author["id"]}
            if "locale" in author:
                document["locale"] = author["locale"]
        documents.append(document)
    return documents
