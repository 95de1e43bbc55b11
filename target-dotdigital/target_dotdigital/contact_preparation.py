"""Makes contacts ready to be imported: nobody becomes mailable, and no evidence is stored twice.

The bulk import cannot say "this status only if the contact is new". So each contact of a batch is looked at right
before the batch is imported: a person of whom nothing is known is created as unsubscribed if absent, a yes is
compared with what the account holds, and consent records that are there already are left out.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from delivery.outcome import DELIVERED, Outcome, rejected

from target_dotdigital.consent import (
    EmailWrite,
    Resubscribe,
    SourceConsent,
    Yes,
    decide_yes,
    needs_opt_out_times,
    source_consent,
    with_email_write,
)
from target_dotdigital.contact_identity import (
    CONTACT_ID,
    EMAIL,
    MOBILE_NUMBER,
    comparable,
    identity_of,
    is_bare,
    matched_by,
)
from target_dotdigital.contact_lookup import MOBILE_CHANNELS, ContactLookup, ContactRefused, consent_key
from target_dotdigital.iso_time import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dotdigital.contact_lookup import ContactState
    from target_dotdigital.known_people import KnownPeople
    from target_dotdigital.notices import Notices

CALLS_AT_ONCE = 8
IDENTIFIER_CONFLICT = "identifierConflict"
OPEN_MOBILE_STATUSES = frozenset({"subscribed", "noSubscription"})

Contact = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A contact record and what the account holds of the person, as far as it was asked."""

    contact: Contact
    state: ContactState | None = None


class ContactPreparation:
    """Makes contacts ready to be imported.

    Args:
        lookup: Asks the account about contacts.
        people: Whom the account knows.
        notices: Counts what people should know of.
        resubscribe: Whether a newer yes undoes an opt-out.
    """

    def __init__(self, lookup: ContactLookup, people: KnownPeople, notices: Notices, resubscribe: Resubscribe) -> None:
        self._lookup = lookup
        self._people = people
        self._notices = notices
        self._resubscribe: Resubscribe = resubscribe
        self._calls = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="contact-lookup")

    def prepare(self, contacts: Sequence[Contact]) -> list[Contact | Outcome]:
        """Return, for each contact, what to import, or its outcome if it is not to be imported.

        Raises:
            DeliveryError: If the account cannot be asked; nobody is imported without knowing.
        """
        seen = list(self._calls.map(self._look, contacts))
        opt_outs = self._opt_outs([item for item in seen if isinstance(item, _Seen)])
        return [item if isinstance(item, Outcome) else self._ready(item, opt_outs) for item in seen]

    def _look(self, contact: Contact) -> _Seen | Outcome:
        try:
            return self._asked(contact)
        except ContactRefused as refused:
            return rejected(refused.reason, refused.code)

    def _asked(self, contact: Contact) -> _Seen | Outcome:
        says = source_consent(contact)
        if says is not SourceConsent.YES and must_exist_first(contact, says):
            outcome = self._create_if_absent(contact)
            if outcome is not None:
                return outcome
        if (
            says is SourceConsent.YES
            or contact.get("consentRecords")
            or _opens_mobile_channel(contact)
            or _brings_address(contact)
        ):
            return _Seen(contact, self._read(contact))
        return _Seen(contact)

    def _create_if_absent(self, contact: Contact) -> Outcome | None:
        """Create the person as unsubscribed, or see that it exists; return an outcome if that is all there is to do."""
        identity = identity_of(contact)
        if identity not in self._people.present:
            created = self._lookup.create_unsubscribed(contact["identifiers"])
            if created:
                self._people.made_unsubscribed.add(identity)
            elif len(contact["identifiers"]) > 1 and self._lookup.read(*matched_by(contact)) is None:
                return rejected(_of_another(contact), IDENTIFIER_CONFLICT)
            self._people.present.add(identity)
        # Once it exists, there is nothing left to import for a record that says nothing but who it is.
        return DELIVERED if is_bare(contact) else None

    def _read(self, contact: Contact) -> ContactState | None:
        name, value = matched_by(contact)
        state = self._lookup.read(name, value)
        address = contact["identifiers"].get(EMAIL)
        if state is None and name != EMAIL and address and self._lookup.read(EMAIL, address) is not None:
            # The import would write somebody who was not looked at.
            raise ContactRefused(_of_another(contact), IDENTIFIER_CONFLICT)
        if state is not None:
            self._people.present.add(identity_of(contact))
        return state

    def _opt_outs(self, seen: Sequence[_Seen]) -> dict[str, datetime]:
        times = [
            yes.consented_at
            for item in seen
            if item.state is not None
            and source_consent(item.contact) is SourceConsent.YES
            and (yes := _yes_of(item.contact)).consented_at is not None
            and needs_opt_out_times(item.state.email_status, yes, self._resubscribe)
        ]
        return self._lookup.unsubscribed_since(min(times)) if times else {}

    def _ready(self, seen: _Seen, opt_outs: dict[str, datetime]) -> Contact:
        contact = self._with_new_evidence_only(seen)
        contact = self._without_reopened_channels(contact, seen.state)
        says = source_consent(contact)
        if says is SourceConsent.YES:
            contact = with_email_write(contact, self._decide(contact, seen.state, opt_outs))
        elif says is SourceConsent.NO:
            contact = with_email_write(contact, EmailWrite.UNSUBSCRIBE)
        elif _brings_address(contact) and seen.state is not None and seen.state.email_status is None:
            # Dotdigital treats an address that is new to a contact like a new contact: it would be subscribed.
            contact = with_email_write(contact, EmailWrite.UNSUBSCRIBE)
        else:
            contact = with_email_write(contact, EmailWrite.NOTHING)
        contact.pop("consentedAt", None)
        return contact

    def _decide(self, contact: Contact, state: ContactState | None, opt_outs: dict[str, datetime]) -> EmailWrite:
        yes = _yes_of(contact)
        address = contact["identifiers"].get(EMAIL)
        opted_out_at = opt_outs.get(comparable(EMAIL, address)) if address else None
        decision = decide_yes(
            None if state is None else state.email_status,
            yes,
            self._resubscribe,
            # Without an address it cannot be told when a person unsubscribed: it counts as after the yes.
            opted_out_since=not address
            or (opted_out_at is not None and yes.consented_at is not None and opted_out_at >= yes.consented_at),
            made_by_this_run=identity_of(contact) in self._people.made_unsubscribed,
            now=datetime.now(tz=timezone.utc),
        )
        self._notices.count(decision.notice)
        return decision.write

    def _with_new_evidence_only(self, seen: _Seen) -> Contact:
        contact = dict(seen.contact)
        records = contact.pop("consentRecords", None) or []
        held = seen.state.consents if seen.state is not None else frozenset()
        new = [record for record in records if consent_key(record) not in held]
        return {**contact, "consentRecords": new} if new else contact

    def _without_reopened_channels(self, contact: Contact, state: ContactState | None) -> Contact:
        """Leave out `subscribed` for a mobile channel that is closed; say `noSubscription` for a new one left open."""
        channels = {name: dict(channel) for name, channel in (contact.get("channelProperties") or {}).items()}
        for name in MOBILE_CHANNELS:
            stated = channels.get(name, {}).get("status")
            held = state.statuses.get(name, "noSubscription") if state is not None else "noSubscription"
            if stated == "subscribed" and held not in OPEN_MOBILE_STATUSES:
                del channels[name]
                self._notices.count(f"keep their {name} status although the source says subscribed: {held}")
            elif stated is None and state is None and _is_new_number(contact):
                channels[name] = {"status": "noSubscription"}
        return {**contact, "channelProperties": channels}


