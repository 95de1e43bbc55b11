"""Addresses of product pages, from a template of the shop's."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from mapper_commercetools.localization import LocalizedText

VARIABLES = ("slug", "key", "id", "sku", "locale")


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A template such as `https://shop.example/{locale}/p/{slug}`, taken apart.

    Attributes:
        parts: Literal text and the variable after it; the last variable may be None.
    """

    parts: tuple[tuple[str, str | None], ...]

    def url(self, *, id: str | None, key: str | None, sku: str | None, slug: LocalizedText | None) -> str | None:  # noqa: A002  the variable's name
        """Return the address of a product's page; None if a variable the template needs is unknown.

        `{locale}` is the locale in which the slug was found, so that the page exists in that language. Values are
        percent-encoded.
        """
        values = {
            "id": id,
            "key": key,
            "sku": sku,
            "slug": slug.text if slug else None,
            "locale": slug.locale if slug else None,
        }
        url = []
        for literal, variable in self.parts:
            url.append(literal)
            if variable is not None:
                value = values[variable]
                if value is None:
                    return None
                url.append(quote(value, safe=""))
        return "".join(url)


def parse_product_link(template: str) -> ProductLink:
    """Take a template apart.

    Raises:
        ValueError: If it has an unknown variable or unbalanced braces; the text says which.
    """
    try:
        fields = list(Formatter().parse(template))
    except ValueError as error:
        message = f"braces do not match ({error})"
        raise ValueError(message) from error
    parts = []
    for literal, variable, specification, conversion in fields:
        if variable is not None and (variable not in VARIABLES or specification or conversion):
            known = ", ".join("{" + name + "}" for name in VARIABLES)
            message = f"unknown variable {{{variable}}}; known are {known}"
            raise ValueError(message)
        parts.append((literal, variable))
    return ProductLink(tuple(parts))
