"""Checking one section of the settings against its schema, with the path of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_section(section: Mapping[str, Any], schema: dict[str, Any], path: str) -> None:
    """Check a section.

    Args:
        section: What the settings say.
        schema: JSON Schema of the section.
        path: The section's own path, for example `mapper.config.events`.

    Raises:
        ValueError: If a setting is unknown or wrong; the text names its path.
    """
    errors = Draft202012Validator(schema).iter_errors(dict(section))
    first = min(errors, key=lambda error: [str(step) for step in error.absolute_path], default=None)
    if first is None:
        return
    steps = [path, *(str(step) for step in first.absolute_path)]
    known = first.schema.get("properties", {}) if isinstance(first.schema, dict) else {}
    if first.validator == "additionalProperties" and isinstance(first.instance, dict):
        unknown = next(str(name) for name in first.instance if name not in known)
        message = f"{'.'.join([*steps, unknown])}: unknown setting; known here are {', '.join(known)}"
        raise ValueError(message)
    message = f"{'.'.join(steps)}: {first.message}"
    raise ValueError(message)
