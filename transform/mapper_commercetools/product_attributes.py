"""Types of product attributes: announced from rules and product types, so that no first value decides on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.source_values import Record, nested, nested_list, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mapper_commercetools.custom_fields import FieldRules
    from mapper_commercetools.json_schema import JsonSchema

# commercetools: names of attribute types → the type of a field rule by which their values travel without one.
_TYPES = {
    "boolean": "boolean",
    "number": "number",
    "money": "number",
    "text": "string",
    "ltext": "string",
    "enum": "string",
    "lenum": "string",
    "reference": "string",
    "time": "string",
    "date": "date",
    "datetime": "date",
    "set": "list",
}


def read_attribute_types(product_type: Record) -> dict[str, str | None]:
    """Return attribute name → type of a field rule (`string`, `number`, …); None for what has none, as `nested`."""
    return {
        name: _TYPES.get(text(nested(attribute, "type"), "name") or "")
        for attribute in nested_list(product_type, "attributes")
        if (name := text(attribute, "name"))
    }


def attribute_schemas(
    rules: FieldRules,
    known: Mapping[str, str | None],
    clean_name: Callable[[str], str],
    schemas: Mapping[str, JsonSchema],
) -> dict[str, JsonSchema]:
    """Return name at the destination → JSON Schema, of the attributes whose type is known.

    Args:
        rules: Which attributes travel; a rule's own type counts before the product type's.
        known: Attribute name → type of a field rule, as product types say.
        clean_name: Makes a name that the destination accepts.
        schemas: Type of a field rule → how the destination has it; types that it leaves open are not there.
    """
    announced: dict[str, JsonSchema] = {}
    for source_name, rule in rules.listed.items():
        if rule is None:
            continue
        schema = schemas.get(rule.type or known.get(source_name) or "")
        if schema is not None:
            announced[rule.name or clean_name(source_name)] = {**schema, "description": f"Attribute {source_name}"}
    return announced
