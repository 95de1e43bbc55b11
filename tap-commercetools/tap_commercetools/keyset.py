"""Where a page starts and ends: the time-and-id keyset and the query that asks for it.

commercetools refuses offsets beyond 10 000 and moves rows between offset pages while data changes, and a bulk import
puts many rows on one millisecond, so the place in a stream is the pair of last-change time and id: the time first, in
the order and in the predicate, the id to tell rows of one instant apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_commercetools.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in a stream.

    Attributes:
        instant: When the row last changed.
        id: The row's id.
        text: The instant exactly as the platform wrote it, however many decimals that has; predicates use it, so that
            a finer instant than ours is not asked for again and again.
    """

    instant: datetime
    id: str
    text: str

    @classmethod
    def at(cls, text: str, identifier: str) -> Position:
        """Return the place of the row with this time, as the platform wrote it, and this id.

        Raises:
            ValueError: If the text is no timestamp.
        """
        return cls(parse_timestamp(text), identifier, text)

    def precedes(self, other: Position) -> bool:
        """Tell whether this place comes strictly before another."""
        return (self.instant, self.id) < (other.instant, other.id)


@dataclass(frozen=True, slots=True)
class Keyset:
    """The rows still to be read.

    Attributes:
        field: The time field the stream is ordered by.
        upper: Last instant that belongs to this run; later rows are the next run's.
        lower: First instant to read, if reading starts at an instant.
        after: Row to continue behind, if there is one; it is not read again, and `lower` no longer matters.
    """

    field: str
    upper: datetime
    lower: datetime | None = None
    after: Position | None = None

    def following(self, position: Position) -> Keyset:
        """Return the rows behind this place."""
        return replace(self, after=position)

    def query(self, limit: int) -> list[tuple[str, str]]:
        """Return the query parameters that ask for the first rows of the keyset.

        Args:
            limit: How many rows at most, 1 to 500.
        """
        conditions, variables = self._predicate()
        return [
            ("where", " and ".join([*conditions, f"{self.field} <= :upper"])),
            *variables,
            ("var.upper", format_timestamp(self.upper)),
            ("sort", f"{self.field} asc"),
            ("sort", "id asc"),
            ("limit", str(limit)),
            ("withTotal", "false"),
        ]

    def _predicate(self) -> tuple[list[str], list[tuple[str, str]]]:
        if self.after is not None:
            condition = f"({self.field} > :time or ({self.field} = :time and id > :id))"
            return [condition], [("var.time", self.after.text), ("var.id", self.after.id)]
        if self.lower is not None:
            return [f"{self.field} >= :lower"], [("var.lower", format_timestamp(self.lower))]
        return [], []
