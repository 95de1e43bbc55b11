"""What every emulated service offers to the server that mounts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.routing import BaseRoute


@dataclass(frozen=True, slots=True)
class Page:
    """A page for people: the template that draws it and what it shows.

    Attributes:
        template: File name inside ``templates/``.
        context: What the template may use.
    """

    template: str
    context: Mapping[str, Any]


class Service(Protocol):
    """One emulated service.

    Attributes:
        name: Mount point without slashes, for example ``iterable``.
        title: The vendor's name, for people.
    """

    name: str
    title: str

    def routes(self) -> Sequence[BaseRoute]:
        """Return the service's own routes, mounted at ``/<name>``."""
        ...

    def control_routes(self) -> Sequence[BaseRoute]:
        """Return routes that change the service from outside, mounted at ``/_sandbox/<name>``."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Return all that the service holds as JSON data, in a stable order."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return the number of things held, by kind, for the overview page and the demo's table."""
        ...

    def reset(self) -> None:
        """Forget everything that arrived and return to the state at start."""
        ...

    def page(self, arguments: Mapping[str, str]) -> Page:
        """Return the page for people, ``/pages/<name>``, for these query arguments."""
        ...
