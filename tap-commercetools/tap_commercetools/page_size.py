"""How many rows to ask for at once, and when there are no more."""

from __future__ import annotations

import threading

LARGEST_PAGE = 500
"""commercetools refuses more."""

PRODUCTS_PER_PAGE = 100
"""Products come with all their variants and prices: a page of 500 can be hundreds of megabytes."""

EMPTY_ANSWERS_AT_THE_END = 2
"""Empty answers in a row that are the end of what is read: one short or empty answer can be a fault that passes."""

_PAGES_BEFORE_GROWING = 8


class PageSize:
    """A page size that gives way when the platform finds pages too heavy, and slowly comes back.

    Attributes:
        rows: How many rows to ask for now.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._good_pages = 0
        self._lock = threading.Lock()
        self.rows = largest

    def shrink(self, refused: int) -> bool:
        """Halve the size after a page was too heavy.

        Args:
            refused: How many rows that page was asked for; if the size is smaller by now, it stays.

        Returns:
            Whether a smaller page is possible; one of one row is the smallest.
        """
        with self._lock:
            self._good_pages = 0
            if refused == 1:
                return False
            self.rows = min(self.rows, refused // 2)
            return True

    def succeeded(self) -> None:
        """Note a good page; after several in a row the size doubles, up to where it began."""
        if self.rows == self._largest:
            return
        with self._lock:
            self._good_pages += 1
            if self._good_pages >= _PAGES_BEFORE_GROWING:
                self._good_pages = 0
                self.rows = min(self._largest, self.rows * 2)
