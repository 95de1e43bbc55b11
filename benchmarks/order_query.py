"""What a query of orders asks for, as rows of the table: places in the order of time and id, by arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.predicate_syntax import (
    Alternative,
    Comparison,
    Conjunction,
    PredicateError,
    parse_predicate,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.commercetools.predicate_syntax import Predicate
    from order_table import OrderTable

LARGEST_LIMIT = 500
LARGEST_OFFSET = 10_000
_DEFAULT_LIMIT = 20
_ORDERS = (["lastModifiedAt asc"], ["lastModifiedAt asc", "id asc"])


class QueryRefused(Exception):
    """The query is not one that the source answers; the text is fit for the answer."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """What one query yields.

    Attributes:
        rows: The rows of the page.
        limit: Most rows that were asked for.
        offset: Rows left out in front of the page.
        total: How many rows match; None if that was not asked for.
    """

    rows: range
    limit: int
    offset: int
    total: int | None


def find_page(table: OrderTable, parameters: Mapping[str, Sequence[str]]) -> OrderPage:
    """Find the page that a query asks for.

    Args:
        table: The orders.
        parameters: The query parameters: name to all its values.

    Raises:
        QueryRefused: If the query cannot be answered. commercetools: an offset above 10 000 is refused.
    """
    limit = _whole_number(parameters, "limit", _DEFAULT_LIMIT, LARGEST_LIMIT)
    offset = _whole_number(parameters, "offset", 0, LARGEST_OFFSET)
    if parameters.get("sort") not in _ORDERS:
        message = f"this source sorts by lastModifiedAt, ascending, not by {parameters.get('sort', 'nothing')}"
        raise QueryRefused(message)
    variables = {name[len("var.") :]: values for name, values in parameters.items() if name.startswith("var.")}
    rows = range(len(table))
    try:
        for text in parameters.get("where", ()):
            rows = _intersection(rows, matching_rows(table, parse_predicate(text, variables)))
    except PredicateError as error:
        raise QueryRefused(str(error)) from error
    total = len(rows) if parameters.get("withTotal", ["true"])[-1] == "true" else None
    return OrderPage(rows[offset : offset + limit], limit, offset, total)


def matching_rows(table: OrderTable, predicate: Predicate) -> range:
    """Return the rows that match a predicate, which must be consecutive.

    Args:
        table: The orders.
        predicate: Comparisons of lastModifiedAt, joined by ``and`` and ``or``; and of id, where the other conditions
            leave rows of one instant only.

    Raises:
        QueryRefused: If the predicate is another.
    """
    if isinstance(predicate, Conjunction):
        of_identifier = [part for part in predicate.parts if isinstance(part, Comparison) and part.field == "id"]
        rows = range(len(table))
        for part in predicate.parts:
            if part not in of_identifier:
                rows = _intersection(rows, matching_rows(table, part))
        for comparison in of_identifier:
            rows = _with_identifier(table, rows, comparison)
        return rows
    if isinstance(predicate, Alternative):
        rows = range(0)
        for part in predicate.parts:
            rows = _union(rows, matching_rows(table, part))
        return rows
    if isinstance(predicate, Comparison) and predicate.field == "lastModifiedAt":
        return _with_instant(table, predicate)
    message = f"this source knows comparisons of lastModifiedAt, and of id at one instant, not {predicate}"
    raise QueryRefused(message)


def _with_instant(table: OrderTable, comparison: Comparison) -> range:
    moment = instant(comparison.literal.value)
    if moment is None:
        message = f"{comparison.literal.value} is not a timestamp"
        raise QueryRefused(message)
    begin, end = table.rows_from(moment), table.rows_from(moment, exclusive=True)
    return _compared(comparison.operator, range(len(table)), begin.start, end.start)


def _with_identifier(table: OrderTable, rows: range, comparison: Comparison) -> range:
    if rows and table.instant(rows[0]) != table.instant(rows[-1]):
        message = "this source compares ids only among rows of one instant"
        raise QueryRefused(message)
    identifier = str(comparison.literal.value)
    begin = table.rows_from_identifier(rows, identifier)
    end = table.rows_from_identifier(rows, identifier, exclusive=True)
    return _compared(comparison.operator, rows, begin.start, end.start)


def _compared(operator: str, rows: range, begin: int, end: int) -> range:
    """Return those of some rows that compare so with the rows from begin to end, which equal the literal."""
    bounds = {
        "=": (begin, end),
        "<": (rows.start, begin),
        "<=": (rows.start, end),
        ">": (end, rows.stop),
        ">=": (begin, rows.stop),
    }
    if operator not in bounds:
        message = f"this source does not know the operator {operator}"
        raise QueryRefused(message)
    return range(*bounds[operator])


def _intersection(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _union(one: range, other: range) -> range:
    if not one or not other:
        return one or other
    if max(one.start, other.start) > min(one.stop, other.stop):
        message = "this source returns consecutive rows only"
        raise QueryRefused(message)
    return range(min(one.start, other.start), max(one.stop, other.stop))


def _whole_number(parameters: Mapping[str, Sequence[str]], name: str, default: int, largest: int) -> int:
    text = parameters.get(name, [str(default)])[-1]
    if not text.isdecimal() or int(text) > largest:
        message = f"The {name} parameter must be in the range of [0..{largest}]"
        raise QueryRefused(message)
    return int(text)
