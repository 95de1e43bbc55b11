"""Where in the order of (lastModifiedAt, id) the matches of a predicate can lie.

A keyset query reads a table in steps, each beginning where the last one ended. Served by evaluating the predicate on
every row it would cost the whole table per step; the range found here lets the store start in the right place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.predicate_syntax import Alternative, Comparison, Conjunction, Membership

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from commerce_sandbox.commercetools.predicate_syntax import Literal, Predicate

Key = tuple[int, str]
"""A row's place: its lastModifiedAt in microseconds since the epoch, and its id."""

_FIRST_INSTANT = -(10**18)
_LAST_INSTANT = 10**18
_FIRST_ID = ""
_LAST_ID = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Bounds, all inclusive, outside of which no row can match. They may be wider than needed, never narrower.

    Attributes:
        first: Lowest place in the order of (lastModifiedAt, id).
        last: Highest place.
        first_instant: Lowest lastModifiedAt.
        last_instant: Highest lastModifiedAt.
        first_id: Lowest id.
        last_id: Highest id.
    """

    first: Key = (_FIRST_INSTANT, _FIRST_ID)
    last: Key = (_LAST_INSTANT, _LAST_ID)
    first_instant: int = _FIRST_INSTANT
    last_instant: int = _LAST_INSTANT
    first_id: str = _FIRST_ID
    last_id: str = _LAST_ID


EVERYTHING = KeyRange()


def key_range(predicate: Predicate, time_fields: Collection[str] = ("lastModifiedAt",)) -> KeyRange:
    """Return the range of the rows that can match a predicate.

    Args:
        predicate: The predicate.
        time_fields: Members that tell the time by which rows are ordered.
    """
    if isinstance(predicate, Conjunction):
        return intersection([key_range(part, time_fields) for part in predicate.parts])
    if isinstance(predicate, Alternative):
        return _hull([key_range(part, time_fields) for part in predicate.parts])
    if isinstance(predicate, Comparison):
        return _range_of_comparison(predicate.field, predicate.operator, predicate.literal, time_fields)
    if isinstance(predicate, Membership) and not predicate.negated and predicate.literals:
        ranges = [_range_of_comparison(predicate.field, "=", literal, time_fields) for literal in predicate.literals]
        return _hull(ranges)
    return EVERYTHING


def until(last_instant: int) -> KeyRange:
    """Return the range of all rows not modified after an instant, in microseconds since the epoch."""
    return KeyRange(last=(last_instant, _LAST_ID), last_instant=last_instant)


def since(first_instant: int) -> KeyRange:
    """Return the range of all rows not modified before an instant, in microseconds since the epoch."""
    return KeyRange(first=(first_instant, _FIRST_ID), first_instant=first_instant)


def intersection(ranges: Sequence[KeyRange]) -> KeyRange:
    """Return the range of the rows that lie in all ranges."""
    first_instant = max(part.first_instant for part in ranges)
    last_instant = min(part.last_instant for part in ranges)
    first_id = max(part.first_id for part in ranges)
    last_id = min(part.last_id for part in ranges)
    # One instant only, and ids from there on: this is the step "same time, next id" of a keyset.
    one_instant = first_instant == last_instant
    return KeyRange(
        first=max((first_instant, first_id if one_instant else _FIRST_ID), *(part.first for part in ranges)),
        last=min((last_instant, last_id if one_instant else _LAST_ID), *(part.last for part in ranges)),
        first_instant=first_instant,
        last_instant=last_instant,
        first_id=first_id,
        last_id=last_id,
    )


def _hull(ranges: Sequence[KeyRange]) -> KeyRange:
    return KeyRange(
        first=min(part.first for part in ranges),
        last=max(part.last for part in ranges),
        first_instant=min(part.first_instant for part in ranges),
        last_instant=max(part.last_instant for part in ranges),
        first_id=min(part.first_id for part in ranges),
        last_id=max(part.last_id for part in ranges),
    )


def _range_of_comparison(field: str, operator: str, literal: Literal, time_fields: Collection[str]) -> KeyRange:
    if field in time_fields:
        moment = instant(literal.value)
        return EVERYTHING if moment is None else _range_of_instant(operator, moment)
    if field == "id" and isinstance(literal.value, str):
        first_id = literal.value if operator in {"=", ">", ">="} else _FIRST_ID
        last_id = literal.value if operator in {"=", "<", "<="} else _LAST_ID
        return KeyRange(first_id=first_id, last_id=last_id)
    return EVERYTHING


def _range_of_instant(operator: str, moment: int) -> KeyRange:
    first = {"=": moment, ">": moment + 1, ">=": moment}.get(operator, _FIRST_INSTANT)
    last = {"=": moment, "<": moment - 1, "<=": moment}.get(operator, _LAST_INSTANT)
    return KeyRange(first=(first, _FIRST_ID), last=(last, _LAST_ID), first_instant=first, last_instant=last)
