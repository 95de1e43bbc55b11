"""A table of orders that is nowhere stored: the time, the id and the content of row n follow from n.

Rows are numbered in the order of (lastModifiedAt, id), so finding a place is a binary search over row numbers, and
half a million rows take no more memory than five.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from order_documents import TAILS, order_tails

_FIRST_DAY = date(2023, 1, 1)
"""All rows have settled, whatever the clock says."""
_DAYS = 730
END_OF_TABLE = f"{_FIRST_DAY + timedelta(days=_DAYS)}T00:00:00Z"
"""No row is later; a reader told so finds the table as it was on that day, not with years of nothing at its end."""
_DAY = 86_400_000
_MINUTE = 60_000

_IMPORT_DAY = 400
_IMPORTED_ROWS = 3_000
_MOST_IMPORTED = 0.1
"""Of a small table, no more than this share comes from the bulk import."""

_EPOCH = date(1970, 1, 1)
_DAY_TEXTS = [f"{_FIRST_DAY + timedelta(days=day):%Y-%m-%d}T" for day in range(_DAYS)]
_MINUTE_TEXTS = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60)]
_SECOND_TEXTS = [f"{millisecond // 1000:02d}.{millisecond % 1000:03d}Z" for millisecond in range(_MINUTE)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of one day that follow one another at equal distances.

    Attributes:
        first: Number of its first row.
        rows: How many rows it has.
        day: The day, counted from the table's first.
        begin: Time of the first row, in milliseconds since the day began.
        length: How long it lasts, in milliseconds; 0 puts all rows on one instant.
    """

    first: int
    rows: int
    day: int
    begin: int
    length: int

    def time_of_day(self, row: int) -> int:
        """Return a row's time in milliseconds since the day began."""
        return self.begin + (row - self.first) * self.length // self.rows

    def identifier(self, row: int) -> str:
        """Return a row's id: its front is scattered over all rows, but ascends over the rows of one instant."""
        front = row * 0x9E3779B1 & 0xFFFFFFFF
        if not self.length:
            front = (((row - self.first) << 32) + front) // self.rows
        return f"{front:08x}-5eed-4000-8000-{row:012x}"


class OrderTable:
    """Orders of two years: quiet months, busy weekends, sales, and a bulk import on one millisecond.

    Args:
        rows: How many orders there are.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._stretches = _stretches(rows)
        self._firsts = [stretch.first for stretch in self._stretches]
        self._tails = order_tails()

    def __len__(self) -> int:
        return self._rows

    def instant(self, row: int) -> int:
        """Return when a row last changed, in microseconds since the epoch."""
        stretch = self._stretch(row)
        days = (_FIRST_DAY - _EPOCH).days + stretch.day
        return (days * _DAY + stretch.time_of_day(row)) * 1000

    def identifier(self, row: int) -> str:
        """Return a row's id."""
        return self._stretch(row).identifier(row)

    def rows_from(self, instant: int, *, exclusive: bool = False) -> range:
        """Return the rows at or after an instant, or only those after it.

        Args:
            instant: In microseconds since the epoch.
            exclusive: Leave out the rows of the instant itself.
        """
        bisect = bisect_right if exclusive else bisect_left
        return range(bisect(range(self._rows), instant, key=self.instant), self._rows)

    def rows_from_identifier(self, rows: range, identifier: str, *, exclusive: bool = False) -> range:
        """Return those of the rows of one instant that have at least this id, or a higher one.

        Args:
            rows: Rows of one instant.
            identifier: The id.
            exclusive: Leave out the row that has the id.
        """
        bisect = bisect_right if exclusive else bisect_left
        return range(rows.start + bisect(rows, identifier, key=self.identifier), rows.stop)

    def documents(self, rows: range) -> list[bytes]:
        """Return rows as the JSON the platform would send, with commas between them.

        Args:
            rows: Consecutive rows.

        Returns:
            Two pieces for each row, in order; most bytes are in pieces that are shared and need not be copied.
        """
        pieces: list[bytes] = []
        row = rows.start
        while row < rows.stop:
            stretch = self._stretch(row)
            until = min(rows.stop, stretch.first + stretch.rows)
            pieces += self._documents_of(stretch, range(row, until))
            row = until
        if pieces:
            pieces[0] = pieces[0][1:]
        return pieces

    def _documents_of(self, stretch: Stretch, rows: range) -> list[bytes]:
        """Return rows of one stretch, each with a comma in front."""
        day = _DAY_TEXTS[stretch.day]
        placed_days = [_DAY_TEXTS[max(0, stretch.day - before)] for before in range(5)]
        pieces = []
        for row in rows:
            minute, rest = divmod(stretch.time_of_day(row), _MINUTE)
            clock = _MINUTE_TEXTS[minute] + _SECOND_TEXTS[rest]
            head = (
                f',{{"type":"Order","id":"{stretch.identifier(row)}","version":{1 + row % 9},'
                f'"createdAt":"{placed_days[row % 5]}{clock}","lastModifiedAt":"{day}{clock}",'
                f'"orderNumber":"SHOP-{row}","customerEmail":"buyer{row * 7919 % 100_003}@mail.example"'
            )
            pieces.append(head.encode())
            pieces.append(self._tails[row * 37 % TAILS])
        return pieces

    def _stretch(self, row: int) -> Stretch:
        return self._stretches[bisect_right(self._firsts, row) - 1]


def _stretches(rows: int) -> list[Stretch]:
    imported = min(_IMPORTED_ROWS, int(rows * _MOST_IMPORTED))
    weights = [_orders_of_day(day) for day in range(_DAYS)]
    ordinary, whole, before, given = rows - imported, sum(weights), 0, 0
    stretches: list[Stretch] = []
    for day, weight in enumerate(weights):
        begin = 0
        if day == _IMPORT_DAY and imported:
            stretches.append(Stretch(given, imported, day, begin=begin, length=0))
            begin = 1
        before += weight
        count = ordinary * before // whole - given
        if count:
            first = given + (imported if day >= _IMPORT_DAY else 0)
            stretches.append(Stretch(first, count, day, begin=begin, length=_DAY - begin))
            given += count
    return stretches


def _orders_of_day(day: int) -> int:
    """Return how busy a day is: two quiet months a year, weekends, and a sale of ten days in November."""
    of_year = day % 365
    if 320 <= of_year < 330:  # noqa: PLR2004 - days of the year
        return 400
    season = 1 if 30 <= of_year < 60 or 200 <= of_year < 230 else 10  # noqa: PLR2004 - days of the year
    return season * (3 if day % 7 in (0, 6) else 1)
