"""Reads all rows of a collection that meet a condition, however many there are.

Where a stream's keyset asks what changed, a lookup asks for particular rows as they are now: the orders of some
customers, the payments of some orders. It pages by id, so rows that change meanwhile are neither skipped nor repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from tap_commercetools.errors import OrderError, RequestRefusedError, TapError, UnreadableRowError, shown_id
from tap_commercetools.page import Page, Record
from tap_commercetools.page_size import EMPTY_ANSWERS_AT_THE_END, LARGEST_PAGE, PageSize
from tap_commercetools.transport import SMALLER_PAGE_HELPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

logger = logging.getLogger(__name__)

MOST_VALUES = 200
"""How many values one query may ask for; commercetools answers 413 somewhere above 300 ids."""

_LONGEST_VALUES = 10_000
"""How many characters of the URL these values may take; 200 ids need 9 600, mail addresses can be longer."""

_VALUE_PARAMETER = "var.values"


FetchPage = Callable[[str, Sequence[tuple[str, str]], int], Page]
"""Fetches a page: the collection's path within the project, the query parameters, the page size asked for in them."""


def rows_matching(
    fetch: FetchPage,
    path: str,
    condition: str,
    variables: Sequence[tuple[str, str]],
    page_size: int | PageSize = LARGEST_PAGE,
    expand: Sequence[str] = (),
    most: int | None = None,
) -> Iterator[Record]:
    """Yield all rows of a collection that meet a condition, in the order of their ids.

    A page that the platform finds too heavy is asked for again at half its size. A page that holds less than was asked
    for need not be the last: the end is where two answers in a row are empty.

    Args:
        fetch: Fetches a page.
        path: The collection's path within the project, such as ``orders``.
        condition: The predicate; values stand in it as ``:name``.
        variables: Each value as ``("var.name", value)``; a name may repeat for a list. ``var.last`` is taken.
        page_size: How many rows to ask for at once, at most 500; a `PageSize` remembers what was too heavy from lookup
            to lookup.
        expand: Paths of references to inline.
        most: How many rows there can be at most, if that is known; after so many nothing more is asked.

    Raises:
        OrderError: If the rows do not come in the order of their ids.
        RequestRefusedError: If the platform refuses the query.
        TapError: If a single row is too heavy for the platform.
        UnreadableRowError: If a row cannot be read.
    """
    size = page_size if isinstance(page_size, PageSize) else PageSize(page_size)
    fixed = [("where", f"({condition})"), *variables, *(("expand", each) for each in expand)]
    last: str | None = None
    found = empty = 0
    while empty < EMPTY_ANSWERS_AT_THE_END and (most is None or found < most):
        limit = size.rows
        behind = [] if last is None else [("where", "id > :last"), ("var.last", last)]
        paging = [("sort", "id asc"), ("limit", str(limit)), ("withTotal", "false")]
        try:
            page = fetch(path, [*fixed, *behind, *paging], limit)
        except RequestRefusedError as refusal:
            if refusal.code not in SMALLER_PAGE_HELPS:
                raise _without_values(refusal, variables) from None
            if not size.shrink(limit):
                raise _too_heavy(path, last, refusal) from refusal
            logger.warning("%s: %s; asking for %d rows at a time", path, refusal.code, size.rows)
            continue
        size.succeeded()
        empty = 0 if page.documents else empty + 1
        for record in page.records():
            last = _following(path, last, record)
            found += 1
            yield record


def rows_with(
    fetch: FetchPage,
    path: str,
    field: str | Sequence[str],
    values: Iterable[str],
    condition: str = "",
    page_size: int | PageSize = LARGEST_PAGE,
    expand: Sequence[str] = (),
) -> Iterator[Record]:
    """Yield all rows of a collection in which a field, or one of several, has one of these values.

    The values travel as variables, a chunk at a time, so none of them can be mistaken for a part of the predicate. A
    row comes once for a field with one value; for several fields, or a field with several values such as the ids of an
    order's payments, it can come once per chunk.

    Args:
        fetch: Fetches a page.
        path: The collection's path within the project, such as ``orders``.
        field: The field, or several; dots lead into nested ones, as in ``paymentInfo.payments.id``.
        values: What to look for, any number; what repeats is asked for once.
        condition: What must hold besides; no variables.
        page_size: How many rows to ask for at once, at most 500; a `PageSize` remembers what was too heavy from lookup
            to lookup.
        expand: Paths of references to inline.

    Raises:
        OrderError: If the rows do not come in the order of their ids.
        RequestRefusedError: If the platform refuses the query.
        TapError: If a single row is too heavy for the platform.
        UnreadableRowError: If a row cannot be read.
    """
    if isinstance(field, str):
        predicate = _one_of_the_values(field)
    else:
        predicate = f"({' or '.join(map(_one_of_the_values, field))})"
    predicate += f" and ({condition})" if condition else ""
    for chunk in _chunks(dict.fromkeys(values)):
        variables = [(_VALUE_PARAMETER, value) for value in chunk]
        most = len(chunk) if field == "id" else None
        yield from rows_matching(fetch, path, predicate, variables, page_size, expand, most)


def _one_of_the_values(field: str) -> str:
    *outer, inner = field.split(".")
    return "".join(f"{name}(" for name in outer) + f"{inner} in :values" + ")" * len(outer)


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for value in values:
        needed = len(f"&{_VALUE_PARAMETER}={quote_plus(value)}")
        if chunk and (len(chunk) == MOST_VALUES or length + needed > _LONGEST_VALUES):
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += needed
    if chunk:
        yield chunk


def _without_values(refusal: RequestRefusedError, variables: Sequence[tuple[str, str]]) -> RequestRefusedError:
    """Return a refusal that does not repeat what was looked for: it may be somebody's mail address."""
    message = str(refusal)
    for _, value in variables:
        message = message.replace(value, "...") if value else message
    return RequestRefusedError(message, status=refusal.status, code=refusal.code)


def _following(path: str, last: str | None, record: Record) -> str:
    identifier = record.get("id")
    if not isinstance(identifier, str):
        message = f"a row of {path} that was looked up has no usable id"
        raise UnreadableRowError(message)
    if last is not None and identifier <= last:
        message = (
            f"looking up {path}: the row with {shown_id(identifier)} came after {shown_id(last)}; stopping rather than "
            "losing rows. Run again; if it stays, report it to the platform's support"
        )
        raise OrderError(message)
    return identifier


def _too_heavy(path: str, last: str | None, refusal: RequestRefusedError) -> TapError:
    which = "the first row" if last is None else f"the row behind {shown_id(last)}"
    return TapError(
        f"looking up {path}: {which} is too heavy for the platform even alone ({refusal}). Make that row smaller, or "
        "deselect the stream that needs it"
    )
