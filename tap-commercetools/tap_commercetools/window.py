"""What one run reads of one stream, and the bookmark it leaves behind: the arithmetic, without any input or output.

The promise. A row that the platform shows late, but less than `settle + overlap` after the time it carries, is never
lost; neither is one that changes while it is read. Rows are emitted at least once; a row and version that was emitted
before is dropped as long as the bookmark remembers it.

How. A run reads up to `upper`, the platform's time at its start less the settle time, and no further. It starts at the
last run's `upper` less the overlap, so that rows which became visible late are still found; the overlap's rows are
remembered by id and version, so that a fresh process drops those it has emitted.

Cut short. The bookmark then carries the place reached and the `upper` of that run. Everything before the earlier of
the place and `upper - overlap` had settled when it was read, so the next run continues exactly there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_commercetools.keyset import Condition, Keyset, Position
from tap_commercetools.timestamps import format_timestamp, normalise_timestamp, parse_timestamp, sort_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from tap_commercetools.page import Row

MOST_REMEMBERED = 10_000
"""Rows of the overlap that a bookmark remembers at most; with more it remembers none, and repeats are harmless."""


class BookmarkError(ValueError):
    """A stored bookmark cannot be understood."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a stream has been read.

    Attributes:
        upper: Last instant of the run that left the bookmark.
        position: Last row handed on, if that run was cut short; None if it read everything up to `upper`.
        seen: Version last emitted, by id, of the rows that may be met again.
        stores: Keys of the stores that were read; empty if it was the whole project.
    """

    upper: datetime
    position: Position | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    stores: tuple[str, ...] = ()

    @classmethod
    def from_state(cls, state: Mapping[str, Any], replication_key: str) -> Bookmark | None:
        """Read the bookmark of one stream from a Singer state.

        An ordinary Singer bookmark with nothing but `replication_key_value` is read as that of a run that was not cut
        short. So is one whose `replication_key_value` was changed by hand: the other keys then no longer belong to it
        and are not used, so that setting the value back reads everything after it again.

        Args:
            state: The stream's entry under ``bookmarks``.
            replication_key: The field the stream is ordered by.

        Returns:
            The bookmark, or None if there is none for this replication key.

        Raises:
            BookmarkError: If there is one that cannot be read.
        """
        if not isinstance(state, dict):
            raise BookmarkError(type(state).__name__)
        value = state.get("replication_key_value")
        if not value or state.get("replication_key", replication_key) != replication_key:
            return None
        try:
            bookmark = cls._with_details(state, replication_key)
            if bookmark.reached == normalise_timestamp(value):
                return bookmark
            return cls(upper=parse_timestamp(value), stores=bookmark.stores)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BookmarkError(type(error).__name__) from None

    @classmethod
    def _with_details(cls, state: Mapping[str, Any], replication_key: str) -> Bookmark:
        position = state.get("position")
        return cls(
            upper=parse_timestamp(state.get("upper") or state["replication_key_value"]),
            position=Position.at(position[replication_key], position["id"]) if position else None,
            seen={str(identifier): int(version) for identifier, version in state.get("seen", {}).items()},
            stores=tuple(str(store) for store in state.get("stores", ())),
        )

    def covers(self, stores: Sequence[str]) -> bool:
        """Tell whether it speaks for these stores.

        Args:
            stores: Keys of the stores to read; empty for the whole project.
        """
        return not self.stores or (bool(stores) and set(stores) <= set(self.stores))

    @property
    def reached(self) -> str:
        """The instant up to which rows were handed on, as `replication_key_value` says it."""
        return format_timestamp(self.upper if self.position is None else self.position.instant)

    @property
    def latest(self) -> datetime:
        """The latest instant it names."""
        return self.upper if self.position is None else max(self.upper, self.position.instant)

    def to_state(self, replication_key: str) -> dict[str, Any]:
        """Write the bookmark as one stream's entry of a Singer state."""
        position = None
        if self.position is not None:
            position = {replication_key: self.position.text, "id": self.position.id}
        state = {
            "replication_key": replication_key,
            "replication_key_value": self.reached,
            "upper": format_timestamp(self.upper),
            "position": position,
            "seen": dict(self.seen),
        }
        return {**state, "stores": list(self.stores)} if self.stores else state


