"""Writes Singer messages to standard output, many at a time."""

from __future__ import annotations

import sys

from singer_sdk.contrib.msgspec import encoder
from singer_sdk.singerlib import RecordMessage
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

_FLUSH_BYTES = 64 * 1024


class BufferedMessageWriter(GenericSingerWriter[bytearray, Message]):
    """Gathers records and writes them together; any other message is written at once, with all before it.

    A STATE therefore never waits, and never overtakes the records it speaks for.
    """

    def __init__(self) -> None:
        self._pending = bytearray()

    @override
    def serialize_message(self, message: Message) -> bytearray:
        line = bytearray(encoder.encode(message.to_dict()))
        line += b"\n"
        return line

    @override
    def write_message(self, message: Message) -> None:
        encoder.encode_into(message.to_dict(), self._pending, len(self._pending))
        self._pending += b"\n"
        if len(self._pending) >= _FLUSH_BYTES or not isinstance(message, RecordMessage):
            self.flush()

    def flush(self) -> None:
        """Write everything gathered so far."""
        if self._pending:
            sys.stdout.buffer.write(self._pending)
            self._pending.clear()
        sys.stdout.buffer.flush()
