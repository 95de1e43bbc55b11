"""Reading what is to be previewed: Singer messages, or plain records of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from mapper_commercetools.json_text import decode_json
from mapper_commercetools.references import REFERENCE_STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mapper_commercetools.source_values import Record

_MESSAGE_TYPES = frozenset({"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH"})
_NAMES = ("id", "key", "orderNumber", "customerNumber", "email", "customerEmail")


class SourceError(ValueError):
    """The input cannot be read; the text says where and what to do, and shows nothing of it."""


@dataclass(frozen=True, slots=True)
class SourceSchema:
    """What a SCHEMA message says."""

    stream: str
    schema: dict[str, Any]
    key_properties: list[str]


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record and its stream."""

    stream: str
    record: Record


def read_source(lines: Iterable[str], stream: str | None) -> Iterator[SourceSchema | SourceRecord]:
    """Yield the schemas and records of an input.

    The input is either Singer messages, one a line, which are read as they come; or one JSON document: a record, an
    array of records, or a query result of the platform (`results`).

    Args:
        lines: The input.
        stream: Stream of plain records; of messages, the only stream to read, apart from those that its records refer
            to.

    Raises:
        SourceError: If it is neither, or plain records come without a stream.
    """
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        message = "the input is empty: pipe a tap's output into this command, or name a file with --record"
        raise SourceError(message)
    if _is_message(_decode(first[1])):
        yield from _messages(chain([first], numbered), stream)
        return
    document = _decode(first[1] + "".join(line for _, line in numbered))
    if stream is None:
        message = "the input is not Singer messages: name the stream of the record with --stream, for example orders"
        raise SourceError(message)
    yield from (SourceRecord(stream, record) for record in _records(document))


def is_called(record: Record, name: str) -> bool:
    """Tell whether a record has this id, key, number or e-mail address, or is the summary of the customer with this id.

    Case and blanks around it do not matter.
    """
    wanted = name.strip().lower()
    values = (record.get(member) for member in _NAMES)
    own = {str(value).strip().lower() for value in values if isinstance(value, (str, int, Decimal))}
    return wanted in own or f"customer/{wanted}" in own


def _decode(text: str) -> Any:  # noqa: ANN401  any JSON document, None if it is none
    try:
        return decode_json(text)
    except (ValueError, RecursionError):
        return None


def _is_message(document: object) -> bool:
    return isinstance(document, dict) and document.get("type") in _MESSAGE_TYPES


def _messages(numbered: Iterable[tuple[int, str]], stream: str | None) -> Iterator[SourceSchema | SourceRecord]:
    for number, line in numbered:
        message = _decode(line)
        if not _is_message(message):
            text = f"line {number} of the input is not a Singer message: check what runs before this command"
            raise SourceError(text)
        kind, name = message["type"], message.get("stream")
        if kind not in {"SCHEMA", "RECORD"} or (stream is not None and name not in {stream, *REFERENCE_STREAMS}):
            continue
        content = message.get(kind.lower())
        if not isinstance(name, str) or not isinstance(content, dict):
            text = f"line {number} of the input is a {kind} message without a stream or without its {kind.lower()}"
            raise SourceError(text)
        if kind == "SCHEMA":
            yield SourceSchema(name, content, list(message.get("key_properties") or []))
        else:
            yield SourceRecord(name, content)


def _records(document: object) -> list[Record]:
    if isinstance(document, dict):
        results = document.get("results")
        document = results if isinstance(results, list) else [document]
    records = [record for record in document if isinstance(record, dict)] if isinstance(document, list) else []
    if not isinstance(document, list) or len(records) < len(document):
        message = "the input is neither Singer messages nor one JSON document that is a record or an array of records"
        raise SourceError(message)
    return records
