"""What a customer's consents say in the import of a Dotdigital contact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapper_commercetools.consent import read_consent, read_mobile_number, withheld
from mapper_commercetools.consent_settings import stores_evidence
from mapper_commercetools.timestamps import iso_text

if TYPE_CHECKING:
    from mapper_commercetools.consent import Consent, ConsentRule, NameOrId
    from mapper_commercetools.source_values import Record

CONSENT_RECORD_PARTS = ("text", "dateTimeConsented", "url", "ipAddress", "userAgent")


@dataclass(frozen=True, slots=True)
class ContactConsent:
    """Parts of a contact, each empty if no known answer drives it.

    Attributes:
        identifiers: The number that text messages go to, only of somebody who said yes to them.
        data_fields: Data fields that say true or false.
        lists: Names or ids of lists to join.
        members: `channelProperties`, `preferences`, `consentRecords`, `consentedAt`: those that are not empty.
    """

    identifiers: dict[str, str]
    data_fields: dict[str, bool]
    lists: list[NameOrId]
    members: dict[str, Any]


def contact_consent(customer: Record, rules: tuple[ConsentRule, ...]) -> ContactConsent:
    """Return what a customer's consents say; an unknown answer says nothing about anything.

    E-mail: a yes subscribes (opt-in type single, never resubscribing somebody unasked), a no unsubscribes. The loader
    compares the yes with the account, by the time of the yes: without it no opt-out is ever undone, which is how
    `resubscribe: never` is kept.

    SMS: likewise, and a yes needs a number that is certainly one.
    """
    said = [(rule, consent) for rule in rules if (consent := read_consent(customer, rule)).answer != "unknown"]
    answers = [(rule, consent.answer == "yes") for rule, consent in said]
    agreed = [(rule, consent) for rule, consent in said if consent.answer == "yes"]
    number = next((read_mobile_number(customer, rule) for rule, _ in agreed if rule.dotdigital.channel == "sms"), None)
    records = [record for rule, consent in agreed if stores_evidence(rule) and (record := _consent_record(consent))]
    members = {
        "consentRecords": [record for place, record in enumerate(records) if record not in records[:place]],
        "consentedAt": _consented_at(agreed),
    }
    answered = _answered(answers, has_number=number is not None)
    return replace(
        answered,
        identifiers={} if number is None else {"mobileNumber": number},
        lists=[name for rule, _ in agreed for name in rule.dotdigital.lists],
        members={**answered.members, **{name: member for name, member in members.items() if member}},
    )


def _answered(answers: list[tuple[ConsentRule, bool]], *, has_number: bool) -> ContactConsent:
    """Return what the answers alone say, without what goes with a yes."""
    members = {
        "channelProperties": _channels(answers, has_number=has_number),
        "preferences": [
            {"name" if isinstance(preference, str) else "id": preference, "isOptedIn": is_yes}
            for rule, is_yes in answers
            for preference in rule.dotdigital.preferences
        ],
    }
    return ContactConsent(
        identifiers={},
        data_fields={rule.dotdigital.data_field: is_yes for rule, is_yes in answers if rule.dotdigital.data_field},
        lists=[],
        members={name: member for name, member in members.items() if member},
    )


def contact_noes(customer: Record, rules: tuple[ConsentRule, ...]) -> ContactConsent:
    """Return to what a customer says no, whatever else of its consents cannot be read."""
    return _answered([(rule, False) for rule in withheld(customer, rules)], has_number=False)


def _channels(answers: list[tuple[ConsentRule, bool]], *, has_number: bool) -> dict[str, Any]:
    channels: dict[str, Any] = {}
    for rule, is_yes in answers:
        if rule.dotdigital.channel == "email":
            channels["email"] = _email(is_yes=is_yes)
        elif rule.dotdigital.channel == "sms" and not is_yes:
            # Without a number: the contact may still have one from earlier.
            channels["sms"] = {"status": "unsubscribed"}
        elif rule.dotdigital.channel == "sms" and has_number:
            channels["sms"] = {"status": "subscribed"}
    return channels


def _email(*, is_yes: bool) -> dict[str, Any]:
    if not is_yes:
        return {"status": "unsubscribed"}
    return {
        "status": "subscribed",
        "optInType": "single",
        "resubscribeOptions": {"resubscribeWithNoChallenge": False},
    }


def _consented_at(agreed: list[tuple[ConsentRule, Consent]]) -> str | None:
    """Return when the yes to e-mail was given, if it may undo an opt-out that is older."""
    for rule, consent in agreed:
        if rule.dotdigital.channel == "email" and rule.resubscribe != "never" and consent.time is not None:
            return iso_text(consent.time)
    return None


def _consent_record(consent: Consent) -> dict[str, str] | None:
    """Return the evidence; None if a part of it is missing."""
    time = None if consent.time is None else iso_text(consent.time)
    parts = (consent.text, time, consent.url, consent.ip, consent.user_agent)
    record = {name: part for name, part in zip(CONSENT_RECORD_PARTS, parts, strict=True) if part}
    return record if len(record) == len(CONSENT_RECORD_PARTS) else None
