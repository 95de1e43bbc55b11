"""Turning a product into catalogue entries: one for the product, or one per variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.outcomes import SkipRecordError

if TYPE_CHECKING:
    from mapper_commercetools.prices import ChosenPrice
    from mapper_commercetools.products import ProductFacts, VariantFacts

_LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What both destinations say about one catalogue entry; what is not known is None.

    Attributes:
        id: Product UUID; of a variant, that and `-` and the variant's number.
        parent_id: Product UUID of a variant's entry.
        variant_id: Number of the variant.
        name: Name.
        description: Description, at most 1,000 characters.
        sku: SKU.
        price: Price in the market.
        stock: Units available.
        url: Product page.
        image_url: Image.
        attributes: Attribute name → value.
    """

    id: str
    parent_id: str | None
    variant_id: int | None
    name: str | None
    description: str | None
    sku: str | None
    price: ChosenPrice | None
    stock: int | None
    url: str | None
    image_url: str | None
    attributes: dict[str, Any]


def catalog_entries(product: ProductFacts, *, per_variant: bool) -> list[CatalogEntry]:
    """Return the entries of a product in its market's catalogue.

    The product's own entry shows its first variant that has a price there, the master variant first; what that
    one lacks comes from the next that has it. Its stock is that of all variants together.

    Args:
        product: The product.
        per_variant: One entry per variant instead of one for the product.

    Raises:
        SkipRecordError: If entries are per variant and the product has none with a number.
    """
    if not per_variant:
        return [_product_entry(product)]
    entries = [_variant_entry(product, variant) for variant in product.variants if variant.id is not None]
    if not entries:
        message = "masterData.current.masterVariant: the product has no variants"
        raise SkipRecordError(message)
    return entries


def _product_entry(product: ProductFacts) -> CatalogEntry:
    variants = sorted(product.variants, key=lambda variant: variant.price is None)
    stocks = [variant.stock for variant in variants if variant.stock is not None]
    sku = next((variant.sku for variant in variants if variant.sku), None)
    return CatalogEntry(
        id=product.id,
        parent_id=None,
        variant_id=None,
        name=product.name,
        description=_description(product),
        sku=sku,
        price=variants[0].price if variants else None,
        stock=sum(stocks) if stocks else None,
        url=_url(product, sku),
        image_url=next((variant.image_url for variant in variants if variant.image_url), None),
        attributes=variants[0].attributes if variants else {},
    )


def _variant_entry(product: ProductFacts, variant: VariantFacts) -> CatalogEntry:
    product_image = next((other.image_url for other in product.variants if other.image_url), None)
    return CatalogEntry(
        id=f"{product.id}-{variant.id}",
        parent_id=product.id,
        variant_id=variant.id,
        name=product.name,
        description=_description(product),
        sku=variant.sku,
        price=variant.price,
        stock=variant.stock,
        url=_url(product, variant.sku),
        image_url=variant.image_url or product_image,
        attributes=variant.attributes,
    )


def _description(product: ProductFacts) -> str | None:
    return product.description[:_LONGEST_DESCRIPTION] if product.description else None


def _url(product: ProductFacts, sku: str | None) -> str | None:
    link = product.market.product_link
    return link.url(id=product.id, key=product.key, sku=sku, slug=product.slug) if link else None
