"""What messages say of products and of variants that are resources of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.messages.change import Payload, Update, added, kept, present
from commerce_sandbox.commercetools.prices import variants_of
from commerce_sandbox.commercetools.product_views import projection_of, take_variants_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.commercetools.store import Document

_DATA = {"published", "hasStagedChanges", "current", "staged"}
_NOT_TEXT = ("masterVariant", "variants", "categories", "slug")


def product_created(product: Document) -> Iterator[Payload]:
    """Yield the messages of a new product."""
    if not _is_whole(product):
        return
    yield {"type": "ProductCreated", "productProjection": projection_of(product, staged=True)}
    if product["masterData"]["published"]:
        yield _published(product)


def product_deleted(product: Document) -> Iterator[Payload]:
    """Yield the message of a deleted product: what was on sale, and the images that went with it."""
    if not _is_whole(product):
        yield {"type": "ProductDeleted", "removedImageUrls": []}
        return
    data = product["masterData"]
    current = projection_of(product, staged=False) if data["published"] else None
    images = {url for part in ("current", "staged") for variant in variants_of(data[part]) for url in _urls(variant)}
    yield {"type": "ProductDeleted", "removedImageUrls": sorted(images), **present(currentProjection=current)}


def product_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed product.

    commercetools: an edited text or attribute raises no message of its own, it shows at ProductPublished.
    """
    if not (_is_whole(update.before) and _is_whole(update.after)):
        return
    before, after = update.before["masterData"], update.after["masterData"]
    for part in ("current", "staged"):
        yield from _data_updated(before[part], after[part], staged=part == "staged")
    if before["staged"].get("slug") != after["staged"].get("slug"):
        slugs = present(slug=after["staged"].get("slug"), oldSlug=before["staged"].get("slug"))
        yield {"type": "ProductSlugChanged", **slugs}
    if after["published"] and (not before["published"] or _texts(before["current"]) != _texts(after["current"])):
        yield _published(update.after)
    if before["published"] and not after["published"]:
        yield {"type": "ProductUnpublished"}


def _is_whole(product: Document) -> bool:
    """Tell whether a product has what its messages are made of; one made by hand for a test may lack it."""
    data: Document = product.get("masterData", {})
    return data.keys() >= _DATA


def _data_updated(before: Document, after: Document, *, staged: bool) -> Iterator[Payload]:
    old, new = list(variants_of(before)), list(variants_of(after))
    for variant in added(old, new):
        yield {"type": "ProductVariantAdded", "variant": variant, "staged": staged}
    for variant in added(new, old):
        removed = {"variant": variant, "removedImageUrls": _urls(variant)}
        yield {"type": "ProductVariantDeleted", **removed, "staged": staged}
    for old_variant, new_variant in kept(old, new):
        yield from _prices(old_variant, new_variant, staged=staged)
    old_categories, new_categories = before.get("categories", []), after.get("categories", [])
    for category in added(old_categories, new_categories):
        yield {"type": "ProductAddedToCategory", "category": category, "staged": staged}
    for category in added(new_categories, old_categories):
        yield {"type": "ProductRemovedFromCategory", "category": category, "staged": staged}


def _prices(before: Document, after: Document, *, staged: bool) -> Iterator[Payload]:
    old, new = before.get("prices", []), after.get("prices", [])
    where = {"variantId": after["id"], "staged": staged}
    for price in added(old, new):
        yield {"type": "ProductPriceAdded", **where, "price": price}
    for price in added(new, old):
        yield {"type": "ProductPriceRemoved", **where, "price": price}
    for old_price, new_price in kept(old, new):
        if old_price != new_price:
            yield {"type": "ProductPriceChanged", **where, "oldPrice": old_price, "newPrice": new_price}


def _published(product: Document) -> Payload:
    projection = projection_of(product, staged=False)
    return {"type": "ProductPublished", "removedImageUrls": [], "productProjection": projection, "scope": "All"}


def _texts(data: Document) -> Document:
    return {name: value for name, value in data.items() if name not in _NOT_TEXT}


def _urls(variant: Document) -> list[str]:
    return [image["url"] for image in variant.get("images", ())]


def in_modular_catalogue(payload: Payload) -> Payload | None:
    """Return a product's message as a Modular catalogue writes it, without variants; None if it has none."""
    if payload["type"].startswith(("ProductVariant", "ProductPrice")):
        return None
    for name in ("productProjection", "currentProjection"):
        if name in payload:
            take_variants_out(payload[name])
    return payload


def variant_created(variant: Document) -> Iterator[Payload]:
    """Yield the message of a new variant."""
    data = variant.get("staged") or variant.get("current") or {}
    identity = present(
        productId=variant.get("product", {}).get("id"), variantId=variant.get("variantId"), key=variant.get("key")
    )
    yield {"type": "VariantCreated", **identity, **data, "publish": variant.get("published", False)}


def variant_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed variant."""
    old, new = (variant.get("current", {}).get("sku") for variant in (update.before, update.after))
    if old != new:
        yield {"type": "VariantSkuSet", **present(sku=new, oldSku=old), "staged": False}
    if update.changed("key"):
        keys = present(key=update.after.get("key"), oldKey=update.before.get("key"))
        yield {"type": "VariantKeySet", **keys}
    if update.changed("published"):
        unpublished = {"type": "VariantUnpublished", **present(product=update.after.get("product"))}
        yield {"type": "VariantPublished"} if update.after.get("published") else unpublished
