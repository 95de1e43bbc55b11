"""Writes Singer messages to standard output, many at a time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import encoder
from singer_sdk.singerlib import RecordMessage
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

from tap_commercetools.errors import OutputError

if TYPE_CHECKING:
    import msgspec

_FLUSH_BYTES = 128 * 1024


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
        before = len(self._pending)
        try:
            encoder.encode_into(message.to_dict(), self._pending, before)
        except Exception:
            del self._pending[before:]  # half a line would spoil the next
            raise
        self._pending += b"\n"
        if len(self._pending) >= _FLUSH_BYTES or not isinstance(message, RecordMessage):
            self.flush()

    def write_record_line(self, start: bytes, document: bytes | msgspec.Raw, end: bytes) -> None:
        """Write a RECORD whose record is JSON already.

        Args:
            start: The line up to the record.
            document: The record's JSON, without a line break.
            end: The rest of the line, with its end.
        """
        pending = self._pending
        pending += start
        pending += document
        pending += end
        if len(pending) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write everything gathered so far.

        Where Python runs unbuffered (PYTHONUNBUFFERED, as in many container images), a write that a signal interrupts
        writes a part only and says how much.

        Raises:
            OutputError: If standard output takes nothing any more.
        """
        try:
            with memoryview(self._pending) as unwritten:
                written = 0
                while written < len(unwritten):
                    written += sys.stdout.buffer.write(unwritten[written:]) or 0
            self._pending.clear()
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            message = "the process that takes the records has gone; see its own log"
            raise OutputError(message) from None
        except (OSError, ValueError, AttributeError) as error:  # no room, or closed before or after the start
            message = f"standard output cannot be written ({type(error).__name__}): see where it leads"
            raise OutputError(message) from None
