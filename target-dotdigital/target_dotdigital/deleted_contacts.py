"""Deleted contacts: moved to the recycle bin in bulk.

Dotdigital: a deletion is a job of 1 to 5 000 contacts; what is deleted stays in the recycle bin for thirty days, then
its data fields and Insight records are gone for good.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import ServiceUnavailable, StreamStopped
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, rejected, skipped
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.answers import without_values
from target_dotdigital.contact_identity import identifier_keys
from target_dotdigital.imports import PATIENCE_SECONDS
from target_dotdigital.schemas import DELETED_CONTACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_dotdigital.client import DotdigitalClient

PATH = "/contacts/v3/delete"
NOT_THERE = skipped("there is no such contact to delete")
NOT_FOUND_CODE = "contactnotfound"


class DeletedContactSink(Sink):
    """Deletes contacts, after everything else that was read about them."""

    stage: ClassVar[int] = 2
    max_batch_count: int = 5_000
    max_batch_bytes: int = 20_000_000
    record_schema: ClassVar[dict[str, Any]] = DELETED_CONTACT

    def __init__(self, stream: str, client: DotdigitalClient, poll_seconds: float) -> None:
        super().__init__(stream)
        self._client = client
        self._poll_seconds = poll_seconds

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        return super().prepare({name: value for name, value in record.items() if value is not None})

    @override
    def identify(self, record: Record) -> str:
        return " ".join(next(identifier_keys(record)))

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return later

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return deliver_narrowing(batch, self._delete)

    def _delete(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        report = self._await(self._start(b"[" + b",".join(entry.element for entry in batch) + b"]"))
        failures: dict[tuple[str, str], Outcome] = {}
        for item in report.get("failures") or []:
            outcome = self._failure(item)
            for key in identifier_keys(item.get("identifier") or {}):
                failures[key] = outcome
        return [failures.get(next(identifier_keys(entry.record)), DELIVERED) for entry in batch]

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
        while (answer := self._client.ask("POST", PATH, budget=self._client.budgets.imports, body=body)).wants_slot:
            if time.monotonic() > ends:
                message = (
                    f"Dotdigital runs too many deletions already ({answer.word}), and no slot came free in an hour"
                )
                raise ServiceUnavailable(message)
            self._client.shutdown.sleep(self._poll_seconds)
        if not answer.succeeded or not isinstance(answer.data, dict):
            message = f"Dotdigital refuses to delete it ({answer.explained})"
            raise BatchRefused(message, answer.word)
        return str(answer.data.get("deleteId", ""))

    def _await(self, identifier: str) -> dict[str, Any]:
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            self._client.shutdown.sleep(self._poll_seconds)
            answer = self._client.ask("GET", f"{PATH}/{identifier}", budget=self._client.budgets.polls)
            status = str(answer.data.get("status", "")).lower() if isinstance(answer.data, dict) else ""
            if answer.succeeded and status == "finished":
                return dict(answer.data)
            if status == "failed" or not answer.succeeded:
                break
        message = f"Dotdigital did not do a deletion of contacts (job {identifier}); run again later"
        raise StreamStopped(message)
