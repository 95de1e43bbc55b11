"""Reads one page of a keyset: makes it smaller when it is too heavy, and makes sure of the order."""

from __future__ import annotations

import itertools
import logging
import operator
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from tap_commercetools.errors import OrderError, RequestRefusedError, TapError, TooManyLeftOutError, shown_id
from tap_commercetools.page_size import EMPTY_ANSWERS_AT_THE_END, LARGEST_PAGE
from tap_commercetools.timestamps import format_timestamp, sort_key
from tap_commercetools.transport import SMALLER_PAGE_HELPS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tap_commercetools.keyset import Keyset, Position
    from tap_commercetools.page import Page, Row, Unplaced
    from tap_commercetools.page_size import PageSize

logger = logging.getLogger(__name__)

_BARREN_PAGES = 5
"""How many full pages in a row may hold no row of the keyset."""
MOST_IN_A_ROW = 100
"""Rows in a row that may be left out; more are no matter of single rows."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far beyond the platform's present time an instant may lie and still be taken for a matter of clocks."""


class OrderedRows(NamedTuple):
    """The rows of one page, in order.

    Attributes:
        rows: The rows.
        size: How many bytes the page took.
        rest: What is still to be read behind them; None if they are the last.
        is_short: Whether there were fewer than asked for, as at the end.
        unplaced: Rows before these, or at the end, that cannot be told a place.
        doubtful: What was asked for last, if only empty answers say that there is no more.
    """

    rows: list[Row]
    size: int
    rest: Keyset | None
    is_short: bool = False
    unplaced: Sequence[Unplaced] = ()
    doubtful: Keyset | None = None


class _Found(NamedTuple):
    """What of a keyset is on a page.

    Attributes:
        rows: Its rows, in order.
        unplaced: Rows that cannot be told a place.
        passed_the_end: Whether a later row shows that there are no more.
        others: How many rows are none of the keyset's.
    """

    rows: list[Row]
    unplaced: list[Unplaced]
    passed_the_end: bool = False
    others: int = 0

    def unplaced_before(self) -> list[Unplaced]:
        """Return the rows without a place that reading behind these does not meet again."""
        return [each for each in self.unplaced if each.place < len(self.rows) + self.passed_the_end]


