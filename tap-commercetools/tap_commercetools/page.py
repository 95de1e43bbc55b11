"""One answer of a query: its rows as the platform's own JSON, taken apart only as far as somebody asks."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_commercetools.keyset import Position
from tap_commercetools.timestamps import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Record = dict[str, Any]

_PIECE_BYTES = 8192
_ONE_LINE = bytes.maketrans(b"\n\r", b"  ")


class _Envelope(msgspec.Struct):
    results: list[msgspec.Raw]
    limit: int | None = None


class _Head(msgspec.Struct):
    id: str
    version: int
    createdAt: str | None = None  # noqa: N815 - the platform's name
    lastModifiedAt: str | None = None  # noqa: N815 - the platform's name


class _Heads(msgspec.Struct):
    results: list[_Head]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_HEADS = msgspec.json.Decoder(_Heads)
_RECORD = msgspec.json.Decoder(Record, float_hook=Decimal)


class Row(NamedTuple):
    """One row of a stream.

    Attributes:
        position: Its place in the stream.
        version: Its version.
        document: Its JSON, exactly as the platform sent it, on one line.
        has_plain_times: Whether its time fields are written with three decimals and ``Z``.
    """

    position: Position
    version: int
    document: msgspec.Raw
    has_plain_times: bool

    def record(self) -> Record:
        """Return all its fields; numbers with a fraction are exact decimals."""
        return _RECORD.decode(self.document)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a query.

    Attributes:
        content: The answer's JSON.
        documents: The rows within it.
        is_last: Whether there are no rows behind these.
        deprecation: What the platform says about the request being out of date; empty if nothing.
    """

    content: bytes
    documents: Sequence[msgspec.Raw]
    is_last: bool
    deprecation: str = ""

    @classmethod
    def read(cls, content: bytes, limit: int, deprecation: str = "") -> Page:
        """Read an answer.

        Args:
            content: Its body.
            limit: The page size asked for.
            deprecation: What the platform says about the request being out of date.

        Raises:
            msgspec.DecodeError: If the body is not the JSON expected.
        """
        if b"\n" in content or b"\r" in content:  # only between two tokens: within a text JSON escapes them
            content = content.translate(_ONE_LINE)
        if not content.isascii():
            _check_encoding(content)
        envelope = _ENVELOPE.decode(content)
        honoured = limit if envelope.limit is None else min(limit, envelope.limit)
        return cls(content, envelope.results, len(envelope.results) < honoured, deprecation)

    def rows(self, field: str) -> list[Row]:
        """Return the rows with their places.

        Args:
            field: The time field the rows are ordered by.

        Raises:
            ValueError: If a row has no usable id, version or time.
        """
        heads = _HEADS.decode(self.content).results
        rows = []
        for head, document in zip(heads, self.documents, strict=True):
            created, modified = head.createdAt, head.lastModifiedAt
            text = created if field == "createdAt" else modified
            if text is None:
                message = f"no {field}"
                raise ValueError(message)
            plain = (created is None or is_plain(created)) and (modified is None or is_plain(modified))
            position = Position(text[:-1], head.id, text) if plain else Position.at(text, head.id)
            rows.append(Row(position, head.version, document, plain))
        return rows

    def records(self) -> Iterator[Record]:
        """Yield the rows taken apart, one at a time to save memory; numbers with a fraction are exact decimals."""
        return map(_RECORD.decode, self.documents)


def _check_encoding(content: bytes) -> None:
    """Make sure that the answer is UTF-8, which the JSON decoder does not look at where it skips a text.

    Raises:
        msgspec.DecodeError: If it is not.
    """
    view, begin = memoryview(content), 0
    try:
        while begin < len(content):
            # In pieces: the text of a whole page would take its size in memory several times over.
            end = begin + _PIECE_BYTES
            begin += codecs.utf_8_decode(view[begin:end], "strict", end >= len(content))[1]
    except UnicodeDecodeError as error:
        message = "the answer is not UTF-8"
        raise msgspec.DecodeError(message) from error
