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
        catalogue = ("categories", "catalog.category_paths") if settings.catalog.category_paths else None
        wanted = {
            "customers": ("types", "custom_fields.customers.enum_labels")
            if settings.customer_fields.enum_labels
            else None,
            "orders": ("types", "custom_fields.orders.enum_labels") if settings.order_fields.enum_labels else None,
            **dict.fromkeys(_CATALOGUE_STREAMS, catalogue),
        }
        self._needs = {stream: need for stream, need in wanted.items() if need is not None}

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
        needed, setting = self._needs.get(stream, (stream, ""))
        if needed not in self._announced:
            message = (
                f"{self._path}{setting}: needs the stream {needed} before {stream}; select it in the tap, with "
                "replication-method FULL_TABLE"
            )
            raise ValueError(message)
