"""The one stream class: reads any collection that its definition describes."""

from __future__ import annotations

import copy
import logging
import sys
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_commercetools.access import explain_refusal
from tap_commercetools.errors import RequestRefusedError, TapError
from tap_commercetools.page_reader import Row, read_pages
from tap_commercetools.page_size import PageSize
from tap_commercetools.progress import Progress
from tap_commercetools.termination import Terminated
from tap_commercetools.timestamps import format_timestamp, normalise_timestamp
from tap_commercetools.window import MOST_REMEMBERED, Bookmark, BookmarkError, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.helpers import types

    from tap_commercetools.client import Page
    from tap_commercetools.streams import StreamDefinition
    from tap_commercetools.tap import TapCommercetools

_ROWS_BETWEEN_STATES = 2_000
_TIMES = ("createdAt", "lastModifiedAt")


class ResourceStream(Stream):
    """One collection of the platform, read in the order of its replication key.

    The bookmark moves at the end of a page, so that a STATE speaks for whole pages, and is this class's own business:
    the SDK's comparison of each record with the stored bookmark would refuse the overlap.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the platform's JSON is already what the schema says
    STATE_MSG_FREQUENCY = sys.maxsize  # states are written between pages, in get_records

    def __init__(self, tap: TapCommercetools, definition: StreamDefinition) -> None:
        super().__init__(tap, schema=copy.deepcopy(definition.schema), name=definition.name)
        self.definition = definition
        self.primary_keys = ("id",)
        self.replication_key = definition.replication_key
        self._commercetools = tap
        self._reading: Reading | None = None
        self._finished: Bookmark | None = None
        self._deprecation_logged = False

    @property
    @override
    def is_sorted(self) -> bool:
        return True

    @override
    def get_records(self, context: types.Context | None) -> Iterator[dict[str, Any]]:
        """Yield the rows of this run's window that were not emitted before.

        Raises:
            TapError: If the stream cannot be read; the message says why and what to do.
        """
        tap, settings = self._commercetools, self._commercetools.settings
        self._reading = self._finished = None
        with tap.termination.waiting():
            upper = tap.upper
        window = Window.plan(self._stored_bookmark(), upper=upper, overlap=settings.overlap, start=settings.start)
        if window is None:
            self.logger.info("%s: everything up to %s was read before", self.name, format_timestamp(upper))
            return
        self._reading = Reading(window, settings.overlap)
        try:
            yield from self._read(window, self._reading)
        except Terminated:
            self._write_state_message()
            raise
        except RequestRefusedError as refusal:
            raise explain_refusal(refusal, self.definition, settings) from refusal
        self._finished = self._reading.finished()

    def _read(self, window: Window, reading: Reading) -> Iterator[dict[str, Any]]:
        progress = Progress(self.name, self.logger)
        rows_since_state = 0
        for rows in self._pages(window):
            for row in rows:
                self._commercetools.termination.check()
                if reading.is_repeat(row.position.id, row.version):
                    progress.repeats += 1
                else:
                    progress.emitted += 1
                    yield self._record(row)
                reading.passed(row.position, row.version)
            if not rows:
                continue
            progress.page_done(rows[-1].position.text)
            rows_since_state += len(rows)
            if rows_since_state >= _ROWS_BETWEEN_STATES:
                rows_since_state = 0
                self._write_state_message()
        progress.finished(format_timestamp(window.upper))
        if not reading.remembers:
            self.logger.info(
                "%s: more than %d rows changed within the last %s before the end of this run; the next run emits them "
                "once more",
                self.name,
                MOST_REMEMBERED,
                self._commercetools.settings.overlap,
            )

    def _pages(self, window: Window) -> Iterator[list[Row]]:
        page_size = PageSize(self._commercetools.settings.page_size)
        keyset = window.keyset(self.definition.replication_key)
        pages = read_pages(self.name, keyset, self._fetch_page, page_size)
        while True:
            with self._commercetools.termination.waiting():
                rows = next(pages, None)
            if rows is None:
                return
            yield rows

    def _fetch_page(self, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = self._commercetools.client.fetch_page(self.definition.path, query, limit)
        if page.deprecation and not self._deprecation_logged:
            self._deprecation_logged = True
            self.logger.warning("%s: the platform announces a deprecation: %s", self.name, page.deprecation)
        return page

    def _record(self, row: Row) -> dict[str, Any]:
        record = row.record
        for field in self.definition.withheld:
            record.pop(field, None)
        for field in _TIMES:
            if isinstance(record.get(field), str):
                record[field] = normalise_timestamp(record[field])
        return record

    def _stored_bookmark(self) -> Bookmark | None:
        if self.replication_method == REPLICATION_FULL_TABLE:
            return None
        try:
            return Bookmark.from_state(self.stream_state, self.definition.replication_key)
        except BookmarkError as error:
            message = (
                f"stream {self.name}: its bookmark in the state cannot be read ({error}). Correct or remove the "
                "bookmark, or run with --full-refresh"
            )
            raise TapError(message) from error

    @override
    def _write_state_message(self) -> None:
        """Bring the bookmark up to date and write a STATE with everything before it."""
        bookmark = self._finished or (self._reading.bookmark() if self._reading else None)
        if bookmark is not None and self.replication_method != REPLICATION_FULL_TABLE:
            self.stream_state.clear()
            self.stream_state.update(bookmark.to_state(self.definition.replication_key))
            self.state_manager.is_flushed = False
        super()._write_state_message()
        self._commercetools.flush()

    @override
    def _increment_stream_state(self, latest_record: types.Record, *, context: types.Context | None = None) -> None:
        """Leave the bookmark alone; it moves with the pages."""

    @override
    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Write nothing into the bookmark; where a run starts is worked out from the bookmark itself."""

    @override
    def get_replication_key_signpost(self, context: types.Context | None = None) -> datetime | None:
        """Return no signpost; the end of the window is what caps the bookmark."""
        return None

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Mapping[str, Any]) -> None:
        """Log a message of the SDK; its errors only for debugging, because an error is reported once, at the end."""
        super().log(message, *args, level=level if level < logging.ERROR else logging.DEBUG, **kwargs)
