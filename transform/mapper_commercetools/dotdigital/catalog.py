"""Products as Dotdigital Insight data of type catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.catalog_entries import CatalogEntry, catalog_entries
from mapper_commercetools.custom_fields import read_fields
from mapper_commercetools.dotdigital.field_names import property_name
from mapper_commercetools.dotdigital.field_values import clipped, money_as_number, own_field, without_absent
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.outcomes import MappedRecord, MappedStream, mapped, skipped
from mapper_commercetools.product_attributes import attribute_schemas
from mapper_commercetools.products import ProductFacts, read_product
from mapper_commercetools.timestamps import iso_text

if TYPE_CHECKING:
    from mapper_commercetools.categories import ProductCategory
    from mapper_commercetools.markets import Market
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

CATALOG = "catalog"

# Dotdigital: a product without one of these is stored, but product blocks and recommendations cannot use it.
MANDATORY = ("name", "price", "sku", "url", "image_path")
_ATTRIBUTE_TYPES = {
    "string": required("string", ""),
    "number": required("number", ""),
    "boolean": required("boolean", ""),
    "date": required("string", "", format="date-time"),
    "list": required("string", ""),
}


def collection_name(market: Market, settings: MappingSettings) -> str:
    """Return the name of a market's collection: `catalog_products_de`, without one per market `catalog_products`."""
    name = f"catalog_{settings.catalog.name}"
    return f"{name}_{market.key}" if settings.catalog.per_market else name


def catalog_stream(settings: MappingSettings, references: References) -> MappedStream:
    """Return the stream `catalog`, with the types of attributes as far as rules and product types tell them."""
    of_attributes = attribute_schemas(
        settings.catalog.attributes, references.attribute_types, property_name, _ATTRIBUTE_TYPES
    )
    of_market = {name: required("string", description) for name, description in MARKET_FACTS.items()}
    category = open_object(
        {"Id": required("string", "commercetools category id"), "Name": required("string", "Name, if it is known")},
        "Category",
        needs=("Id",),
    )
    product = open_object(
        {
            "id": required("string", "Same as the key"),
            "parent_id": required("string", "Product id of a variant"),
            "type": required("string", "Product or Variant"),
            "name": required("string", "Name in the catalogue's language"),
            "shortDescription": required("string", "Description, at most 1,000 characters"),
            "price": required("number", "Price before product discounts"),
            "specialPrice": required("number", "Discounted price, if there is one"),
            **(of_market if settings.markets.named else {}),
            "currency": required("string", "ISO 4217"),
            "sku": required("string", "SKU"),
            "stock": required("integer", "Units available"),
            "status": required("string", "Enabled if published, else Disabled"),
            "url": required("string", "Product page"),
            "image_path": required("string", "Image"),
            "categories": array_of(category, "Categories"),
            "category_paths": array_of(required("string", "Path"), "Names from the root down, `Men > Shoes > Trail`"),
            "created_date": required("string", "When the product was made", format="date-time"),
            "attributes": open_object(of_attributes, "Product attributes that the setting catalog.attributes lists"),
        },
        "The record; it replaces what is there",
        needs=("id", "status"),
    )
    schema = record_schema(
        {
            "collectionName": required("string", "Collection, `catalog_` and the catalogue's name"),
            "key": required("string", "Product id, or that, `-` and the variant's number"),
            "json": product,
        },
        needs=("collectionName", "key", "json"),
    )
    return MappedStream(CATALOG, schema, ("collectionName", "key"))


def map_product(product: Record, settings: MappingSettings, references: References) -> list[MappedRecord]:
    """Map a product to one record, or to one per variant, in one collection, or in one per market.

    An unpublished one is `Disabled`, not left out.

    Raises:
        RejectRecordError: If the product is malformed.
        SkipRecordError: If it was never published, or has no variants when entries are per variant.
    """
    records: list[MappedRecord] = []
    tree = references.category_tree(settings)
    for market in settings.markets.of_catalogues(per_market=settings.catalog.per_market):
        facts = read_product(product, market, tree)
        entries = catalog_entries(facts, per_variant=settings.catalog.per_variant)
        records.extend(_record(facts, entry, settings) for entry in entries)
    return records


def _record(product: ProductFacts, entry: CatalogEntry, settings: MappingSettings) -> MappedRecord:
    properties = _properties(product, entry, settings)
    if settings.catalog.skip_incomplete:
        missing = [name for name in MANDATORY if name not in properties]
        if missing:
            untold = product.prices_untold and "price" in missing
            why = "; priceMode Standalone: the price is not in the product" if untold else ""
            return skipped(CATALOG, f"mandatory for product blocks and missing: {', '.join(missing)}{why}")
    collection = collection_name(product.market, settings)
    return mapped(CATALOG, {"collectionName": collection, "key": entry.id, "json": properties})


def _properties(product: ProductFacts, entry: CatalogEntry, settings: MappingSettings) -> dict[str, Any]:
    price, market = entry.price, product.market
    locales = locale_preference(None, market.locales)
    own = read_fields(entry.attributes, settings.catalog.attributes, property_name, locales)
    of_market = without_absent(market.catalog_facts()) if settings.markets.named else {}
    return of_market | without_absent(
        {
            "id": entry.id,
            "parent_id": entry.parent_id,
            "type": "Product" if entry.parent_id is None else "Variant",
            "name": clipped(entry.name) if entry.name else None,
            "shortDescription": entry.description,
            "price": money_as_number(price.value) if price else None,
            "specialPrice": money_as_number(price.discounted) if price else None,
            "currency": price.value.currency if price else None,
            "sku": entry.sku,
            "stock": entry.stock,
            "status": "Enabled" if product.published else "Disabled",
            "url": entry.url,
            "image_path": entry.image_url,
            "categories": [_category(category) for category in product.categories],
            "category_paths": [clipped(category.path) for category in product.categories if category.path],
            "created_date": iso_text(product.created_at) if product.created_at else None,
            "attributes": {name: own_field(value) for name, value in own.items()},
        }
    )


def _category(category: ProductCategory) -> dict[str, str]:
    return {"Id": category.id, "Name": clipped(category.name)} if category.name else {"Id": category.id}
