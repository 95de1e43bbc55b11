"""Deleted contacts: moved to the recycle bin in bulk.

Dotdigital: a deletion is a job of 1 to 5 000 contacts; what is deleted stays in the recycle bin for thirty days, then
its data fields and Insight records are gone for good.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import ServiceUnavailable, StreamStopped
from delivery.json_text import encode
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind, rejected, skipped
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.answers import without_values
from target_dotdigital.call_contracts import CONTACT_DELETION, CONTACT_DELETION_REPORT
from target_dotdigital.contact_identity import EMAIL, MOBILE_NUMBER, identifier_texts
from target_dotdigital.contact_lookup import ContactRefused
from target_dotdigital.data_field_values import FieldType, ValueMismatch, fitted
from target_dotdigital.identifier_form import identifier_refusal, usable_identifiers
from target_dotdigital.imports import PATIENCE_SECONDS
from target_dotdigital.schemas import DELETED_CONTACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_dotdigital.answers import Answer
    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.contact_directory import ContactDirectory
    from target_dotdigital.contact_lookup import ContactLookup
    from target_dotdigital.erased_people import ErasedPeople
    from target_dotdigital.known_people import KnownPeople
    from target_dotdigital.notices import Notices
    from target_dotdigital.shared_turns import SharedTurns

PATH = "/contacts/v3/delete"
NOT_THERE = skipped("there is no such contact to delete")
NOT_FOUND_CODE = "contactnotfound"
FORGET = "forget"
NOT_REMEMBERED = (
    "were deleted but not remembered, as 'forget' asks: set erased_people_path, or a later record revives them"
)


@dataclass(frozen=True, slots=True)
class DeletionServices:
    """What all sinks of deleted contacts share.

    Attributes:
        client: The account.
        lookup: Asks the account about single contacts.
        people: Whom this run has seen in the account.
        directory: All contacts of the account, as far as they were read.
        erased: Remembers who must not come back.
        notices: Counts what people should know of.
        turns: Keeps deletions apart from imports.
        poll_seconds: Seconds between two looks at a job.
    """

    client: DotdigitalClient
    lookup: ContactLookup
    people: KnownPeople
    directory: ContactDirectory
    erased: ErasedPeople
    notices: Notices
    turns: SharedTurns
    poll_seconds: float


class DeletedContactSink(Sink):
    """Deletes contacts, after everything else that was read about them."""

    stage: ClassVar[int] = 3
    max_batch_count: int = 5_000
    max_batch_bytes: int = 20_000_000
    record_schema: ClassVar[dict[str, Any]] = DELETED_CONTACT

    def __init__(self, stream: str, services: DeletionServices) -> None:
        super().__init__(stream)
        self._services = services
        self._client = services.client
        self._poll_seconds = services.poll_seconds

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare({name: value for name, value in record.items() if value is not None})
        if isinstance(checked, Outcome):
            return checked
        identifiers = _identifiers(checked)
        if len(identifiers) != 1:
            return rejected("must have exactly one identifier, and perhaps 'forget'", "schema")
        refusal = identifier_refusal(identifiers)
        if refusal is not None:
            return refusal
        if checked.get(FORGET):
            self._services.erased.announce(identifiers)
        return checked

    @override
    def opt_out(self, record: Record) -> Record | None:
        usable = usable_identifiers(_identifiers(record))
        name = next((name for name in (EMAIL, MOBILE_NUMBER, *usable) if name in usable), None)
        if name is None:
            return None
        return {name: usable[name], **({FORGET: True} if _asks_to_forget(record) else {})}

    @override
    def opt_out_of(self, entry: Entry) -> Record | None:
        # A deletion says nothing else: it was sent already.
        return None

    @override
    def identify(self, record: Record) -> str:
        return next(identifier_texts(_identifiers(record)))

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return {**later, FORGET: True} if earlier.get(FORGET) else later

    @override
    def element(self, record: Record) -> bytes:
        return encode(_identifiers(record))

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        # First remembered, then deleted: whoever is killed in between does both again.
        self._remember([_identifiers(entry.record) for entry in batch if entry.record.get(FORGET)])
        # Alone: an import that has found the person there would bring it back with the status of before.
        with self._services.turns.alone():
            outcomes = deliver_narrowing(batch, self._delete)
            for entry, outcome in zip(batch, outcomes, strict=True):
                if outcome.kind is not OutcomeKind.REJECTED:
                    self._services.people.forget(entry.identity)
                    self._services.directory.forget(entry.identity)
        return [self._outcome(entry.record, outcome) for entry, outcome in zip(batch, outcomes, strict=True)]

    def _remember(self, people: Sequence[dict[str, Any]]) -> None:
        """Remember people by all identifiers they have: the record names one, but they may come back by another."""
        if self._services.erased.remembers:
            self._services.erased.remember([*people, *map(self._all_identifiers, people)])

    def _all_identifiers(self, identifiers: dict[str, Any]) -> dict[str, Any]:
        ((name, value),) = identifiers.items()
        try:
            return self._services.lookup.identifiers(name, str(value))
        except ContactRefused:
            # The deletion says so, too.
            return {}

    def _outcome(self, record: Record, outcome: Outcome) -> Outcome:
        if not record.get(FORGET) or outcome.kind is OutcomeKind.REJECTED:
            return outcome
        if not self._services.erased.remembers:
            self._services.notices.count(NOT_REMEMBERED, self.stream)
            return outcome
        # Remembered in any case, whether there was a contact to delete or not.
        return DELIVERED

    def _delete(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        report = self._await(self._start(b"[" + b",".join(entry.element for entry in batch) + b"]"))
        failures: dict[str, Outcome] = {}
        for item in report.get("failures") or []:
            outcome = self._failure(item)
            for text in identifier_texts(item.get("identifier") or {}):
                failures[text] = outcome
        known = {entry.identity for entry in batch}
        untold = len(report.get("failures") or []) - len(known & failures.keys())
        if untold > 0 or _deleted(report) < len(known - failures.keys()):
            message = "the deletion's report does not tell what became of it"
            raise BatchRefused(message, "notInReport")
        return [failures.get(entry.identity, DELIVERED) for entry in batch]

    def _failure(self, item: dict[str, Any]) -> Outcome:
        failures = [failure for failure in item.get("failures") or [] if isinstance(failure, dict)]
        codes = [str(failure.get("failureCode", "")) for failure in failures]
        if any(code.lower() == NOT_FOUND_CODE for code in codes):
            return NOT_THERE
        said = "; ".join(
            without_values(str(failure.get("description") or ""), self._client.redaction) for failure in failures
        )
        return rejected(said or "Dotdigital does not delete it", codes[0] if codes else "unknown")

    def _start(self, body: bytes) -> str:
        ends = time.monotonic() + PATIENCE_SECONDS
        while (answer := self._ask_for(body)).wants_slot:
            if time.monotonic() > ends:
                message = (
                    f"Dotdigital runs too many deletions already ({answer.word}), and no slot came free in an hour"
                )
                raise ServiceUnavailable(message)
            self._client.shutdown.sleep(self._poll_seconds)
        if not answer.succeeded:
            message = f"Dotdigital refuses to delete it ({answer.explained})"
            raise BatchRefused(message, answer.word)
        return str(answer.data["deleteId"])

    def _ask_for(self, body: bytes) -> Answer:
        return self._client.ask("POST", PATH, contract=CONTACT_DELETION, budget=self._client.budgets.imports, body=body)

    def _await(self, identifier: str) -> dict[str, Any]:
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            self._client.shutdown.sleep(self._poll_seconds)
            answer = self._client.ask(
                "GET",
                f"{PATH}/{identifier}",
                contract=CONTACT_DELETION_REPORT,
                budget=self._client.budgets.polls,
            )
            status = answer.data["status"].lower() if answer.succeeded else ""
            if status == "finished":
                return dict(answer.data)
            if status == "failed" or not answer.succeeded:
                break
        message = f"Dotdigital did not do a deletion of contacts (job {identifier}); run again later"
        raise StreamStopped(message)


def _deleted(report: dict[str, Any]) -> int:
    """Return how many contacts a report tells to be deleted, one by one or by their number."""
    summary, deleted = report.get("summary") or {}, report.get("deleted") or []
    counted: int = summary.get("deletedContacts", 0)
    return max(len(deleted), counted)


def _asks_to_forget(record: Record) -> bool:
    try:
        return fitted(record.get(FORGET), FieldType.BOOLEAN) is True
    except ValueMismatch:
        # Whatever was meant: who is remembered in vain stays deleted, who is not may come back.
        return True


def _identifiers(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != FORGET}
