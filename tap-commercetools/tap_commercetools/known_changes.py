"""Which changes a record that was worked out has known, so that it is not worked out again for one of them."""

from __future__ import annotations

import operator

from tap_commercetools.recent import Recent

Changes = tuple[str, ...]
"""Up to when changes are known, or must be, by collection: each UTC with three decimals, or empty if not at all."""


def joined(one: Changes, other: Changes) -> Changes:
    """Return the later of two, for each collection."""
    return tuple(map(max, one, other))


class KnownChanges:
    """Remembers for each key the changes that were known when its record was made.

    Args:
        most: How many keys, those used last.
    """

    def __init__(self, most: int) -> None:
        self._known: Recent[Changes] = Recent(most)

    def cover(self, key: str, changes: Changes) -> bool:
        """Tell whether these changes were known."""
        known = self._known.get(key)
        return known is not None and all(map(operator.ge, known, changes))

    def note(self, key: str, changes: Changes) -> None:
        """Note the changes that were known when a key's record was made last."""
        self._known.put(key, changes)
