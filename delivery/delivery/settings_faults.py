"""Says what is wrong with settings: which one, which rule, what to do. Never what it holds, which may be a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError

_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "nothing",
}
_BOUNDS = {
    "minimum": "must be at least",
    "maximum": "must be at most",
    "exclusiveMinimum": "must be more than",
    "exclusiveMaximum": "must be less than",
    "minLength": "must have at least this many characters:",
    "maxLength": "must have at most this many characters:",
    "minItems": "must have at least this many entries:",
    "maxItems": "must have at most this many entries:",
    "pattern": "must match",
    "format": "must be of the form",
    "const": "must be",
}
_QUOTES = "; write it in quotes, so that it is not taken for a number, a list or something else"


def setting_fault(error: ValidationError) -> str:
    """Return what is wrong, for one error of the settings' JSON Schema.

    Args:
        error: The error.
    """
    setting = ".".join(str(step) for step in error.absolute_path)
    place = f"setting {setting}" if setting else "the settings"
    rule: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        missing = next(name for name in rule if name not in instance)
        return f"{f'{setting}.' if setting else ''}{missing} is required"
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        known = error.schema.get("properties", {})
        names = ", ".join(f"'{name}'" for name in instance if name not in known)
        return f"unknown settings are not allowed{f' in {setting}' if setting else ''}: {names}"
    if error.validator == "type":
        allowed = [kind for kind in ([rule] if isinstance(rule, str) else rule) if kind != "null"]
        wanted = " or ".join(_KINDS[kind] for kind in allowed)
        return f"{place} must be {wanted}, and is {_kind_of(error.instance)}{_QUOTES if allowed == ['string'] else ''}"
    if error.validator == "enum":
        return f"{place} must be one of {', '.join(str(value) for value in rule if value is not None)}"
    if str(error.validator) in _BOUNDS:
        return f"{place} {_BOUNDS[str(error.validator)]} {rule}"
    return f"{place} is not of a form that is known here; the README shows which are"


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else "a number"
