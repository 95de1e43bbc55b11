"""Checks that the source streams of a run fit together, as they are announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapper_commercetools.settings import MappingSettings

_CATALOGUE_STREAMS = ("products", "product_offers")


class AnnouncedStreams:
    """The source streams that a run has announced so far.

    What a field holds must not depend on whether another stream happened to be selected. So a setting that needs a
    stream refuses to go on without it.

    Args:
        settings: The settings.
        path: What comes before a setting's name in error texts.
    """

    def __init__(self, settings: MappingSettings, path: str) -> None:
        self._path = path
        self._announced: set[str] = set()
        self._needs = _needs(settings)

    def add(self, stream: str) -> None:
        """Take in a stream.

        Raises:
            ValueError: If a setting needs another one before it, or another one is there that does the same.
        """
        self._announced.add(stream)
        both = [one for one in _CATALOGUE_STREAMS if one in self._announced]
        if stream in both and len(both) > 1:
            message = f"the streams {' and '.join(both)} both make the catalogue; select only one of them in the tap"
            raise ValueError(message)
        if stream not in self._needs:
            return
        needed, setting = self._needs[stream]
        if needed not in self._announced:
            message = (
                f"{self._path}{setting}: needs the stream {needed} before {stream}; select it in the tap, with "
                "replication-method FULL_TABLE"
            )
            raise ValueError(message)


def _needs(settings: MappingSettings) -> dict[str, tuple[str, str]]:
    """Return stream → the stream that must come before it, and the setting that needs that."""
    needs: dict[str, tuple[str, str]] = {}
    if settings.customer_fields.enum_labels:
        needs["customers"] = ("types", "custom_fields.customers.enum_labels")
    if settings.order_fields.enum_labels:
        needs["orders"] = ("types", "custom_fields.orders.enum_labels")
    if settings.catalog.category_paths:
        needs |= dict.fromkeys(_CATALOGUE_STREAMS, ("categories", "catalog.category_paths"))
    return needs
