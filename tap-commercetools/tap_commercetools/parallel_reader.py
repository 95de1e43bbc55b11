"""Reads one keyset with several requests at a time and hands the pages on in order.

The window of time is cut into consecutive stretches as it is read: the pages read so far tell how many rows there are
to a stretch of time, so each stretch is made to hold some pages. A thread reads a page, and then looks again for the
earliest stretch that nobody reads; where threads find none, a stretch is cut in two. So an estimate may be wrong (a
bulk import in one millisecond, a quiet year) and costs little, and the rows that are due next are always read first.
Whether a stretch has ended shows from a row of the next: it is read without regard to its end, and what is behind is
dropped. Pages wait in a bounded buffer until those before them have been handed on: the output has one order and needs
one bookmark, as if it had been read serially.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from tap_commercetools.keyset import Keyset
    from tap_commercetools.page_reader import OrderedRows, PageReader

_MOST_PAGES = 16
_FEWEST_PAGES = 2
"""Pages that a stretch is made to hold; the last of them is read beyond its end, so short ones cost more requests."""
_PAGES_REMEMBERED = 8
"""Pages by which the rows' density in time is judged."""
_EMPTY_ANSWERS_BEFORE_A_ROW = 8
"""Empty answers in a row that end a part of which a later row was shown; that row may have changed since."""
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_SPAN = timedelta(days=36_500)


@dataclass(slots=True, eq=False)
class _Stretch:
    """A part of the keyset.

    Attributes:
        keyset: What is still to be read of it.
        span_per_page: The stretch of time that its last full page covered, once there was one.
        is_being_read: Whether a thread reads a page of it.
        is_ending: Whether its last page was short, so that it is not worth sharing.
        is_done: Whether all of it has been read.
        pages: Pages that were read but not handed on.
        failure: Why reading it failed, if it did.
    """

    keyset: Keyset
    span_per_page: timedelta | None = None
    is_being_read: bool = False
    is_ending: bool = False
    is_done: bool = False
    pages: deque[OrderedRows] = field(default_factory=deque)
    failure: Exception | None = None

    @property
    def start(self) -> datetime:
        """Where what is still to be read starts; only the very first page of all could start at the beginning."""
        return self.keyset.upper if self.keyset.start is None else self.keyset.start


