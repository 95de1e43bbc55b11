"""A record on its way to the destination."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from delivery.checkpoint import Segment
    from delivery.outcome import Outcome
    from delivery.rejects import SchemaMessage


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record came from: what is needed to keep it, should it be rejected.

    Attributes:
        schema: The SCHEMA in force when it was read.
        line: The RECORD message as it was read, in UTF-8.
        segment: The part of the input it belongs to.
    """

    schema: SchemaMessage
    line: bytes
    segment: Segment


@dataclass(slots=True)
class Entry:
    """A record in the destination's vocabulary, checked and ready to be sent.

    Attributes:
        record: The record.
        element: The record as JSON text, as it stands in a request.
        identity: Whom or what the record is about. A batch holds one record an identity, and the records of one
            identity keep their order, unless the sink says that the order of others is kept. Never logged.
        source: Where it came from.
        merged: Where earlier records came from that this one has taken in; they share its outcome.
        rest: The outcome of the record of which this carries out the noes only; None if it is a record itself.
    """

    record: dict[str, Any]
    element: bytes
    identity: str
    source: Source
    merged: list[Source] = field(default_factory=list)
    rest: Outcome | None = None
