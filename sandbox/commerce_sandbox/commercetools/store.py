"""The project's resources, kept as the platform keeps them: versioned, time-stamped, indexed."""

from __future__ import annotations

import uuid
import zlib
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from commerce_sandbox.clock import timestamp
from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.key_range import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.commercetools.key_range import Key, KeyRange

Document = dict[str, Any]
"""A resource exactly as the platform writes it in JSON."""

HEAD_FIELDS = frozenset({"id", "version", "createdAt", "lastModifiedAt"})
"""Fields that a predicate can be asked about without decoding the resource."""

_LARGEST_VERSION_STEP = 4


class UnknownResourceError(KeyError):
    """There is no such resource."""


@dataclass(frozen=True, slots=True)
class StoredResource:
    """One resource: its head, for finding it, and its JSON, ready to be sent.

    Only the JSON is kept, not the decoded document: it takes a tenth of the memory, and decoding one costs
    microseconds.
    """

    id: str
    version: int
    created_at: str
    last_modified_at: str
    key: Key
    json: bytes

    def head(self) -> Document:
        """Return the fields of `HEAD_FIELDS`."""
        return {
            "id": self.id,
            "version": self.version,
            "createdAt": self.created_at,
            "lastModifiedAt": self.last_modified_at,
        }

    def document(self) -> Document:
        """Return the whole resource, decoded anew: it may be changed freely."""
        document: Document = msgspec.json.decode(self.json)
        return document


@dataclass(frozen=True, slots=True)
class StoredChange:
    """What happened to one resource.

    Attributes:
        path: Where it is.
        before: As it was, None if it is new.
        after: As it is, None if it is gone.
        data_erasure: It was deleted so that its personal data are gone too.
    """

    path: str
    before: StoredResource | None
    after: StoredResource | None
    data_erasure: bool = False


def stored(resource: Mapping[str, Any]) -> StoredResource:
    """Return a resource in its stored form.

    Raises:
        ValueError: If the resource lacks an id or a lastModifiedAt that is a timestamp.
    """
    moment = instant(resource.get("lastModifiedAt"))
    if moment is None or not isinstance(resource.get("id"), str):
        message = "a resource needs an id and a lastModifiedAt such as 2026-11-01T00:00:00.000Z"
        raise ValueError(message)
    return StoredResource(
        id=resource["id"],
        version=resource["version"],
        created_at=resource["createdAt"],
        last_modified_at=resource["lastModifiedAt"],
        key=(moment, resource["id"]),
        json=msgspec.json.encode(resource),
    )


class Table:
    """All resources of one path, ordered by id and by (lastModifiedAt, id)."""

    def __init__(self, rows: Mapping[str, StoredResource]) -> None:
        self._rows = dict(rows)
        self._ids = sorted(self._rows)
        self._keys = sorted(row.key for row in self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, identifier: str) -> StoredResource | None:
        """Return one row."""
        return self._rows.get(identifier)

    def put(self, row: StoredResource) -> None:
        """Insert a row, or replace the one with its id."""
        old = self._rows.get(row.id)
        if old is None:
            insort(self._ids, row.id)
        else:
            del self._keys[bisect_left(self._keys, old.key)]
        self._rows[row.id] = row
        insort(self._keys, row.key)

    def remove(self, row: StoredResource) -> None:
        """Take a row out."""
        del self._rows[row.id]
        del self._ids[bisect_left(self._ids, row.id)]
        del self._keys[bisect_left(self._keys, row.key)]

    def by_id(self, bounds: KeyRange, *, descending: bool = False) -> Iterator[StoredResource]:
        """Yield the rows whose ids lie within the bounds, in the order of ids."""
        span = self._id_span(bounds)
        for position in reversed(span) if descending else span:
            yield self._rows[self._ids[position]]

    def by_time(self, bounds: KeyRange, *, descending: bool = False) -> Iterator[StoredResource]:
        """Yield the rows whose keys lie within the bounds, in the order of (lastModifiedAt, id)."""
        span = self._time_span(bounds)
        for position in reversed(span) if descending else span:
            yield self._rows[self._keys[position][1]]

    def count_by_id(self, bounds: KeyRange) -> int:
        """Return how many rows `by_id` would yield."""
        return len(self._id_span(bounds))

    def count_by_time(self, bounds: KeyRange) -> int:
        """Return how many rows `by_time` would yield."""
        return len(self._time_span(bounds))

    def _id_span(self, bounds: KeyRange) -> range:
        return range(bisect_left(self._ids, bounds.first_id), bisect_right(self._ids, bounds.last_id))

    def _time_span(self, bounds: KeyRange) -> range:
        return range(bisect_left(self._keys, bounds.first), bisect_right(self._keys, bounds.last))


