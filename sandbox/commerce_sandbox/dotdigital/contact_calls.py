"""Single contacts (version 3): create, update, replace, read, list, delete."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.answer import Answer, Refusal, refusal
from commerce_sandbox.dotdigital.contact_documents import EVERYTHING, contact_document
from commerce_sandbox.dotdigital.contact_request import CREATE, REPLACE, UPDATE, read_contact
from commerce_sandbox.dotdigital.contact_store import IdentifierTakenError
from commerce_sandbox.dotdigital.contact_writing import Merge, attachment_failures, replace_contact, write_contact
from commerce_sandbox.dotdigital.failure import ContactRefusedError, Failure
from commerce_sandbox.dotdigital.identifiers import CONTACT_ID, check_identifier
from commerce_sandbox.dotdigital.paging import page, read_limit, read_marker, read_since
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.contact_request import ContactRequest, RequestForm
    from commerce_sandbox.dotdigital.contact_writing import WrittenContact

_SERVICE = "contacts"
_PAGE_SIZE = 1_000
_MERGE_OPTIONS = {
    "overwrite": Merge.OVERWRITE,
    "overwrite-if-not-empty": Merge.OVERWRITE_IF_NOT_EMPTY,
    "overwrite-if-empty": Merge.OVERWRITE_IF_EMPTY,
}


def _create(call: Call) -> Answer:
    request = _read(call, CREATE, {})
    if not request.identifiers:
        raise _invalid(Failure("noValidIdentifiers", "identifiers", "at least one is needed"))
    _check_contract(call)
    written = _write(lambda: write_contact(call.account, request, None, Merge.OVERWRITE, call.cause))
    return Answer(201, contact_document(call.account, written.contact))


def _update(call: Call) -> Answer:
    name, value = _identifier(call)
    contact = call.account.contacts.find_with_bin(name, value)
    if contact is None and name == CONTACT_ID:
        raise _invalid_id(name, value)
    merge = _MERGE_OPTIONS.get(call.query.get("merge-option", "overwrite"))
    if merge is None:
        text = f"merge-option is one of {', '.join(_MERGE_OPTIONS)}"
        raise refusal(400, "contacts:invalidMergeOption", text)
    request = _read(call, UPDATE, {name: value} if contact is None else {})
    if contact is None:
        _check_contract(call)
    written = _write(lambda: write_contact(call.account, request, contact, merge, call.cause))
    return Answer(201 if written.created else 200, contact_document(call.account, written.contact))


def _replace(call: Call) -> Answer:
    contact = find_contact(call, _SERVICE)
    request = _read(call, REPLACE, {})
    written = _write(lambda: replace_contact(call.account, request, contact, call.cause))
    return Answer(content=contact_document(call.account, written.contact))


def _get(call: Call) -> Answer:
    return Answer(content=contact_document(call.account, find_contact(call, _SERVICE)))


def _delete(call: Call) -> Answer:
    contact = find_contact(call, _SERVICE)
    call.account.delete_contact(contact)
    return Answer(content={"contactId": contact.contact_id})


def _list(call: Call) -> Answer:
    limit, marker = read_limit(call, _SERVICE, _PAGE_SIZE), read_marker(call, _SERVICE)
    include = {part for part in call.query.get("include", "").split("|") if part}
    if not include <= EVERYTHING:
        raise refusal(400, "contacts:invalidFilter", f"include is made of {', '.join(sorted(EVERYTHING))}")
    asked = [name for name in call.query.get("data-fields", "").split("|") if name]
    fields = None if asked == ["[[ALL]]"] else asked
    wanted = _filter(call)
    rest = (contact for contact in call.account.contacts.all() if contact.contact_id > marker and wanted(contact))
    found = list(islice(rest, limit + 1))
    shown = found[:limit]
    items = [contact_document(call.account, contact, fields=fields, include=include) for contact in shown]
    next_after = shown[-1].contact_id if len(found) > limit else None
    return Answer(content=page(call, items, begins_after=marker, next_after=next_after))


def _filter(call: Call) -> Callable[[Contact], bool]:
    """Return what decides whether a contact is listed."""
    created = read_since(call, "~created", _SERVICE)
    modified = read_since(call, "~modified", _SERVICE)
    if created is not None and modified is not None:
        raise refusal(400, "contacts:invalidFilter", "~created and ~modified exclude each other")
    if "~segmentId" in call.query:
        raise refusal(400, "contacts:invalidFilter", "There is no segment of this id")
    members: Mapping[int, None] | None = None
    if "~listId" in call.query:
        list_id = call.query["~listId"]
        known = call.account.lists.find(int(list_id)) if list_id.isdecimal() else None
        if known is None:
            raise refusal(400, "contacts:invalidFilter", "There is no list of this id")
        members = {contact.contact_id: None for contact in call.account.contacts_on(known)}

    def wanted(contact: Contact) -> bool:
        return (
            (created is None or contact.created >= created)
            and (modified is None or contact.updated >= modified)
            and (members is None or contact.contact_id in members)
        )

    return wanted


def _identifier(call: Call, service: str = _SERVICE) -> tuple[str, str]:
    """Return the name and the value of the identifier in the path.

    Raises:
        Refusal: 400 if the account has no such identifier or the value has not its form.
    """
    name, value = call.path["identifier"], call.path["value"]
    if not call.account.custom_identifiers.knows(name) or check_identifier(name, value) is not None:
        raise _invalid_id(name, value, service)
    return name, value


def find_contact(call: Call, service: str) -> Contact:
    """Return the contact that the path names by ``identifier`` and ``value``.

    Args:
        call: The call.
        service: Prefix of the error codes, ``contacts`` or ``insightData``.

    Raises:
        Refusal: 400 for an identifier that cannot be, 404 for a contact that is not there.
    """
    name, value = _identifier(call, service)
    contact = call.account.contacts.find(name, value)
    if contact is None:
        detail = (value, f"Not found using the identifier '{name}'")
        raise refusal(404, f"{service}:contactNotFound", "The following contacts could not be found", detail)
    return contact


def _read(call: Call, form: RequestForm, from_path: Mapping[str, str]) -> ContactRequest:
    """Return the contact in the body; an identifier from the path is added unless the body has another value for it."""
    sent = call.json("contacts:badJson")
    identifiers = sent.get("identifiers", {}) if isinstance(sent, dict) else None
    if not isinstance(identifiers, dict):
        raise refusal(400, "contacts:badJson", "A contact and its identifiers are JSON objects")
    document: dict[str, Any] = {**sent, "identifiers": {**from_path, **identifiers}}
    try:
        request = read_contact(document, form)
    except ContactRefusedError as error:
        raise _invalid(*error.failures) from error
    failures = (*request.attached_failures, *attachment_failures(call.account, request))
    if failures:
        raise _invalid(*failures)
    return request


def _write(write: Callable[[], WrittenContact]) -> WrittenContact:
    try:
        return write()
    except ContactRefusedError as error:
        raise _invalid(*error.failures) from error
    except IdentifierTakenError as error:
        text = f"The id value '{error.value}' for the identifier '{error.name}' already exists"
        raise refusal(409, "contacts:idAlreadyExists", text) from error


def _check_contract(call: Call) -> None:
    limit = call.settings.contact_limit
    if limit is not None and len(call.account.contacts) >= limit:
        raise refusal(400, "contacts:exceedsAllowedContactLimit", "The contract allows no more contacts")


def _invalid(*failures: Failure) -> Refusal:
    details = [(failure.item, failure.description) for failure in failures]
    code = "contacts:invalidId" if failures[0].code in _IDENTIFIER_CODES else "contacts:invalidContacts"
    return refusal(400, code, "Some contacts are not valid", *details)


def _invalid_id(name: str, value: str, service: str = _SERVICE) -> Refusal:
    # The vendor's texts hold the value, which is personal data: a client must not log them as they are.
    return refusal(400, f"{service}:invalidId", f"The id value '{value}' is invalid for the identifier '{name}'")


_IDENTIFIER_CODES = frozenset(
    {"invalidEmail", "invalidDomain", "invalidPhoneNumber", "invalidContactId", "noValidIdentifiers"}
)

ENDPOINTS = (
    Endpoint("GET", "/contacts/v3", Tier.LOW, _list),
    Endpoint("POST", "/contacts/v3", Tier.MEDIUM, _create),
    Endpoint("PATCH", "/contacts/v3/{identifier}/{value}", Tier.MEDIUM, _update),
    Endpoint("PUT", "/contacts/v3/{identifier}/{value}", Tier.MEDIUM, _replace),
    Endpoint("GET", "/contacts/v3/{identifier}/{value}", Tier.HIGH, _get),
    Endpoint("DELETE", "/contacts/v3/{identifier}/{value}", Tier.MEDIUM, _delete),
)
