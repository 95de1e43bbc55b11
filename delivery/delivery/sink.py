"""What a loader says about one destination stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.json_text import encode
from delivery.outcome import rejected
from delivery.record_schema import RecordSchema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry
    from delivery.outcome import Outcome

Record = dict[str, Any]


class Sink(ABC):
    """One destination stream: checks its records and sends batches of them.

    The reading thread calls `prepare`, `identify`, `lane_key` and `merge`; worker threads call `send`, one lane of
    work at a time for each lane of the sink, and `prepare` and `identify` for what is left of a rejected record.

    Attributes:
        stream: The stream's name.
        stage: People are stage 0, what refers to them a higher one. Before a sink sends, everything of a lower
            stage that was read earlier has its outcome.
        lanes: How many batches may be under way at once. Records with one lane key stay in one lane, in order.
        lane_depth: Batches that may wait in a lane before reading pauses.
        fills_one_batch: Whether one batch is filled at a time instead of one for each lane, for services that take
            few big requests. It goes to whichever lane is free, but not while another batch is under way that holds
            one of its lane keys; `lane_depth` has no meaning then.
        max_batch_count: Most records in a batch.
        max_batch_bytes: Most bytes of elements in a batch.
        record_schema: JSON Schema of a record, checked before sending.
    """

    stage: ClassVar[int] = 0
    lanes: ClassVar[int] = 1
    lane_depth: ClassVar[int] = 2
    fills_one_batch: ClassVar[bool] = False
    max_batch_count: int = 1000
    max_batch_bytes: int = 3_800_000
    record_schema: ClassVar[dict[str, Any]]

    _compiled: RecordSchema

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self._compiled = RecordSchema(self.record_schema)

    def describe(  # noqa: B027 - most sinks know their records' shape without it
        self, schema: dict[str, Any], key_properties: Sequence[str]
    ) -> None:
        """Take note of the stream's SCHEMA, each time one comes.

        Args:
            schema: JSON Schema of the records that follow.
            key_properties: The names of its key properties.
        """

    def prepare(self, record: Record) -> Record | Outcome:
        """Check one record before it is sent.

        Returns:
            The record to send, which may be a changed copy, or the outcome of one that is not sent.
        """
        fault = self._compiled.fault(record)
        return record if fault is None else rejected(fault, "schema")

    @abstractmethod
    def identify(self, record: Record) -> str:
        """Return whom or what a record is about."""

    def opt_out(self, record: Record) -> Record | None:  # noqa: ARG002
        """Return what of a record must be carried out even if the record is rejected: what it says no to.

        Args:
            record: A record as it came; what is in it may be of any kind.

        Returns:
            A record of this stream that says no to the same and names nothing else, which is the record itself if that
            is all it says; None if it says no to nothing.
        """
        return None

    def opt_out_of(self, entry: Entry) -> Record | None:
        """Return the same of a record that the service has rejected; None if nothing else was sent than that."""
        opt_out = self.opt_out(entry.record)
        return None if opt_out == entry.record else opt_out

    def lane_key(self, entry: Entry) -> str:
        """Return whose order is to be kept: by default that of the records of one identity.

        A sink whose batches may hold several records of one person says here whose they are.
        """
        return entry.identity

    def merge(self, earlier: Record, later: Record) -> Record | None:  # noqa: ARG002
        """Return one record with the effect of two of one identity sent in order; None if there is no such."""
        return None

    def element(self, record: Record) -> bytes:
        """Return a record as it stands in a request."""
        return encode(record)

    def retained(self, record: Record) -> Record:
        """Return what of a record must be kept while it waits, once its element is made.

        `merge` and `send` see what is returned here. A sink that sends big batches keeps little, so that memory holds
        the text of a record and not its parts as well.
        """
        return record

    @abstractmethod
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        """Send a batch and return the outcome of each record, in order.

        Raises:
            DeliveryError: If the run cannot go on; the records have no outcome then and are sent again.
        """
