"""Says what is wrong with a configuration, without repeating its values."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from singer_sdk.plugin_base import JSONSchemaValidator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema import ValidationError

_LONGEST_NAME = 60
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")


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
    try:
        errors = list(JSONSchemaValidator(schema).iter_errors(config))
    except AttributeError:  # the SDK's schema of stream maps is no schema in some of its branches
        return ["setting stream_maps must be an object with an object for each stream, of expressions and nulls"]
    return list(dict.fromkeys(_describe(error) for error in errors))


def unknown_settings(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return a text for each setting that does not exist, with the one that may be meant.

    Args:
        config: The configuration.
        schema: Its JSON Schema.
    """
    return [
        f"setting {shown_name(setting)} does not exist{_meant(setting, schema['properties'])}"
        for setting in config
        if setting not in schema["properties"]
    ]


def _meant(setting: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(setting[:_LONGEST_NAME], known, n=1)
    return f"; is {close[0]} meant?" if close else ""


def shown_name(name: str) -> str:
    """Return a name for an error text; what is not written as names are is not shown."""
    return name if _NAME.fullmatch(name) else "(a name that is none)"


def describe_map_error(maps: object, error: Exception) -> str:
    """Return what to say about stream maps that cannot be used: where, but not what stands there.

    Args:
        maps: The setting stream_maps.
        error: What the SDK says, which repeats expressions.
    """
    said = str(error)
    places = [
        f"{shown_name(str(stream))}.{shown_name(str(name))}"
        for stream, properties in (maps.items() if isinstance(maps, dict) else ())
        for name, expression in (properties.items() if isinstance(properties, dict) else ())
        if (isinstance(expression, str) and expression and expression in said) or f"'{name}'" in said
    ]
    where = f" at {', '.join(places)}" if places else ""
    return f"setting stream_maps or flattening cannot be used{where} ({type(error).__name__}): correct the expression"


def _describe(error: ValidationError) -> str:
    setting = ".".join(shown_name(str(part)) for part in error.absolute_path)
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
