"""The bulk import of Insight records: one record after another, each with its own outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.identifiers import (
    CONTACT_ID,
    EMAIL,
    MOBILE_NUMBER,
    check_identifier,
)
from commerce_sandbox.dotdigital.insight_refusal import Reason, RecordRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.insight_store import InsightCollection, Scope

_UNKNOWN_CONTACT = {
    EMAIL: Reason.UNKNOWN_EMAIL,
    CONTACT_ID: Reason.UNKNOWN_CONTACT_ID,
    MOBILE_NUMBER: Reason.UNKNOWN_PHONE_NUMBER,
}


@dataclass(slots=True)
class InsightImport:
    """One run of an import.

    Attributes:
        account: The account to write to.
        collection_name: The collection, which is created if it does not exist.
        scope: Its scope.
        type: Its type.
        failures: Records that failed, as the report shows them.
    """

    account: Account
    collection_name: str
    scope: Scope
    type: str
    failures: list[dict[str, Any]] = field(default_factory=list)
    _keys: set[str] = field(default_factory=set)

    def run(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Store the records and return the body of the report."""
        collection = self._collection()
        for record in records:
            self._import(collection, record)
        report: dict[str, Any] = {
            "collectionName": self.collection_name,
            "summary": {
                "totalRecords": len(records),
                "totalImported": len(records) - len(self.failures),
                "totalRejected": len(self.failures),
            },
        }
        return {**report, "failures": self.failures} if self.failures else report

    def _collection(self) -> InsightCollection | None:
        insight = self.account.insight
        known = insight.find(self.collection_name)
        if known is None and len(insight.all()) < self.account.settings.max_collections:
            return insight.add(self.collection_name, self.scope, self.type)
        return known

    def _import(self, collection: InsightCollection | None, record: Mapping[str, Any]) -> None:
        try:
            self._store(collection, record)
        except RecordRefusedError as error:
            self._failed(record, error)

    def _store(self, collection: InsightCollection | None, record: Mapping[str, Any]) -> None:
        if collection is None:
            raise RecordRefusedError(Reason.MISSING_COLLECTION, "the account has no room for another collection")
        key, document = record.get("key", ""), record.get("json")
        if not isinstance(document, dict):
            raise RecordRefusedError(Reason.INVALID_JSON, "json should be an object")
        if key in self._keys:
            raise RecordRefusedError(Reason.DUPLICATE_KEY, "an earlier record of the import has the same key")
        self._keys.add(key)
        owner = self._owner(record) if self.scope == "contact" else None
        settings = self.account.settings
        collection.store(key, document, owner, self.account.clock.now(), settings.insight)

    def _owner(self, record: Mapping[str, Any]) -> int:
        """Return the id of the contact a record names."""
        identity = record.get("contactIdentity")
        if not identity:
            text = "a record of a contact-scoped collection needs contactIdentity"
            raise RecordRefusedError(Reason.CONTACT_IDENTIFIER, text)
        name, value = identity["identifier"], identity["value"]
        if not self.account.custom_identifiers.knows(name):
            raise RecordRefusedError(Reason.CONTACT_IDENTIFIER_TYPE, "the account has no identifier of this name")
        if value is None or check_identifier(name, value) is not None:
            raise RecordRefusedError(Reason.CONTACT_IDENTIFIER, f"the value is no valid {name}")
        contact = self.account.contacts.find(name, value)
        if contact is None:
            reason = _UNKNOWN_CONTACT.get(name, Reason.UNKNOWN_CUSTOM_IDENTIFIER)
            raise RecordRefusedError(reason)
        return contact.contact_id

    def _failed(self, record: Mapping[str, Any], error: RecordRefusedError) -> None:
        owner: dict[str, Any] = {"ownerType": self.scope}
        if record.get("contactIdentity"):
            owner["contactIdentity"] = record["contactIdentity"]
        self.failures.append(
            {
                "collectionOwner": owner,
                "failureReason": error.reason.value,
                "details": list(error.details),
                "key": record.get("key", ""),
                "json": record.get("json", {}),
            }
        )
