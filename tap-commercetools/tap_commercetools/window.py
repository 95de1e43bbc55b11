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

from tap_commercetools.keyset import Keyset, Position
from tap_commercetools.timestamps import format_timestamp, normalise_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

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
    """

    upper: datetime
    position: Position | None = None
    seen: Mapping[str, int] = field(default_factory=dict)

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
        value = state.get("replication_key_value")
        if not value or state.get("replication_key", replication_key) != replication_key:
            return None
        try:
            bookmark = cls._with_details(state, replication_key)
            if bookmark.reached == normalise_timestamp(value):
                return bookmark
            return cls(upper=parse_timestamp(value))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"{type(error).__name__}: {error}"
            raise BookmarkError(message) from error

    @classmethod
    def _with_details(cls, state: Mapping[str, Any], replication_key: str) -> Bookmark:
        position = state.get("position")
        return cls(
            upper=parse_timestamp(state.get("upper") or state["replication_key_value"]),
            position=Position.at(position[replication_key], position["id"]) if position else None,
            seen={str(identifier): int(version) for identifier, version in state.get("seen", {}).items()},
        )

    @property
    def reached(self) -> str:
        """The instant up to which rows were handed on, as `replication_key_value` says it."""
        return format_timestamp(self.upper if self.position is None else self.position.instant)

    def to_state(self, replication_key: str) -> dict[str, Any]:
        """Write the bookmark as one stream's entry of a Singer state."""
        position = None
        if self.position is not None:
            position = {replication_key: self.position.text, "id": self.position.id}
        return {
            "replication_key": replication_key,
            "replication_key_value": self.reached,
            "upper": format_timestamp(self.upper),
            "position": position,
            "seen": dict(self.seen),
        }


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

    def keyset(self, field: str) -> Keyset:
        """Return the window as the rows to ask for.

        Args:
            field: The time field the stream is ordered by.
        """
        return Keyset(field, upper=self.upper, lower=self.lower, after=self.after)


class Reading:
    """One stream being read: which rows are repeats, and the bookmark at this moment."""

    def __init__(self, window: Window, overlap: timedelta) -> None:
        self._window = window
        self._remember_from = window.upper - overlap
        self._position: Position | None = window.after
        self._seen_before: Mapping[str, int] = window.seen
        self._seen: dict[str, int] = {}
        self.remembers = True
        """False once the overlap holds too many rows to remember."""

    def is_repeat(self, identifier: str, version: int) -> bool:
        """Tell whether this version of a row, or a newer one, was emitted before.

        Args:
            identifier: The row's id.
            version: The row's version, which grows with every change.
        """
        emitted = max(self._seen.get(identifier, -1), self._seen_before.get(identifier, -1))
        return version <= emitted

    def passed(self, position: Position, version: int) -> None:
        """Note that a row has been handed on, or dropped as a repeat.

        Args:
            position: The row's place; never before the last one.
            version: The row's version.
        """
        self._position = position
        until = self._window.seen_until
        if self._seen_before and until is not None and position.instant > until:
            self._seen_before = {}
        if self.remembers and position.instant >= self._remember_from:
            self._seen[position.id] = max(version, self._seen.get(position.id, -1))
            if len(self._seen) > MOST_REMEMBERED:
                self._seen.clear()
                self.remembers = False

    def bookmark(self) -> Bookmark | None:
        """Return the bookmark for this moment, or None as long as no row was passed."""
        if self._position is None:
            return None
        return Bookmark(self._window.upper, self._position, self._all_seen())

    def finished(self) -> Bookmark:
        """Return the bookmark for the end, when every row of the window was passed."""
        return Bookmark(self._window.upper, None, dict(self._seen))

    def _all_seen(self) -> dict[str, int]:
        seen = dict(self._seen_before)
        for identifier, version in self._seen.items():
            seen[identifier] = max(version, seen.get(identifier, -1))
        return seen if len(seen) <= MOST_REMEMBERED else {}