class Store:
    """The resources of the project, by path.

    Args:
        clock: The sandbox's clock, from which changes take their time.
        resources: Path to id to resource, as generated; not kept.

    Attributes:
        observers: Told of every change, after it.
    """

    def __init__(self, clock: Clock, resources: Mapping[str, Mapping[str, Document]]) -> None:
        self._clock = clock
        self._initial = {
            path: {identifier: stored(resource) for identifier, resource in rows.items()}
            for path, rows in resources.items()
        }
        self._tables: dict[str, Table] = {}
        self.observers: list[Callable[[StoredChange], None]] = []
        self.reset()

    def reset(self) -> None:
        """Return to the resources at start."""
        self._tables = {path: Table(rows) for path, rows in self._initial.items()}

    def paths(self) -> Sequence[str]:
        """Return the paths that ever held a resource, in order."""
        return sorted(self._tables)

    def table(self, path: str) -> Table:
        """Return all resources of one path."""
        return self._tables.setdefault(path, Table({}))

    def get(self, path: str, identifier: str) -> Document | None:
        """Return one resource, as a copy, or None."""
        row = self.table(path).get(identifier)
        return None if row is None else row.document()

    def all(self, path: str) -> Iterator[Document]:
        """Yield all resources of a path, as copies, in the order of ids."""
        table = self.table(path)
        # Named first, so that the caller may change the table while going through it.
        for identifier in [row.id for row in table.by_id(EVERYTHING)]:
            row = table.get(identifier)
            if row is not None:
                yield row.document()

    def create(self, path: str, resource: Mapping[str, Any]) -> Document:
        """Add a resource as the platform does: version 1, both timestamps now, an id if it has none."""
        now = timestamp(self._clock.now())
        identifier = resource.get("id") or str(uuid.uuid4())
        head = {"id": identifier, "version": 1, "createdAt": now, "lastModifiedAt": now}
        return self.put(path, {**head, **resource, **head})

    def update(self, path: str, resource: Mapping[str, Any]) -> Document:
        """Replace a resource as the platform does: its version grows by 1 to 4, lastModifiedAt is now.

        Raises:
            UnknownResourceError: If there is none with its id.
        """
        identifier = str(resource.get("id"))
        row = self.table(path).get(identifier)
        if row is None:
            raise UnknownResourceError(identifier)
        # Never by one only: clients must not count on the next number.
        step = 1 + zlib.crc32(f"{identifier}{row.version}".encode()) % _LARGEST_VERSION_STEP
        head = {
            "id": identifier,
            "version": row.version + step,
            "createdAt": row.created_at,
            "lastModifiedAt": timestamp(self._clock.now()),
        }
        return self.put(path, {**head, **resource, **head})

    def put(self, path: str, resource: Mapping[str, Any]) -> Document:
        """Place a resource as it is, with its own version and timestamps, like rows that arrive late.

        Raises:
            ValueError: If it lacks an id or a usable lastModifiedAt.
        """
        row, table = stored(resource), self.table(path)
        before = table.get(row.id)
        table.put(row)
        self._tell(StoredChange(path, before, row))
        return row.document()

    def delete(self, path: str, identifier: str, *, data_erasure: bool = False) -> Document:
        """Take a resource out and return it.

        Args:
            path: Where it is.
            identifier: Its id.
            data_erasure: Its personal data are to be gone too, from all that was written about it.

        Raises:
            UnknownResourceError: If there is none with that id.
        """
        table = self.table(path)
        row = table.get(identifier)
        if row is None:
            raise UnknownResourceError(identifier)
        table.remove(row)
        self._tell(StoredChange(path, row, None, data_erasure))
        return row.document()

    def fill(self, path: str, resources: Iterable[Mapping[str, Any]]) -> None:
        """Make these all the resources of a path, as if they had always been; no observer is told."""
        rows = [stored(resource) for resource in resources]
        self._tables[path] = Table({row.id: row for row in rows})

    def clear(self, path: str) -> None:
        """Take out all resources of a path, as if they had never been; no observer is told."""
        self._tables.pop(path, None)

    def _tell(self, change: StoredChange) -> None:
        for observer in self.observers:
            observer(change)
