"""Says what is wrong with a configuration, without repeating its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.plugin_base import JSONSchemaValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import ValidationError


def without_blanks(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration without empty values: an unset environment variable arrives as an empty text."""
    return {setting: value for setting, value in config.items() if value is not None and value != ""}


def fill_defaults_and_list_errors(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Check a configuration against its JSON Schema.

    The validator's own messages quote the value, which may be a secret; these name the setting and the rule.

    Args:
        config: The configuration; defaults are filled in.
        schema: Its JSON Schema.

    Returns:
        One text per error, none if the configuration is right.
    """
    errors = JSONSchemaValidator(schema).iter_errors(config)
    return list(dict.fromkeys(_describe(error) for error in errors))


def _describe(error: ValidationError) -> str:
    setting = ".".join(str(part) for part in error.absolute_path)
    rule: Any = error.validator_value
    if error.validator == "required":
        given: Any = error.instance
        missing = [name for name in rule if name not in given]
        return f"required but missing: {', '.join(missing)}"
    if error.validator in {"type", "enum"}:
        allowed = [rule] if isinstance(rule, str) else rule
        listed = ", ".join(str(value) for value in allowed if value not in {None, "null"})
        return f"setting {setting} must be {'of type' if error.validator == 'type' else 'one of'} {listed}"
    text = _RULES.get(str(error.validator), "breaks a rule of its schema:")
    return f"setting {setting} {text} {rule if str(error.validator) in _RULES else error.validator}"


_RULES = {"minimum": "must be at least", "maximum": "must be at most", "pattern": "must match"}
