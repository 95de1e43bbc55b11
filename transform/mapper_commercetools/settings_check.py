"""Checking the settings against their schema, with the path of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pycountry
from jsonschema import Draft202012Validator, FormatChecker

if TYPE_CHECKING:
    from collections.abc import Mapping

# Used by the platform and others for Kosovo, though ISO 3166 has left it to users to assign.
_FURTHER_COUNTRIES = frozenset({"XK"})
_ALPHA_2 = 2

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
    fault = (
        f"{first.instance!r} is not a known {first.validator_value}" if first.validator == "format" else first.message
    )
    message = f"{path}{'.'.join(steps)}: {fault}"
    raise ValueError(message)