@dataclass(frozen=True, slots=True)
class Window:
    """What one run reads of one stream.

    Attributes:
        upper: Last instant to read.
        lower: First instant to read; None reads from the beginning. Not used if there is `after`.
        after: Row to continue behind, if the last run was cut short well before its end.
        seen: Versions emitted by earlier runs, by id.
        seen_until: Last instant that `seen` can say anything about.
    """

    upper: datetime
    lower: datetime | None = None
    after: Position | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    seen_until: datetime | None = None

    @classmethod
    def plan(
        cls,
        bookmark: Bookmark | None,
        *,
        upper: datetime,
        overlap: timedelta,
        start: datetime | None = None,
    ) -> Window | None:
        """Decide what this run reads.

        Args:
            bookmark: What the last run left, if anything.
            upper: Last instant of this run.
            overlap: How far behind the last run's end to look for late rows.
            start: First instant wanted at all (the setting start_date); wins over an older bookmark.

        Returns:
            The window, or None if there is nothing to read; the bookmark then stays as it is, it never moves back.
        """
        if bookmark is None:
            window = cls(upper=upper, lower=start)
        else:
            if bookmark.position is None and upper <= bookmark.upper:
                return None
            settled = bookmark.upper - overlap
            after = bookmark.position
            if after is not None and after.instant > settled:
                after = None
            window = cls(upper, settled, after, bookmark.seen, bookmark.upper)
        first = window.lower if window.after is None else window.after.instant
        if start is not None and (first is None or start > first):
            window, first = replace(window, after=None, lower=start), start
        return None if first is not None and first > upper else window

    def keyset(self, field: str, condition: Condition | None = None) -> Keyset:
        """Return the window as the rows to ask for.

        Args:
            field: The time field the stream is ordered by.
            condition: What the rows must meet besides.
        """
        return Keyset(field, upper=self.upper, lower=self.lower, after=self.after, condition=condition)


class Reading:
    """One stream being read: which rows are repeats, and the bookmark at this moment.

    Args:
        window: What is read.
        overlap: How far before its end the next run will start.
        stores: Keys of the stores that are read; empty if it is the whole project.
    """

    def __init__(self, window: Window, overlap: timedelta, stores: tuple[str, ...] = ()) -> None:
        self._window = window
        self._stores = stores
        self._remember_from = sort_key(format_timestamp(window.upper - overlap))
        self._seen_until = None if window.seen_until is None else sort_key(format_timestamp(window.seen_until))
        self._position: Position | None = window.after
        self._seen_before: Mapping[str, int] = window.seen
        self._seen: dict[str, int] = {}
        self.remembers = True
        """False once the overlap holds too many rows to remember."""

    def fresh(self, rows: list[Row]) -> list[Row]:
        """Return the rows of which neither this version nor a newer one was emitted before.

        Args:
            rows: The rows of a page.
        """
        if not self._seen and not self._seen_before:
            return rows
        emitted, before = self._seen, self._seen_before
        return [
            row for row in rows if row.version > max(emitted.get(row.position.id, -1), before.get(row.position.id, -1))
        ]

    def passed(self, rows: list[Row]) -> None:
        """Note that rows have been handed on, or dropped as repeats.

        Args:
            rows: The rows of a page, none before those passed last.
        """
        if not rows:
            return
        self._position = last = rows[-1].position
        if self._seen_before and self._seen_until is not None and last.time > self._seen_until:
            self._seen_before = {}
        if not self.remembers or last.time < self._remember_from:
            return
        for row in rows:
            position = row.position
            if position.time >= self._remember_from:
                self._seen[position.id] = max(row.version, self._seen.get(position.id, -1))
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.clear()
            self.remembers = False

    def bookmark(self) -> Bookmark | None:
        """Return the bookmark for this moment, or None as long as no row was passed."""
        if self._position is None:
            return None
        return Bookmark(self._window.upper, self._position, self._all_seen(), self._stores)

    def finished(self) -> Bookmark:
        """Return the bookmark for the end, when every row of the window was passed."""
        return Bookmark(self._window.upper, None, dict(self._seen), self._stores)

    def _all_seen(self) -> dict[str, int]:
        seen = dict(self._seen_before)
        for identifier, version in self._seen.items():
            seen[identifier] = max(version, seen.get(identifier, -1))
        return seen if len(seen) <= MOST_REMEMBERED else {}
