"""Catalogs: items, the types of their fields, and the rules for names, ids and values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from commerce_sandbox.iterable.answers import RefusalError, bad_params, refusal
from commerce_sandbox.iterable.field_schema import FieldSchema, OversizedValueError, SchemaChange
from commerce_sandbox.iterable.field_values import FIELD_TYPES
from commerce_sandbox.iterable.profile_updates import without_nulls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from commerce_sandbox.iterable.settings import IterableSettings

MAX_ITEMS_PER_UPLOAD: Final = 1000
MAX_VALUE_BYTES: Final = 30_000

_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,255}")


@dataclass(slots=True, eq=False)
class CatalogItem:
    """One item.

    Attributes:
        value: Its fields.
        size: Bytes of the value as JSON.
        modified_at: Time of the last write.
    """

    value: dict[str, Any]
    size: int
    modified_at: datetime


@dataclass(slots=True, eq=False)
class Catalog:
    """A catalog.

    Attributes:
        catalog_id: Number that identifies it.
        name: Letters, digits and dashes; unique regardless of case.
        items: Items by id; the case of ids counts.
        schema: Types of fields, from field mappings or else from first values.
        mapped: Types set by field mappings: these can never change.
    """

    catalog_id: int
    name: str
    items: dict[str, CatalogItem] = field(default_factory=dict)
    schema: FieldSchema = field(default_factory=lambda: FieldSchema("catalog"))
    mapped: dict[str, str] = field(default_factory=dict)

    def write(
        self,
        values: Mapping[str, Mapping[str, Any]],
        now: datetime,
        settings: IterableSettings,
        *,
        keep_other_fields: bool,
    ) -> None:
        """Write items, all or none.

        Args:
            values: Values by item id.
            now: Time of the request.
            settings: The project's settings.
            keep_other_fields: Change only the given top-level fields instead of replacing the whole item.

        Raises:
            RefusalError: 400 if an id, a field name, a value or a type does not fit.
        """
        change = SchemaChange(self.schema, create_new_fields=True)
        admitted: dict[str, dict[str, Any]] = {}
        for item_id, value in values.items():
            check_item_id(item_id)
            _check_value(item_id, value)
            try:
                admitted[item_id] = change.admit(value)
            except OversizedValueError as error:
                msg = f"The value of {error.path} in item {item_id} is too long"
                raise bad_params(msg) from error
        change.commit(settings.catalog_field_limit, settings.project_id)
        for item_id, new_value in admitted.items():
            earlier = self.items.get(item_id)
            merged = {**earlier.value, **new_value} if keep_other_fields and earlier else new_value
            stored = without_nulls(merged)
            self.items[item_id] = CatalogItem(stored, len(msgspec.json.encode(stored)), now)

    def set_mappings(self, mappings: Mapping[str, str]) -> None:
        """Set the types of fields.

        Raises:
            RefusalError: 400 for an unknown type, a field name with a period, or the change of a set type.
        """
        for name, field_type in mappings.items():
            if field_type not in FIELD_TYPES:
                msg = f"Unknown field type: {field_type}"
                raise bad_params(msg)
            _check_field_name(name)
            if self.mapped.get(name, field_type) != field_type:
                msg = f"The field {name} already has the type {self.mapped[name]}, which cannot be changed"
                raise bad_params(msg)
        self.mapped.update(mappings)
        self.schema.types.update(mappings)

    def undefined_fields(self) -> list[str]:
        """Return the top-level fields that items have and no mapping types."""
        names = {path.partition(".")[0] for path in self.schema.types}
        return sorted(names - self.mapped.keys())


def check_catalog_name(name: str) -> None:
    """Refuse a name with other characters than letters, digits and dashes, or longer than 255.

    Raises:
        RefusalError: 400 ``BadParams``.
    """
    if _NAME.fullmatch(name) is None:
        msg = "A catalog name has at most 255 letters, digits and dashes"
        raise bad_params(msg)


def check_item_id(item_id: str) -> None:
    """Refuse an item id with other characters than letters, digits and dashes, or longer than 255.

    Raises:
        RefusalError: 400 ``BadParams``.
    """
    if _NAME.fullmatch(item_id) is None:
        msg = "An item id has at most 255 letters, digits and dashes"
        raise bad_params(msg)


def too_many_items(count: int) -> RefusalError:
    """Return the refusal of an upload with too many items."""
    return refusal(400, "BatchTooLarge", f"{count} items; at most {MAX_ITEMS_PER_UPLOAD} are allowed")


def _check_value(item_id: str, value: Mapping[str, Any]) -> None:
    size = len(msgspec.json.encode(value))
    if size > MAX_VALUE_BYTES:
        msg = f"The value of item {item_id} has {size} bytes; at most {MAX_VALUE_BYTES} are allowed"
        raise bad_params(msg)
    for name in value:
        _check_field_name(name)


def _check_field_name(name: str) -> None:
    if "." in name:
        msg = f"The field name {name} contains a period"
        raise bad_params(msg)
