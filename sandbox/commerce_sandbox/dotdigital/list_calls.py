"""Lists (version 2, where they are called address books)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.answer import Answer, refusal_v2
from commerce_sandbox.dotdigital.contact_documents import contact_document_v2
from commerce_sandbox.dotdigital.contact_lists import ALL_CONTACTS, NAME_LENGTH, RESERVED_NAMES
from commerce_sandbox.dotdigital.data_fields import VISIBILITIES
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from typing import Any

    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.contact_lists import ContactList

_INVALID = "ERROR_ADDRESSBOOK_INVALID"
_NOT_FOUND = "ERROR_ADDRESSBOOK_NOT_FOUND"


def _list(call: Call) -> Answer:
    return Answer(content=[_document(call, known) for known in call.account.lists.all()[call.window()]])


def _create(call: Call) -> Answer:
    sent = call.json_v2(dict, _INVALID)
    name, visibility = sent.get("name"), sent.get("visibility", "Private")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME_LENGTH or visibility not in VISIBILITIES:
        raise refusal_v2(400, f"A list has a name of 1 to {NAME_LENGTH} characters and a visibility. {_INVALID}")
    if name.lower() in {reserved.lower() for reserved in RESERVED_NAMES}:
        raise refusal_v2(400, "The name is reserved. ERROR_ADDRESSBOOK_NOTWRITABLE")
    segments = {segment.lower() for segment in call.settings.segment_names}
    if call.account.lists.named(name) is not None or name.lower() in segments:
        raise refusal_v2(400, "A list or a segment of this name exists. ERROR_ADDRESSBOOK_DUPLICATE")
    if len(call.account.lists.all()) >= call.settings.max_lists:
        raise refusal_v2(400, "Error: ERROR_ADDRESSBOOK_LIMITEXCEEDED")
    return Answer(content=_document(call, call.account.lists.add(name, visibility)))


def _get(call: Call) -> Answer:
    return Answer(content=_document(call, _find(call)))


def _delete(call: Call) -> Answer:
    call.account.lists.remove(_find_writable(call))
    return Answer(204)


def _contacts(call: Call) -> Answer:
    contacts = call.account.contacts_on(_find(call))[call.window()]
    if call.query.get("withFullData", "false").lower() != "true":
        return Answer(content=[contact_document_v2(contact) for contact in contacts])
    return Answer(
        content=[
            {
                **contact_document_v2(contact),
                "dataFields": [{"key": name, "value": value} for name, value in contact.data_fields.items()],
            }
            for contact in contacts
        ]
    )


def _remove_contact(call: Call) -> Answer:
    contact_list = _find_writable(call)
    contact_id = call.path_number("contactId", "ERROR_CONTACT_NOT_FOUND")
    if contact_id not in call.account.contacts:
        raise refusal_v2(404, "Error: ERROR_CONTACT_NOT_FOUND")
    contact_list.contact_ids.pop(contact_id, None)
    return Answer(204)


def _remove_contacts(call: Call) -> Answer:
    contact_list = _find_writable(call)
    contact_ids = call.json_v2(list, "ERROR_PARAMETER_INVALID")
    if any(isinstance(contact_id, bool) or not isinstance(contact_id, int) for contact_id in contact_ids):
        raise refusal_v2(400, "Contact ids are whole numbers. ERROR_PARAMETER_INVALID")
    for contact_id in contact_ids:
        contact_list.contact_ids.pop(contact_id, None)
    return Answer(202, {"id": str(uuid.uuid4()), "status": "Started"})


def _find(call: Call) -> ContactList:
    found = call.account.lists.find(call.path_number("id", _NOT_FOUND))
    if found is None:
        raise refusal_v2(404, f"Error: {_NOT_FOUND}")
    return found


def _find_writable(call: Call) -> ContactList:
    found = _find(call)
    if not found.writable:
        raise refusal_v2(400, "The list is reserved. ERROR_ADDRESSBOOK_NOTWRITABLE")
    return found


def _document(call: Call, contact_list: ContactList) -> dict[str, Any]:
    everyone = contact_list.name == ALL_CONTACTS
    return contact_list.document(len(call.account.contacts) if everyone else len(contact_list.contact_ids))


ENDPOINTS = (
    Endpoint("GET", "/v2/address-books", Tier.MEDIUM, _list),
    Endpoint("POST", "/v2/address-books", Tier.MEDIUM, _create),
    Endpoint("GET", "/v2/address-books/{id}", Tier.HIGH, _get),
    Endpoint("DELETE", "/v2/address-books/{id}", Tier.MEDIUM, _delete),
    Endpoint("GET", "/v2/address-books/{id}/contacts", Tier.MEDIUM, _contacts),
    Endpoint("DELETE", "/v2/address-books/{id}/contacts/{contactId}", Tier.MEDIUM, _remove_contact),
    Endpoint("POST", "/v2/address-books/{id}/contacts/delete", Tier.LOW, _remove_contacts),
)
