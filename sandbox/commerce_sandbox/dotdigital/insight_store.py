"""Insight collections and their records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from commerce_sandbox.dotdigital.insight_columns import Column, new_schema
from commerce_sandbox.dotdigital.insight_document import DocumentCheck
from commerce_sandbox.dotdigital.insight_refusal import Reason, RecordRefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_sandbox.dotdigital.settings import InsightLimits

Scope = Literal["account", "contact"]
SCOPES: tuple[str, ...] = get_args(Scope)
COLLECTION_TYPES = frozenset(
    {
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
    }
)
MANDATORY_PRODUCT_PROPERTIES = ("name", "price", "sku", "url", "image_path")

_NAME = re.compile(r"[-A-Za-z_][-A-Za-z0-9_]{1,254}")
_KEY_CHARACTERS = re.compile(r"[A-Za-z0-9_-]+")


def is_collection_name(name: str) -> bool:
    """Tell whether a text may name a collection: 2-255 letters, digits, ``-`` and ``_``, no digit first."""
    return _NAME.fullmatch(name) is not None


@dataclass(slots=True)
class InsightRecord:
    """One record.

    Attributes:
        key: Its key, unique in the collection.
        json: Its content.
        owner: Id of the contact it belongs to; None in a collection of the account.
        created: When it was first stored.
        updated: When it was last stored.
    """

    key: str
    json: dict[str, Any]
    owner: int | None
    created: datetime
    updated: datetime

    def document(self) -> dict[str, Any]:
        """Return the record as the service shows it, without its times."""
        shown: dict[str, Any] = {"key": self.key, "json": self.json}
        return shown if self.owner is None else {**shown, "ownerContactId": self.owner}


@dataclass(slots=True)
class InsightCollection:
    """One collection.

    Attributes:
        name: Its name as first spelled.
        scope: Whether records belong to the account or to contacts.
        type: One of the vendor's collection types.
        schema: The columns its records have.
        columns: Number of columns at every depth together.
        records: Its records by key, in the order they first came.
    """

    name: str
    scope: Scope
    type: str
    schema: Column = field(default_factory=new_schema)
    columns: int = 0
    records: dict[str, InsightRecord] = field(default_factory=dict)

    @property
    def usable_in_product_blocks(self) -> bool:
        """Whether mails can show its records: only catalogs of the account whose name begins ``catalog_``."""
        return self.type == "catalog" and self.scope == "account" and self.name.lower().startswith("catalog_")

    def missing_product_properties(self) -> dict[str, list[str]]:
        """Return, by key, what each product of a catalog lacks to be usable; empty for other collections."""
        if self.type != "catalog":
            return {}
        missing = {
            key: [name for name in MANDATORY_PRODUCT_PROPERTIES if record.json.get(name) in {None, ""}]
            for key, record in self.records.items()
        }
        return {key: names for key, names in missing.items() if names}

    def store(
        self, key: str, document: dict[str, Any], owner: int | None, now: datetime, limits: InsightLimits
    ) -> bool:
        """Store a record, replacing one with the same key as a whole; return whether it is new.

        Raises:
            RecordRefusedError: If the key or the document is not allowed, or the key belongs to another contact.
        """
        check_key(key, limits)
        check = DocumentCheck(self.schema, limits, self.columns)
        check.check(document)
        known = self.records.get(key)
        if known is not None and known.owner != owner:
            text = "the key is held by a record of another contact"
            raise RecordRefusedError(Reason.KEY_OF_OTHER_CONTACT, text)
        check.accept()
        self.columns += check.added
        if known is None:
            self.records[key] = InsightRecord(key, document, owner, now, now)
            return True
        known.json, known.updated = document, now
        return False

    def of_owner(self, owner: int) -> list[InsightRecord]:
        """Return the records of a contact."""
        return [record for record in self.records.values() if record.owner == owner]


def check_key(key: str, limits: InsightLimits) -> None:
    """Check the form of a record key.

    Raises:
        RecordRefusedError: If it is empty, too long, or has characters that keys should not have.
    """
    characters = not limits.key_characters_checked or _KEY_CHARACTERS.fullmatch(key) is not None
    if not 0 < len(key) <= limits.key_length or not characters:
        text = f"a key holds 1 to {limits.key_length} letters, digits, - and _"
        raise RecordRefusedError(Reason.CLIENT_KEY, text)


@dataclass(slots=True)
class InsightStore:
    """The collections of the account, whose names differ without regard to case."""

    _collections: dict[str, InsightCollection] = field(default_factory=dict)

    def find(self, name: str) -> InsightCollection | None:
        """Return a collection by name, or None."""
        return self._collections.get(name.lower())

    def add(self, name: str, scope: Scope, type_: str) -> InsightCollection:
        """Create a collection and return it."""
        created = InsightCollection(name, scope, type_)
        self._collections[name.lower()] = created
        return created

    def remove(self, collection: InsightCollection) -> None:
        """Delete a collection with its records and its schema."""
        self._collections.pop(collection.name.lower(), None)

    def all(self) -> list[InsightCollection]:
        """Return the collections in the order of creation."""
        return list(self._collections.values())

    def forget_owner(self, contact_id: int) -> None:
        """Delete all records of a contact."""
        for collection in self._collections.values():
            for record in collection.of_owner(contact_id):
                del collection.records[record.key]
