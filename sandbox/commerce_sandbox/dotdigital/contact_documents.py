"""How a contact looks in answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.email_status import PENDING, overall_status
from commerce_sandbox.dotdigital.identifiers import EMAIL, MOBILE_NUMBER
from commerce_sandbox.dotdigital.iso_time import iso_seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.contact import Contact

CHANNEL_PROPERTIES = "channelProperties"
LISTS = "lists"
PREFERENCES = "preferences"
CONSENT_RECORDS = "consentRecords"
_COUNTRIES = (
    ("1", "US"),
    ("31", "NL"),
    ("33", "FR"),
    ("34", "ES"),
    ("39", "IT"),
    ("43", "AT"),
    ("44", "GB"),
    ("49", "DE"),
    ("61", "AU"),
)
EVERYTHING = frozenset({CHANNEL_PROPERTIES, LISTS, PREFERENCES, CONSENT_RECORDS})


def contact_reference(contact: Contact) -> dict[str, Any]:
    """Return what names a contact in reports: its id and its identifiers."""
    identifiers = {EMAIL: None, MOBILE_NUMBER: None, **contact.identifiers}
    return {"contactId": contact.contact_id, "identifiers": identifiers}


def contact_document(
    account: Account, contact: Contact, *, fields: Collection[str] | None = None, include: Collection[str] = EVERYTHING
) -> dict[str, Any]:
    """Return a contact as version 3 shows it.

    Args:
        account: The account.
        contact: The contact.
        fields: Names of the data fields to show, in any case; None shows all.
        include: The further parts to show.
    """
    reference = contact_reference(contact)
    document: dict[str, Any] = {
        "contactId": reference["contactId"],
        "status": overall_status(contact.email.status),
        "created": timestamp(contact.created),
        "updated": timestamp(contact.updated),
        "identifiers": reference["identifiers"],
    }
    if fields is None or fields:
        document["dataFields"] = _data_fields(account, contact, fields)
    if CHANNEL_PROPERTIES in include:
        document[CHANNEL_PROPERTIES] = _channels(contact)
    if LISTS in include:
        document[LISTS] = _lists(account, contact)
    if PREFERENCES in include and contact.preferences:
        document[PREFERENCES] = _preferences(account, contact)
    if CONSENT_RECORDS in include:
        document[CONSENT_RECORDS] = [
            {**consent.document(), "dateTimeCreated": timestamp(consent.created)} for consent in contact.consents
        ]
    return document


def contact_document_v2(contact: Contact) -> dict[str, Any]:
    """Return a contact as version 2 shows it, without its data fields."""
    return {
        "id": contact.contact_id,
        "email": contact.address,
        "optInType": contact.email.opt_in_type,
        "emailType": contact.email.email_type,
        "dataFields": None,
        "status": capitalised(contact.email.status),
    }


def capitalised(word: str) -> str:
    """Return a word as version 2 writes it: beginning with a capital."""
    return word[:1].upper() + word[1:]


def _data_fields(account: Account, contact: Contact, fields: Iterable[str] | None) -> dict[str, Any]:
    values = dict(contact.data_fields)
    if contact.last_subscribed is not None:
        values.setdefault(account.data_fields.last_subscribed, iso_seconds(contact.last_subscribed))
    if fields is None:
        return values
    wanted = {name.upper() for name in fields}
    return {name: value for name, value in values.items() if name.upper() in wanted}


def _channels(contact: Contact) -> dict[str, Any]:
    channels: dict[str, Any] = {}
    if EMAIL in contact.identifiers:
        channels["email"] = {
            "emailType": contact.email.email_type,
            "optInType": contact.email.opt_in_type,
            "status": contact.email.status,
        }
    if MOBILE_NUMBER in contact.identifiers:
        channels["sms"] = {
            "countryCode": _country_code(contact.identifiers[MOBILE_NUMBER]),
            "status": contact.sms_status,
        }
        channels["whatsApp"] = {"status": contact.whatsapp_status}
    return channels


def _country_code(number: str) -> str:
    """Return the country of a mobile number; ``ZZ`` stands for one the sandbox does not know."""
    digits = number.lstrip("+")
    return next((country for prefix, country in _COUNTRIES if digits.startswith(prefix)), "ZZ")


def _lists(account: Account, contact: Contact) -> list[dict[str, Any]]:
    status = {"subscribed": "subscribed", PENDING: "pending"}.get(contact.email.status, "suppressed")
    return [
        {"id": contact_list.id, "name": contact_list.name, "status": status}
        for contact_list in account.lists.of_contact(contact.contact_id)
    ]


def _preferences(account: Account, contact: Contact) -> list[dict[str, Any]]:
    names = {preference.id: preference.name for preference in account.settings.preferences}
    return [
        {"id": identifier, "isOptedIn": opted_in, "publicName": names[identifier], "privateName": names[identifier]}
        for identifier, opted_in in sorted(contact.preferences.items())
    ]
