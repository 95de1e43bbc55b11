"""The stream of variants: one shape, whichever way the project keeps its catalogue."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_commercetools.errors import TapError
from tap_commercetools.product_data import variants_in
from tap_commercetools.resource_stream import ResourceStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_commercetools.page import Record, Row

_COMMON = ("version", "createdAt", "lastModifiedAt")
_VERSIONS = ("current", "staged")


def variants_of(product: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the variants within a product of a Classic project, in the shape of a Modular project's Variant.

    A variant exists as long as it is in the current or in the staged version of its product; what is not there is
    missing from the record. Its id is made of the product's and its own number, which is unique in its product only.

    Args:
        product: A product as the platform writes it.
    """
    versions = {name: _by_number(product["masterData"].get(name) or {}) for name in _VERSIONS}
    masters = {name: (product["masterData"].get(name) or {}).get("masterVariant") or {} for name in _VERSIONS}
    master = (masters["current"] or masters["staged"]).get("id")
    for number in sorted(set(chain.from_iterable(versions.values()))):
        found = {name: variants[number] for name, variants in versions.items() if number in variants}
        record = {
            "id": f"{product['id']}/{number}",
            **{field: product[field] for field in _COMMON if field in product},
            "variantId": number,
            "product": {"typeId": "product", "id": product["id"]},
            "published": product["masterData"].get("published"),
            "isMaster": number == master,
            **found,
        }
        key = next((variant["key"] for variant in found.values() if variant.get("key")), None)
        yield {
            **record,
            **({"key": key} if key else {}),
            **({"productKey": product["key"]} if product.get("key") else {}),
        }


def _by_number(data: Mapping[str, Any]) -> dict[int, Record]:
    return {variant["id"]: variant for variant in variants_in(data)}


class VariantStream(ResourceStream):
    """Variants: resources of their own in a Modular project, parts of products in a Classic one."""

    @property
    def _is_modular(self) -> bool:
        project = self.commercetools.project
        return project is not None and project.modular

    @property
    @override
    def path(self) -> str:
        return "variants" if self._is_modular else "products"

    @override
    def records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        records = super().records_of(rows)
        if self._is_modular:
            yield from records
            return
        for product in records:
            variants = list(variants_of(product))
            if not variants and self.commercetools.project is None:
                message = (
                    f"stream {self.name}: a product has no variants, so the project may keep them as resources of "
                    "their own (catalogue model Modular); grant the API client view_project_settings, which tells"
                )
                raise TapError(message)
            yield from variants
