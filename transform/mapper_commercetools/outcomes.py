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
        record: The destination's record if mapped; amounts are exact Decimals. If rejected, a smaller record of the
            same stream with nothing but an identifier and what the person says no to, which is to be carried out all
            the same; None if the person says no to nothing, or nothing identifies it.
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


UNEXPECTED = "unexpected "
"""What the reason of a record begins with that an exception rejected which no rule foresees."""

_LONGEST_REASON = 500


def mapped(stream: str, record: dict[str, Any]) -> MappedRecord:
    """Return a record that was mapped."""
    return MappedRecord(stream, "mapped", record, None)


def skipped(stream: str, reason: str) -> MappedRecord:
    """Return the outcome of a record that a rule leaves out."""
    return MappedRecord(stream, "skipped", None, reason)


def rejected(stream: str, reason: str, record: dict[str, Any] | None = None) -> MappedRecord:
    """Return the outcome of a malformed record, with the smaller one that is to be carried out all the same.

    A reason names fields, and the names of the shop's own fields are what somebody has written: they may be long, or
    hold what no line of text can.
    """
    shown = reason[:_LONGEST_REASON].encode("utf-8", "replace").decode()
    return MappedRecord(stream, "rejected", record, shown)


def unexpected(error: Exception, doing: str) -> str:
    """Return a reason that tells an exception's kind; its text may hold values."""
    return f"{UNEXPECTED}{type(error).__name__} while {doing}"
