"""Labels of enums in custom fields, which hold only the keys: the definitions in the stream `types` tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.localization import localized_text
from mapper_commercetools.source_values import Record, nested, nested_list, text

if TYPE_CHECKING:
    from collections.abc import Mapping

EnumFields = dict[str, dict[str, Any]]
"""Name of a field → key → label: a text, or a localized text."""

_ENUMS = frozenset({"Enum", "LocalizedEnum"})


def read_enum_fields(definition: Record) -> EnumFields:
    """Return the fields of a Type that hold the key of an enum, or a set of keys, with the labels.

    commercetools: `fieldDefinitions[].type` is `{name: "Enum" | "LocalizedEnum", values: [{key, label}]}`, or
    `{name: "Set", elementType}` around it.
    """
    fields: EnumFields = {}
    for field in nested_list(definition, "fieldDefinitions"):
        name, kind = text(field, "name"), nested(field, "type")
        if text(kind, "name") == "Set":
            kind = nested(kind, "elementType")
        if name and text(kind, "name") in _ENUMS:
            labels = nested_list(kind, "values")
            fields[name] = {key: value.get("label") for value in labels if (key := text(value, "key"))}
    return fields


def with_labels(fields: Record, enums: EnumFields, locales: tuple[str, ...]) -> Record:
    """Return custom fields with labels in place of the keys of enums.

    Args:
        fields: Field name → value, as the platform keeps it.
        enums: The enums of their Type.
        locales: Preference for localized labels.

    Returns:
        The same fields. A key without a label, or one that the Type did not have when it was read, stays as it is.
    """
    return fields | {name: _labelled(fields[name], labels, locales) for name, labels in enums.items() if name in fields}


def _labelled(value: Any, labels: Mapping[str, Any], locales: tuple[str, ...]) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(value, list):
        return [_labelled(item, labels, locales) for item in value]
    label = labels.get(value) if isinstance(value, str) else None
    chosen = label if isinstance(label, str) else localized_text(label, locales)
    return chosen if chosen and not chosen.isspace() else value
