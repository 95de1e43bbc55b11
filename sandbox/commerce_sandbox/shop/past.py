"""When the resources of one kind came to be and when they last changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import head

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document

_SHARE_CHANGED_TOGETHER = 0.25
_MOST_VERSIONS = 30


@dataclass(slots=True)
class Past:
    """The history of the shop, from which resources draw their times.

    One in four resources takes over the millisecond of the last change of the one before, as bulk edits do.

    Attributes:
        dice: Where chance comes from.
        founded: The beginning, in milliseconds since the epoch.
        end: The moment after which nothing has happened yet.
    """

    dice: Dice
    founded: int
    end: int
    _last_change: int = 0

    def head(self, since: int | None = None) -> Document:
        """Return the members that every resource begins with.

        Args:
            since: The resource is not older than this, in milliseconds since the epoch; None: than the shop.
        """
        identifier = self.dice.identifier()
        created = self.dice.between(self.founded if since is None else since, self.end)
        modified = self.dice.late_between(created, self.end)
        if self._last_change >= created and self.dice.chance(_SHARE_CHANGED_TOGETHER):
            modified = self._last_change
        self._last_change = modified
        return head(identifier, self.dice.between(1, _MOST_VERSIONS), created, modified)
