"""What projects define themselves: the types stream (custom fields) and the product types stream (attributes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commercetools.schemas.field_types import (
    Schema,
    flag,
    list_of,
    list_of_texts,
    open_record,
    record,
    resource,
    text,
)
from tap_commercetools.schemas.shared import ACTORS, localized_text, reference

if TYPE_CHECKING:
    from collections.abc import Mapping


def _enum_values(description: str) -> Schema:
    label: Schema = {
        "type": ["string", "object", "null"],
        "additionalProperties": {"type": ["string", "null"]},
        "description": "Name shown to people; by language, if the enum is localized.",
    }
    return list_of(description, record("One value.", {"key": text("The value's key."), "label": label}))


def _kind_of_value(description: str, further: Mapping[str, Schema]) -> Schema:
    members: dict[str, Schema] = {
        "name": text("Name of the kind, such as Boolean or Set."),
        "values": _enum_values("The values to choose from, of an enum."),
        "referenceTypeId": text("Kind of resource referred to, of a reference."),
        **further,
    }
    element = record(
        "Kind of the elements, of a set.",
        {**members, "elementType": open_record("Kind of the elements' elements, were there sets of sets.")},
    )
    return record(description, {**members, "elementType": element})


_FIELD_TYPE = _kind_of_value("Kind of the values.", {})
_ATTRIBUTE_TYPE = _kind_of_value(
    "Kind of the values.",
    {"typeReference": reference("The product type that defines nested attributes.")},
)

TYPE: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": localized_text("Name by language."),
        "description": localized_text("Description by language."),
        "resourceTypeIds": list_of_texts("Kinds of resource the type can be used on."),
        "fieldDefinitions": list_of(
            "The custom fields.",
            record(
                "One field. Values of an enum field are keys: their labels stand here only.",
                {
                    "type": _FIELD_TYPE,
                    "name": text("Name of the field."),
                    "label": localized_text("Name shown to people, by language."),
                    "required": flag("Whether the field must have a value."),
                    "inputHint": text("Whether to enter one line or several."),
                },
            ),
        ),
    }
)

PRODUCT_TYPE: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": text("Name."),
        "description": text("Description."),
        "attributes": list_of(
            "The attributes.",
            record(
                "One attribute.",
                {
                    "type": _ATTRIBUTE_TYPE,
                    "name": text("Name of the attribute."),
                    "label": localized_text("Name shown to people, by language."),
                    "isRequired": flag("Whether the attribute must have a value."),
                    "level": text("Product or Variant: what carries the attribute."),
                    "attributeConstraint": text("How values may repeat among variants."),
                    "inputTip": localized_text("Advice on entering, by language."),
                    "inputHint": text("Whether to enter one line or several."),
                    "isSearchable": flag("Whether searches look at the values."),
                },
            ),
        ),
    }
)
