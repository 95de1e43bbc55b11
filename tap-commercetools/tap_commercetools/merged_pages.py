"""Makes one ordered stream of rows of several, such as those of several stores."""

from __future__ import annotations

import heapq
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.keyset import Position
    from tap_commercetools.page import Row
    from tap_commercetools.page_reader import OrderedRows

_ROWS_PER_PAGE = 500


def merged_pages(sources: Sequence[Iterator[OrderedRows]]) -> Iterator[list[Row]]:
    """Yield the rows of all sources in one order, each once.

    Args:
        sources: Pages in order; a row can be in several, as a customer can belong to several stores.

    Yields:
        Some rows at a time.
    """
    if len(sources) == 1:
        yield from (page.rows for page in sources[0])
        return
    rows: list[Row] = []
    last: Position | None = None
    in_order = (chain.from_iterable(page.rows for page in source) for source in sources)
    for row in heapq.merge(*in_order, key=lambda row: row.position[:2]):
        if last is not None and row.position[:2] == last[:2]:
            continue
        last = row.position
        rows.append(row)
        if len(rows) == _ROWS_PER_PAGE:
            yield rows
            rows = []
    yield rows
