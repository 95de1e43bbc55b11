"""Shopping lists: what people keep for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference, store_reference
from commerce_sandbox.shop.moments import read, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_NAMES = ({"en": "Wish list", "de": "Wunschzettel"}, {"en": "For the next tour"}, {"de": "Für später", "en": "Later"})
_LIST_LIFE_DAYS = 360


def shopping_lists(past: Past, customers: Sequence[Document], products: Sequence[Document]) -> list[Document]:
    """Return lists of one customer in twenty and of a few people without an account."""
    dice = past.dice
    owners = dice.sample(customers, -(-len(customers) // 20))
    lists = [_list(past, products, owner) for owner in owners]
    return lists + [_list(past, products, None) for _ in range(3)]


def _list(past: Past, products: Sequence[Document], owner: Document | None) -> Document:
    dice = past.dice
    document = past.head(None if owner is None else read(owner["createdAt"]))
    added = read(document["lastModifiedAt"])
    chosen = dice.sample(products, dice.between(1, 5))
    document |= {
        "key": f"list-{document['id'][:8]}",
        "name": dice.pick(_NAMES),
        "lineItems": [_line(dice, product, added) for product in chosen],
        "textLineItems": [_note(dice, added)] if dice.chance(0.3) else [],
        "deleteDaysAfterLastModification": _LIST_LIFE_DAYS,
    }
    if owner is None:
        return document | {"anonymousId": dice.identifier(), "store": store_reference("de-web")}
    document["customer"] = reference("customer", owner["id"])
    return document | ({"store": owner["stores"][0]} if owner["stores"] else {})


def _line(dice: Dice, product: Document, added: int) -> Document:
    master = product["masterData"]
    return {
        "id": dice.identifier(),
        "productId": product["id"],
        "productType": product["productType"],
        "name": master["current"]["name"],
        "variantId": master["current"]["masterVariant"]["id"],
        "quantity": dice.between(1, 3),
        "published": master["published"],
        "addedAt": written(added),
    }


def _note(dice: Dice, added: int) -> Document:
    return {
        "id": dice.identifier(),
        "name": {"en": "Ask about laces"},
        "description": {"en": "In the shop"},
        "quantity": 1,
        "addedAt": written(added),
    }
