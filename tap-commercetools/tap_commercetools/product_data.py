"""Where the variants are in what the platform says of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_commercetools.page import Record


def variants_in(data: Mapping[str, Any]) -> list[Record]:
    """Return the variants of one version of a product, the master first; none in a Modular catalogue.

    Args:
        data: A ``ProductData``, or a product projection.
    """
    return [variant for variant in (data.get("masterVariant"), *(data.get("variants") or ())) if variant]
