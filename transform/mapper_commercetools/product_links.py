"""Addresses of product pages, from a template of the shop's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.url_template import UrlTemplate, parse_url_template

if TYPE_CHECKING:
    from mapper_commercetools.localization import LocalizedText

VARIABLES = ("slug", "key", "id", "sku", "locale")


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A template such as `https://shop.example/{locale}/p/{slug}`, taken apart.

    Attributes:
        template: The template.
    """

    template: UrlTemplate

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
        return self.template.fill(values)


def parse_product_link(template: str) -> ProductLink:
    """Take a template apart.

    Raises:
        ValueError: If it has an unknown variable or unbalanced braces.
    """
    return ProductLink(parse_url_template(template, VARIABLES))
