"""How many rows to ask for at once."""

from __future__ import annotations

_PAGES_BEFORE_GROWING = 8


class PageSize:
    """A page size that gives way when the platform finds pages too heavy, and slowly comes back.

    Attributes:
        rows: How many rows to ask for now.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._good_pages = 0
        self.rows = largest

    def shrink(self) -> bool:
        """Halve the size after a page was too heavy.

        Returns:
            Whether that was possible; a page of one row cannot be halved.
        """
        self._good_pages = 0
        if self.rows == 1:
            return False
        self.rows //= 2
        return True

    def succeeded(self) -> None:
        """Note a good page; after several in a row the size doubles, up to where it began."""
        if self.rows == self._largest:
            return
        self._good_pages += 1
        if self._good_pages >= _PAGES_BEFORE_GROWING:
            self._good_pages = 0
            self.rows = min(self._largest, self.rows * 2)
