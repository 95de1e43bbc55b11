"""The stream that reads a collection: any one that its definition describes."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from singer_sdk.helpers._util import utc_now
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_commercetools.commercetools_stream import CommercetoolsStream
from tap_commercetools.errors import RequestRefusedError, TapError, fault_of
from tap_commercetools.merged_pages import merged_pages
from tap_commercetools.message_writer import BufferedMessageWriter
from tap_commercetools.page_reader import CLOCK_TOLERANCE, PageReader
from tap_commercetools.page_size import PageSize
from tap_commercetools.parallel_reader import read_in_order
from tap_commercetools.progress import Progress
from tap_commercetools.record_lines import RecordLines, fields_left_out, without
from tap_commercetools.termination import Terminated
from tap_commercetools.timestamps import format_timestamp, normalise_times
from tap_commercetools.window import MOST_REMEMBERED, Bookmark, BookmarkError, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import datetime

    from singer_sdk.helpers import types

    from tap_commercetools.keyset import Condition, Keyset
    from tap_commercetools.page import Page, Record, Row
    from tap_commercetools.page_reader import OrderedRows
    from tap_commercetools.stream_definition import StreamDefinition
    from tap_commercetools.tap import TapCommercetools

_ROWS_BETWEEN_STATES = 2_000
_SECONDS_BETWEEN_STATES = 5.0
_WHOLE_TABLE_BEYOND = timedelta(days=7)
"""How far into the future a stream is read that is to come whole: a row that changes while it is read moves to the end,
and would be in no place if the end were fixed."""
_BUFFER_BYTES = 64_000_000


class ResourceStream(CommercetoolsStream):
    """One collection of the platform, read in the order of its time field.

    The bookmark moves at the end of a page, so that a STATE speaks for whole pages.
    """

    def __init__(self, tap: TapCommercetools, definition: StreamDefinition) -> None:
        super().__init__(tap, definition)
        self._reading: Reading | None = None
        self._finished: Bookmark | None = None
        self._deprecation_logged = False

    @property
    @override
    def is_sorted(self) -> bool:
        return True

    @property
    def ordered_by(self) -> str:
        """The time field of the rows that are read."""
        return self.definition.replication_key or "lastModifiedAt"

    @property
    def path(self) -> str:
        """The collection's path."""
        return self.definition.path

    @property
    def condition(self) -> Condition | None:
        """What the rows that are read must meet besides."""
        return None

    @property
    def reads_whole_table(self) -> bool:
        """Whether the catalog wants the collection whole in each run, without a bookmark."""
        return bool(self.replication_method == REPLICATION_FULL_TABLE)

    @property
    def stores(self) -> tuple[str, ...]:
        """Keys of the stores that are read; empty if it is the whole project."""
        return self.definition.stores(self.commercetools.settings)

    def readable_records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        """Yield the records that rows make; a row that none can be made of is told and left out."""
        for row in rows:
            yield from self._records_of_one(row)

    def _records_of_one(self, row: Row) -> list[Record]:
        try:
            return list(self.records_of([row]))
        except TapError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rows are none the worse
            self.left_out.tell(fault_of(error), row.position.id)
            return []

    def records_found_by_halving(self, rows: Sequence[Row]) -> Iterator[Record]:
        """Yield the records that rows make together; a row that spoils them is found by halving, told and left out."""
        try:
            yield from self.records_of(rows)
        except TapError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rows are none the worse
            if len(rows) == 1:
                self.left_out.tell(fault_of(error), rows[0].position.id)
                return
            middle = len(rows) // 2
            yield from self.records_found_by_halving(rows[:middle])
            yield from self.records_found_by_halving(rows[middle:])

    def records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        """Yield the records that rows of the collection make."""
        for row in rows:
            record = row.record()
            for path in self.definition.withheld:
                without(record, path)
            if self.definition.withhold is not None:
                self.definition.withhold(record)
            if not row.has_plain_times:
                normalise_times(record)
            yield record

    def window_begins(self, window: Window) -> None:
        """Do what is to be done before the first page of a window."""

    @override
    def get_records(self, context: types.Context | None) -> Iterator[Record]:
        """Yield the records of this run's window that were not emitted before.

        Raises:
            TapError: If the stream cannot be read; the message says why and what to do.
        """
        for rows in self.fresh_pages():
            yield from self.readable_records_of(rows)

    def fresh_pages(self) -> Iterator[list[Row]]:
        """Yield the rows of this run's window that were not emitted before, page by page.

        A page counts as emitted when the next one is asked for.

        Raises:
            TapError: If the stream cannot be read; the message says why and what to do.
        """
        tap = self.commercetools
        self._reading = self._finished = None
        with tap.termination.waiting():
            upper = tap.upper
        settings = tap.settings
        try:
            window = self._window(upper)
        except OverflowError as error:
            message = (
                f"stream {self.name}: its bookmark in the state lies at the beginning of all time, with nothing before "
                "it. Correct or remove the bookmark, or run with --full-refresh"
            )
            raise TapError(message) from error
        if window is None:
            self.logger.info("%s: everything up to %s was read before", self.name, format_timestamp(upper))
            return
        self._reading = Reading(window, settings.overlap, self.stores)
        try:
            self.window_begins(window)
            yield from self._read(window, self._reading)
        except Terminated:
            self._write_state_message()
            raise
        except RequestRefusedError as refusal:
            raise self.explain(refusal) from refusal
        self._finished = self._reading.finished()

    def _window(self, upper: datetime) -> Window | None:
        settings = self.commercetools.settings
        if self.reads_whole_table:
            return Window(self.commercetools.client.clock.now() + _WHOLE_TABLE_BEYOND)
        return Window.plan(self._stored_bookmark(), upper=upper, overlap=settings.overlap, start=settings.start)

    def _read(self, window: Window, reading: Reading) -> Iterator[list[Row]]:
        progress = Progress(self.name, self.logger, min(window.upper, self.commercetools.client.clock.now()))
        rows_since_state, state_written_at = 0, time.monotonic()
        for rows in self._pages(window):
            self.commercetools.termination.check()
            if not rows:
                continue
            unknown = reading.fresh(rows)
            fresh = self._without_faults(unknown)
            yield fresh
            reading.passed(rows)
            progress.emitted += len(fresh)
            progress.repeats += len(rows) - len(unknown)
            progress.page_done(rows[0].position, rows[-1].position)
            rows_since_state += len(rows)
            if (
                rows_since_state >= _ROWS_BETWEEN_STATES
                or time.monotonic() - state_written_at >= _SECONDS_BETWEEN_STATES
            ):
                self._write_state_message()
                rows_since_state, state_written_at = 0, time.monotonic()
        progress.finished()
        if not reading.remembers:
            self.logger.info(
                "%s: more than %d rows changed within the last %s before the end of this run; the next run emits them "
                "once more",
                self.name,
                MOST_REMEMBERED,
                self.commercetools.settings.overlap,
            )

    def _without_faults(self, rows: list[Row]) -> list[Row]:
        """Return the rows that can be emitted, and tell of the others; they are passed all the same."""
        if not any(row.fault or row.is_mended for row in rows):
            return rows
        good = []
        for row in rows:
            if row.fault:
                self.left_out.tell(row.fault, row.position.id)
                continue
            if row.is_mended:
                self.left_out.tell_mended(row.position.id)
            self.left_out.emitted()
            good.append(row)
        return good

    def _pages(self, window: Window) -> Iterator[list[Row]]:
        settings = self.commercetools.settings
        page_size = PageSize(settings.page_size)
        now = self.commercetools.client.clock.now
        readers = {path: PageReader(self.name, partial(self.fetch_page, path), page_size, now) for path in self.paths()}
        sources = [
            self._placed(
                read_in_order(
                    reader,
                    self.keyset(window, path),
                    settings.max_parallel_requests,
                    _BUFFER_BYTES // len(readers),
                )
            )
            for path, reader in readers.items()
        ]
        pages = merged_pages(sources)
        while True:
            with self.commercetools.termination.waiting():
                rows = next(pages, None)
            if rows is None:
                break
            yield rows
        self._tell_of_the_future(sum(reader.future_rows for reader in readers.values()))

    def _placed(self, pages: Iterator[OrderedRows]) -> Iterator[OrderedRows]:
        """Yield pages, and tell of the rows beside them that cannot be told a place."""
        for page in pages:
            for row in page.unplaced:
                self.left_out.tell(row.fault, row.id)
            yield page

    def _tell_of_the_future(self, rows: int) -> None:
        if rows:
            self.logger.warning(
                "%s: %d rows%s are dated in the future by the platform's clock: a run reads them when that time has "
                "come. Correct them, or ask the platform's support",
                self.name,
                rows,
                " or more" if rows >= self.commercetools.settings.page_size else "",
            )

    def paths(self) -> list[str]:
        """Return the paths to read: the collection's own, or those of single stores."""
        if not self.stores:
            return [self.path]
        return [f"in-store/key={quote(store, safe='')}/{self.path}" for store in self.stores]

    def keyset(self, window: Window, path: str) -> Keyset:
        """Return what is to be read of one of the paths."""
        del path  # unless a stream knows better, it is the same of all
        return window.keyset(self.ordered_by, self.condition)

    def fetch_page(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        """Fetch one page; arguments and errors as of the client's method."""
        page = self.commercetools.client.fetch_page(path, [*query, *self.definition.parameters], limit)
        if page.deprecation and not self._deprecation_logged:
            self._deprecation_logged = True
            self.logger.warning("%s: the platform announces a deprecation: %s", self.name, page.deprecation)
        return page

    @override
    def check(self) -> None:
        window = Window(self.commercetools.upper)
        for path in self.paths():
            self.fetch_page(path, self.keyset(window, path).query(1), 1)

    @override
    def _sync_records(
        self, context: types.Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        lines = self._record_lines() if write_messages else None
        if lines is None:
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer():
            for rows in self.fresh_pages():
                counter.increment(lines.write(rows, utc_now(), self.left_out))
        self._write_state_message()

    def _record_lines(self) -> RecordLines | None:
        """Return what writes rows without taking them apart; None if something asks for more than that."""
        writer = self.commercetools.message_writer
        left_out = fields_left_out(self.mask)
        rows_are_records = type(self).records_of is ResourceStream.records_of and self.definition.withhold is None
        maps = self.stream_maps
        unchanged = len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled
        if (
            self.ABORT_AT_RECORD_COUNT is not None
            or left_out is None
            or not (rows_are_records and unchanged and isinstance(writer, BufferedMessageWriter))
        ):
            return None
        paths = [*self.definition.withheld, *((name,) for name in left_out)]
        return RecordLines(writer, maps[0].stream_alias, self._stream_version, paths)

    def _stored_bookmark(self) -> Bookmark | None:
        try:
            bookmark = Bookmark.from_state(self.stream_state, self.definition.replication_key or "")
        except BookmarkError as error:
            message = (
                f"stream {self.name}: its bookmark in the state cannot be read ({error}). Correct or remove the "
                "bookmark, or run with --full-refresh"
            )
            raise TapError(message) from error
        if bookmark is not None and bookmark.latest > self.commercetools.client.clock.now() + CLOCK_TOLERANCE:
            message = (
                f"stream {self.name}: its bookmark lies in the future by the platform's clock, so nothing would be "
                "read until then. Set its replication_key_value back or remove the bookmark, or run with --full-refresh"
            )
            raise TapError(message)
        if bookmark is not None and not bookmark.covers(self.stores):
            self.logger.warning(
                "%s: the bookmark speaks for the stores %s only, but the setting stores now asks for %s: reading from "
                "the beginning",
                self.name,
                ", ".join(bookmark.stores),
                ", ".join(self.stores) or "all",
            )
            return None
        return bookmark

    @override
    def _write_state_message(self) -> None:
        """Bring the bookmark up to date and write a STATE with everything before it."""
        bookmark = self._finished or (self._reading.bookmark() if self._reading else None)
        if bookmark is not None and not self.reads_whole_table:
            self.stream_state.clear()
            self.stream_state.update(self.state_of(bookmark))
            self.state_manager.is_flushed = False
        super()._write_state_message()

    def state_of(self, bookmark: Bookmark) -> dict[str, Any]:
        """Return the stream's entry of a Singer state."""
        return bookmark.to_state(self.definition.replication_key or "")
