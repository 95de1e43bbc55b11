"""The Insight collections records go to: where each lives, and what types its properties have.

Dotdigital: a collection is made by its first import, with a scope (`account`, or `contact`: each record belongs to a
contact) and a type that says what the app does with it.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from delivery.errors import ServiceUnavailable, SettingsError, StreamStopped

from target_dotdigital.answers import NOT_FOUND
from target_dotdigital.call_contracts import COLLECTION_SCHEMA, CREATED_COLLECTION
from target_dotdigital.insight_columns import CollectionColumns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.notices import Notices

PATH = "/insightData/v3/collections"
SCOPES = ("account", "contact")
TYPES = (
    "cartInsight",
    "catalog",
    "consentInsight",
    "custom",
    "easyEditorExtensions",
    "nostoEmailCampaigns",
    "orders",
    "productCategories",
    "webInsight",
    "wishList",
)
LONGEST_NAME = 255
_NAME = re.compile(r"[-A-Za-z_][-A-Za-z0-9_]{1,254}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Collection:
    """Where records go.

    Attributes:
        name: The collection's name.
        scope: `account` or `contact`.
        type: One of Dotdigital's types; `custom` for own data.
    """

    name: str
    scope: str = "account"
    type: str = "custom"

    def named(self, name: str) -> Collection:
        """Return a collection of the same scope and type with another name."""
        return replace(self, name=name)


def collection_name(stream: str) -> str:
    """Return a stream's name as a collection's: letters, digits, `-`, `_`, no digit first, 2 to 255 characters."""
    name = re.sub(r"[^-A-Za-z0-9_]", "_", stream)[:LONGEST_NAME]
    if not name or name[0].isdigit() or len(name) == 1:
        name = f"_{name or '_'}"[:LONGEST_NAME]
    return name


def read_collection(setting: dict[str, Any], default: Collection, place: str) -> Collection:
    """Return a collection as a setting describes it.

    Args:
        setting: May hold `collection`, `scope` and `type`.
        default: What holds where the setting says nothing.
        place: The setting's name, for error texts.

    Raises:
        SettingsError: If a member is not what Dotdigital takes.
    """
    collection = Collection(
        str(setting.get("collection", default.name)),
        setting.get("scope", default.scope),
        setting.get("type", default.type),
    )
    if not _NAME.fullmatch(collection.name):
        message = f"setting {place}.collection: 2 to 255 letters, digits, - or _, no digit first"
        raise SettingsError(message)
    if collection.scope not in SCOPES:
        message = f"setting {place}.scope: must be one of {', '.join(SCOPES)}"
        raise SettingsError(message)
    if collection.type not in TYPES:
        message = f"setting {place}.type: must be one of {', '.join(TYPES)}"
        raise SettingsError(message)
    return collection


class CollectionRegistry:
    """The types of the properties of all collections of a run; safe to use from several threads.

    Args:
        client: The account.
        notices: Takes note of collections that are new.
    """

    def __init__(self, client: DotdigitalClient, notices: Notices) -> None:
        self._client = client
        self._notices = notices
        self._columns: dict[str, CollectionColumns] = {}
        self._lock = threading.Lock()

    def fit(
        self, collection: Collection, declared: dict[str, Any], document: dict[str, Any], stream: str
    ) -> dict[str, Any]:
        """Return a record's JSON in the types of its collection.

        Args:
            collection: Where it goes.
            declared: JSON Schema of the stored JSON, as the stream announces it.
            document: Storable JSON.
            stream: The record's stream.

        Raises:
            JsonRefused: If a value is of another type than its property.
            ServiceUnavailable: If the account does not tell a collection's schema.
        """
        with self._lock:
            columns = self._columns.get(collection.name.lower())
            if columns is None:
                columns = self._columns[collection.name.lower()] = self._read(collection, stream)
            columns.add_declared(declared)
            return columns.fit(document)

    def in_doubt(self, collection: Collection) -> frozenset[str]:
        """Return the text properties that hold a text like a date and are not known to be texts in the account."""
        with self._lock:
            columns = self._columns.get(collection.name.lower())
            return columns.in_doubt if columns else frozenset()

    def prove(self, collection: Collection, places: Iterable[str]) -> None:
        """Take note that the account holds these properties as texts now."""
        with self._lock:
            columns = self._columns.get(collection.name.lower())
            if columns:
                columns.prove(places)

    def create(self, collection: Collection) -> None:
        """Create a collection that an import has not found.

        Raises:
            StreamStopped: If the account has no room for it, or refuses it.
        """
        answer = self._client.ask(
            "POST",
            f"{PATH}/{quote(collection.name, safe='')}",
            contract=CREATED_COLLECTION,
            budget=self._client.budgets.account,
            parameters={"collectionScope": collection.scope, "collectionType": collection.type},
        )
        if not answer.succeeded:
            message = (
                f"Dotdigital does not create the Insight collection '{collection.name}' ({answer.explained}); an "
                "account holds 1 000 collections"
            )
            raise StreamStopped(message)

    def _read(self, collection: Collection, stream: str) -> CollectionColumns:
        columns = CollectionColumns()
        path = f"{PATH}/{quote(collection.name, safe='')}/schema"
        answer = self._client.ask("GET", path, contract=COLLECTION_SCHEMA, budget=self._client.budgets.account)
        if answer.succeeded:
            columns.add_live(answer.data["schema"])
        elif answer.status == NOT_FOUND:
            self._notices.new(f"Insight collection '{collection.name}' (of {collection.scope})", stream)
        else:
            message = f"Dotdigital does not tell the schema of '{collection.name}' ({answer.explained})"
            raise ServiceUnavailable(message)
        return columns
