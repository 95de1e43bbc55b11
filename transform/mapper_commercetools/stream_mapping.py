"""What one source stream becomes at one destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.outcomes import MappedRecord, MappedStream, RejectRecordError, SkipRecordError, skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_commercetools.source_values import Record


@dataclass(frozen=True, slots=True)
class MappingPart:
    """One thing that a source record becomes, which succeeds or fails without the others.

    Attributes:
        main: The destination stream that it is for, named where it is left out or rejected.
        map_record: The mapping function; it raises SkipRecordError and RejectRecordError.
    """

    main: str
    map_record: Callable[[Record], Sequence[MappedRecord]]

    def outcomes(self, record: Record) -> Sequence[MappedRecord]:
        """Return what a record becomes; what is wrong with it is an outcome too."""
        try:
            return self.map_record(record)
        except SkipRecordError as error:
            return [skipped(self.main, str(error))]
        except RejectRecordError as error:
            return [MappedRecord(self.main, "rejected", None, str(error))]


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """How one source stream is mapped.

    Attributes:
        streams: Source schema → destination streams, in the order in which one record yields them.
        parts: What a record becomes, in that order.
    """

    streams: Callable[[dict[str, Any]], Sequence[MappedStream]]
    parts: tuple[MappingPart, ...]

    def outcomes(self, record: Record) -> list[MappedRecord]:
        """Return what a record becomes: at least one outcome, whatever it holds."""
        return [outcome for part in self.parts for outcome in part.outcomes(record)]
