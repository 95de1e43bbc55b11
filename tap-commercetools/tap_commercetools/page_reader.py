"""Turns a keyset into rows: page after page, in order, nothing twice."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_commercetools.errors import OrderError, RequestRefusedError, TapError
from tap_commercetools.keyset import Keyset, Position
from tap_commercetools.transport import SMALLER_PAGE_HELPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_commercetools.client import Page
    from tap_commercetools.page_size import PageSize

logger = logging.getLogger(__name__)

_BARREN_PAGES = 5
"""How many pages in a row may hold nothing but rows that have just changed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a stream.

    Attributes:
        position: Its place in the stream.
        version: Its version.
        record: All its fields, as the platform sent them.
    """

    position: Position
    version: int
    record: dict[str, Any]


def read_pages(
    stream: str,
    keyset: Keyset,
    fetch: Callable[[Sequence[tuple[str, str]], int], Page],
    page_size: PageSize,
) -> Iterator[list[Row]]:
    """Read all rows of a keyset.

    A row that changed after the window's end while its page was being made is left out: it belongs to the next run.

    Args:
        stream: The stream's name, for messages.
        keyset: What to read.
        fetch: Fetches the page for query parameters and a page size.
        page_size: How many rows to ask for; told about pages that were too heavy.

    Yields:
        The rows of one page, in order.

    Raises:
        OrderError: If the rows are not in the order asked for.
        TapError: If a single row is too heavy for the platform.
    """
    barren = 0
    while True:
        limit = page_size.rows
        try:
            page = fetch(keyset.query(limit), limit)
        except RequestRefusedError as refusal:
            if refusal.code not in SMALLER_PAGE_HELPS:
                raise
            if not page_size.shrink():
                raise _too_heavy(stream, keyset, refusal) from refusal
            logger.warning("%s: %s; asking for %d rows at a time", stream, refusal.code, page_size.rows)
            continue
        page_size.succeeded()
        rows = _in_order(stream, keyset, page.rows)
        yield rows
        if page.is_last:
            return
        barren = 0 if rows else barren + 1
        if barren >= _BARREN_PAGES:
            message = (
                f"stream {stream}: {barren} full pages in a row held only rows changed after {keyset.upper}, so "
                "reading cannot move on. Run again with a longer settle_seconds"
            )
            raise OrderError(message)
        if rows:
            keyset = keyset.following(rows[-1].position)


def _in_order(stream: str, keyset: Keyset, records: list[dict[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    last = keyset.after
    for record in records:
        row = _row(stream, keyset.field, record)
        if row.position.instant > keyset.upper:
            continue
        too_early = keyset.after is None and keyset.lower is not None and row.position.instant < keyset.lower
        if too_early or (last is not None and not last.precedes(row.position)):
            before = "the start of the window" if last is None else f"id {last.id} of {last.text}"
            message = (
                f"stream {stream}: the row with id {row.position.id} of {row.position.text} came after {before}; "
                "stopping rather than losing rows. Run again; if it stays, report it to the platform's support"
            )
            raise OrderError(message)
        last = row.position
        rows.append(row)
    return rows


def _row(stream: str, field: str, record: dict[str, Any]) -> Row:
    try:
        return Row(Position.at(record[field], record["id"]), record["version"], record)
    except (KeyError, TypeError, ValueError) as error:
        message = (
            f"stream {stream}: a row lacks a usable id, version or {field} ({type(error).__name__}); "
            "without them it cannot be read incrementally"
        )
        raise TapError(message) from error


def _too_heavy(stream: str, keyset: Keyset, refusal: RequestRefusedError) -> TapError:
    behind = "the first row of the window" if keyset.after is None else f"the row behind id {keyset.after.id}"
    at = "" if keyset.after is None else f" of {keyset.after.text}"
    return TapError(
        f"stream {stream}: {behind}{at} is too heavy for the platform even alone ({refusal}). Make that row smaller, "
        "or read around it with the settings start_date and end_date"
    )
