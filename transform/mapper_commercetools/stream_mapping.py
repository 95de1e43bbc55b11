"""What one source stream becomes at one destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.outcomes import (
    MappedRecord,
    MappedStream,
    RejectRecordError,
    SkipRecordError,
    rejected,
    skipped,
    unexpected,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_commercetools.source_values import Record


def _no_noes(_: Record) -> Sequence[MappedRecord]:
    return ()


@dataclass(frozen=True, slots=True)
class MappingPart:
    """One thing that a source record becomes, which succeeds or fails without the others.

    Attributes:
        main: The destination stream that it is for, named where it is left out or rejected.
        map_record: The mapping function; it raises SkipRecordError and RejectRecordError.
        noes: Reads from a record that is rejected what the person says no to, whatever else cannot be read: as smaller
            records with an identifier and the noes only. By default a record says no to nothing.
    """

    main: str
    map_record: Callable[[Record], Sequence[MappedRecord]]
    noes: Callable[[Record], Sequence[MappedRecord]] = _no_noes

    def outcomes(self, record: Record) -> Sequence[MappedRecord]:
        """Return what a record becomes; what is wrong with it is an outcome too, whatever it is."""
        try:
            return self.map_record(record)
        except SkipRecordError as error:
            return [skipped(self.main, str(error))]
        except RejectRecordError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  one record must never stop a run
            reason = unexpected(error, "it was mapped")
        return self.rejected(record, reason)

    def rejected(self, record: Record, reason: str) -> Sequence[MappedRecord]:
        """Return a rejected record with its noes: once for each of them, or once without any."""
        try:
            noes = self.noes(record)
        except Exception as error:  # noqa: BLE001  as above
            return [rejected(self.main, f"{reason}; {unexpected(error, 'its consents were read')}")]
        return [rejected(no.stream, reason, no.record) for no in noes] or [rejected(self.main, reason)]


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

    def rejected(self, record: Record, outcome: MappedRecord, reason: str) -> Sequence[MappedRecord]:
        """Return how a record ends whose outcome was refused after the mapping: with what is said no to beside it.

        An outcome that is nothing but a no has nothing smaller that could be carried out instead.
        """
        for part in self.parts:
            if part.main == outcome.stream:
                found = part.rejected(record, reason)
                return found if all(no.record != outcome.record for no in found) else [rejected(part.main, reason)]
        return [rejected(outcome.stream, reason)]
