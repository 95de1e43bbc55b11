"""Contacts: imported in bulk, each with what the source says about consent and nothing more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused, ServiceUnavailable, SettingsError, StreamStopped
from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind, rejected, skipped
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.answers import NO_MORE_CONTACTS
from target_dotdigital.consent import SourceConsent, source_consent
from target_dotdigital.contact_identity import (
    identifier_keys,
    identifier_texts,
    identity_of,
    matched_by,
    says_only_who,
)
from target_dotdigital.contact_lists import ListRefused
from target_dotdigital.contact_merge import merge_contacts
from target_dotdigital.contact_preferences import PreferenceRefused
from target_dotdigital.contact_report import contact_outcomes, created_places
from target_dotdigital.data_fields import FieldRefused
from target_dotdigital.erased_people import ERASED
from target_dotdigital.identifier_form import identifier_refusal
from target_dotdigital.imports import CONTACT_LIMIT, WATCHDOG, ImportFailed
from target_dotdigital.opt_out_delivery import OptOutDelivery
from target_dotdigital.opt_outs import CONSENT_FIELDS, OptOuts, says_only_no
from target_dotdigital.schemas import CONTACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from delivery.entry import Entry

    from target_dotdigital.contact_directory import ContactDirectory
    from target_dotdigital.contact_lists import ContactLists
    from target_dotdigital.contact_preferences import MarketingPreferences
    from target_dotdigital.contact_preparation import ContactPreparation
    from target_dotdigital.custom_identifiers import CustomIdentifiers
    from target_dotdigital.data_fields import DataFields
    from target_dotdigital.erased_people import ErasedPeople
    from target_dotdigital.field_ownership import FieldOwnership
    from target_dotdigital.imports import Imports
    from target_dotdigital.known_people import KnownPeople
    from target_dotdigital.notices import Notices
    from target_dotdigital.shared_turns import SharedTurns

IMPORT_PATH = "/contacts/v3/import"
ALREADY_SENT = skipped("names a person whom this run has already delivered")
TRIES_WITH_EVIDENCE = 6
PATIENCE_WITH_EVIDENCE_SECONDS = 120.0
"""No try begins later than this after the first, but for the second."""

STATUSES = ("subscribed", "unsubscribed")
NO_TO_NOTHING = "say no to what the account does not have; what else they say no to was written"


@dataclass(frozen=True, slots=True)
class ContactServices:
    """What all sinks of contacts share.

    Attributes:
        imports: Runs imports of contacts.
        preparation: Makes contacts ready to be imported.
        data_fields: The account's data fields.
        ownership: Which data fields the source may overwrite.
        custom_identifiers: The account's custom identifiers.
        lists: The account's lists.
        preferences: The account's marketing preferences.
        people: Whom the account knows.
        directory: All contacts of the account, as far as they were read.
        erased: Who must not come back.
        notices: Counts what people should know of.
        turns: Keeps imports that change addresses, and deletions, apart from others.
        match_by: Name of the identifier that contacts are matched by where they have it; None for the record's own.
    """

    imports: Imports
    preparation: ContactPreparation
    data_fields: DataFields
    ownership: FieldOwnership
    custom_identifiers: CustomIdentifiers
    lists: ContactLists
    preferences: MarketingPreferences
    people: KnownPeople
    directory: ContactDirectory
    erased: ErasedPeople
    notices: Notices
    turns: SharedTurns
    match_by: str | None


class _ImportUnclear(Exception):
    """An import of which it is not known whether it was accepted."""

    def __init__(self, why: ServiceUnavailable) -> None:
        super().__init__()
        self.why = why


class ContactSink(Sink):
    """Creates and updates contacts.

    Dotdigital: up to 50 MB an import, no count is stated; the vendor's own modules send 2 000 contacts.
    """

    stage: ClassVar[int] = 0
    lanes: ClassVar[int] = 4
    fills_one_batch: ClassVar[bool] = True
    max_batch_count: int = 2_000
    max_batch_bytes: int = 20_000_000
    record_schema: ClassVar[dict[str, Any]] = CONTACT

    def __init__(self, stream: str, services: ContactServices) -> None:
        super().__init__(stream)
        self._services = services
        self._opt_outs = OptOuts(
            services.data_fields, services.preferences, services.custom_identifiers, services.match_by
        )
        self._opt_out_delivery = OptOutDelivery(
            self._opt_outs, services.preparation, services.data_fields, self._send_off_lists
        )
        services.notices.name_contacts(stream)
        services.lists.check_everybodys()

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        fields = (schema.get("properties") or {}).get("dataFields")
        properties = fields.get("properties") if isinstance(fields, dict) else None
        self._services.data_fields.declare(properties if isinstance(properties, dict) else {})

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        record = without_nulls(record)
        prepared = self._prepared(record)
        if not isinstance(prepared, Outcome) or prepared.kind is not OutcomeKind.REJECTED or not says_only_no(record):
            return prepared
        # One no that the account has no place for is not to keep the others back.
        opt_out = self._opt_outs.of(record)
        if opt_out is None:
            return prepared
        self._services.notices.count(NO_TO_NOTHING)
        return self._prepared(opt_out)

    def _prepared(self, record: Record) -> Record | Outcome:
        unclear = _unclear_consent(record)
        if unclear is not None:
            return unclear
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        named = self._with_known_names(checked)
        if isinstance(named, Outcome):
            return named
        if self._services.erased.has(named["identifiers"]):
            return ERASED
        if says_only_who(named) and self._already_delivered(named):
            return ALREADY_SENT
        return self._with_known_parts(named)

    @override
    def opt_out(self, record: Record) -> Record | None:
        # Also of a record that is nothing else: the rest of it may not have been readable.
        return self._opt_outs.of(record)

    @override
    def opt_out_of(self, entry: Entry) -> Record | None:
        opt_out = self._opt_outs.of(entry.record)
        # What is nothing else was sent in its parts already.
        return None if opt_out == entry.record else opt_out

    @override
    def identify(self, record: Record) -> str:
        return self._services.people.person_of(record["identifiers"])

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        merged = merge_contacts(earlier, later)
        return None if merged is None else self._services.ownership.keeping_earlier(earlier, merged)

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        contacts = [entry.record for entry in batch]
        try:
            return self._opt_out_delivery.in_parts(contacts, self._send(contacts))
        except (AccessRefused, SettingsError, StreamStopped):
            # Nothing more can be delivered until somebody has mended it; a no does not wait for that.
            self._opt_out_delivery.at_the_end(contacts)
            raise

    def _send(self, records: Sequence[Record]) -> list[Outcome]:
        self._ensure_names(records)
        return self._import_in_groups([self._on_lists(record) for record in records])

    def _send_off_lists(self, records: Sequence[Record]) -> list[Outcome]:
        """Send contacts that join no list, not even everybody's."""
        self._ensure_names(records)
        return self._import_in_groups(records)

    def _ensure_names(self, records: Sequence[Record]) -> None:
        services = self._services
        services.data_fields.ensure(name for record in records for name in record.get("dataFields", {}))
        services.custom_identifiers.ensure(name for record in records for name in record["identifiers"])

    def _import_in_groups(self, listed: Sequence[Record | Outcome]) -> list[Outcome]:
        outcomes = [contact if isinstance(contact, Outcome) else DELIVERED for contact in listed]
        contacts = {place: contact for place, contact in enumerate(listed) if not isinstance(contact, Outcome)}
        for places in without_repeated_identifiers(contacts):
            results = deliver_narrowing([contacts[place] for place in places], self._deliver)
            for place, outcome in zip(places, results, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _with_known_names(self, contact: Record) -> Record | Outcome:
        """Return a contact whose identifiers are spelled as the account does, matched by what the settings say."""
        refusal = identifier_refusal(contact["identifiers"])
        if refusal is not None:
            return refusal
        spelled = self._services.custom_identifiers.spelled
        identifiers = {spelled(name): value for name, value in contact["identifiers"].items()}
        match_by = self._services.match_by
        ours = match_by is not None and spelled(match_by) in identifiers
        matched = spelled(match_by if match_by is not None and ours else contact["matchIdentifier"])
        if matched not in identifiers:
            return rejected("matchIdentifier names an identifier that is not among identifiers", "matchIdentifier")
        return {**contact, "matchIdentifier": matched, "identifiers": identifiers}

    def _with_known_parts(self, contact: Record) -> Record | Outcome:
        """Return a contact whose data fields and preferences are what the account takes, and whose lists may exist."""
        services = self._services
        parts: dict[str, Any] = {}
        try:
            fields = services.ownership.without_clearing(services.data_fields.fit(contact.get("dataFields") or {}))
            if fields:
                parts["dataFields"] = fields
            if "preferences" in contact:
                parts["preferences"] = services.preferences.resolved(contact["preferences"])
            services.lists.check(contact.get("lists", []))
        except FieldRefused as refused:
            return rejected(str(refused), "dataField")
        except PreferenceRefused as refused:
            return rejected(str(refused), "preference")
        except ListRefused as refused:
            return rejected(str(refused), "list")
        rest = {name: value for name, value in contact.items() if name not in {"dataFields", CONSENT_FIELDS}}
        named = {name.upper() for name in contact.get(CONSENT_FIELDS, [])}
        consents = [name for name in parts.get("dataFields", {}) if name in named]
        return {**rest, **parts, **({CONSENT_FIELDS: consents} if consents else {})}

    def _on_lists(self, contact: Record) -> Record | Outcome:
        lists = self._services.lists
        try:
            numbers = dict.fromkeys([*lists.numbers(contact.get("lists", [])), *lists.everybodys()])
        except ListRefused as refused:
            return rejected(str(refused), "list")
        return {**contact, "lists": list(numbers)} if numbers else contact

    def _deliver(self, contacts: Sequence[Record]) -> Sequence[Outcome]:
        """Prepare and import; what stands in the account is read anew for each try that might store evidence twice."""
        with_evidence = any(contact.get("consentRecords") for contact in contacts)
        shutdown, poll_seconds = self._services.imports.client.shutdown, self._services.imports.poll_seconds
        failures, began = 0, time.monotonic()
        while True:
            try:
                return self._in_turn(contacts, repeatable=not with_evidence)
            except _ImportUnclear as unclear:  # noqa: PERF203 - what is tried takes seconds
                failures += 1
                # Long enough for an import that was accepted without our knowing to have its effect.
                wait = poll_seconds * 2**failures
                out_of_patience = failures > 1 and time.monotonic() + wait - began > PATIENCE_WITH_EVIDENCE_SECONDS
                if not with_evidence or failures >= TRIES_WITH_EVIDENCE or out_of_patience:
                    raise unclear.why from None
                shutdown.sleep(wait)
            except ImportFailed as failed:
                failures += 1
                end_if_hopeless(failed, failures)
                shutdown.sleep(poll_seconds)

    def _in_turn(self, contacts: Sequence[Record], *, repeatable: bool) -> Sequence[Outcome]:
        """Prepare and import contacts, alone if one of them gets another address.

        Meanwhile nobody else may hold the former address for that contact's: an import that does would make a new
        contact, and Dotdigital would subscribe it.
        """
        services = self._services
        with services.turns.beside_others():
            prepared = services.preparation.prepare(contacts)
            if not any(identity_of(contact) in services.people.readdressed for contact in contacts):
                return self._import(contacts, prepared, repeatable=repeatable)
        with services.turns.alone():
            prepared = services.preparation.prepare(contacts)
            readdressed = [contact for contact in contacts if identity_of(contact) in services.people.readdressed]
            services.people.forget_all()
            for contact in readdressed:
                services.directory.forget(next(identifier_texts(dict([matched_by(contact)]))))
            return self._import(contacts, prepared, repeatable=repeatable)

    def _import(
        self, contacts: Sequence[Record], prepared: Sequence[Record | Outcome], *, repeatable: bool
    ) -> Sequence[Outcome]:
        places = [place for place, contact in enumerate(prepared) if not isinstance(contact, Outcome)]
        ready = [contact for contact in prepared if not isinstance(contact, Outcome)]
        try:
            results, created = self._run_import(ready, repeatable=repeatable) if ready else ([], set())
        except ServiceUnavailable as unavailable:
            raise _ImportUnclear(unavailable) from None
        made = {places[place] for place in created}
        arrived = dict(zip(places, results, strict=True))
        outcomes = [arrived.get(place, contact) for place, contact in enumerate(prepared)]
        settled = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
        for place, outcome in enumerate(settled):
            if outcome.kind is OutcomeKind.DELIVERED:
                self._remember(contacts[place], is_made=place in made)
        return settled

    def _run_import(self, contacts: Sequence[Record], *, repeatable: bool) -> tuple[list[Outcome], set[int]]:
        """Import contacts; return their outcomes, and the places of those that were created.

        Dotdigital: what happens to values that are there is said once for a whole import. So fields that are the
        destination's go by an import of their own, after the one that makes sure of the contacts.
        """
        imports, notices = self._services.imports, self._services.notices
        split = [self._services.ownership.split(contact) for contact in contacts]
        written = [{name: part for name, part in contact.items() if name != CONSENT_FIELDS} for contact, _ in split]
        report = imports.run(lambda: encode({"mergeOption": "overwrite", "contacts": written}), repeatable=repeatable)
        outcomes = contact_outcomes(report, written, imports.client.redaction, notices)
        places = [
            place for place, (_, fields) in enumerate(split) if fields and outcomes[place].kind is OutcomeKind.DELIVERED
        ]
        if places:
            filling = [_only_fields(contacts[place], split[place][1]) for place in places]
            filled = imports.run(lambda: encode({"mergeOption": "overwriteIfEmpty", "contacts": filling}))
            results = contact_outcomes(filled, filling, imports.client.redaction, notices)
            for place, outcome in zip(places, results, strict=True):
                outcomes[place] = outcome
        return outcomes, created_places(report, written)

    def _already_delivered(self, contact: Record) -> bool:
        return all(text in self._services.people.delivered for text in identifier_texts(contact["identifiers"]))

    def _remember(self, contact: Record, *, is_made: bool) -> None:
        people, identity = self._services.people, identity_of(contact)
        people.present.add(identity)
        if source_consent(contact) is not SourceConsent.UNKNOWN:
            people.made_unsubscribed.discard(identity)
        elif is_made:
            people.made_unsubscribed.add(identity)
        for text in identifier_texts(contact["identifiers"]):
            people.delivered.add(text)


def _only_fields(contact: Record, fields: Record) -> Record:
    """Return an import contact that says nothing but who it is and these data fields."""
    name = contact["matchIdentifier"]
    return {"matchIdentifier": name, "identifiers": {name: contact["identifiers"][name]}, "dataFields": fields}


def end_if_hopeless(failed: ImportFailed, failures: int) -> None:
    """End the run for an import that ended without having been done, unless trying again may help.

    Args:
        failed: What the service said.
        failures: How often it has failed so.

    Raises:
        AccessRefused: If the contract allows no more contacts.
        StreamStopped: If it failed twice, or was held back for review.
    """
    if failed.status == CONTACT_LIMIT:
        raise AccessRefused(NO_MORE_CONTACTS)
    if failed.status == WATCHDOG:
        message = (
            "Dotdigital held an import of contacts back (RejectedByWatchdog): its address checks found too many bad "
            "ones; ask Dotdigital's support, then run again"
        )
        raise StreamStopped(message)
    if failures > 1:
        message = f"Dotdigital failed twice to do an import of contacts (status {failed.status}); run again later"
        raise StreamStopped(message)


def without_repeated_identifiers(contacts: Mapping[int, Record]) -> list[list[int]]:
    """Return the places of contacts in groups, in order, so that no group holds an identifier twice.

    Dotdigital: an import that holds an identifier twice fails for the second. Two people of a batch may share one
    when a customer's address has passed to another.
    """
    groups: list[tuple[list[int], set[tuple[str, str]]]] = []
    for place, contact in contacts.items():
        keys = set(identifier_keys(contact["identifiers"]))
        after = next((number for number in range(len(groups), 0, -1) if groups[number - 1][1] & keys), 0)
        if after == len(groups):
            groups.append(([], set()))
        groups[after][0].append(place)
        groups[after][1].update(keys)
    return [places for places, _ in groups]


def without_nulls(record: Record) -> Record:
    """Return a contact without members that are null; the nulls among the data fields, which clear, stay."""
    shaped = {name: value for name, value in record.items() if value is not None}
    for name in ("identifiers", "channelProperties"):
        if isinstance(shaped.get(name), dict):
            shaped[name] = {member: value for member, value in shaped[name].items() if value is not None}
    channels = shaped.get("channelProperties")
    if isinstance(channels, dict):
        shaped["channelProperties"] = {
            name: {member: value for member, value in channel.items() if value is not None}
            if isinstance(channel, dict)
            else channel
            for name, channel in channels.items()
        }
    return {name: value for name, value in shaped.items() if name == "identifiers" or value not in ({}, [])}


def _unclear_consent(record: Record) -> Outcome | None:
    channels = record.get("channelProperties")
    email = channels.get("email") if isinstance(channels, dict) else None
    status = email.get("status") if isinstance(email, dict) else None
    if status is None or status in STATUSES:
        return None
    return rejected(
        "channelProperties.email.status must be 'subscribed' (the source says yes), 'unsubscribed' (no) or absent "
        "(unknown); nothing else is taken for a yes",
        "consent",
    )
