"""The asynchronous calls on contacts (version 3): bulk import and bulk deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.answer import Answer, refusal
from commerce_sandbox.dotdigital.contact_import import ContactImport
from commerce_sandbox.dotdigital.contact_writing import Merge
from commerce_sandbox.dotdigital.failure import Failure
from commerce_sandbox.dotdigital.identifiers import CONTACT_ID, check_identifier
from commerce_sandbox.dotdigital.job_status import job_status
from commerce_sandbox.dotdigital.jobs import JobKind
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.call import Call

_BAD_JSON = "contacts:badJson"
_MOST_DELETED = 5_000
_MERGES = {merge.value: merge for merge in Merge}


def _import(call: Call) -> Answer:
    sent = call.json(_BAD_JSON)
    records = sent.get("contacts") if isinstance(sent, dict) else None
    if not isinstance(records, list) or not records:
        raise refusal(400, _BAD_JSON, "The request is not valid", ("contacts", "At least one contact is needed"))
    merge_name = sent.get("mergeOption", Merge.OVERWRITE.value)
    merge = _MERGES.get(merge_name) if isinstance(merge_name, str) else None
    if merge is None:
        text = f"mergeOption is one of {', '.join(_MERGES)}"
        raise refusal(400, _BAD_JSON, "The request is not valid", ("mergeOption", text))
    details = [
        (f"contacts[{index}]", fault) for index, fault in enumerate(map(_required_fault, records)) if fault is not None
    ]
    if details:
        raise refusal(400, _BAD_JSON, "Some contacts lack what is required", *details)
    account = call.account
    if account.jobs.running(JobKind.CONTACT_IMPORT) >= call.settings.max_contact_imports:
        raise refusal(429, "contacts:tooManyActiveImports", "Too many imports are running; wait for one to end")
    due = account.clock.seconds() + call.settings.import_seconds
    work = ContactImport(account, merge)
    job = account.jobs.submit(JobKind.CONTACT_IMPORT, due, len(records), lambda: work.run(records))
    return Answer(202, {"importId": job.id})


def _required_fault(record: object) -> str | None:
    """Return what a record lacks of the members that every contact must have."""
    if not isinstance(record, dict):
        return "A contact is an object"
    if not isinstance(record.get("matchIdentifier"), str) or not record["matchIdentifier"]:
        return "matchIdentifier is required"
    return None if isinstance(record.get("identifiers"), dict) else "identifiers is required"


def _import_status(call: Call) -> Answer:
    not_found = ("contacts:importNotFound", "import request")
    return job_status(call, JobKind.CONTACT_IMPORT, "importId", not_found, pending=("NotFinished", "NotFinished"))


def _delete(call: Call) -> Answer:
    sent = call.json(_BAD_JSON)
    if not isinstance(sent, list) or not sent:
        raise refusal(400, "contacts:noContactsSpecified", "You must specify 1 or more contacts to be deleted")
    if len(sent) > _MOST_DELETED or any(not isinstance(reference, dict) or len(reference) != 1 for reference in sent):
        raise refusal(400, _BAD_JSON, f"1 to {_MOST_DELETED} objects with one identifier each are wanted")
    account = call.account
    if account.jobs.running(JobKind.CONTACT_DELETION) >= call.settings.max_bulk_deletes:
        raise refusal(429, "contacts:tooManyBulkDeleteJobs", "Too many bulk deletions are running; wait for one to end")
    due = account.clock.seconds() + call.settings.import_seconds
    job = account.jobs.submit(JobKind.CONTACT_DELETION, due, len(sent), lambda: _delete_contacts(account, sent))
    return Answer(202, {"deleteId": job.id})


def _delete_contacts(account: Account, references: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    deleted: list[Mapping[str, Any]] = []
    failures: list[dict[str, Any]] = []
    invalid = 0
    for reference in references:
        ((name, value),) = reference.items()
        failure = _reference_failure(account, name, value)
        contact = None if failure else account.contacts.find(name, str(value))
        if contact is not None:
            account.delete_contact(contact)
            deleted.append(reference)
            continue
        invalid += 1 if failure else 0
        failure = failure or Failure("contactNotFound", name, "no such contact")
        spelled = failure.spelled(account.settings.failure_code_spelling)
        failures.append({"identifier": reference, "failures": [spelled]})
    return {
        "summary": {
            "requestedContacts": len(references),
            "deletedContacts": len(deleted),
            "unknownContacts": len(failures) - invalid,
            "invalidEntries": invalid,
        },
        "deleted": deleted,
        "failures": failures,
    }


def _reference_failure(account: Account, name: str, value: object) -> Failure | None:
    """Return why a reference cannot name any contact, or None."""
    wanted: type = int if name == CONTACT_ID else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        return Failure("invalidContact", name, "the value has the wrong type")
    if not account.custom_identifiers.knows(name):
        return Failure("invalidMatchIdentifier", name, "there is no identifier of this name in the account")
    return check_identifier(name, str(value))


def _delete_status(call: Call) -> Answer:
    return job_status(call, JobKind.CONTACT_DELETION, "deleteId", ("contacts:deleteNotFound", "deletion"))


ENDPOINTS = (
    Endpoint("PUT", "/contacts/v3/import", Tier.LOW, _import),
    Endpoint("GET", "/contacts/v3/import/{importId}", Tier.UNLIMITED, _import_status),
    Endpoint("POST", "/contacts/v3/delete", Tier.LOW, _delete),
    Endpoint("GET", "/contacts/v3/delete/{deleteId}", Tier.UNLIMITED, _delete_status),
)
