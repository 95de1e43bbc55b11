"""Variants as resources of their own, as a Modular catalogue has them: derived from the same products."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.prices import variants_of
from commerce_sandbox.commercetools.resource_types import VARIANTS
from commerce_sandbox.commercetools.targets import PRODUCTS
from commerce_sandbox.shop.dice import uuid_text

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.project import Project
    from commerce_sandbox.commercetools.store import Document, Store, StoredChange

_HEAD = ("id", "version", "createdAt", "lastModifiedAt")
_DATA = ("sku", "images", "attributes", "assets")


def variant_id(product_id: str, number: int) -> str:
    """Return the id of a variant: the same for the same product and number, always."""
    digest = hashlib.sha256(f"variant/{product_id}/{number}".encode()).digest()
    return uuid_text(int.from_bytes(digest[:16], "big"))


def variants_of_product(product: Document) -> list[Document]:
    """Return a product's variants as resources, with the product's own version and times.

    They carry neither prices nor availability: in a Modular catalogue these are standalone prices and inventory.
    """
    master = product.get("masterData", {})
    current, staged = (
        {variant["id"]: variant for variant in variants_of(master.get(part, {}))} for part in ("current", "staged")
    )
    return [
        _variant(product, number, current.get(number), staged.get(number)) for number in sorted({*current, *staged})
    ]


def _variant(product: Document, number: int, current: Document | None, staged: Document | None) -> Document:
    shown = current or staged or {}
    variant = {
        **{name: product[name] for name in _HEAD},
        "id": variant_id(product["id"], number),
        "variantId": number,
        "product": {"typeId": "product", "id": product["id"]},
        "published": product["masterData"].get("published", False) and current is not None,
        "current": _data(shown),
    }
    if "key" in shown:
        variant["key"] = shown["key"]
    if staged is not None and _data(staged) != variant["current"]:
        variant["staged"] = _data(staged)
    return variant


def _data(variant: Document) -> Document:
    return {name: variant[name] for name in _DATA if name in variant}


class VariantMirror:
    """Keeps the variants of a store in step with its products, while the project's catalogue is Modular.

    Args:
        store: The project's resources.
        project: Tells which catalogue the project has.
    """

    def __init__(self, store: Store, project: Project) -> None:
        self._store = store
        self._project = project
        store.observers.append(self.note)
        self.refresh()

    def refresh(self) -> None:
        """Make the variants anew, or take them away, as the project's catalogue wants; no message tells of it."""
        self._store.clear(VARIANTS)
        if self._project.is_modular:
            products = self._store.all(PRODUCTS)
            self._store.fill(VARIANTS, [variant for product in products for variant in variants_of_product(product)])

    def note(self, change: StoredChange) -> None:
        """Bring the variants of a changed product up to date; those that are as before keep version and times."""
        if change.path != PRODUCTS or not self._project.is_modular:
            return
        before = {} if change.before is None else _by_id(change.before.document())
        after = {} if change.after is None else _by_id(change.after.document())
        for identifier in sorted(before.keys() - after.keys()):
            self._store.delete(VARIANTS, identifier)
        for identifier, variant in after.items():
            if _content(variant) != _content(before.get(identifier, {})):
                self._store.put(VARIANTS, variant)


def _by_id(product: Document) -> dict[str, Document]:
    return {variant["id"]: variant for variant in variants_of_product(product)}


def _content(variant: Document) -> Document:
    return {name: value for name, value in variant.items() if name not in _HEAD}
