"""Checking the settings against their schema, with the path of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_settings(config: Mapping[str, Any], schema: dict[str, Any], path: str) -> None:
    """Check settings.

    Args:
        config: What the settings say.
        schema: Their JSON Schema.
        path: What comes before a setting's name in error texts, for example `mapper.config.`.

    Raises:
        ValueError: If a setting is unknown or wrong; the text names its path.
    """
    errors = Draft202012Validator(schema).iter_errors(dict(config))
    first = min(errors, key=lambda error: [str(step) for step in error.absolute_path], default=None)
    if first is None:
        return
    steps = [str(step) for step in first.absolute_path]
    if (
        first.validator == "additionalProperties"
        and isinstance(first.schema, dict)
        and isinstance(first.instance, dict)
    ):
        known = first.schema.get("properties", {})
        unknown = next(str(name) for name in first.instance if name not in known)
        message = f"{path}{'.'.join([*steps, unknown])}: unknown setting; known here are {', '.join(known)}"
        raise ValueError(message)
    message = f"{path}{'.'.join(steps)}: {first.message}"
    raise ValueError(message)
