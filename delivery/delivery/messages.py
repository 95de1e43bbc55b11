"""Reads Singer messages line by line, exactly, and can be interrupted while it waits for the next line."""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from delivery.errors import Interrupted, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Message = dict[str, Any]

_BYTES_READ_AT_ONCE = 64 * 1024
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class MessageReader(GenericSingerReader[bytes]):
    """Decodes messages with exact numbers: a JSON number with a fraction becomes a `Decimal`.

    It reads bytes, whatever encoding the system takes for its own: Singer messages are UTF-8.

    Attributes:
        line: The line now being processed, as it came in: that is what is kept while a record waits.
        line_number: Its number, from one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line = b""
        self.line_number = 0
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
            if kind not in callbacks:
                text = f"line {self.line_number} of the input has an unknown message type"
                raise InvalidInput(text)
            callbacks[kind](message)
            statistics[kind] += 1
        return statistics

    @override
    def deserialize_json(self, line: bytes) -> Message:
        try:
            return _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Neither the line nor the decoder's text is shown: both may hold personal data.
            text = (
                f"line {self.line_number} of the input is not a Singer message (a JSON object on one line); "
                "check what writes to this loader's standard input"
            )
            raise InvalidInput(text) from None

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
