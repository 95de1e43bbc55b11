"""One answer of a query: its rows as the platform's own JSON, taken apart only as far as somebody asks."""

from __future__ import annotations

import codecs
import sys
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_commercetools.errors import UnexpectedAnswerError, UnreadableRowError, shown_id
from tap_commercetools.json_pieces import (
    elements,
    holds_a_long_number,
    is_too_deep,
    may_hold_a_long_number,
    members,
    mended,
)
from tap_commercetools.keyset import Position
from tap_commercetools.timestamps import is_plain, normalise_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, Any]

_PIECE_BYTES = 8192
_ONE_LINE = bytes.maketrans(b"\n\r", b"  ")
_REPLACEMENT = "\ufffd"
_DECODER_STOPS_EARLY = sys.version_info < (3, 12)
"""Whether the decoder itself refuses what is nested a thousand times; newer Pythons let it go on much further."""


class _Envelope(msgspec.Struct):
    results: list[msgspec.Raw]
    count: int
    limit: int


class _Head(msgspec.Struct):
    id: str
    version: int
    createdAt: str | None = None  # noqa: N815 - the platform's name
    lastModifiedAt: str | None = None  # noqa: N815 - the platform's name


class _Heads(msgspec.Struct):
    results: list[_Head]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_HEADS = msgspec.json.Decoder(_Heads)
_HEAD = msgspec.json.Decoder(_Head)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RECORD = msgspec.json.Decoder(Record, float_hook=Decimal)
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Row(NamedTuple):
    """One row of a stream.

    Attributes:
        position: Its place in the stream.
        version: Its version.
        document: Its JSON, exactly as the platform sent it, on one line.
        has_plain_times: Whether its time fields are written with three decimals and ``Z``.
        fault: Why it cannot be emitted, if it cannot.
        is_mended: Whether something in it that is no text was replaced.
    """

    position: Position
    version: int
    document: msgspec.Raw
    has_plain_times: bool
    fault: str = ""
    is_mended: bool = False

    def record(self) -> Record:
        """Return all its fields; numbers with a fraction are exact decimals."""
        return _RECORD.decode(self.document)


class Unplaced(NamedTuple):
    """A row that cannot be told a place in the stream.

    Attributes:
        id: Its id; empty if it has none that can be read.
        fault: Why.
        place: How many rows of the page that have a place come before it.
        document: Its JSON.
        position: Where to read on behind it, if it tells its time and id and lacks something else.
    """

    id: str
    fault: str
    place: int
    document: bytes = b""
    position: Position | None = None


