"""Marketing preferences, and leaving and coming back (version 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.answer import Answer, refusal_v2
from commerce_sandbox.dotdigital.contact_documents import capitalised, contact_document_v2
from commerce_sandbox.dotdigital.email_status import (
    NO_SUBSCRIPTION,
    OPEN,
    PENDING,
    SUBSCRIBED,
    SUPPRESSED,
    UNSUBSCRIBED,
    ChannelWrite,
    decide_status,
)
from commerce_sandbox.dotdigital.identifiers import CONTACT_ID, EMAIL, check_identifier
from commerce_sandbox.dotdigital.iso_time import parse_iso
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.settings import PreferenceSetting

_BEGINNING = "2020-01-01T00:00:00.000Z"
_CONTACT_NOT_FOUND = "ERROR_CONTACT_NOT_FOUND"
_NOT_REMOVED = frozenset({SUBSCRIBED, PENDING, NO_SUBSCRIPTION, "softBounced"})


def _preferences(call: Call) -> Answer:
    preferences = call.settings.preferences
    tree: list[dict[str, Any]] = []
    for preference in preferences:
        if preference.category_id is not None:
            continue
        children = [child for child in preferences if child.category_id == preference.id]
        node = _preference(preference, len(children))
        tree.append({**node, "preferences": [_preference(child, 0) for child in children]})
    return Answer(content=tree)


def _preference(preference: PreferenceSetting, children: int) -> dict[str, Any]:
    return {
        "id": preference.id,
        "publicName": preference.name,
        "privateName": preference.name,
        "isPreference": not preference.is_category,
        "order": "0",
        "isPublic": True,
        "categoryId": preference.category_id or 0,
        "preferenceCount": children,
        "created": _BEGINNING,
        "lastModified": _BEGINNING,
    }


def _suppressed_since(call: Call) -> Answer:
    return _removed_since(call, lambda status: status not in _NOT_REMOVED)


def _unsubscribed_since(call: Call) -> Answer:
    return _removed_since(call, lambda status: status == UNSUBSCRIBED)


def _removed_since(call: Call, wanted: Callable[[str], bool]) -> Answer:
    since = parse_iso(call.path["date"])
    if since is None:
        raise refusal_v2(400, "The date is not ISO 8601. ERROR_PARAMETER_INVALID")
    found = [
        (contact.removed, contact)
        for contact in call.account.contacts.all()
        if contact.removed is not None and contact.removed >= since and wanted(contact.email.status)
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].contact_id))
    return Answer(content=[_removal(contact, removed) for removed, contact in found[call.window()]])


def _removal(contact: Contact, removed: datetime) -> dict[str, Any]:
    return {
        "suppressedContact": contact_document_v2(contact),
        "dateRemoved": timestamp(removed),
        "reason": capitalised(contact.email.status),
    }


def _unsubscribe(call: Call) -> Answer:
    contact = _by_email(call, call.json_v2(dict, "ERROR_CONTACT_INVALID").get("email"))
    _write(call, contact, ChannelWrite(UNSUBSCRIBED))
    return Answer(content=_removal(contact, contact.removed or call.account.clock.now()))


def _suppress(call: Call) -> Answer:
    suppressed: list[dict[str, Any]] = []
    not_found: list[dict[str, Any]] = []
    for sent in call.json_v2(list, "ERROR_CONTACT_INVALID"):
        if not isinstance(sent, dict) or not isinstance(sent.get("id") or sent.get("email"), int | str):
            raise refusal_v2(400, "Every contact has an id or an email. ERROR_CONTACT_INVALID")
        shown = {"id": sent.get("id", 0), "email": sent.get("email")}
        by_id = sent.get("id")
        contact = call.account.contacts.find(CONTACT_ID if by_id else EMAIL, str(by_id or sent.get("email")))
        if contact is None:
            not_found.append(shown)
        else:
            _write(call, contact, ChannelWrite(SUPPRESSED))
            suppressed.append(shown)
    return Answer(content={"suppressed": suppressed, "notFound": not_found})


def _resubscribe(call: Call) -> Answer:
    return _resubscribed(call, no_challenge=False)


def _resubscribe_with_no_challenge(call: Call) -> Answer:
    return _resubscribed(call, no_challenge=True)


def _resubscribed(call: Call, *, no_challenge: bool) -> Answer:
    sent = call.json_v2(dict, "ERROR_CONTACT_INVALID").get("unsubscribedContact")
    contact = _by_email(call, sent.get("email") if isinstance(sent, dict) else None)
    if contact.email.status not in OPEN:
        return _resubscription(contact, "ContactCannotBeUnsuppressed")
    _write(call, contact, ChannelWrite(SUBSCRIBED, no_challenge=no_challenge))
    pending = contact.email.status == PENDING
    return _resubscription(contact, "ContactChallenged" if pending else "ContactAdded")


def _resubscription(contact: Contact, status: str) -> Answer:
    return Answer(content={"contact": contact_document_v2(contact), "status": status})


def _by_email(call: Call, email: object) -> Contact:
    if not isinstance(email, str) or check_identifier(EMAIL, email) is not None:
        raise refusal_v2(400, "The address is not valid. ERROR_INVALID_EMAIL")
    contact = call.account.contacts.find(EMAIL, email)
    if contact is None:
        raise refusal_v2(404, f"Error: {_CONTACT_NOT_FOUND}")
    return contact


def _write(call: Call, contact: Contact, write: ChannelWrite) -> None:
    before = contact.email.status
    decision = decide_status(
        write,
        before,
        contact.email.opt_in_type,
        enforce_double_opt_in=call.settings.enforce_double_opt_in,
    )
    now = call.account.clock.now()
    call.account.contacts.set_status(contact, decision, now, call.cause, before=before, stated=True)
    contact.updated = now


ENDPOINTS = (
    Endpoint("GET", "/v2/preferences", Tier.HIGH, _preferences),
    Endpoint("GET", "/v2/contacts/suppressed-since/{date}", Tier.MEDIUM, _suppressed_since),
    Endpoint("GET", "/v2/contacts/unsubscribed-since/{date}", Tier.MEDIUM, _unsubscribed_since),
    Endpoint("POST", "/v2/contacts/unsubscribe", Tier.MEDIUM, _unsubscribe),
    Endpoint("PUT", "/v2/contacts/suppress-contacts", Tier.MEDIUM, _suppress),
    Endpoint("POST", "/v2/contacts/resubscribe", Tier.MEDIUM, _resubscribe),
    Endpoint("POST", "/v2/contacts/resubscribe-with-no-challenge", Tier.MEDIUM, _resubscribe_with_no_challenge),
)