class PageReader:
    """Reads the pages of one stream, for any number of threads.

    A page with fewer rows than asked for is not the end: that is where two answers in a row hold nothing of the keyset,
    or where a row behind its end shows it. The second of the two also asks for rows dated in the future.

    Args:
        stream: The stream's name, for messages.
        fetch: Fetches the page for query parameters and a page size.
        page_size: How many rows to ask for; told about pages that were too heavy.
        now: Tells the platform's present time.

    Attributes:
        future_rows: How many rows dated in the future the last answer showed, as many as a page holds at most.
    """

    def __init__(
        self,
        stream: str,
        fetch: Callable[[Sequence[tuple[str, str]], int], Page],
        page_size: PageSize,
        now: Callable[[], datetime],
    ) -> None:
        self._stream = stream
        self._fetch = fetch
        self._page_size = page_size
        self._now = now
        self.future_rows = 0

    @property
    def rows_asked(self) -> int:
        """How many rows a page is asked for now."""
        return self._page_size.rows

    def read(self, keyset: Keyset, empty_answers: int = EMPTY_ANSWERS_AT_THE_END) -> OrderedRows:
        """Read the first page of a keyset that holds something of it.

        A row that changed after the keyset's end while its page was being made is left out: it belongs to the next
        run. A page of nothing but rows that cannot be told a place is not the end, nor counts it as empty: it is read
        on behind those that tell their time and id, and behind others the platform must show that there is nothing.

        Args:
            keyset: What to read.
            empty_answers: How many answers in a row must hold nothing of the keyset to be its end.

        Raises:
            OrderError: If the rows are not in the order asked for.
            RequestRefusedError: If the platform refuses the query.
            TapError: If a single row is too heavy for the platform, or rows that cannot be told a place are too many
                or cannot be read past.
        """
        passed: list[Unplaced] = []
        in_the_way: list[Unplaced] = []
        limit = stuck = 0
        while stuck < _BARREN_PAGES:
            page, limit, found = self._answer(keyset, limit, empty_answers)
            size = len(page.content)
            if found.rows:
                rest = None if found.passed_the_end else keyset.following(found.rows[-1].position)
                unplaced = [*passed, *found.unplaced_before()]
                return OrderedRows(found.rows, size, rest, len(page.documents) < limit, unplaced)
            if found.passed_the_end:
                return OrderedRows([], size, None, is_short=True, unplaced=[*passed, *found.unplaced_before()])
            if len(passed) + len(found.unplaced) > MOST_IN_A_ROW:
                raise self._stopped_by_unplaced(keyset, f"more than {MOST_IN_A_ROW} rows in a row")
            behind = found.unplaced[-1].position if found.unplaced else None
            if behind is not None and keyset.holds(behind):
                passed += found.unplaced
                keyset = keyset.following(behind)
            elif not found.unplaced or (stuck and self._are_the_last(keyset, found.unplaced, empty_answers)):
                unplaced = [*passed, *(found.unplaced or in_the_way)]
                return OrderedRows([], size, None, is_short=True, unplaced=unplaced, doubtful=keyset)
            else:
                in_the_way = found.unplaced
                stuck += 1
            limit = LARGEST_PAGE
        raise self._stopped_by_unplaced(keyset, "rows that hide others")

    def make_sure_of_the_end(self, keyset: Keyset) -> None:
        """Ask for what is behind the end of a keyset, in other words than its own question has asked.

        Args:
            keyset: What answers hold nothing of, though a row behind its end was shown.

        Raises:
            OrderError: If the row that was shown, or another, is there.
        """
        if self.read(keyset.behind()).rows:
            message = (
                f"stream {self._stream}: answers say that there is nothing behind {_place(keyset)}, though later rows "
                "are there; stopping rather than losing rows. Run again; if it stays, report it to the platform's "
                "support"
            )
            raise OrderError(message)

    def _answer(self, keyset: Keyset, limit: int, empty_answers: int) -> tuple[Page, int, _Found]:
        """Return the first page that holds something, or the last of so many that hold nothing."""
        empty = barren = 0
        while barren < _BARREN_PAGES:
            is_last_question = empty == empty_answers - 1 and keyset.shown_until is None
            beyond = self._now() + CLOCK_TOLERANCE if is_last_question else None
            page, limit = self._bearable_page(keyset, limit, beyond)
            found = self._in_order(keyset, page, beyond)
            if found.rows or found.unplaced or found.passed_the_end:
                return page, limit, found
            if len(page.documents) >= limit and not is_last_question:
                barren += 1
                continue
            empty += 1
            if empty == empty_answers:
                if is_last_question:
                    self.future_rows = found.others
                return page, limit, found
        message = (
            f"stream {self._stream}: {_BARREN_PAGES} full pages in a row held only rows changed after "
            f"{format_timestamp(keyset.upper)}, so reading cannot move on. Run again with a longer settle_seconds"
        )
        raise OrderError(message)

    def _are_the_last(self, keyset: Keyset, unplaced: Sequence[Unplaced], empty_answers: int) -> bool:
        """Tell whether some answers in a row show nothing behind rows that cannot be told a place."""
        known = {each.document for each in unplaced}
        for _ in range(empty_answers):
            page, _ = self._bearable_page(keyset, LARGEST_PAGE, skip=len(unplaced))
            found = self._in_order(keyset, page)
            if found.rows or found.passed_the_end or any(each.document not in known for each in found.unplaced):
                return False
        return True

    def _bearable_page(
        self, keyset: Keyset, limit: int, beyond: datetime | None = None, skip: int = 0
    ) -> tuple[Page, int]:
        """Return a page and how many rows it was asked for: `limit`, or as many as pages have now."""
        while True:
            asked = limit or self._page_size.rows
            try:
                page = self._fetch(keyset.query(asked, beyond, skip), asked)
            except RequestRefusedError as refusal:
                if refusal.code not in SMALLER_PAGE_HELPS:
                    raise
                if not self._page_size.shrink(asked):
                    raise self._too_heavy(keyset, refusal) from refusal
                logger.warning("%s: %s; asking for %d rows at a time", self._stream, refusal.code, self._page_size.rows)
                limit = 0
                continue
            self._page_size.succeeded()
            return page, asked

    def _in_order(self, keyset: Keyset, page: Page, beyond: datetime | None = None) -> _Found:
        first_time = "" if keyset.start is None else sort_key(format_timestamp(keyset.start))
        last_time, last_id = (first_time, "") if keyset.after is None else keyset.after[:2]
        end = sort_key(format_timestamp(keyset.upper))
        placed, unplaced = page.rows(keyset.field)
        if _is_in_order(placed, (last_time, last_id), end):
            return _Found(placed, unplaced)
        asked_end = sort_key(format_timestamp(keyset.asked_until))
        future = None if beyond is None else sort_key(format_timestamp(beyond))
        rows: list[Row] = []
        passed_the_end, others = False, 0
        last: Position | None = keyset.after
        for row in placed:
            time, identifier, _ = row.position
            if time > asked_end:
                others += future is not None and time > future
                continue
            if time < last_time or (time == last_time and identifier <= last_id):
                raise self._out_of_order(row.position, last)
            last = row.position
            last_time, last_id = time, identifier
            if time > end:
                passed_the_end = True
                break
            rows.append(row)
        return _Found(rows, unplaced, passed_the_end, others)

    def _stopped_by_unplaced(self, keyset: Keyset, which: str) -> TapError:
        return TooManyLeftOutError(
            f"stream {self._stream}: {which} behind {_place(keyset)} lack a usable id, version or {keyset.field}, "
            "without which they cannot be read; report it to the platform's support"
        )

    def _out_of_order(self, found: Position, last: Position | None) -> OrderError:
        before = "the start of the window" if last is None else f"id {last.id} of {last.text}"
        return OrderError(
            f"stream {self._stream}: the row with id {found.id} of {found.text} came after {before}; stopping rather "
            "than losing rows. Run again; if it stays, report it to the platform's support"
        )

    def _too_heavy(self, keyset: Keyset, refusal: RequestRefusedError) -> TapError:
        behind = "the first row of the window" if keyset.after is None else f"the row behind id {keyset.after.id}"
        at = "" if keyset.after is None else f" of {keyset.after.text}"
        return TapError(
            f"stream {self._stream}: {behind}{at} is too heavy for the platform even alone ({refusal}). Make that row "
            "smaller, or read around it with the settings start_date and end_date"
        )


def _place(keyset: Keyset) -> str:
    return "the start" if keyset.after is None else f"{shown_id(keyset.after.id)} of {keyset.after.text}"


def _is_in_order(rows: list[Row], behind: tuple[str, str], end: str) -> bool:
    """Tell whether all rows are in order and within the keyset, as they nearly always are, at little cost."""
    if not rows:
        return True
    positions = [row.position for row in rows]
    return (
        positions[-1].time <= end
        and behind < positions[0][:2]
        and all(map(operator.lt, positions, itertools.islice(positions, 1, None)))
    )
