"""What the credentials may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALL = "manage_project"


@dataclass(frozen=True, slots=True)
class GrantedScopes:
    """The scopes a token carries.

    Attributes:
        scopes: Each as the platform writes it: ``name:projectKey`` or ``name:projectKey:storeKey``.
    """

    scopes: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> GrantedScopes:
        """Read the ``scope`` member of a token or an introspection: scopes with spaces between."""
        return cls(frozenset(text.split()))

    def allow(self, project_key: str, any_of: Sequence[str], stores: Sequence[str] = ()) -> bool:
        """Tell whether one of these scopes is granted for a whole project, or for all of some stores.

        commercetools: ``manage_x`` includes ``view_x``, ``manage_project`` includes everything, and a scope limited to
        a store works on in-store paths only.

        Args:
            project_key: The project that is read.
            any_of: Names of view scopes, each of which is enough.
            stores: Keys of the stores whose in-store paths are read, if they are.
        """
        names = {_ALL, *any_of, *(name.replace("view_", "manage_", 1) for name in any_of)}
        if any(f"{name}:{project_key}" in self.scopes for name in names):
            return True
        return bool(stores) and all(
            any(f"{name}:{project_key}:{store}" in self.scopes for name in names) for store in stores
        )

    def projects(self) -> set[str]:
        """Return the keys of the projects that any scope is granted for."""
        return {parts[1] for scope in self.scopes if len(parts := scope.split(":")) > 1}
