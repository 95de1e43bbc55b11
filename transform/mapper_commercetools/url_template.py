"""Addresses made of a template of the shop's, such as `https://shop.example/{locale}/p/{slug}`."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A template, taken apart.

    Attributes:
        parts: Literal text and the variable after it; the last variable may be None.
    """

    parts: tuple[tuple[str, str | None], ...]

    def fill(self, values: Mapping[str, str | None]) -> str | None:
        """Return the address, its values percent-encoded; None if a variable that it needs is unknown."""
        url = []
        for literal, variable in self.parts:
            url.append(literal)
            if variable is not None:
                value = values[variable]
                if value is None:
                    return None
                url.append(quote(value, safe=""))
        return "".join(url)


def parse_url_template(template: str, variables: Sequence[str]) -> UrlTemplate:
    """Take a template apart.

    Args:
        template: The template.
        variables: The variables that there are.

    Raises:
        ValueError: If it has an unknown variable or unbalanced braces.
    """
    try:
        fields = list(Formatter().parse(template))
    except ValueError as error:
        message = "braces do not match; write each variable as {name}"
        raise ValueError(message) from error
    parts = []
    for literal, variable, specification, conversion in fields:
        if variable is not None and (variable not in variables or specification or conversion):
            known = ", ".join("{" + name + "}" for name in variables)
            message = f"has a variable that is not known, or more than its name in braces; known are {known}"
            raise ValueError(message)
        parts.append((literal, variable))
    return UrlTemplate(tuple(parts))
