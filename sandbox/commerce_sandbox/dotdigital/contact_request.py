"""Reading a contact as a request states it: strict about shapes, without looking at what the account holds."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from commerce_sandbox.dotdigital.channel_request import read_channels
from commerce_sandbox.dotdigital.failure import ContactRefusedError, Failure
from commerce_sandbox.dotdigital.identifiers import BUILT_IN, CONTACT_ID, check_identifier
from commerce_sandbox.dotdigital.iso_time import parse_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.dotdigital.email_status import ChannelWrite

_MOST_LISTS = 100
_MOST_CONSENTS = 5
_CONSENT_MEMBERS = frozenset({"text", "dateTimeConsented", "url", "ipAddress", "userAgent"})


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """A contact to write.

    Attributes:
        identifiers: E-mail address, mobile number and custom identifiers to set.
        contact_id: The contact id, if it was sent to match on.
        data_fields: Values by name as sent; None if the request has none.
        channel: What is said about the e-mail channel.
        sms_status: Status of the SMS channel, None if none is stated.
        whatsapp_status: Status of the WhatsApp channel, None if none is stated.
        list_ids: Lists to put the contact on; None if the request has none.
        preferences: Opt-ins by id of the preference; None if the request has none.
        consents: Consent records as sent, checked.
        attached_failures: What is wrong with parts that do not prevent the contact from being written.
    """

    identifiers: Mapping[str, str]
    contact_id: int | None
    data_fields: Mapping[str, Any] | None
    channel: ChannelWrite
    sms_status: str | None
    whatsapp_status: str | None
    list_ids: tuple[int, ...] | None
    preferences: Mapping[int, bool] | None
    consents: tuple[Mapping[str, str], ...]
    attached_failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class RequestForm:
    """What a call allows beyond what every write of a contact allows.

    Attributes:
        contact_id: Whether ``identifiers.contactId`` may be sent, to match on.
        resubscribe_options: Whether ``resubscribeOptions`` may be sent.
        consent_records: Whether consent records are taken.
    """

    contact_id: bool = False
    resubscribe_options: bool = True
    consent_records: bool = True


IMPORT = RequestForm(contact_id=True)
UPDATE = RequestForm()
CREATE = RequestForm(resubscribe_options=False)
REPLACE = RequestForm(consent_records=False)


def read_contact(document: Mapping[str, Any], form: RequestForm) -> ContactRequest:
    """Read a contact.

    Args:
        document: The JSON object; ``identifiers``, if present, is known to be an object.
        form: What the call allows.

    Raises:
        ContactRefusedError: If a shape or a value is not allowed, with all that is wrong.
    """
    failures: list[Failure] = []
    attached: list[Failure] = []
    identifiers, contact_id = _read_identifiers(document.get("identifiers", {}), form, failures)
    channels = read_channels(
        document.get("channelProperties", {}), resubscribe_options=form.resubscribe_options, failures=failures
    )
    request = ContactRequest(
        identifiers=identifiers,
        contact_id=contact_id,
        data_fields=_read_data_fields(document, failures),
        channel=channels.email,
        sms_status=channels.sms_status,
        whatsapp_status=channels.whatsapp_status,
        list_ids=_read_lists(document, failures),
        preferences=_read_preferences(document, failures),
        consents=_read_consents(document, attached) if form.consent_records else (),
        attached_failures=tuple(attached),
    )
    if failures:
        raise ContactRefusedError(*failures)
    return request


def _read_identifiers(
    sent: Mapping[str, Any], form: RequestForm, failures: list[Failure]
) -> tuple[dict[str, str], int | None]:
    identifiers: dict[str, str] = {}
    contact_id: int | None = None
    for name, value in sent.items():
        if name == CONTACT_ID:
            if not form.contact_id:
                failures.append(Failure("invalidContactId", name, "the contact id cannot be set"))
            elif isinstance(value, bool) or not isinstance(value, int) or value < 0:
                failures.append(Failure("invalidContactId", name, "the contact id is a whole number"))
            else:
                contact_id = value
        elif value is None and name in BUILT_IN:
            continue
        elif not isinstance(value, str):
            failures.append(Failure("apiSchemaViolation", f"identifiers.{name}", "a string is wanted"))
        else:
            failure = check_identifier(name, value)
            if failure is not None:
                failures.append(failure)
            identifiers[name] = value
    return identifiers, contact_id


def _read_data_fields(document: Mapping[str, Any], failures: list[Failure]) -> Mapping[str, Any] | None:
    sent = document.get("dataFields")
    if sent is None and "dataFields" not in document:
        return None
    if not isinstance(sent, dict):
        failures.append(Failure("apiSchemaViolation", "dataFields", "an object is wanted"))
        return None
    return sent


def _read_lists(document: Mapping[str, Any], failures: list[Failure]) -> tuple[int, ...] | None:
    if "lists" not in document:
        return None
    sent = document["lists"]
    if not isinstance(sent, list) or not 1 <= len(sent) <= _MOST_LISTS:
        failures.append(Failure("apiSchemaViolation", "lists", f"1 to {_MOST_LISTS} list ids are wanted"))
        return None
    if any(isinstance(list_id, bool) or not isinstance(list_id, int) for list_id in sent):
        failures.append(Failure("apiSchemaViolation", "lists", "list ids are whole numbers"))
        return None
    return tuple(sent)


def _read_preferences(document: Mapping[str, Any], failures: list[Failure]) -> Mapping[int, bool] | None:
    if "preferences" not in document:
        return None
    sent = document["preferences"]
    if not isinstance(sent, list) or not sent or not all(_is_preference(preference) for preference in sent):
        text = "a list of at least one {id, isOptedIn} is wanted"
        failures.append(Failure("apiSchemaViolation", "preferences", text))
        return None
    return {preference["id"]: preference["isOptedIn"] for preference in sent}


def _is_preference(sent: object) -> bool:
    if not isinstance(sent, dict):
        return False
    identifier = sent.get("id")
    return isinstance(identifier, int) and not isinstance(identifier, bool) and isinstance(sent.get("isOptedIn"), bool)


def _read_consents(document: Mapping[str, Any], attached: list[Failure]) -> tuple[Mapping[str, str], ...]:
    if "consentRecords" not in document:
        return ()
    sent = document["consentRecords"]
    if not isinstance(sent, list) or not 1 <= len(sent) <= _MOST_CONSENTS:
        text = f"1 to {_MOST_CONSENTS} consent records are wanted"
        attached.append(Failure("consentRecordsNotApplied", "consentRecords", text))
        return ()
    faults = [fault for fault in map(_consent_fault, sent) if fault is not None]
    if faults:
        attached.append(Failure("consentRecordsNotApplied", "consentRecords", faults[0]))
        return ()
    return tuple(sent)


def _consent_fault(consent: object) -> str | None:
    """Return what is wrong with a consent record: it has five members, all of them texts, and no other."""
    if not isinstance(consent, dict) or consent.keys() != _CONSENT_MEMBERS:
        return f"a consent record has exactly {', '.join(sorted(_CONSENT_MEMBERS))}"
    if not all(isinstance(value, str) and value for value in consent.values()):
        return "every member of a consent record is a text that is not empty"
    if parse_iso(consent["dateTimeConsented"]) is None:
        return "dateTimeConsented is an ISO 8601 date-time"
    if not is_absolute_url(consent["url"]):
        return "url is an absolute URL"
    try:
        ipaddress.ip_address(consent["ipAddress"])
    except ValueError:
        return "ipAddress is an IPv4 or IPv6 address"
    return None


def is_absolute_url(text: str) -> bool:
    """Tell whether a text is a URL with a scheme and a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)
