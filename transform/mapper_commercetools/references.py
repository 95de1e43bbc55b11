"""What a run keeps of the records that others refer to by id: types, product types and categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from mapper_commercetools.categories import CategoryTree, read_category
from mapper_commercetools.enum_labels import EnumFields, read_enum_fields
from mapper_commercetools.outcomes import MappedStream, SkipRecordError
from mapper_commercetools.product_attributes import read_attribute_types
from mapper_commercetools.source_values import Record, required_id
from mapper_commercetools.stream_mapping import MappingPart, StreamMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_commercetools.settings import MappingSettings

REFERENCE_STREAMS = ("types", "product_types", "categories")
"""Streams that bring no records of their own to a destination, but what the records of others need."""


@dataclass(frozen=True, slots=True)
class References:
    """The references of one run, filled as their streams are read; empty at first.

    Attributes:
        enum_fields: UUID of a Type → its fields that hold keys of enums.
        categories: UUID → category.
        attribute_types: Name of a product attribute → type of a field rule; None if product types disagree, or it has
            none.
    """

    enum_fields: dict[str, EnumFields] = field(default_factory=dict)
    categories: CategoryTree = field(default_factory=dict)
    attribute_types: dict[str, str | None] = field(default_factory=dict)

    def keep_type(self, definition: Record) -> NoReturn:
        """Keep what a record of the stream `types` tells, and end it as skipped.

        Raises:
            RejectRecordError: If it has no id.
            SkipRecordError: Else.
        """
        self.enum_fields[required_id(definition)] = read_enum_fields(definition)
        _kept()

    def keep_product_type(self, product_type: Record) -> NoReturn:
        """Keep what a record of the stream `product_types` tells, and end it likewise."""
        required_id(product_type)
        for name, told in read_attribute_types(product_type).items():
            self.attribute_types[name] = told if self.attribute_types.get(name, told) == told else None
        _kept()

    def keep_category(self, category: Record) -> NoReturn:
        """Keep what a record of the stream `categories` tells, and end it likewise."""
        self.categories[required_id(category)] = read_category(category)
        _kept()

    def category_tree(self, settings: MappingSettings) -> CategoryTree | None:
        """Return the categories if paths are wanted; None if not."""
        return self.categories if settings.catalog.category_paths else None


def reference_mappings(settings: MappingSettings, references: References) -> dict[str, StreamMapping]:
    """Return the mapping of each reference stream that the settings have a use for; it yields no stream."""
    keepers: dict[str, Callable[[Record], NoReturn]] = {}
    if settings.customer_fields.enum_labels or settings.order_fields.enum_labels:
        keepers["types"] = references.keep_type
    if settings.catalog.attributes.listed:
        keepers["product_types"] = references.keep_product_type
    if settings.catalog.category_paths:
        keepers["categories"] = references.keep_category
    return {stream: StreamMapping(_nothing, (MappingPart(stream, keep),)) for stream, keep in keepers.items()}


def _nothing(_: dict[str, Any]) -> list[MappedStream]:
    return []


def _kept() -> NoReturn:
    message = "kept as a reference for the streams that follow"
    raise SkipRecordError(message)
