"""Checking the settings against their schema, with the path of what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pycountry
from jsonschema import Draft202012Validator, FormatChecker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Used by the platform and others for Kosovo, though ISO 3166 has left it to users to assign.
_FURTHER_COUNTRIES = frozenset({"XK"})
_ALPHA_2 = 2

_RULES = {
    "pattern": "must have the form {wanted}",
    "minLength": "must have at least {wanted} characters",
    "minItems": "must have at least {wanted} members",
    "uniqueItems": "has a member twice",
    "minimum": "must be at least {wanted}",
    "maximum": "must be at most {wanted}",
}

FORMATS = FormatChecker(formats=())
"""What the formats of the settings' schema mean."""


@FORMATS.checks("currency (ISO 4217)")
def _is_currency(value: object) -> bool:
    return not isinstance(value, str) or pycountry.currencies.get(alpha_3=value) is not None


@FORMATS.checks("country (ISO 3166-1 alpha-2)")
def _is_country(value: object) -> bool:
    return (
        not isinstance(value, str)
        or value in _FURTHER_COUNTRIES
        or (len(value) == _ALPHA_2 and pycountry.countries.get(alpha_2=value) is not None)
    )


@FORMATS.checks("locale (language, or language-COUNTRY)")
def _is_locale(value: object) -> bool:
    if not isinstance(value, str):
        return True
    language, *further = value.split("-")
    if len(language) == _ALPHA_2:
        known = pycountry.languages.get(alpha_2=language.lower())
    else:
        known = pycountry.languages.get(alpha_3=language.lower())
    # A script or a variant has another length than a country.
    return known is not None and all(_is_country(part.upper()) for part in further if len(part) == _ALPHA_2)


def check_settings(config: Mapping[str, Any], schema: dict[str, Any], path: str) -> None:
    """Check settings.

    The text tells the setting and the rule and never the value: whoever mistakes one setting for another may have
    written a password there.

    Args:
        config: What the settings say.
        schema: Their JSON Schema.
        path: What comes before a setting's name in error texts, for example `mapper.config.`.

    Raises:
        ValueError: If a setting is unknown or wrong; the text names its path.
    """
    errors = Draft202012Validator(schema, format_checker=FORMATS).iter_errors(dict(config))
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
    if first.validator == "required" and isinstance(first.instance, dict):
        missing = next(name for name in first.validator_value if name not in first.instance)
        message = f"{path}{'.'.join([*steps, missing])}: missing"
        raise ValueError(message)
    message = f"{path}{'.'.join(steps)}: {_rule(str(first.validator), first.validator_value)}"
    raise ValueError(message)


def _rule(keyword: str, wanted: Any) -> str:  # noqa: ANN401  what a schema says after a keyword
    """Return what a rule of the schema asks for, in words."""
    if keyword == "type":
        return f"must be of type {_listed(wanted if isinstance(wanted, list) else [wanted])}"
    if keyword == "enum":
        return f"must be one of {_listed(wanted)}"
    if keyword == "format":
        return f"not a known {wanted}"
    text = _RULES.get(keyword, "breaks the rule '{keyword}' ({wanted})")
    return text.format(keyword=keyword, wanted=wanted)


def _listed(values: Iterable[object]) -> str:
    """Return values of a schema as they are written in JSON."""
    return ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
