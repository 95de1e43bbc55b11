"""Reads one page of a keyset: makes it smaller when it is too heavy, and makes sure of the order."""

from __future__ import annotations

import itertools
import logging
import operator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tap_commercetools.errors import OrderError, RequestRefusedError, TapError
from tap_commercetools.timestamps import format_timestamp, sort_key
from tap_commercetools.transport import SMALLER_PAGE_HELPS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_commercetools.keyset import Keyset, Position
    from tap_commercetools.page import Page, Row
    from tap_commercetools.page_size import PageSize

logger = logging.getLogger(__name__)

_BARREN_PAGES = 5
"""How many pages in a row may hold nothing but rows that have just changed."""


class OrderedRows(NamedTuple):
    """The rows of one page, in order.

    Attributes:
        rows: The rows.
        size: How many bytes the page took.
        rest: What is still to be read behind them; None if they are the last.
    """

    rows: list[Row]
    size: int
    rest: Keyset | None


class PageReader:
    """Reads the pages of one stream, for any number of threads.

    Args:
        stream: The stream's name, for messages.
        fetch: Fetches the page for query parameters and a page size.
        page_size: How many rows to ask for; told about pages that were too heavy.
    """

    def __init__(
        self, stream: str, fetch: Callable[[Sequence[tuple[str, str]], int], Page], page_size: PageSize
    ) -> None:
        self._stream = stream
        self._fetch = fetch
        self._page_size = page_size

    @property
    def rows_asked(self) -> int:
        """How many rows a page is asked for now."""
        return self._page_size.rows

    def read(self, keyset: Keyset) -> OrderedRows:
        """Read the first page of a keyset.

        A row that changed after the keyset's end while its page was being made is left out: it belongs to the next
        run.

        Args:
            keyset: What to read.

        Raises:
            OrderError: If the rows are not in the order asked for.
            RequestRefusedError: If the platform refuses the query.
            TapError: If a single row is too heavy for the platform.
        """
        for _ in range(_BARREN_PAGES):
            page = self._bearable_page(keyset)
            rows = self._in_order(keyset, page)
            if page.is_last:
                return OrderedRows(rows, len(page.content), None)
            if rows:
                return OrderedRows(rows, len(page.content), keyset.following(rows[-1].position))
        message = (
            f"stream {self._stream}: {_BARREN_PAGES} full pages in a row held only rows changed after "
            f"{format_timestamp(keyset.upper)}, so reading cannot move on. Run again with a longer settle_seconds"
        )
        raise OrderError(message)

    def _bearable_page(self, keyset: Keyset) -> Page:
        while True:
            limit = self._page_size.rows
            try:
                page = self._fetch(keyset.query(limit), limit)
            except RequestRefusedError as refusal:
                if refusal.code not in SMALLER_PAGE_HELPS:
                    raise
                if not self._page_size.shrink(limit):
                    raise self._too_heavy(keyset, refusal) from refusal
                logger.warning("%s: %s; asking for %d rows at a time", self._stream, refusal.code, self._page_size.rows)
                continue
            self._page_size.succeeded()
            return page

    def _in_order(self, keyset: Keyset, page: Page) -> list[Row]:
        first_time = "" if keyset.start is None else sort_key(format_timestamp(keyset.start))
        last_time, last_id = (first_time, "") if keyset.after is None else keyset.after[:2]
        end = sort_key(format_timestamp(keyset.upper))
        placed = self._placed(keyset.field, page)
        if _is_in_order(placed, (last_time, last_id), end):
            return placed
        rows = []
        last: Position | None = keyset.after
        for row in placed:
            time, identifier, _ = row.position
            if time > end:
                continue
            if time < last_time or (time == last_time and identifier <= last_id):
                raise self._out_of_order(row.position, last)
            last = row.position
            last_time, last_id = time, identifier
            rows.append(row)
        return rows

    def _placed(self, field: str, page: Page) -> list[Row]:
        try:
            return page.rows(field)
        except (ValueError, msgspec.DecodeError) as error:
            message = (
                f"stream {self._stream}: a row lacks a usable id, version or {field} ({type(error).__name__}); "
                "without them it cannot be read incrementally"
            )
            raise TapError(message) from error

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
