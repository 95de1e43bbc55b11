"""Where a page starts and ends: the time-and-id keyset and the query that asks for it.

commercetools refuses offsets beyond 10 000 and moves rows between offset pages while data changes, and a bulk import
puts many rows on one millisecond, so the place in a stream is the pair of last-change time and id: the time first, in
the order and in the predicate, the id to tell rows of one instant apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tap_commercetools.timestamps import format_timestamp, parse_timestamp, sort_key

if TYPE_CHECKING:
    from datetime import datetime


class Position(NamedTuple):
    """A row's place in a stream; places compare as the rows are ordered.

    Attributes:
        time: When the row last changed, as a text that sorts like time.
        id: The row's id.
        text: The instant exactly as the platform wrote it, however many decimals that has; predicates use it, so that
            a finer instant than ours is not asked for again and again.
    """

    time: str
    id: str
    text: str

    @classmethod
    def at(cls, text: str, identifier: str) -> Position:
        """Return the place of the row with this time, as the platform wrote it, and this id.

        Raises:
            ValueError: If the text is no timestamp.
        """
        return cls(sort_key(text), identifier, text)

    @property
    def instant(self) -> datetime:
        """When the row last changed."""
        return parse_timestamp(self.text)


@dataclass(frozen=True, slots=True)
class Condition:
    """A further predicate that rows must meet.

    Attributes:
        predicate: The predicate, its values as variables.
        variables: Names, without ``var.``, and values; a name may repeat.
    """

    predicate: str
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Keyset:
    """The rows still to be read.

    Attributes:
        field: The time field the stream is ordered by.
        upper: Last instant that belongs to this keyset.
        lower: First instant to read, if reading starts at an instant.
        above: Instant to start behind, instead of `lower`; rows of that very instant are left out.
        after: Row to continue behind, if there is one; it is not read again, and where the keyset began no longer
            matters.
        condition: What the rows must meet besides.
        shown_until: Last instant that is asked for, if that is not `upper`. A row between the two shows that there are
            no more of the keyset before it.
    """

    field: str
    upper: datetime
    lower: datetime | None = None
    above: datetime | None = None
    after: Position | None = None
    condition: Condition | None = None
    shown_until: datetime | None = None

    @property
    def asked_until(self) -> datetime:
        """Last instant that is asked for."""
        return self.shown_until or self.upper

    @property
    def start(self) -> datetime | None:
        """The instant reading starts at or behind; None if that is the beginning."""
        return self.after.instant if self.after is not None else self.above or self.lower

    def following(self, position: Position) -> Keyset:
        """Return the rows behind this place."""
        return replace(self, after=position)

    def holds(self, position: Position) -> bool:
        """Tell whether a row of this place can be among what is asked for and still to be read."""
        is_ahead = self.after is None or self.after[:2] < position[:2]
        return is_ahead and position.time <= sort_key(format_timestamp(self.asked_until))

    def split(self, instant: datetime) -> tuple[Keyset, Keyset]:
        """Return the rows up to an instant and those behind it.

        Args:
            instant: Between the start and `upper`, to the millisecond.
        """
        earlier = replace(self, upper=instant, shown_until=self.asked_until)
        return earlier, replace(self, above=instant, lower=None, after=None)

    def joined(self, next_part: Keyset) -> Keyset:
        """Return this and the part that follows it as one."""
        return replace(self, upper=next_part.upper, shown_until=next_part.shown_until)

    def behind(self) -> Keyset:
        """Return what is asked for beyond the end."""
        end = self.asked_until
        return replace(self, above=self.upper, lower=None, after=None, upper=end, shown_until=None)

    def query(self, limit: int, beyond: datetime | None = None, skip: int = 0) -> list[tuple[str, str]]:
        """Return the query parameters that ask for the first rows of the keyset.

        Args:
            limit: How many rows at most, 1 to 500.
            beyond: If given, rows later than this instant are asked for too.
            skip: How many of the first rows to leave out.
        """
        conditions, variables = self._predicate()
        predicate = " and ".join([*conditions, f"{self.field} <= :upper"])
        if beyond is not None:
            predicate = f"({predicate}) or {self.field} > :beyond"
            variables.append(("var.beyond", format_timestamp(beyond)))
        query = [("where", predicate)]
        if self.condition is not None:
            query.append(("where", self.condition.predicate))
            variables += [(f"var.{name}", value) for name, value in self.condition.variables]
        return [
            *query,
            *variables,
            ("var.upper", format_timestamp(self.asked_until)),
            ("sort", f"{self.field} asc"),
            ("sort", "id asc"),
            ("limit", str(limit)),
            *([("offset", str(skip))] if skip else []),
            ("withTotal", "false"),
        ]

    def _predicate(self) -> tuple[list[str], list[tuple[str, str]]]:
        if self.after is not None:
            condition = f"({self.field} > :time or ({self.field} = :time and id > :id))"
            return [condition], [("var.time", self.after.text), ("var.id", self.after.id)]
        if self.above is not None:
            return [f"{self.field} > :above"], [("var.above", format_timestamp(self.above))]
        if self.lower is not None:
            return [f"{self.field} >= :lower"], [("var.lower", format_timestamp(self.lower))]
        return [], []
