"""Products as items of an Iterable catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.catalog_entries import CatalogEntry, catalog_entries
from mapper_commercetools.custom_fields import read_fields
from mapper_commercetools.iterable.field_names import clean_name
from mapper_commercetools.iterable.field_values import money_as_double, own_field, without_absent
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.outcomes import MappedRecord, MappedStream, mapped
from mapper_commercetools.product_attributes import attribute_schemas
from mapper_commercetools.products import ProductFacts, read_product
from mapper_commercetools.timestamps import iterable_text

if TYPE_CHECKING:
    from mapper_commercetools.markets import Market
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

CATALOG_ITEMS = "catalog_items"

_FIELDS = {
    "productId": required("string", "commercetools product id"),
    "productKey": required("string", "The shop's product key"),
    "variantId": required("integer", "Number of the variant, if items are variants"),
    "name": required("string", "Name in the catalogue's language"),
    "description": required("string", "Description, at most 1,000 characters"),
    "sku": required("string", "SKU"),
    "price": required("number", "Price before product discounts"),
    "specialPrice": required("number", "Discounted price, if there is one"),
    "currency": required("string", "ISO 4217"),
    "url": required("string", "Product page"),
    "imageUrl": required("string", "Image"),
    "stock": required("integer", "Units available"),
    "inStock": required("boolean", "Whether there are any"),
    "status": required("string", "Enabled if published, else Disabled"),
    "categoryIds": array_of(required("string", "Id"), "commercetools category ids"),
    "categories": array_of(required("string", "Name"), "Category names, as far as they are known"),
    "categoryPaths": array_of(required("string", "Path"), "Names from the root down, as `Men > Shoes > Trail`"),
    "createdAt": required("string", "When the product was made, `yyyy-MM-dd HH:mm:ss +00:00`"),
    "updatedAt": required("string", "When it last changed, `yyyy-MM-dd HH:mm:ss +00:00`"),
}
_MARKET_FIELDS = {name: required("string", description) for name, description in MARKET_FACTS.items()}
# Dates have a form that is no JSON Schema date-time: Iterable knows them by their first value.
_ATTRIBUTE_TYPES = {
    "string": required("string", ""),
    "number": required("number", ""),
    "boolean": required("boolean", ""),
    "list": array_of(required("string", "Item"), ""),
}
_STANDARD_NAMES = frozenset(_FIELDS)
_NAMES_WITH_MARKETS = _STANDARD_NAMES | frozenset(_MARKET_FIELDS)


def taken_names(settings: MappingSettings) -> frozenset[str]:
    """Return the names of standard fields, which product attributes cannot have."""
    return _NAMES_WITH_MARKETS if settings.markets.named else _STANDARD_NAMES


def catalog_name(market: Market, settings: MappingSettings) -> str:
    """Return the name of a market's catalog: `products-de`, without a catalog per market `products`.

    Iterable: names of catalogs have letters, digits and dashes only.
    """
    name = settings.catalog.name
    return f"{name}-{market.key}" if settings.catalog.per_market else name


def catalog_items_stream(settings: MappingSettings, references: References) -> MappedStream:
    """Return the stream `catalog_items`, with the types of attributes as far as rules and product types tell them."""
    taken = taken_names(settings)
    of_attributes = attribute_schemas(
        settings.catalog.attributes,
        references.attribute_types,
        lambda source_name: clean_name(source_name, taken),
        _ATTRIBUTE_TYPES,
    )
    fields = {**_FIELDS, **(_MARKET_FIELDS if settings.markets.named else {}), **of_attributes}
    schema = record_schema(
        {
            "catalogName": required("string", "Name of the catalog"),
            "itemId": required("string", "Product id, or that, `-` and the variant's number"),
            "value": open_object(fields, "The whole item; it replaces what is there"),
        },
        needs=("catalogName", "itemId", "value"),
    )
    return MappedStream(CATALOG_ITEMS, schema, ("catalogName", "itemId"))


def map_product(product: Record, settings: MappingSettings, references: References) -> list[MappedRecord]:
    """Map a product to one catalog item, or to one per variant, in one catalog, or in one per market.

    An unpublished one is `Disabled`, not left out.

    Raises:
        RejectRecordError: If the product is malformed.
        SkipRecordError: If it was never published, or has no variants when items are variants.
    """
    records: list[MappedRecord] = []
    tree = references.category_tree(settings)
    for market in settings.markets.of_catalogues(per_market=settings.catalog.per_market):
        facts, name = read_product(product, market, tree), catalog_name(market, settings)
        records.extend(
            mapped(CATALOG_ITEMS, {"catalogName": name, "itemId": entry.id, "value": _value(facts, entry, settings)})
            for entry in catalog_entries(facts, per_variant=settings.catalog.per_variant)
        )
    return records


def _value(product: ProductFacts, entry: CatalogEntry, settings: MappingSettings) -> dict[str, Any]:
    price, market, taken = entry.price, product.market, taken_names(settings)
    value = without_absent(market.catalog_facts()) if settings.markets.named else {}
    value |= without_absent(
        {
            "productId": product.id,
            "productKey": product.key,
            "variantId": entry.variant_id,
            "name": entry.name,
            "description": entry.description,
            "sku": entry.sku,
            "price": money_as_double(price.value) if price else None,
            "specialPrice": money_as_double(price.discounted) if price else None,
            "currency": price.value.currency if price else None,
            "url": entry.url,
            "imageUrl": entry.image_url,
            "stock": entry.stock,
            "inStock": None if entry.stock is None else entry.stock > 0,
            "status": "Enabled" if product.published else "Disabled",
            "categoryIds": [category.id for category in product.categories] or None,
            "categories": [category.name for category in product.categories if category.name] or None,
            "categoryPaths": [category.path for category in product.categories if category.path] or None,
            "createdAt": iterable_text(product.created_at) if product.created_at else None,
            "updatedAt": iterable_text(product.updated_at) if product.updated_at else None,
        }
    )
    locales = locale_preference(None, market.locales)
    own = read_fields(
        entry.attributes, settings.catalog.attributes, lambda source_name: clean_name(source_name, taken), locales
    )
    value.update((name, own_field(attribute)) for name, attribute in own.items())
    return value
