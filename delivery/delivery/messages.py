"""Reads Singer messages line by line, exactly, and can be interrupted while it waits for the next line."""

from __future__ import annotations

import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from delivery.errors import Interrupted, InvalidInput
from delivery.exact_numbers import exact_number
from delivery.lenient_json import NotNearlyJson, read_leniently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Message = dict[str, Any]

_BYTES_READ_AT_ONCE = 64 * 1024
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=exact_number)
_NOT_STRICT = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class MessageReader(GenericSingerReader[bytes]):
    """Decodes messages with exact numbers: a JSON number with a fraction becomes a `Decimal`.

    It reads bytes, whatever encoding the system takes for its own: Singer messages are UTF-8. Of a RECORD that is
    nearly JSON it reads what can be read: one such record must not end a run, nor take along a no that is in it.

    Attributes:
        line: The line now being processed, as it came in: that is what is kept while a record waits.
        line_number: Its number, from one.
        faults: What of the line could not be read: place and kind, without any value; nearly always empty.
        mended: Whether half surrogate pairs of the line were replaced by U+FFFD.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line = b""
        self.line_number = 0
        self.faults: list[str] = []
        self.mended = False
        self._waiting = False
        self._interruption: Interrupted | None = None

    @property
    @override
    def default_input(self) -> IO[bytes]:
        # Each read lets another thread go first, so few and large ones are made.
        return open(sys.stdin.fileno(), "rb", buffering=_BYTES_READ_AT_ONCE, closefd=False)

    @override
    def process_lines(
        self, file_input: IO[bytes] | IO[str] | None, callbacks: dict[str, Callable[[Message], None]]
    ) -> Counter[str]:
        statistics: Counter[str] = Counter()
        lines = _lines_of(file_input or self.default_input)
        while (line := self._next_line(lines)) is not None:
            self.line = line
            self.line_number += 1
            if not line.strip():
                continue
            message = self.deserialize_json(line)
            self.require(message, "type")
            kind = message["type"]
            if not isinstance(kind, str) or kind not in callbacks:
                text = f"line {self.line_number} of the input has an unknown message type"
                raise InvalidInput(text)
            if self.faults and kind != "RECORD":
                raise self._invalid()
            callbacks[kind](message)
            statistics[kind] += 1
        return statistics

    @override
    def deserialize_json(self, line: bytes) -> Message:
        self.faults, self.mended = [], False
        try:
            return _decoder.decode(line)
        except _NOT_STRICT:
            # Neither the line nor the decoder's text is shown: both may hold personal data.
            return self._deserialize_leniently(line)

    def _deserialize_leniently(self, line: bytes) -> Message:
        try:
            read = read_leniently(line)
        except NotNearlyJson:
            raise self._invalid() from None
        self.faults, self.mended = read.faults, read.mended
        return read.value

    def _invalid(self) -> InvalidInput:
        return InvalidInput(
            f"line {self.line_number} of the input is not a Singer message (a JSON object on one line); "
            "check what writes to this loader's standard input"
        )

    def require(self, message: Message, *members: str) -> None:
        """Refuse a message that lacks a member.

        Raises:
            InvalidInput: Naming the line and the member.
        """
        for member in members:
            if member not in message:
                text = f"line {self.line_number} of the input is a Singer message without '{member}'"
                raise InvalidInput(text)

    def interrupt(self, interruption: Interrupted) -> None:
        """End reading: at once if the reader waits for a line, else before the next one.

        Meant to be called from a signal handler, that is, in the reading thread.

        Raises:
            Interrupted: If the reader is waiting for a line.
        """
        self._interruption = interruption
        if self._waiting:
            raise interruption

    def _next_line(self, lines: Iterator[bytes]) -> bytes | None:
        if self._interruption is not None:
            raise self._interruption
        self._waiting = True
        try:
            return next(lines, None)
        finally:
            self._waiting = False


def _lines_of(file: IO[bytes] | IO[str]) -> Iterator[bytes]:
    """Yield the lines of a file as bytes; what the SDK's command opens is open as text."""
    binary: IO[bytes] | None = getattr(file, "buffer", None)
    if binary is not None:
        return iter(binary)
    return (line.encode() if isinstance(line, str) else line for line in file)