class PlacedRows(NamedTuple):
    """The rows of a page, as far as each can be told its place.

    Attributes:
        rows: Those that can.
        unplaced: Those that cannot.
    """

    rows: list[Row]
    unplaced: list[Unplaced]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a query.

    Attributes:
        content: The answer's JSON.
        documents: The rows within it.
        deprecation: What the platform says about the request being out of date; empty if nothing.
        faults: Why rows cannot be emitted, by their place on the page.
        mended: The places of rows in which something that is no text was replaced.
        limit: How many rows it says that it was asked for.
    """

    content: bytes
    documents: Sequence[msgspec.Raw]
    deprecation: str = ""
    faults: Mapping[int, str] = field(default_factory=dict)
    mended: frozenset[int] = frozenset()
    limit: int = 0

    @classmethod
    def read(cls, content: bytes, deprecation: str = "") -> Page:
        """Read an answer.

        A row that is no proper JSON, or that nobody could read on, is marked and does not spoil the others.

        Args:
            content: Its body.
            deprecation: What the platform says about the request being out of date.

        Raises:
            msgspec.DecodeError: If the body is not the JSON expected.
            UnexpectedAnswerError: If it holds another number of rows than it says.
        """
        if b"\n" in content or b"\r" in content:  # only between two tokens: within a text JSON escapes them
            content = content.translate(_ONE_LINE)
        if not content.isascii():
            _check_encoding(content)
        try:
            envelope = _ENVELOPE.decode(content)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, RecursionError):
            return cls._read_row_by_row(content, deprecation)
        _check_count(envelope.count, len(envelope.results))
        faults = _faults(content, envelope.results)
        return cls(content, envelope.results, deprecation, faults, limit=envelope.limit)

    @classmethod
    def _read_row_by_row(cls, content: bytes, deprecation: str) -> Page:
        try:
            envelope = members(content)
            found = elements(envelope["results"])
            count = msgspec.json.decode(envelope["count"], type=int)
            limit = msgspec.json.decode(envelope["limit"], type=int)
        except (ValueError, KeyError) as error:
            message = "not the JSON expected"
            raise msgspec.DecodeError(message) from error
        _check_count(count, len(found))
        documents = [mended(each) for each in found]
        faults = {place: fault for place, each in enumerate(documents) if (fault := _fault(each))}
        changed = frozenset(place for place, each in enumerate(found) if documents[place] != each)
        return cls(content, list(map(msgspec.Raw, documents)), deprecation, faults, changed - faults.keys(), limit)

    def rows(self, time_field: str) -> PlacedRows:
        """Return the rows with their places.

        Args:
            time_field: The time field the rows are ordered by.
        """
        rows: list[Row] = []
        unplaced: list[Unplaced] = []
        for place, (head, document) in enumerate(zip(self._heads(), self.documents, strict=True)):
            fault = self.faults.get(place, "")
            text = head and (head.createdAt if time_field == "createdAt" else head.lastModifiedAt)
            if head is None or not text or not head.id or _REPLACEMENT in head.id:
                fault = fault or f"no usable id, version or {time_field}"
                unplaced.append(_unplaced(document, fault, len(rows), time_field))
                continue
            plain = _are_plain(head.createdAt, head.lastModifiedAt)
            if plain is None:
                unplaced.append(_unplaced(document, fault or "a time that is none", len(rows), time_field))
                continue
            position = Position(text[:-1], head.id, text) if plain else Position.at(text, head.id)
            rows.append(Row(position, head.version, document, plain, fault, place in self.mended))
        return PlacedRows(rows, unplaced)

    def _heads(self) -> Sequence[_Head | None]:
        if not self.faults and not self.mended:
            try:
                return _HEADS.decode(self.content).results
            except msgspec.ValidationError:
                pass  # one of them; which, is found one by one
        return [_head(each) for each in self.documents]

    def records(self) -> Iterator[Record]:
        """Yield the rows taken apart, one at a time to save memory; numbers with a fraction are exact decimals.

        Raises:
            UnreadableRowError: If one cannot be read.
        """
        for place, document in enumerate(self.documents):
            yield _record(document, self.faults.get(place))


def _record(document: msgspec.Raw, fault: str | None) -> Record:
    try:
        if fault is None:
            return _RECORD.decode(document)
    except _NO_JSON as error:
        fault = type(error).__name__
    message = f"the row looked up with {shown_id(_id_in(document))} cannot be read: {fault}"
    raise UnreadableRowError(message)


def _check_count(said: int, found: int) -> None:
    if said != found:
        message = f"says that it holds {said} rows, and holds {found}"
        raise UnexpectedAnswerError(message)


def _faults(content: bytes, documents: Sequence[msgspec.Raw]) -> Mapping[int, str]:
    """Return what is wrong with rows that are proper JSON, by their place."""
    if may_hold_a_long_number(content) or (not _DECODER_STOPS_EARLY and is_too_deep(content)):
        return {place: fault for place, document in enumerate(documents) if (fault := _fault(bytes(document)))}
    return {}


def _fault(document: bytes) -> str:
    """Return what is wrong with a row; empty if nothing is."""
    if is_too_deep(document):
        return "it is nested too deep"
    if holds_a_long_number(document):
        return "it holds a number of a thousand digits"
    try:
        _FIELDS.decode(document)
    except _NO_JSON as error:
        return f"it is no JSON: NaN, Infinity, or no object ({type(error).__name__})"
    return ""


def _head(document: bytes | msgspec.Raw) -> _Head | None:
    """Return what a row says of itself, as far as it can be read; None if it has no id or version."""
    try:
        return _HEAD.decode(document)
    except _NO_JSON:
        pass
    try:
        fields = members(bytes(document))
        return _Head(
            msgspec.json.decode(fields["id"], type=str),
            msgspec.json.decode(fields["version"], type=int),
            _text_or_none(fields, "createdAt"),
            _text_or_none(fields, "lastModifiedAt"),
        )
    except (*_NO_JSON, ValueError, KeyError):
        return None


def _text_or_none(fields: Mapping[str, bytes], name: str) -> str | None:
    return msgspec.json.decode(fields[name], type=str) if name in fields else None


def _unplaced(document: msgspec.Raw, fault: str, place: int, time_field: str) -> Unplaced:
    identifier, text = _id_in(document), _text_in(document, time_field)
    position = None
    if identifier and _REPLACEMENT not in identifier and text and _are_plain(text) is not None:
        position = Position.at(text, identifier)
    return Unplaced(identifier, fault, place, bytes(document), position)


def _id_in(document: bytes | msgspec.Raw) -> str:
    return _text_in(document, "id")


def _text_in(document: bytes | msgspec.Raw, name: str) -> str:
    """Return a text of a row that may be none; empty if there is no such text that can be read."""
    try:
        return msgspec.json.decode(members(bytes(document))[name], type=str)
    except (*_NO_JSON, ValueError, KeyError):
        return ""


def _are_plain(*texts: str | None) -> bool | None:
    """Tell whether instants are all written as commercetools normally writes them; None if one is no instant."""
    plain = True
    try:
        for text in texts:
            if text is None:
                continue
            if is_plain(text):
                datetime.fromisoformat(text[:-1])
            else:
                normalise_timestamp(text)
                plain = False
    except ValueError:
        return None
    return plain


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
