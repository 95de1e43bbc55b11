"""How a request sees products: whole, only what is published, or as projections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.errors import refuse_input, refuse_parameter
from commerce_sandbox.commercetools.prices import PRICE_PARAMETERS, read_price_selection, variants_of

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.prices import PriceSelection
    from commerce_sandbox.commercetools.query import Parameters
    from commerce_sandbox.commercetools.result_page import View
    from commerce_sandbox.commercetools.store import Document

PROJECTION_PARAMETERS = (
    *PRICE_PARAMETERS,
    "staged",
    "localeProjection",
    "storeProjection",
    "filter[attributes]",
)
"""Query parameters of product projections besides the usual ones."""

_LOCALIZED = ("name", "slug", "description", "metaTitle", "metaDescription", "metaKeywords", "searchKeywords")
_HEAD = ("id", "version", "createdAt", "lastModifiedAt", "key", "productType")
_TAIL = ("taxCategory", "state", "reviewRatingStatistics", "priceMode")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?")


def product_view(parameters: Parameters, now: int, *, only_published: bool, modular: bool) -> View | None:
    """Return how a request to ``products`` sees a product; None if as it is.

    Args:
        parameters: The request's query parameters.
        now: The present, in microseconds since the epoch.
        only_published: The token may not see drafts.
        modular: Variants are resources of their own, and not inside products.
    """
    selection = read_price_selection(parameters, now)
    if selection is None and not only_published and not modular:
        return None

    def view(product: Document) -> Document | None:
        data = product["masterData"]
        if only_published:
            if not data["published"]:
                return None
            data["staged"], data["hasStagedChanges"] = data["current"], False
        for part in ("current", "staged"):
            if modular:
                take_variants_out(data[part])
            elif selection is not None:
                for variant in variants_of(data[part]):
                    selection.add_to(variant)
        return product

    return view


def take_variants_out(product_data: Document) -> None:
    """Leave a product's data without variants, as it is in a Modular catalogue."""
    product_data.pop("masterVariant", None)
    product_data["variants"] = []


def asks_for_staged(parameters: Parameters) -> bool:
    """Tell whether product projections with staged data are wanted.

    Raises:
        ApiError: 400 if ``staged`` is neither true nor false.
    """
    text = parameters.get("staged", ["false"])[-1]
    if text not in {"true", "false"}:
        refuse_parameter("staged", f"The value '{text}' is neither true nor false.")
    return text == "true"


def projection_of(product: Document, *, staged: bool) -> Document:
    """Return a product's projection with all its members; it shares its inner parts with the product."""
    master = product["masterData"]
    return {
        **{name: product[name] for name in _HEAD if name in product},
        **master["staged" if staged else "current"],
        "published": master["published"],
        "hasStagedChanges": master["hasStagedChanges"],
        **{name: product[name] for name in _TAIL if name in product},
    }


def projection_view(parameters: Parameters, now: int, *, modular: bool) -> View:
    """Return how a request to ``product-projections`` sees a product.

    Args:
        parameters: The request's query parameters.
        now: The present, in microseconds since the epoch.
        modular: Variants are resources of their own, and not inside products.

    Raises:
        ApiError: 400 if a parameter is malformed, or is ``storeProjection``, which is not emulated.
    """
    if "storeProjection" in parameters:
        message = "The query parameter 'storeProjection' is not emulated by this sandbox."
        refuse_input(message)
    projection = _Projection(
        staged=asks_for_staged(parameters),
        selection=read_price_selection(parameters, now),
        locales=frozenset(parameters.get("localeProjection", ())),
        attributes=_AttributeFilter(parameters.get("filter[attributes]", ())),
        modular=modular,
    )
    return projection.of


class _AttributeFilter:
    """Keeps the attributes named, then drops those named with a hyphen in front."""

    def __init__(self, names: list[str] | tuple[str, ...]) -> None:
        self._kept = frozenset(name for name in names if not name.startswith("-"))
        self._dropped = frozenset(name[1:] for name in names if name.startswith("-"))

    def apply(self, holder: Document) -> None:
        if "attributes" in holder and (self._kept or self._dropped):
            holder["attributes"] = [
                attribute
                for attribute in holder["attributes"]
                if (not self._kept or attribute["name"] in self._kept) and attribute["name"] not in self._dropped
            ]


@dataclass(frozen=True, slots=True)
class _Projection:
    staged: bool
    selection: PriceSelection | None
    locales: frozenset[str]
    attributes: _AttributeFilter
    modular: bool

    def of(self, product: Document) -> Document | None:
        """Return the projection of a product, None if it has none."""
        master = product["masterData"]
        if not self.staged and not master["published"]:
            return None
        projection = projection_of(product, staged=self.staged)
        if self.modular:
            take_variants_out(projection)
        for variant in variants_of(projection):
            self.attributes.apply(variant)
            if self.selection is not None:
                self.selection.add_to(variant)
        self.attributes.apply(projection)
        if self.locales:
            self._keep_locales(projection)
        return projection

    def _keep_locales(self, projection: Document) -> None:
        for name in _LOCALIZED:
            if name in projection:
                projection[name] = self._localized(projection[name])
        for holder in (projection, *variants_of(projection)):
            for attribute in holder.get("attributes", ()):
                attribute["value"] = self._value(attribute["value"])

    def _value(self, value: object) -> object:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            if value and all(_LOCALE.fullmatch(name) for name in value):
                return self._localized(value)
            if isinstance(value.get("label"), dict):
                return {**value, "label": self._localized(value["label"])}
        return value

    def _localized(self, value: Document) -> Document:
        return {locale: text for locale, text in value.items() if locale in self.locales}
