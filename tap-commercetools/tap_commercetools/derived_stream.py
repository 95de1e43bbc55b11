"""The streams whose records are worked out from several collections."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec
from typing_extensions import override

from tap_commercetools.errors import TapError
from tap_commercetools.json_pieces import members
from tap_commercetools.resource_stream import ResourceStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_commercetools.page import Record, Row
    from tap_commercetools.window import Window

T = TypeVar("T")


def made_by_halving(
    items: Sequence[T], make: Callable[[Sequence[T]], Iterable[Record]], give_up: Callable[[T, Exception], None]
) -> Iterator[Record]:
    """Yield the records that are made together of some items; one that spoils the others is found by halving.

    Args:
        items: What records are made of.
        make: Makes the records of some of them, all or none.
        give_up: Is told of each item of which none can be made, and why.
    """
    try:
        records = list(make(items))
    except TapError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are none the worse
        if len(items) == 1:
            give_up(items[0], error)
            return
        middle = len(items) // 2
        yield from made_by_halving(items[:middle], make, give_up)
        yield from made_by_halving(items[middle:], make, give_up)
    else:
        yield from records


def readable_fields(document: bytes | msgspec.Raw, names: Sequence[str]) -> dict[str, Any] | None:
    """Return some fields of a row that cannot be read as a whole; None if one of these cannot be read either."""
    try:
        fields = members(bytes(document))
        return {name: msgspec.json.decode(fields[name]) for name in names if name in fields}
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


class DerivedStream(ResourceStream):
    """Records that are made again when something they are made of changes.

    The changes of all collections are read in one order of time, so one bookmark speaks for all; what else a record
    needs is looked up as it is now. A first run reads the first collection only: that makes every record.
    """

    collections: ClassVar[tuple[str, ...]]
    """Paths of the collections that changes are read of; the first has a row for each record there can be."""

    _is_first_run = False

    @abstractmethod
    def made_of(self, rows: Sequence[Record]) -> Iterator[Record]:
        """Yield the records that changed rows of the collections make necessary."""

    @override
    def paths(self) -> list[str]:
        return [*(self.collections[:1] if self._is_first_run else self.collections)]

    @override
    def window_begins(self, window: Window) -> None:
        self._is_first_run = window.seen_until is None

    @override
    def readable_records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        return self.records_found_by_halving(rows)

    @override
    def records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        made = self.made_of(list(super().records_of(rows)))
        while True:
            with self.commercetools.termination.waiting():
                record = next(made, None)
            if record is None:
                return
            yield record
