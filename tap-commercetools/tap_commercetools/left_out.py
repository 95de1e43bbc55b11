"""What of a stream could not be read or emitted: told row by row, counted, and never so much that it is silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commercetools.errors import TooManyLeftOutError, shown_id
from tap_commercetools.page_reader import MOST_IN_A_ROW

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence


class LeftOut:
    """Tells which rows of one stream are left out, and why; ends the run if there is no end of them.

    Args:
        stream: The stream's name.
        logger: Where it is told.

    Attributes:
        count: How many rows were left out.
    """

    def __init__(self, stream: str, logger: logging.Logger) -> None:
        self._stream = stream
        self._logger = logger
        self._in_a_row = 0
        self._told: set[tuple[str, ...]] = set()
        self.count = 0

    def tell(self, fault: str, *key: object) -> None:
        """Tell of a row that is left out; of one and the same only once.

        Args:
            fault: Why; repeats nothing of the row.
            key: The values of its key. Rows of the same key are the same row; one whose key lacks a value, or has one
                that is no text, may be any.

        Raises:
            TooManyLeftOutError: If there were too many in a row.
        """
        texts = tuple(value for value in key if isinstance(value, str) and value)
        if len(texts) == len(key):
            if texts in self._told:
                return
            self._told.add(texts)
        self.count += 1
        self._in_a_row += 1
        self._logger.warning("%s: left out the row with %s: %s", self._stream, shown_key(texts), fault)
        if self._in_a_row > MOST_IN_A_ROW:
            message = (
                f"stream {self._stream}: more than {MOST_IN_A_ROW} rows in a row could not be emitted, the last "
                f"because of this: {fault}. That is no matter of single rows: correct what is wrong, and run again"
            )
            raise TooManyLeftOutError(message)

    def tell_mended(self, identifier: str) -> None:
        """Tell of a row that is emitted with something in it replaced."""
        self._logger.warning(
            "%s: the row with %s holds half a character (half of a surrogate pair): U+FFFD stands in its place",
            self._stream,
            shown_id(identifier),
        )

    def emitted(self) -> None:
        """Note that a row was emitted."""
        self._in_a_row = 0


def shown_key(key: Sequence[str]) -> str:
    """Return the values of a key for a log line, those that are written as ids are."""
    values = [text.removeprefix("id ") for text in map(shown_id, key) if text.startswith("id ")]
    return f"id {' '.join(values)}" if values else shown_id("")
