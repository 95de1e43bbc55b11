"""What all streams of the tap share."""

from __future__ import annotations

import logging
import sys
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override

from tap_commercetools.access import explain_refusal
from tap_commercetools.errors import TapError, fault_of
from tap_commercetools.left_out import LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from singer_sdk.helpers import types

    from tap_commercetools.errors import RequestRefusedError
    from tap_commercetools.schemas.field_types import Schema
    from tap_commercetools.stream_definition import StreamDefinition
    from tap_commercetools.tap import TapCommercetools


_SCHEMA = msgspec.json.Decoder(dict[str, Any])


class CommercetoolsStream(Stream):
    """A stream that reads one project.

    The SDK's own keeping of bookmarks is switched off: its comparison of each record with the stored bookmark would
    refuse an overlap.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the platform's JSON is already what the schema says
    STATE_MSG_FREQUENCY = sys.maxsize  # states are written between pages

    def __init__(self, tap: TapCommercetools, definition: StreamDefinition) -> None:
        super().__init__(tap, schema=_copy(definition.schema), name=definition.name)
        self.definition = definition
        self.selected_by_default = definition.is_core
        self.primary_keys = definition.primary_keys
        self.replication_key = definition.replication_key
        self.commercetools = tap
        self.left_out = LeftOut(definition.name, self.logger)

    @abstractmethod
    def check(self) -> None:
        """Try to read something.

        Raises:
            RequestRefusedError: If the platform refuses.
            TapError: If it cannot be reached.
        """

    def explain(self, refusal: RequestRefusedError) -> TapError:
        """Say what a refusal means for the person who runs the tap."""
        return explain_refusal(refusal, self.definition)

    @override
    def _process_record(
        self,
        record: types.Record,
        child_context: types.Context | None = None,
        partition_context: types.Context | None = None,
    ) -> None:
        """Do nothing: the SDK asks a filter of the settings here already, for streams within streams.

        There are none, and an expression that fails would end the run; it is asked when the record is written.
        """

    @override
    def _write_record_message(self, record: types.Record) -> None:
        """Write a record; one that cannot be shaped as the settings want it is told and left out."""
        key = [record.get(name) for name in self.definition.primary_keys]
        try:
            super()._write_record_message(record)
        except TapError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other records are none the worse
            self.left_out.tell(fault_of(error), *key)
        else:
            self.left_out.emitted()

    @override
    def _write_state_message(self) -> None:
        """Write a STATE with everything before it."""
        super()._write_state_message()
        self.commercetools.flush()

    @override
    def _increment_stream_state(self, latest_record: types.Record, *, context: types.Context | None = None) -> None:
        """Leave the bookmark alone; it moves with the pages."""

    @override
    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Write nothing into the bookmark; where a run starts is worked out from the bookmark itself."""

    @override
    def get_replication_key_signpost(self, context: types.Context | None = None) -> datetime | None:
        """Return no signpost; the end of the window is what caps the bookmark."""
        return None

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Mapping[str, Any]) -> None:
        """Log a message of the SDK; its errors only for debugging, because an error is reported once, at the end."""
        super().log(message, *args, level=level if level < logging.ERROR else logging.DEBUG, **kwargs)


def _copy(schema: Schema) -> Schema:
    """Return a copy that the SDK may change; by way of JSON, which takes a tenth of the time of `copy.deepcopy`."""
    return _SCHEMA.decode(msgspec.json.encode(schema))
