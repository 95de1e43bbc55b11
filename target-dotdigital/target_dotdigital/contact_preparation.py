"""Makes contacts ready to be imported: nobody becomes mailable, and no evidence is stored twice.

The bulk import cannot say "this status only if the contact is new". So each contact of a batch is looked at right
before the batch is imported: a person of whom nothing is known is made as unsubscribed if absent, a yes is compared
with what the account holds, and consent records that are there already are left out.

A few contacts are looked up one by one, and who is absent is created by a call that only creates. Many are looked up in
pages of all contacts, and who is absent is imported with the status `unsubscribed`: a handful of calls instead of one
or two a person. The price is that somebody who subscribes in Dotdigital between the two is unsubscribed.
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
    BUILT_IN,
    CONTACT_ID,
    EMAIL,
    MOBILE_NUMBER,
    comparable,
    identity_of,
    is_bare,
    matched_by,
)
from target_dotdigital.contact_lookup import MOBILE_CHANNELS, ContactLookup, ContactRefused, ContactState, consent_key
from target_dotdigital.iso_time import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dotdigital.contact_directory import ContactDirectory
    from target_dotdigital.field_ownership import FieldOwnership
    from target_dotdigital.known_people import KnownPeople
    from target_dotdigital.notices import Notices

CALLS_AT_ONCE = 8
IDENTIFIER_CONFLICT = "identifierConflict"
STAY_OFF_LISTS = "stay off a list that they have left in Dotdigital, though subscribed to e-mail"
OPEN_MOBILE_STATUSES = frozenset({"subscribed", "noSubscription"})

Contact = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A contact record and what the account holds of the person.

    Attributes:
        contact: The record; matched by the address where the account does not know the person otherwise yet.
        asked: Whether the account was asked.
        state: What it holds; None if it does not know the person, or was not asked.
    """

    contact: Contact
    asked: bool = False
    state: ContactState | None = None

    @property
    def is_new(self) -> bool:
        """Whether the import will create the contact, or take it out of the recycle bin."""
        return self.asked and self.state is None


