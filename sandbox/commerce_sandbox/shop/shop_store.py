"""The running shop as changes see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from commerce_sandbox.shop.dice import Dice
from commerce_sandbox.shop.moments import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from commerce_sandbox.shop.model import Document


class ShopStore(Protocol):
    """Holds the resources of a running shop by API path and id.

    What it hands out are copies, free to be changed.
    """

    def get(self, path: str, identifier: str, /) -> Document | None:
        """Return a resource, None when there is none."""
        ...

    def all(self, path: str, /) -> Iterable[Document]:
        """Return all resources of a path in the order of their ids."""
        ...

    def create(self, path: str, resource: Document, /) -> Document:
        """Add a resource with version 1 and both timestamps at the clock's present."""
        ...

    def update(self, path: str, resource: Document, /) -> Document:
        """Replace the resource of the same id; its version grows, ``lastModifiedAt`` is the clock's present."""
        ...

    def delete(self, path: str, identifier: str, /, *, data_erasure: bool = False) -> Document:
        """Take a resource out, with data_erasure also its personal data in what was written about it."""
        ...


def dice_for(store: ShopStore, path: str, seed: int, change: str) -> Dice:
    """Return dice for one change that fall differently when the path's content is different.

    So the same change with the same seed, made twice, touches other rows the second time and never makes up an id
    again.
    """
    count = versions = 0
    for resource in store.all(path):
        count += 1
        versions += resource["version"]
    return Dice(seed, f"{change}/{count}/{versions}")


def chosen(store: ShopStore, dice: Dice, path: str, count: int, suitable: Callable[[Document], bool]) -> list[Document]:
    """Return up to count different resources of a path that suit a change, in drawn order."""
    return dice.sample([resource for resource in store.all(path) if suitable(resource)], count)


def touched(store: ShopStore, path: str, resource: Document) -> tuple[Document, int]:
    """Write a resource as it is, as a sign-in or a scan would, and return it with the moment the store gave it.

    A store tells the time by what it writes; changes that note a time of their own begin with this.
    """
    written = store.update(path, resource)
    return written, read(written["lastModifiedAt"])
