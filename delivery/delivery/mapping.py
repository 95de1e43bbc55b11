"""Finds the mapper a loader is told to use, and says what a mapper must offer.

A mapper is any object that fits these protocols: the loaders depend on no mapper, and a mapper need not import
this package. It announces itself by a Python entry point in the group ``delivery.mappers`` that names a function
``(config, destination) -> RecordMapper``.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol

from delivery.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENTRY_POINT_GROUP = "delivery.mappers"


class MappedStream(Protocol):
    """A destination stream that a source stream yields."""

    @property
    def stream(self) -> str:
        """Name in the loader's vocabulary."""

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of its records."""

    @property
    def key_properties(self) -> Sequence[str]:
        """Names of its key properties."""


class MappedRecord(Protocol):
    """What one source record yields for one destination stream."""

    @property
    def stream(self) -> str:
        """Name in the loader's vocabulary."""

    @property
    def outcome(self) -> str:
        """``mapped``, ``skipped`` or ``rejected``."""

    @property
    def record(self) -> dict[str, Any] | None:
        """The record, if it was mapped; of a rejected one a smaller record with what it says no to, if it does."""

    @property
    def reason(self) -> str | None:
        """Why it was skipped or rejected, without any value of the record."""


class RecordMapper(Protocol):
    """Turns records of a source into records in a loader's vocabulary."""

    def map_schema(
        self, stream: str, schema: dict[str, Any], key_properties: Sequence[str]
    ) -> Sequence[MappedStream] | None:
        """Return the streams this one yields; None if it is not the mapper's and passes through untouched.

        Raises:
            ValueError: If its settings and the streams announced so far do not fit together; ends the run with this
                text, so that it must show nothing of a record.
        """

    def map_record(self, stream: str, record: dict[str, Any]) -> Sequence[MappedRecord]:
        """Return what a record yields: at least one entry, so that each record read is accounted for."""


def load_mapper(setting: Mapping[str, Any], destination: str) -> RecordMapper:
    """Return the mapper that the setting ``mapper`` names.

    Args:
        setting: ``{"name": …, "config": {…}}``.
        destination: The loader's vocabulary, for example ``iterable``.

    Raises:
        SettingsError: If no installed package offers that mapper, or it refuses its config.
    """
    name = setting["name"]
    offered = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in offered:
        known = ", ".join(sorted(offered)) or "none"
        message = (
            f"setting mapper.name: no mapper '{name}' is installed (installed: {known}); "
            "install the package that brings it into the loader's environment"
        )
        raise SettingsError(message)
    create = offered[name].load()
    try:
        mapper: RecordMapper = create(setting.get("config") or {}, destination)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    return mapper