class ContactPreparation:
    """Makes contacts ready to be imported.

    Args:
        lookup: Asks the account about single contacts.
        directory: Knows all contacts of the account, if that is worth it.
        people: Whom the account knows.
        notices: Counts what people should know of.
        resubscribe: Which yes undoes an opt-out.
        ownership: Which data fields are only written with the creation of a contact.
    """

    def __init__(
        self,
        *,
        lookup: ContactLookup,
        directory: ContactDirectory,
        people: KnownPeople,
        notices: Notices,
        resubscribe: Resubscribe,
        ownership: FieldOwnership,
    ) -> None:
        self._lookup = lookup
        self._directory = directory
        self._people = people
        self._notices = notices
        self._resubscribe: Resubscribe = resubscribe
        self._ownership = ownership
        self._calls = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="contact-lookup")

    def prepare(self, contacts: Sequence[Contact]) -> list[Contact | Outcome]:
        """Return, for each contact, what to import, or its outcome if it is not to be imported.

        Raises:
            DeliveryError: If the account cannot be asked; nobody is imported without knowing.
        """
        looked_up = sum(1 for contact in contacts if self._needs_look(contact))
        look = self._look_in_directory if looked_up and self._directory.ready_for(looked_up) else self._look
        seen = list(self._calls.map(look, contacts))
        opt_outs = self._opt_outs([item for item in seen if isinstance(item, _Seen)])
        return [item if isinstance(item, Outcome) else self._ready(item, opt_outs) for item in seen]

    def _needs_look(self, contact: Contact) -> bool:
        says = source_consent(contact)
        return (
            says is SourceConsent.YES
            or (says is SourceConsent.UNKNOWN and identity_of(contact) not in self._people.present)
            # A no takes people off every list; anybody else may have left one of these.
            or (says is SourceConsent.UNKNOWN and bool(contact.get("lists")))
            or bool(contact.get("consentRecords") or self._ownership.first_writes(contact))
            or _concerns_mobile_channels(contact)
            or _brings_address(contact)
        )

    # One by one

    def _look(self, contact: Contact) -> _Seen | Outcome:
        try:
            return self._seen_alone(contact)
        except ContactRefused as refused:
            return rejected(refused.reason, refused.code)

    def _seen_alone(self, contact: Contact) -> _Seen | Outcome:
        if not self._needs_look(contact):
            return DELIVERED if _is_settled(contact) else _Seen(contact)
        contact, state = self._found(contact)
        unknown = source_consent(contact) is SourceConsent.UNKNOWN
        if state is None and unknown and contact["matchIdentifier"] != CONTACT_ID:
            first_writes = self._ownership.first_writes(contact)
            state = self._lookup.create_unsubscribed(contact["identifiers"], first_writes)
            if state is not None:
                self._people.made_unsubscribed.add(identity_of(contact))
            else:
                # Somebody was faster, or the contact lies in the recycle bin: then it stays unknown.
                contact, state = self._found(contact)
        self._note_new_address(contact, state)
        if state is not None:
            self._people.present.add(identity_of(contact))
            if unknown and _is_settled(contact):
                return DELIVERED
        return _Seen(contact, asked=True, state=state)

    def _found(self, contact: Contact) -> tuple[Contact, ContactState | None]:
        """Return what the account holds of a contact, which is matched by its address where only that is known."""
        state = self._lookup.read(*matched_by(contact))
        if state is not None or not _brings_address(contact):
            return contact, state
        holder = self._lookup.read(EMAIL, contact["identifiers"][EMAIL])
        try:
            return _by_address(contact, holder)
        except ContactRefused:
            # Perhaps it was made between the two looks, by an import whose answer was lost.
            state = self._lookup.read(*matched_by(contact))
            if state is None:
                raise
            return contact, state

    # In the directory

    def _look_in_directory(self, contact: Contact) -> _Seen | Outcome:
        try:
            return self._seen_in_directory(contact)
        except ContactRefused as refused:
            return rejected(refused.reason, refused.code)

    def _seen_in_directory(self, contact: Contact) -> _Seen | Outcome:
        if not self._needs_look(contact):
            return DELIVERED if _is_settled(contact) else _Seen(contact)
        consents = contact.get("consentRecords") or []
        address = contact["identifiers"].get(EMAIL, "")
        lists = contact.get("lists") or []
        state = self._directory.read(*matched_by(contact), address=address, consents=consents, lists=lists)
        if state is None and identity_of(contact) in self._people.present:
            # This run has written the contact, and the account does not list it yet.
            return self._seen_alone(contact)
        if state is None and source_consent(contact) is SourceConsent.UNKNOWN and EMAIL not in contact["identifiers"]:
            # New, or in the recycle bin with an address: only the call that creates tells the two apart.
            return self._seen_alone(contact)
        if state is None and _brings_address(contact):
            holder = self._directory.read(EMAIL, address, address=address, consents=consents, lists=lists)
            try:
                contact, state = _by_address(contact, holder)
            except ContactRefused:
                # Perhaps it was changed after the directory was read.
                return self._seen_alone(contact)
        self._note_new_address(contact, state)
        if state is not None and source_consent(contact) is SourceConsent.UNKNOWN and _is_settled(contact):
            return DELIVERED
        return _Seen(contact, asked=True, state=state)

    def _note_new_address(self, contact: Contact, state: ContactState | None) -> None:
        """Take note of a contact that has an address and will have another: what was known by the first is void."""
        if state is None or not _brings_address(contact) or EMAIL not in state.holds:
            return
        if comparable(EMAIL, contact["identifiers"][EMAIL]) != state.address:
            self._people.readdressed.add(identity_of(contact))

    def who_is_there(self, contacts: Sequence[Contact]) -> list[bool]:
        """Tell of each contact whether the account knows it; one it does not take the identifier of is not there."""
        return list(self._calls.map(self._is_there, contacts))

    def _is_there(self, contact: Contact) -> bool:
        try:
            return self._lookup.read(*matched_by(contact)) is not None
        except ContactRefused:
            return False

    # What to import

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
        if not seen.is_new:
            contact = self._ownership.without_first_writes(contact)
        contact = self._with_mobile_channels(self._without_left_lists(contact, seen), seen)
        contact = with_email_write(contact, self._email_write(contact, seen, opt_outs))
        contact.pop("consentedAt", None)
        return contact

    def _email_write(self, contact: Contact, seen: _Seen, opt_outs: dict[str, datetime]) -> EmailWrite:
        says = source_consent(contact)
        if says is SourceConsent.YES:
            return self._decide(contact, seen.state, opt_outs)
        if says is SourceConsent.NO:
            return EmailWrite.UNSUBSCRIBE
        if seen.state is None:
            # New, or about to leave the recycle bin with the status of before, perhaps by an identifier without which
            # the record would not concern e-mail at all.
            return EmailWrite.UNSUBSCRIBE if seen.asked else EmailWrite.NOTHING
        # An address that is new to a known contact is treated like a new contact: it would be subscribed, too.
        address_is_new = EMAIL in contact["identifiers"] and seen.state.email_status is None
        return EmailWrite.UNSUBSCRIBE if address_is_new else EmailWrite.NOTHING

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

    def _without_left_lists(self, contact: Contact, seen: _Seen) -> Contact:
        """Leave out lists that the person has left: only a person's own hand takes them back there."""
        left = seen.state.left_lists if seen.state is not None else frozenset()
        lists = contact.get("lists") or []
        kept = [number for number in lists if number not in left]
        if len(kept) == len(lists):
            return contact
        self._notices.count(STAY_OFF_LISTS)
        rest = {name: value for name, value in contact.items() if name != "lists"}
        return {**rest, "lists": kept} if kept else rest

    def _with_mobile_channels(self, contact: Contact, seen: _Seen) -> Contact:
        """Leave out `subscribed` for a mobile channel that is closed; say `noSubscription` for a new one left open."""
        channels = {name: dict(channel) for name, channel in (contact.get("channelProperties") or {}).items()}
        number_is_new = MOBILE_NUMBER in contact["identifiers"] and (
            seen.is_new or (seen.state is not None and MOBILE_NUMBER not in seen.state.holds)
        )
        for name in MOBILE_CHANNELS:
            stated = channels.get(name, {}).get("status")
            held = seen.state.statuses.get(name, "noSubscription") if seen.state is not None else "noSubscription"
            if stated == "subscribed" and held not in OPEN_MOBILE_STATUSES:
                del channels[name]
                self._notices.count(f"keep their {name} status although the source says subscribed: {held}")
            elif stated is None and number_is_new:
                # Otherwise a setting of the account decides whether the number is subscribed.
                channels[name] = {"status": "noSubscription"}
        return {**contact, "channelProperties": channels}


