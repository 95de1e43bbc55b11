"""Reads one keyset with several requests at a time and hands the pages on in order.

The window of time is cut into consecutive stretches as it is read: the pages read so far tell how many rows there are
to a stretch of time, so each stretch is made to hold a few pages. Threads read stretches side by side, always the
earliest that nobody reads; a stretch that turns out longer than expected is left after a few pages and what remains of
it is cut anew, so that a bulk import in one minute, or a quiet year, does no harm. Pages wait in a bounded buffer until
those before them have been handed on: the output has one order and needs one bookmark, as if it had been read serially.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_commercetools.keyset import Keyset
    from tap_commercetools.page_reader import OrderedRows, PageReader

_STRETCH_BYTES = 12_000_000
_MOST_PAGES = 8
_FEWEST_PAGES = 2
_MILLISECOND = timedelta(milliseconds=1)
_GROWTH = 8
"""How much longer than the last a stretch may become when there are no rows to measure by."""
_LONGEST_SPAN = timedelta(days=36_500)


@dataclass(slots=True, eq=False)
class _Stretch:
    """A part of the keyset.

    Attributes:
        keyset: What is still to be read of it.
        taken: Whether a thread reads it or has read it.
        done: Whether all of it has been read.
        pages: Pages that were read but not handed on.
        failure: Why reading it failed, if it did.
    """

    keyset: Keyset
    taken: bool = False
    done: bool = False
    pages: deque[OrderedRows] = field(default_factory=deque)
    failure: Exception | None = None


def read_in_order(reader: PageReader, keyset: Keyset, parallel: int, buffer_bytes: int) -> Iterator[OrderedRows]:
    """Read all rows of a keyset, page by page, in order.

    Args:
        reader: Reads a page.
        keyset: What to read.
        parallel: How many requests at a time, 1 or more.
        buffer_bytes: How many bytes of pages may wait for those before them.

    Yields:
        The pages; together they hold each row of the keyset once.

    Raises:
        TapError: What the reader raises, when its turn in the order comes.
    """
    page = reader.read(keyset)
    while page.rest is not None and parallel == 1:
        yield page
        page = reader.read(page.rest)
    yield page
    if page.rest is not None:
        stretches = _ParallelReader(reader, page, keyset, parallel, buffer_bytes)
        try:
            yield from stretches.pages()
        finally:
            stretches.close()


class _ParallelReader:
    """The threads that read what follows a first page."""

    def __init__(
        self, reader: PageReader, first: OrderedRows, keyset: Keyset, parallel: int, buffer_bytes: int
    ) -> None:
        self._reader = reader
        self._parallel = parallel
        self._buffer_bytes = buffer_bytes
        self._changed = threading.Condition()
        self._buffered = 0
        self._closed = False
        self._page_bytes = max(1, first.size)
        self._span_per_page = _MILLISECOND
        self._line: deque[_Stretch] = deque()
        if first.rest is not None:
            self._line.append(_Stretch(first.rest))
            self._measure(keyset, first)
        for number in range(parallel):
            threading.Thread(target=self._work, name=f"page-reader-{number}", daemon=True).start()

    def pages(self) -> Iterator[OrderedRows]:
        """Yield the pages in order."""
        while True:
            with self._changed:
                self._changed.wait_for(self._next_is_known)
                if not self._line:
                    return
                stretch = self._line[0]
                if not stretch.pages:
                    raise stretch.failure or AssertionError
                page = stretch.pages.popleft()
                self._buffered -= page.size
                self._changed.notify_all()
            yield page

    def close(self) -> None:
        """Let the threads end, after the request they are waiting for."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next_is_known(self) -> bool:
        """Drop stretches that were handed on; tell whether there is a page, a failure or the end."""
        while self._line and self._line[0].done and not self._line[0].pages and self._line[0].failure is None:
            self._line.popleft()
            self._changed.notify_all()
        return not self._line or bool(self._line[0].pages) or self._line[0].failure is not None

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._may_begin() is not None)
                stretch = None if self._closed else self._may_begin()
                if stretch is None:
                    return
                stretch.taken = True
                most_pages = self._cut(stretch)
            self._read(stretch, most_pages)

    def _may_begin(self) -> _Stretch | None:
        for stretch in self._line:
            if not stretch.taken:
                return stretch if stretch is self._line[0] or self._buffered < self._buffer_bytes else None
        return None

    def _cut(self, stretch: _Stretch) -> int:
        """Leave a stretch as long as a few pages and put the rest behind it; return how many pages to read of it."""
        most_pages = max(_FEWEST_PAGES, min(_MOST_PAGES, _STRETCH_BYTES // self._page_bytes))
        start = stretch.keyset.start
        if start is None:
            return most_pages
        expected_pages = (stretch.keyset.upper - start) / self._span_per_page
        pages = max(_FEWEST_PAGES, min(most_pages, expected_pages / self._parallel))
        if expected_pages > pages + 1:
            instant = _to_the_millisecond(start + max(_MILLISECOND, self._span_per_page * pages))
            if start < instant < stretch.keyset.upper:
                stretch.keyset, rest = stretch.keyset.split(instant)
                self._line.insert(self._line.index(stretch) + 1, _Stretch(rest))
                self._changed.notify_all()
        return most_pages

    def _read(self, stretch: _Stretch, most_pages: int) -> None:
        began = stretch.keyset
        for _ in range(most_pages):
            try:
                page = self._reader.read(stretch.keyset)
            except Exception as failure:  # noqa: BLE001 - whatever it is, the reading thread raises it in its turn
                with self._changed:
                    stretch.failure, stretch.done = failure, True
                    self._changed.notify_all()
                return
            with self._changed:
                self._measure(stretch.keyset, page)
                stretch.pages.append(page)
                self._buffered += page.size
                if page.rest is None:
                    stretch.done = True
                    if not page.rows and stretch.keyset is began:
                        self._span_per_page = min(_LONGEST_SPAN, self._span_per_page * _GROWTH)
                else:
                    stretch.keyset = page.rest
                self._changed.notify_all()
                if not stretch.done:
                    self._changed.wait_for(lambda: self._closed or self._may_continue(stretch))
                if stretch.done or self._closed:
                    return
        with self._changed:
            self._line.insert(self._line.index(stretch) + 1, _Stretch(stretch.keyset))
            stretch.done = True
            self._changed.notify_all()

    def _may_continue(self, stretch: _Stretch) -> bool:
        return self._buffered < self._buffer_bytes or (stretch is self._line[0] and not stretch.pages)

    def _measure(self, keyset: Keyset, page: OrderedRows) -> None:
        """Learn from a page how long a stretch of time a full page covers."""
        if not page.rows:
            return
        self._page_bytes = max(self._page_bytes, page.size)
        start = keyset.start or page.rows[0].position.instant
        end = keyset.upper if page.rest is None else page.rows[-1].position.instant
        share = len(page.rows) / max(len(page.rows), self._reader.rows_asked)
        self._span_per_page = max(_MILLISECOND, (end - start) / share)


def _to_the_millisecond(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
