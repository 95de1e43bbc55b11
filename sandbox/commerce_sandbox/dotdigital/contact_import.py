"""The bulk import of contacts: one record after another, each with its own outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.contact_documents import contact_reference
from commerce_sandbox.dotdigital.contact_request import IMPORT, read_contact
from commerce_sandbox.dotdigital.contact_store import IdentifierTakenError
from commerce_sandbox.dotdigital.contact_writing import taken_failure, write_contact
from commerce_sandbox.dotdigital.failure import ContactRefusedError, Failure
from commerce_sandbox.dotdigital.identifiers import CONTACT_ID, identifier_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.contact_request import ContactRequest
    from commerce_sandbox.dotdigital.contact_writing import Merge, WrittenContact

IMPORT_CAUSE = "PUT /contacts/v3/import"

_DUPLICATES = frozenset({"duplicate", "duplicateIdentifier"})
_SUPPRESSIONS = frozenset({"globallySuppressed", "suppressedByDomain", "blocker"})


@dataclass(slots=True)
class ContactImport:
    """One run of an import.

    Attributes:
        account: The account to write to.
        merge: What happens to data-field values that are there already.
        created: Contacts made, as the report shows them.
        updated: Contacts changed, as the report shows them.
        failures: Records that failed wholly or in part, as the report shows them.
        counts: Numbers of failed records by member of the summary.
    """

    account: Account
    merge: Merge
    created: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def run(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Write the records and return the body of the report."""
        if self._exceeds_contract(records):
            return {"status": "ExceedsAllowedContactLimit"}
        for record in records:
            self._import(record)
        return {
            "summary": {
                "newContacts": len(self.created),
                "updatedContacts": len(self.updated),
                "globallySuppressed": self.counts.get("globallySuppressed", 0),
                "invalidEntries": self.counts.get("invalidEntries", 0),
                "duplicateIdentifiers": self.counts.get("duplicateIdentifiers", 0),
            },
            "created": self.created,
            "updated": self.updated,
            "failures": self.failures,
        }

    def _exceeds_contract(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether the records would take the account over the contract's number of contacts."""
        limit = self.account.settings.contact_limit
        if limit is None:
            return False
        find = self.account.contacts.find
        new = sum(
            1
            for record in records
            if find(record["matchIdentifier"], str(record["identifiers"].get(record["matchIdentifier"]))) is None
        )
        return len(self.account.contacts) + new > limit

    def _import(self, record: Mapping[str, Any]) -> None:
        try:
            self._done(record, self._write(record))
        except ContactRefusedError as error:
            self._failed(record, error.failures, None)
        except IdentifierTakenError as error:
            self._failed(record, (taken_failure(error),), None)

    def _write(self, record: Mapping[str, Any]) -> WrittenContact:
        request = read_contact(record, IMPORT)
        contact = self._match(record["matchIdentifier"], request)
        self._check_repeated(request)
        return write_contact(self.account, request, contact, self.merge, IMPORT_CAUSE)

    def _match(self, name: str, request: ContactRequest) -> Contact | None:
        """Return the contact the record is to be matched with; None if it is new."""
        if not request.identifiers and request.contact_id is None:
            raise ContactRefusedError(Failure("noValidIdentifiers", "identifiers", "there is no identifier"))
        if not self.account.custom_identifiers.knows(name):
            text = "there is no identifier of this name in the account"
            raise ContactRefusedError(Failure("invalidMatchIdentifier", "matchIdentifier", text))
        if name == CONTACT_ID and request.contact_id is not None:
            contact = self.account.contacts.find_with_bin(name, str(request.contact_id))
            if contact is None:
                raise ContactRefusedError(Failure("invalidContactId", CONTACT_ID, "no contact has this id"))
            return contact
        if name not in request.identifiers:
            text = "the identifier to match on is not among the identifiers"
            raise ContactRefusedError(Failure("invalidMatchIdentifier", "matchIdentifier", text))
        return self.account.contacts.find_with_bin(name, request.identifiers[name])

    def _check_repeated(self, request: ContactRequest) -> None:
        """Check that no earlier record of the import holds one of the identifiers."""
        keys = {(name, identifier_key(name, value)) for name, value in request.identifiers.items()}
        if request.contact_id is not None:
            keys.add((CONTACT_ID, str(request.contact_id)))
        repeated = keys & self._seen
        self._seen |= keys
        if repeated:
            names = ", ".join(sorted(name for name, _ in repeated))
            raise ContactRefusedError(Failure("duplicate", names, "an earlier record of the import has the same"))

    def _done(self, record: Mapping[str, Any], written: WrittenContact) -> None:
        reference = contact_reference(written.contact)
        (self.created if written.created else self.updated).append(reference)
        if written.failures:
            self._failed(record, written.failures, written.contact.contact_id)

    def _failed(self, record: Mapping[str, Any], failures: tuple[Failure, ...], contact_id: int | None) -> None:
        spelling = self.account.settings.failure_code_spelling
        entry: dict[str, Any] = {} if contact_id is None else {"contactId": contact_id}
        entry["matchIdentifier"] = record["matchIdentifier"]
        entry["identifiers"] = record["identifiers"]
        entry["failures"] = [failure.spelled(spelling) for failure in failures]
        self.failures.append(entry)
        if contact_id is not None:
            return
        codes = {failure.code for failure in failures}
        member = (
            "duplicateIdentifiers"
            if codes & _DUPLICATES
            else "globallySuppressed"
            if codes & _SUPPRESSIONS
            else "invalidEntries"
        )
        self.counts[member] = self.counts.get(member, 0) + 1
