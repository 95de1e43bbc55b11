"""What there is to say about one collection of the platform, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_commercetools.page import Record
    from tap_commercetools.schemas.field_types import Schema
    from tap_commercetools.settings import Settings

_NO_NAME = re.compile(r"[^a-z0-9]+")

AnyOf = tuple[str, ...]
"""Names of scopes, each of which is enough."""


@dataclass(frozen=True, slots=True)
class StreamDefinition:
    """One queryable collection of the platform.

    Attributes:
        name: The stream's name: the API path in snake case, plural.
        path: The API path within the project.
        schema: What its records look like.
        scopes: What reading it needs: of each group any one scope.
        replication_key: The time field it is ordered by; None if it is read whole each time.
        primary_keys: The fields that identify a record.
        withheld: Paths of fields that are never emitted, because they are secrets.
        withhold: Takes secrets out of a record that stand at no fixed path.
        is_core: Whether a fresh catalog selects it.
        in_store: Whether it can be read for single stores.
        parameters: Further query parameters.
        type_id: What references to its rows say in ``typeId``.
        deleted_by: Types of the messages that tell of a deletion; empty if there are none.
        id_collection: Field of the GraphQL query type that lists its ids, for noticing deletions without messages.
        container: The container of custom objects.
        how_deletions_show: What to say about it besides, in the documentation.
    """

    name: str
    path: str
    schema: Schema
    scopes: tuple[AnyOf, ...]
    replication_key: str | None = "lastModifiedAt"
    primary_keys: tuple[str, ...] = ("id",)
    withheld: tuple[tuple[str, ...], ...] = ()
    withhold: Callable[[Record], None] | None = None
    is_core: bool = False
    in_store: bool = False
    parameters: tuple[tuple[str, str], ...] = ()
    type_id: str = ""
    deleted_by: tuple[str, ...] = ()
    id_collection: str | None = None
    container: str | None = None
    how_deletions_show: str = ""

    def stores(self, settings: Settings) -> tuple[str, ...]:
        """Return the keys of the stores it is read for; empty if it is the whole project.

        Args:
            settings: The tap's settings.
        """
        return settings.stores if self.in_store else ()


def custom_object_stream(container: str) -> str:
    """Return the name of the stream of one container of custom objects.

    Args:
        container: The container; what a name cannot hold becomes an underscore.
    """
    return f"custom_objects_{_NO_NAME.sub('_', container.lower())}"
