"""Singer messages as lines of JSON, read and written with msgspec.

The SDK's own reader quotes a line that it cannot read in its log, and with it somebody's personal data; this one names
the line's number. The SDK's own writer flushes every message; this one flushes where a reader waits for it.
"""

from __future__ import annotations

import re
import sys
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message, RecordMessage
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from mapper_commercetools.json_text import decode_json
from mapper_commercetools.outcomes import unexpected

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

UNREADABLE = "_unreadable"
"""The member of a RECORD message, in place of all others, that says why its line cannot be read."""

_FLUSH_AT_BYTES = 256 * 1024
_PLAINLY_A_RECORD = re.compile(r'\{\s{0,9}"type"\s{0,9}:\s{0,9}"RECORD"')


class NotWritableError(Exception):
    """A message cannot be written as JSON; the text is the reason, without any value of it."""


class LineReader(GenericSingerReader[str]):
    """Reads messages; numbers with a decimal point become exact Decimals.

    Args:
        before_fault: Called before a line that ends the run does so.
    """

    def __init__(self, before_fault: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._before_fault = before_fault
        self.line_number = 0
        self.mended_lines = 0

    @property
    @override
    def default_input(self) -> IO[str]:
        return sys.stdin

    @override
    def process_lines(self, file_input: IO[str] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> Any:
        self.line_number = 0
        try:
            return super().process_lines(file_input, callbacks)
        except (InvalidInputLine, ValueError):
            self._before_fault()
            raise

    @override
    def deserialize_json(self, line: str) -> dict[str, Any]:
        self.line_number += 1
        try:
            message = decode_json(line, self._count_mended)
        except ValueError:
            message = None
        except RecursionError as error:
            if _PLAINLY_A_RECORD.match(line):
                return {"type": "RECORD", UNREADABLE: unexpected(error, "it was read")}
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            text = f"line {self.line_number} of the input is not a Singer message: check what runs before this mapper"
            raise InvalidInputLine(text)
        return message

    def _count_mended(self) -> None:
        self.mended_lines += 1

    @staticmethod
    @override
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        missing = sorted(requires.difference(line_dict))
        if missing:
            text = f"a {line_dict.get('type')} message of the input lacks {', '.join(missing)}"
            raise InvalidInputLine(text)


class LineWriter(GenericSingerWriter[bytearray, Message]):
    """Writes messages to standard output through a buffer.

    A RECORD waits until enough bytes are there; any other message goes out at once with all that wait, so that a STATE
    never stays behind.
    """

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_isoformat)
        self._buffer = bytearray()

    @override
    def serialize_message(self, message: Message) -> bytearray:
        line = bytearray(self._encoder.encode(message.to_dict()))
        line.extend(b"\n")
        return line

    @override
    def write_message(self, message: Message) -> None:
        """Write a message.

        Raises:
            NotWritableError: If it holds what JSON cannot say; nothing of it is written.
        """
        before = len(self._buffer)
        try:
            self._encoder.encode_into(message.to_dict(), self._buffer, before)
        except Exception as error:  # noqa: BLE001  one record must never stop a run
            del self._buffer[before:]
            raise NotWritableError(unexpected(error, "it was written")) from None
        self._buffer.extend(b"\n")
        if len(self._buffer) >= _FLUSH_AT_BYTES or not isinstance(message, RecordMessage):
            self.flush()

    def flush(self) -> None:
        """Write what waits.

        Where Python runs unbuffered (PYTHONUNBUFFERED, as in many container images), a write that a signal interrupts
        writes a part only and says how much.
        """
        with memoryview(self._buffer) as unwritten:
            written = 0
            while written < len(unwritten):
                written += sys.stdout.buffer.write(unwritten[written:]) or 0
        sys.stdout.buffer.flush()
        self._buffer.clear()


def _isoformat(value: datetime) -> str:
    return value.isoformat()
