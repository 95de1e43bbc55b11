"""Contacts: imported in bulk, each with what the source says about consent and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused, ServiceUnavailable, StreamStopped
from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind, rejected, skipped
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.consent import SourceConsent, source_consent
from target_dotdigital.contact_identity import identifier_keys, identity_of, says_only_who
from target_dotdigital.contact_merge import merge_contacts
from target_dotdigital.contact_report import contact_outcomes
from target_dotdigital.data_fields import FieldRefused
from target_dotdigital.imports import CONTACT_LIMIT, WATCHDOG, ImportFailed
from target_dotdigital.schemas import CONTACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_dotdigital.contact_list import ContactList
    from target_dotdigital.contact_preparation import ContactPreparation
    from target_dotdigital.data_fields import DataFields
    from target_dotdigital.imports import Imports
    from target_dotdigital.known_people import KnownPeople
    from target_dotdigital.notices import Notices

IMPORT_PATH = "/contacts/v3/import"
ALREADY_SENT = skipped("names a person whom this run has already delivered")
TRIES_WITH_EVIDENCE = 6
STATUSES = ("subscribed", "unsubscribed")


@dataclass(frozen=True, slots=True)
class ContactServices:
    """What all sinks of contacts share.

    Attributes:
        imports: Runs imports of contacts.
        preparation: Makes contacts ready to be imported.
        data_fields: The account's data fields.
        contact_list: The list contacts join; None for no list.
        people: Whom the account knows.
        notices: Counts what people should know of.
    """

    imports: Imports
    preparation: ContactPreparation
    data_fields: DataFields
    contact_list: ContactList | None
    people: KnownPeople
    notices: Notices


class ContactSink(Sink):
    """Creates and updates contacts.

    Dotdigital: up to 50 MB an import, no count is stated; the vendor's own modules send 2 000 contacts.
    """

    stage: ClassVar[int] = 0
    lanes: ClassVar[int] = 4
    max_batch_count: int = 2_000
    max_batch_bytes: int = 20_000_000
    record_schema: ClassVar[dict[str, Any]] = CONTACT

    def __init__(self, stream: str, services: ContactServices) -> None:
        super().__init__(stream)
        self._services = services

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        fields = (schema.get("properties") or {}).get("dataFields")
        properties = fields.get("properties") if isinstance(fields, dict) else None
        self._services.data_fields.declare(properties if isinstance(properties, dict) else {})

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        record = without_nulls(record)
        unclear = _unclear_consent(record)
        if unclear is not None:
            return unclear
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        if checked["matchIdentifier"] not in checked["identifiers"]:
            return rejected("matchIdentifier names an identifier that is not among identifiers", "matchIdentifier")
        if says_only_who(checked) and self._already_delivered(checked):
            return ALREADY_SENT
        try:
            fields = self._services.data_fields.fit(checked.get("dataFields") or {})
        except FieldRefused as refused:
            return rejected(str(refused), "dataField")
        prepared = {name: value for name, value in checked.items() if name != "dataFields"}
        return {**prepared, "dataFields": fields} if fields else prepared

    @override
    def identify(self, record: Record) -> str:
        return identity_of(record)

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return merge_contacts(earlier, later)

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        services = self._services
        services.data_fields.ensure(name for entry in batch for name in entry.record.get("dataFields", {}))
        contacts = [self._on_list(entry.record) for entry in batch]
        outcomes: list[Outcome] = [DELIVERED] * len(contacts)
        for places in without_repeated_identifiers(contacts):
            results = deliver_narrowing([contacts[place] for place in places], self._deliver)
            for place, outcome in zip(places, results, strict=True):
                outcomes[place] = outcome
        for entry, outcome in zip(batch, outcomes, strict=True):
            if outcome.kind is OutcomeKind.DELIVERED:
                self._remember(entry.record)
        return outcomes

    def _on_list(self, contact: Record) -> Record:
        if self._services.contact_list is None:
            return contact
        identifier = self._services.contact_list.id()
        return {**contact, "lists": list(dict.fromkeys([*contact.get("lists", []), identifier]))}

    def _deliver(self, contacts: Sequence[Record]) -> Sequence[Outcome]:
        """Prepare and import; what stands in the account is read anew for each try that might store evidence twice."""
        with_evidence = any(contact.get("consentRecords") for contact in contacts)
        shutdown, poll_seconds = self._services.imports.client.shutdown, self._services.imports.poll_seconds
        failures = 0
        while True:
            prepared = self._services.preparation.prepare(contacts)
            try:
                return self._import(prepared, repeatable=not with_evidence)
            except ServiceUnavailable:
                failures += 1
                if not with_evidence or failures >= TRIES_WITH_EVIDENCE:
                    raise
                # Long enough for an import that was accepted without our knowing to have its effect.
                shutdown.sleep(poll_seconds * 2**failures)
            except ImportFailed as failed:
                failures += 1
                end_if_hopeless(failed, failures)
                shutdown.sleep(poll_seconds)

    def _import(self, prepared: Sequence[Record | Outcome], *, repeatable: bool) -> Sequence[Outcome]:
        ready = [contact for contact in prepared if not isinstance(contact, Outcome)]
        results = iter(self._run_import(ready, repeatable=repeatable) if ready else [])
        return [contact if isinstance(contact, Outcome) else next(results) for contact in prepared]

    def _run_import(self, contacts: Sequence[Record], *, repeatable: bool) -> Sequence[Outcome]:
        imports = self._services.imports
        report = imports.run(encode({"mergeOption": "overwrite", "contacts": contacts}), repeatable=repeatable)
        return contact_outcomes(report, contacts, imports.client.redaction, self._services.notices)

    def _already_delivered(self, contact: Record) -> bool:
        keys = identifier_keys(contact["identifiers"])
        return all(f"{name} {value}" in self._services.people.delivered for name, value in keys)

    def _remember(self, contact: Record) -> None:
        people = self._services.people
        people.present.add(identity_of(contact))
        if source_consent(contact) is not SourceConsent.UNKNOWN:
            people.made_unsubscribed.discard(identity_of(contact))
        for name, value in identifier_keys(contact["identifiers"]):
            people.delivered.add(f"{name} {value}")


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
        message = (
            "Dotdigital takes no more contacts (ExceedsAllowedContactLimit): the contract's number is reached; delete "
            "contacts nobody needs, or have the contract changed"
        )
        raise AccessRefused(message)
    if failed.status == WATCHDOG:
        message = (
            "Dotdigital held an import of contacts back (RejectedByWatchdog): its address checks found too many bad "
            "ones; ask Dotdigital's support, then run again"
        )
        raise StreamStopped(message)
    if failures > 1:
        message = f"Dotdigital failed twice to do an import of contacts (status {failed.status}); run again later"
        raise StreamStopped(message)


def without_repeated_identifiers(contacts: Sequence[Record]) -> list[list[int]]:
    """Return the places of contacts in groups, in order, so that no group holds an identifier twice.

    Dotdigital: an import that holds an identifier twice fails for the second. Two people of a batch may share one
    when a customer's address has passed to another.
    """
    groups: list[tuple[list[int], set[tuple[str, str]]]] = []
    for place, contact in enumerate(contacts):
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
