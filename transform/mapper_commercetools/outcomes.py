"""What mapping a record can end in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Outcome = Literal["mapped", "skipped", "rejected"]


@dataclass(frozen=True, slots=True)
class MappedStream:
    """A destination stream that a source stream yields.

    Attributes:
        stream: Name in the destination's vocabulary, for example `purchases`.
        schema: JSON Schema of its records.
        key_properties: Names of its key properties; empty if the key is not a top-level property.
    """

    stream: str
    schema: dict[str, Any]
    key_properties: tuple[str, ...]


class MappedRecord(msgspec.Struct, frozen=True):
    """What one source record yields for one destination stream.

    Attributes:
        stream: Destination stream; for a source stream without a mapping, the source stream.
        outcome: `mapped`; `skipped` (a rule leaves it out); `rejected` (it is malformed).
        record: The destination's record, only if mapped. Amounts are exact Decimals.
        reason: Field and rule, never a value of the record; only if skipped or rejected.
    """

    stream: str
    outcome: Outcome
    record: dict[str, Any] | None
    reason: str | None


class SkipRecordError(Exception):
    """A rule leaves the record out; the text is the reason."""


class RejectRecordError(Exception):
    """The record is malformed; the text is the reason."""


def mapped(stream: str, record: dict[str, Any]) -> MappedRecord:
    """Return a record that was mapped."""
    return MappedRecord(stream, "mapped", record, None)


def skipped(stream: str, reason: str) -> MappedRecord:
    """Return the outcome of a record that a rule leaves out."""
    return MappedRecord(stream, "skipped", None, reason)
