"""Makes RECORD lines of rows without taking the rows apart.

When nothing is asked of single fields (no stream map, no flattening, nothing deselected within a field), a row can go
from the platform's page to the output as it is, which is many times faster and cannot change a value. Whole fields can
be left out on the way; their neighbours are still copied as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_commercetools.errors import fault_of
from tap_commercetools.timestamps import TIME_FIELDS, normalise_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_commercetools.left_out import LeftOut
    from tap_commercetools.message_writer import BufferedMessageWriter
    from tap_commercetools.page import Record, Row

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: msgspec.json.Decoder[str | None] = msgspec.json.Decoder(str | None)
_STREAM_BREADCRUMB_LENGTH = 2
"""A property of the stream itself is at ``("properties", name)``."""


def fields_left_out(selection: Mapping[tuple[str, ...], bool]) -> frozenset[str] | None:
    """Return the names of the fields that are not selected.

    Args:
        selection: The stream's selection mask: whether each breadcrumb of the catalog is selected.

    Returns:
        The names; None if something within a field is not selected, so that rows must be taken apart.
    """
    left_out = {
        breadcrumb[1]
        for breadcrumb, is_selected in selection.items()
        if not is_selected and len(breadcrumb) == _STREAM_BREADCRUMB_LENGTH
    }
    within = any(
        not is_selected and len(breadcrumb) > _STREAM_BREADCRUMB_LENGTH and breadcrumb[1] not in left_out
        for breadcrumb, is_selected in selection.items()
    )
    return None if within else frozenset(left_out)


class RecordLines:
    """Writes rows of one stream as RECORD lines.

    Args:
        writer: Where the lines go.
        stream: The stream's name.
        version: Version of the table, for a stream that is read whole each time.
        left_out: Paths of fields to leave out.
    """

    def __init__(
        self, writer: BufferedMessageWriter, stream: str, version: int | None, left_out: Sequence[tuple[str, ...]]
    ) -> None:
        self._writer = writer
        self._left_out = left_out
        self._start = b'{"type":"RECORD","stream":' + msgspec.json.encode(stream) + b',"record":'
        self._version = b"" if version is None else b',"version":%d' % version

    def write(self, rows: list[Row], extracted_at: datetime, left_out: LeftOut) -> int:
        """Write the rows of a page.

        Args:
            rows: The rows.
            extracted_at: When they were read.
            left_out: Is told of those that cannot be written.

        Returns:
            How many were written.
        """
        start = self._start
        end = self._version + b',"time_extracted":' + msgspec.json.encode(extracted_at.isoformat()) + b"}\n"
        write = self._writer.write_record_line
        written = 0
        for row in rows:
            document: bytes | msgspec.Raw = row.document
            if self._left_out or not row.has_plain_times:
                try:
                    document = self._changed(row)
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    left_out.tell(fault_of(error), row.position.id)
                    continue
            write(start, document, end)
            written += 1
        if written:
            left_out.emitted()
        return written

    def _changed(self, row: Row) -> bytes:
        fields = _FIELDS.decode(row.document)
        for path in self._left_out:
            _leave_out(fields, path)
        if not row.has_plain_times:
            for field in TIME_FIELDS & fields.keys():
                text = _TEXT.decode(fields[field])
                if text is not None:
                    fields[field] = msgspec.Raw(msgspec.json.encode(normalise_timestamp(text)))
        return msgspec.json.encode(fields)


def _leave_out(fields: dict[str, msgspec.Raw], path: tuple[str, ...]) -> None:
    name, *inner = path
    if not inner:
        fields.pop(name, None)
    elif bytes(fields.get(name, b""))[:1] == b"{":
        outer = _FIELDS.decode(fields[name])
        _leave_out(outer, tuple(inner))
        fields[name] = msgspec.Raw(msgspec.json.encode(outer))


def without(record: Record, path: tuple[str, ...]) -> None:
    """Take a field out of a record.

    Args:
        record: The record, which is changed.
        path: Names from the outermost to the field's own.
    """
    *outer, name = path
    place: Any = record
    for each in outer:
        place = place.get(each) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(name, None)