def must_exist_first(contact: Contact, says: SourceConsent) -> bool:
    """Tell whether a contact must be created apart, so that nobody subscribes it by default.

    Without a status a new contact becomes `subscribed`; and, even with one for e-mail, a setting of the account
    decides about a mobile number of which nothing is said. A contact matched by contactId is never created.
    """
    if contact["matchIdentifier"] == CONTACT_ID:
        return False
    channels = contact.get("channelProperties") or {}
    mobile_open = MOBILE_NUMBER in contact["identifiers"] and any(
        "status" not in (channels.get(name) or {}) for name in MOBILE_CHANNELS
    )
    return says is SourceConsent.UNKNOWN or mobile_open


def _is_new_number(contact: Contact) -> bool:
    return source_consent(contact) is SourceConsent.YES and MOBILE_NUMBER in contact["identifiers"]


def _opens_mobile_channel(contact: Contact) -> bool:
    channels = contact.get("channelProperties") or {}
    return any((channels.get(name) or {}).get("status") == "subscribed" for name in MOBILE_CHANNELS)


def _yes_of(contact: Contact) -> Yes:
    time = contact.get("consentedAt")
    return Yes(parse_time(time) if isinstance(time, str) else None)


def _brings_address(contact: Contact) -> bool:
    """Tell whether a contact that may exist without an address is given one."""
    return contact["matchIdentifier"] != EMAIL and EMAIL in contact["identifiers"]


def _of_another(contact: Contact) -> str:
    return (
        f"an identifier belongs to a contact that is not known by this {contact['matchIdentifier']}; match by that "
        "identifier first"
    )
