"""One contact record with the effect of two of the same person, sent in order."""

from __future__ import annotations

from typing import Any

from target_dotdigital.consent import SUBSCRIBED, UNSUBSCRIBED, SourceConsent, source_consent
from target_dotdigital.contact_identity import identifier_keys
from target_dotdigital.contact_lookup import consent_key
from target_dotdigital.opt_outs import CHANNELS, CONSENT_FIELDS

MOST_CONSENT_RECORDS = 5
MOST_LISTS = 100

Contact = dict[str, Any]


def merge_contacts(earlier: Contact, later: Contact) -> Contact | None:
    """Return one record for two, or None if they must be sent one after the other.

    What the later says stands; what it leaves out stays as the earlier said, since Dotdigital leaves absent members
    alone. A no is never merged with a yes of the same channel: sent in order, the account tells whether the yes counts.

    Args:
        earlier: Import contact read first.
        later: Import contact of the same identity read after it.
    """
    if not _same_person(earlier, later) or _contradict(earlier, later):
        return None
    merged: Contact = {**earlier, **later, "identifiers": {**earlier["identifiers"], **later["identifiers"]}}
    fields = {**earlier.get("dataFields", {}), **later.get("dataFields", {})}
    if fields:
        merged["dataFields"] = fields
    channels = {**(earlier.get("channelProperties") or {}), **(later.get("channelProperties") or {})}
    if channels:
        merged["channelProperties"] = channels
    if source_consent(later) is SourceConsent.UNKNOWN:
        _keep_statement(earlier, merged)
    elif "consentedAt" not in later:
        # The earlier's time is the time of another statement.
        merged.pop("consentedAt", None)
    consents = _united(earlier, later)
    lists = list(dict.fromkeys([*earlier.get("lists", []), *later.get("lists", [])]))
    preferences = {item["id"]: item for item in [*earlier.get("preferences", []), *later.get("preferences", [])]}
    if len(consents) > MOST_CONSENT_RECORDS or len(lists) > MOST_LISTS:
        return None
    consent_fields = list(dict.fromkeys([*earlier.get(CONSENT_FIELDS, []), *later.get(CONSENT_FIELDS, [])]))
    parts = {
        "consentRecords": consents,
        "lists": lists,
        "preferences": list(preferences.values()),
        CONSENT_FIELDS: consent_fields,
    }
    return {**merged, **{name: part for name, part in parts.items() if part}}


def _same_person(earlier: Contact, later: Contact) -> bool:
    if earlier["matchIdentifier"] != later["matchIdentifier"]:
        return False
    held = dict(identifier_keys(earlier["identifiers"]))
    return all(held.get(name, value) == value for name, value in identifier_keys(later["identifiers"]))


def _contradict(earlier: Contact, later: Contact) -> bool:
    return any(
        _status(earlier, channel) == UNSUBSCRIBED and _status(later, channel) == SUBSCRIBED for channel in CHANNELS
    )


def _status(contact: Contact, channel: str) -> str | None:
    status: str | None = ((contact.get("channelProperties") or {}).get(channel) or {}).get("status")
    return status


def _keep_statement(earlier: Contact, merged: Contact) -> None:
    """The later says nothing about e-mail: the earlier's statement stands, with its time."""
    email = (earlier.get("channelProperties") or {}).get("email")
    if email is not None:
        stated = (merged.get("channelProperties") or {}).get("email") or {}
        merged["channelProperties"] = {**merged["channelProperties"], "email": {**email, **stated}}
    if "consentedAt" in earlier:
        merged["consentedAt"] = earlier["consentedAt"]
    else:
        merged.pop("consentedAt", None)


def _united(earlier: Contact, later: Contact) -> list[dict[str, Any]]:
    united = {
        consent_key(record): record for record in [*earlier.get("consentRecords", []), *later.get("consentRecords", [])]
    }
    return list(united.values())
