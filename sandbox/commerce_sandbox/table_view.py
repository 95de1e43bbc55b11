"""A searchable, paged table of a page for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_sandbox.cell_text import is_numeric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROWS_PER_PAGE = 50
_LONGEST_PAGE_NUMBER = 9


@dataclass(frozen=True, slots=True)
class TableView:
    """One page of a table; drawn by the macro ``paged_table`` of ``table.html``.

    Attributes:
        name: Short name, unique on the page; the start of the table's query arguments.
        title: Heading.
        columns: Pairs of key and heading.
        rows: The rows of this page.
        numeric: Keys of the columns of which this page shows numbers and amounts only.
        total: How many rows there are.
        matching: How many of them the search finds.
        page: Number of this page, from 1.
        pages: Number of pages, at least 1.
        query: What was searched for, empty for nothing.
        query_argument: Query argument that carries the search.
        page_argument: Query argument that carries the page's number.
        other_arguments: The page's other query arguments, which a new search keeps.
    """

    name: str
    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]
    numeric: frozenset[str]
    total: int
    matching: int
    page: int
    pages: int
    query: str
    query_argument: str
    page_argument: str
    other_arguments: Mapping[str, str]


def table_view(
    name: str,
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Mapping[str, Any]],
    arguments: Mapping[str, str],
    *,
    only_table: bool = False,
) -> TableView:
    """Search the rows and cut out the page that the query arguments ask for.

    A row is found if any text, number or name in it contains the search, in any case of letters and whether accents
    are letters of their own or not.

    Args:
        name: Short name, unique on the page.
        title: Heading.
        columns: Pairs of key and heading.
        rows: All rows in the order wanted.
        arguments: The page's query arguments.
        only_table: The page shows one table at a time, whose arguments are simply ``q`` and ``page``; otherwise they
            are ``q`` with the table's name in front, ``customers_q`` and ``customers_page``.
    """
    query_argument, page_argument = ("q", "page") if only_table else (f"{name}_q", f"{name}_page")
    query = arguments.get(query_argument, "").strip()
    everything = list(rows)
    found = [row for row in everything if _contains(row, _folded(query))] if query else everything
    pages = max(1, -(-len(found) // ROWS_PER_PAGE))
    asked = arguments.get(page_argument, "1")
    page = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) <= _LONGEST_PAGE_NUMBER else 1
    shown = found[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    return TableView(
        name=name,
        title=title,
        columns=columns,
        rows=shown,
        numeric=frozenset(key for key, _ in columns if _is_numeric_column(shown, key)),
        total=len(everything),
        matching=len(found),
        page=page,
        pages=pages,
        query=query,
        query_argument=query_argument,
        page_argument=page_argument,
        other_arguments={
            argument: value for argument, value in arguments.items() if argument not in {query_argument, page_argument}
        },
    )


def _contains(row: Mapping[str, Any], wanted: str) -> bool:
    return any(wanted in _folded(text) for value in row.values() for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts, numbers and names in a value, however deep, as somebody who looks for them would write them."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting.extend(one.keys())
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif one is not None:
            yield str(one)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _is_numeric_column(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    present = [row[key] for row in rows if row[key] is not None]
    return bool(present) and all(map(is_numeric, present))