def _is_settled(contact: Contact) -> bool:
    """Tell whether nothing is left to import once the contact exists: the record says nothing but who it is."""
    return is_bare(contact)


def _concerns_mobile_channels(contact: Contact) -> bool:
    """Tell whether a contact brings a number or a yes for one: what to write depends on what the account has."""
    channels = contact.get("channelProperties") or {}
    opens = any((channels.get(name) or {}).get("status") == "subscribed" for name in MOBILE_CHANNELS)
    return opens or MOBILE_NUMBER in contact["identifiers"]


def _yes_of(contact: Contact) -> Yes:
    time = contact.get("consentedAt")
    return Yes(parse_time(time) if isinstance(time, str) else None)


def _brings_address(contact: Contact) -> bool:
    """Tell whether a contact that may exist without an address is given one."""
    return contact["matchIdentifier"] != EMAIL and EMAIL in contact["identifiers"]


def _by_address(contact: Contact, holder: ContactState | None) -> tuple[Contact, ContactState | None]:
    """Return a contact that the account does not know by what it is matched by, and what it holds of the address.

    Whoever has the address and no value of that custom identifier is the same person, who is given the identifier: so
    accounts that were filled before are taken over without a second contact.

    Raises:
        ContactRefused: If the address is somebody else's; the import would write somebody who was not meant.
    """
    if holder is None:
        return contact, None
    name = contact["matchIdentifier"]
    if name in BUILT_IN or name in holder.holds:
        message = f"an identifier belongs to a contact that is not known by this {name}; match by that identifier first"
        raise ContactRefused(message, IDENTIFIER_CONFLICT)
    return {**contact, "matchIdentifier": EMAIL}, holder