def read_in_order(reader: PageReader, keyset: Keyset, parallel: int, buffer_bytes: int) -> Iterator[OrderedRows]:
    """Read all rows of a keyset, page by page, in order.

    Args:
        reader: Reads a page.
        keyset: What to read.
        parallel: How many requests at a time, 1 or more; the reader itself must see to it that there are no more.
        buffer_bytes: How many bytes of pages may wait for those before them.

    Yields:
        The pages; together they hold each row of the keyset once.

    Raises:
        TapError: What the reader raises, when its turn in the order comes.
    """
    unread: Keyset | None = keyset
    while unread is not None:
        page = reader.read(unread)
        yield page
        if page.rest is None or parallel == 1 or page.is_short:
            unread = page.rest
            continue
        stretches = _ParallelReader(reader, page, unread, parallel, buffer_bytes)
        try:
            unread = yield from stretches.pages()
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
        self._idle = 0
        self._closed = False
        self._page_bytes = max(1, first.size)
        self._measured: deque[tuple[int, timedelta]] = deque(maxlen=_PAGES_REMEMBERED)
        self._span_per_page = _MILLISECOND
        self._line: deque[_Stretch] = deque()
        if first.rest is not None:
            self._measure(keyset, first)
            self._line.append(_Stretch(first.rest))
        for number in range(parallel + 1):  # one to take an answer apart while the others wait for theirs
            threading.Thread(target=self._work, name=f"page-reader-{number}", daemon=True).start()

    def pages(self) -> Generator[OrderedRows, None, Keyset | None]:
        """Yield the pages in order.

        Several threads ask at the same time, so two empty answers that one of them gets in a row say little. Where a
        later row shows that they may be wrong, its part of the keyset is asked for again before that row is handed on;
        where there is no later row, that is left to be asked again when nothing else is under way.

        Returns:
            What only empty answers say that there is no more of, at the end.
        """
        doubtful: Keyset | None = None
        while (page := self._next_page()) is not None:
            if page.doubtful is not None:
                doubtful = page.doubtful if doubtful is None else doubtful.joined(page.doubtful)
                continue
            if page.rows and doubtful is not None:
                yield from self._asked_again(doubtful)
                doubtful = None
            yield page
        return doubtful

    def _next_page(self) -> OrderedRows | None:
        with self._changed:
            self._changed.wait_for(self._next_is_known)
            if not self._line:
                return None
            stretch = self._line[0]
            if not stretch.pages:
                raise stretch.failure or AssertionError
            page = stretch.pages.popleft()
            self._changed.notify_all()
            return page

    def _asked_again(self, doubtful: Keyset) -> Iterator[OrderedRows]:
        """Yield what there is of a part behind which a row was shown."""
        unread: Keyset | None = doubtful
        while unread is not None:
            page = self._reader.read(unread, _EMPTY_ANSWERS_BEFORE_A_ROW)
            yield page
            unread = page.rest
        if page.doubtful is not None:
            self._reader.make_sure_of_the_end(page.doubtful)

    def close(self) -> None:
        """Let the threads end, after the request they are waiting for."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next_is_known(self) -> bool:
        """Drop stretches that were handed on; tell whether there is a page, a failure or the end."""
        while self._line and self._line[0].is_done and not self._line[0].pages and self._line[0].failure is None:
            self._line.popleft()
            self._changed.notify_all()
        return not self._line or bool(self._line[0].pages) or self._line[0].failure is not None

    def _work(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: self._closed or self._next_stretch() is not None)
                self._idle -= 1
                stretch = None if self._closed else self._next_stretch()
                if stretch is None:
                    return
                stretch.is_being_read = True
                self._shorten(stretch)
                keyset = stretch.keyset
            try:
                page = self._reader.read(keyset)
                with self._changed:
                    self._arrived(stretch, page)
            except Exception as failure:  # noqa: BLE001 - whatever it is, the reading thread raises it in its turn
                with self._changed:
                    stretch.failure, stretch.is_done = failure, True
                    self._changed.notify_all()

    def _next_stretch(self) -> _Stretch | None:
        """Return the earliest stretch that nobody reads, unless the buffer is full of what comes before it.

        Only what comes before counts: threads that went far ahead when rows were thought to be few come back and share
        the stretches that are due first. While more than one of those is unfinished, and so will fill the buffer
        further, half of it is kept for them.
        """
        before = unfinished = 0
        for stretch in self._line:
            before += sum(page.size for page in stretch.pages)
            if stretch.is_done:
                continue
            if not stretch.is_being_read:
                most = self._buffer_bytes if unfinished <= 1 else self._buffer_bytes // 2
                return stretch if before <= most else None
            unfinished += 1
        return None

    def _shorten(self, stretch: _Stretch) -> None:
        """Leave what is at the end of a stretch to other threads, if they would find nothing else."""
        is_last = stretch is self._line[-1]
        if stretch.is_ending or (not is_last and not self._idle):
            return
        span = stretch.span_per_page or self._span_per_page
        expected_pages = (stretch.keyset.upper - stretch.start) / span
        fitting = self._buffer_bytes // (self._parallel * self._page_bytes)
        pages = max(_FEWEST_PAGES, min(_MOST_PAGES, fitting, expected_pages / self._parallel))
        if expected_pages <= pages + 1:
            return
        instant = _to_the_millisecond(stretch.start + max(_MILLISECOND, span * pages))
        if instant < stretch.keyset.upper:
            stretch.keyset, rest = stretch.keyset.split(instant)
            self._line.insert(self._line.index(stretch) + 1, _Stretch(rest))
            self._changed.notify_all()

    def _arrived(self, stretch: _Stretch, page: OrderedRows) -> None:
        self._measure(stretch.keyset, page)
        stretch.pages.append(page)
        stretch.is_being_read = False
        stretch.is_ending = page.is_short
        if page.rest is None:
            stretch.is_done = True
        else:
            stretch.span_per_page = max(_MILLISECOND, page.rows[-1].position.instant - page.rows[0].position.instant)
            stretch.keyset = page.rest
        self._changed.notify_all()

    def _measure(self, keyset: Keyset, page: OrderedRows) -> None:
        """Learn from a page how long a stretch of time a full page covers."""
        if not page.rows:
            if keyset.after is None:
                # Nothing tells where rows begin again; whatever is left is one stretch until that is known.
                self._measured.clear()
                self._span_per_page = _LONGEST_SPAN
            return
        self._page_bytes = max(self._page_bytes, page.size)
        is_full = page.rest is not None
        start = page.rows[0].position.instant if is_full or keyset.start is None else keyset.start
        end = page.rows[-1].position.instant if is_full else keyset.upper
        self._measured.append((len(page.rows), end - start))
        rows = sum(rows for rows, _ in self._measured)
        span = sum((span for _, span in self._measured), timedelta())
        self._span_per_page = max(_MILLISECOND, span * (self._reader.rows_asked / rows))


def _to_the_millisecond(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
