"""Running a query: from the store's rows to one page of results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Optional

import msgspec

from commerce_sandbox.commercetools.expansion import expand
from commerce_sandbox.commercetools.key_range import intersection
from commerce_sandbox.commercetools.sorting import sort_documents
from commerce_sandbox.commercetools.store import HEAD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from commerce_sandbox.commercetools.expansion import LookUp
    from commerce_sandbox.commercetools.key_range import KeyRange
    from commerce_sandbox.commercetools.query import Query
    from commerce_sandbox.commercetools.store import Document, Store, StoredResource, Table

View = Callable[["Document"], Optional["Document"]]
"""How a request sees a resource: changed, or not at all (None)."""

LARGEST_TOTAL = 10_000
"""commercetools: where a predicate is given, the total is not counted beyond this."""


@dataclass(frozen=True, slots=True)
class ResultPage:
    """The results of a query, each already as JSON.

    Attributes:
        results: The rows of the page.
        total: How many rows match, None if it was not asked for.
    """

    results: list[bytes]
    total: int | None

    def body(self, query: Query) -> bytes:
        """Return the paged envelope as JSON."""
        total = b"" if self.total is None else b'"total":%d,' % self.total
        return b'{"limit":%d,"offset":%d,"count":%d,%s"results":[%s]}' % (
            query.limit,
            query.offset,
            len(self.results),
            total,
            b",".join(self.results),
        )


def run_query(
    query: Query,
    store: Store,
    path: str,
    visible: KeyRange,
    view: View | None = None,
    look_up: LookUp | None = None,
) -> ResultPage:
    """Find the rows of one page.

    Args:
        query: What is asked for.
        store: The project's resources.
        path: Where the rows are.
        visible: Rows outside of this range do not exist yet for a query.
        view: How the request sees a row; None sees it as it is.
        look_up: Finds what references lead to, as the request sees it; None: as it is in the store.
    """
    table = store.table(path)
    bounds = intersection([query.bounds, visible])
    if query.match is None and view is None:
        query_total: int | None = table.count_by_time(bounds)
    else:
        query_total = None
    found = _Matches(query, bounds, view).among(_candidates(table, bounds, query))
    page: list[tuple[StoredResource, Document | None]] = []
    counted = 0
    most = LARGEST_TOTAL if query.match is not None else None
    for match in found:
        if len(page) < query.limit and counted >= query.offset:
            page.append(match)
        counted += 1
        if len(page) >= query.limit and (
            not query.with_total or query_total is not None or (most is not None and counted >= most)
        ):
            break
    total = query_total if query_total is not None else counted
    return ResultPage(
        results=[_written(row, document, query.expand, look_up or store.get) for row, document in page],
        total=total if query.with_total else None,
    )


class _Matches:
    """Picks the matching rows, decoding only what it must."""

    def __init__(self, query: Query, bounds: KeyRange, view: View | None) -> None:
        self._match = query.match
        self._bounds = bounds
        self._view = view
        self._head_is_enough = view is None and query.fields <= HEAD_FIELDS
        self._sort = query.sort if _order_of(query) is None else ()

    def among(self, rows: Iterable[StoredResource]) -> Iterator[tuple[StoredResource, Document | None]]:
        """Yield the matching rows in the query's order, with their documents if these had to be made."""
        first, last = self._bounds.first, self._bounds.last
        found = (self._seen(row) for row in rows if first <= row.key <= last)
        matches = (pair for pair in found if pair is not None)
        return iter(self._sorted(matches)) if self._sort else matches

    def _seen(self, row: StoredResource) -> tuple[StoredResource, Document | None] | None:
        if self._head_is_enough:
            return (row, None) if self._match is None or self._match(row.head()) else None
        document: Document | None = row.document()
        if self._view is not None and document is not None:
            document = self._view(document)
        if document is None or (self._match is not None and not self._match(document)):
            return None
        # A view's document is the answer; otherwise the stored JSON is, and the decoded copy may go.
        return row, (document if self._view is not None else None)

    def _sorted(
        self, matches: Iterable[tuple[StoredResource, Document | None]]
    ) -> list[tuple[StoredResource, Document | None]]:
        keyed = [(row.document() if document is None else document, (row, document)) for row, document in matches]
        sort_documents(keyed, self._sort)
        return [pair for _, pair in keyed]


def _order_of(query: Query) -> str | None:
    """Return the index whose order the query wants, ``id`` or ``time``; None if no index has it."""
    fields = [key.field for key in query.sort]
    if not fields or fields[0] == "id":
        return "id"
    if fields == ["lastModifiedAt"] or fields[:2] == ["lastModifiedAt", "id"]:
        return "time"
    return None


def _candidates(table: Table, bounds: KeyRange, query: Query) -> Iterator[StoredResource]:
    """Yield the rows that can match, in the query's order if an index has it, from the cheapest index."""
    by_id, by_time = table.count_by_id(bounds), table.count_by_time(bounds)
    order = _order_of(query)
    if order == "id":
        # No sort promises no order: the highest id first is stable, and neither by time nor ascending.
        descending = not query.sort or query.sort[0].descending
        share = by_time / max(1, len(table))
        walked = by_id if query.with_total else min(by_id, (query.offset + query.limit) / max(share, 1e-9))
        if by_time < walked:
            return iter(sorted(table.by_time(bounds), key=lambda row: row.id, reverse=descending))
        return table.by_id(bounds, descending=descending)
    if by_id < by_time:
        rows = sorted(table.by_id(bounds), key=lambda row: row.key)
        if order == "time" and query.sort[0].descending:
            rows.reverse()
        return _ties_ordered(iter(rows), query) if order == "time" else iter(rows)
    if order == "time":
        return _ties_ordered(table.by_time(bounds, descending=query.sort[0].descending), query)
    return table.by_time(bounds)


def _ties_ordered(rows: Iterator[StoredResource], query: Query) -> Iterator[StoredResource]:
    """Put rows of one instant into the order that the second sort key asks for.

    Without a second key their order is not promised: it is the opposite of what a hopeful client expects.
    """
    first, second = query.sort[0], next(iter(query.sort[1:]), None)
    if second is not None and second.descending == first.descending:
        return rows
    return (row for _, ties in groupby(rows, key=lambda row: row.key[0]) for row in reversed(list(ties)))


def _written(row: StoredResource, document: Document | None, paths: tuple[str, ...], look_up: LookUp) -> bytes:
    if document is None and not paths:
        return row.json
    shown: dict[str, Any] = row.document() if document is None else document
    expand(shown, paths, look_up)
    return msgspec.json.encode(shown)
