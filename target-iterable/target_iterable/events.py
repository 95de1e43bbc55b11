"""Custom events: many at once, each known by its id."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.narrowing import deliver_narrowing
from delivery.outcome import Outcome, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import check_endpoint, single_outcome
from target_iterable.contracts import counts_of
from target_iterable.created_at import created_at_fault
from target_iterable.dropped_fields import DroppedFields
from target_iterable.event_failures import attribute_event_failures, event_refusal
from target_iterable.identifiers import people_there, person_identity
from target_iterable.person_check import check_person
from target_iterable.schemas import EVENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.project import Project

PATH = "/api/events/trackBulk"

_EVENT_ID = re.compile(r"[A-Za-z0-9-]{1,512}")


class EventSink(Sink):
    """Stores custom events.

    Iterable: about 1 000 events a call, 10 calls a second; an event with an id that is known already is updated, so
    sending one again changes nothing; without an id each call stores another one. An id names one event of one person.
    Calls under way at once may be carried out in any order: one person's events therefore go through one lane.

    An event does not make the person it names in every project, while purchases and carts do: it goes last.
    """

    stage: ClassVar[int] = 3
    lanes: ClassVar[int] = 4
    lane_depth: ClassVar[int] = 1
    record_schema: ClassVar[dict[str, Any]] = EVENT

    def __init__(
        self,
        stream: str,
        project: Project,
    ) -> None:
        super().__init__(stream)
        self._project = project
        self._identified_like = people_there(project.type)
        self._dropped_fields = DroppedFields(project.logger)
        self._without_id = count(1)

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        event = {name: value for name, value in checked.items() if value is not None}
        if "id" in event and not _EVENT_ID.fullmatch(event["id"]):
            return rejected("id must be letters, digits and hyphens, at most 512 of them", "id")
        if (fault := created_at_fault(event)) is not None:
            return rejected(fault, "createdAt")
        identifiers: Record = {name: event[name] for name in ("email", "userId") if name in event}
        person = check_person(identifiers, self._identified_like, self._project.forgotten)
        return person if isinstance(person, Outcome) else {**event, **person}

    @override
    def identify(self, record: Record) -> str:
        return f"id {record['id']}" if "id" in record else f"number {next(self._without_id)}"

    @override
    def lane_key(self, entry: Entry) -> str:
        return person_identity(entry.record)

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        # Only a repeat becomes one with the first: whether an update keeps fields it does not name is not documented.
        return later if earlier == later else None

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return self._project.new_profiles.deliver(
            batch, self.stream, lambda able: deliver_narrowing(able, self._attempt), self._made_by
        )

    def _made_by(self, entry: Entry) -> Record | None:
        """Iterable: an event makes an unknown person by userId, and nobody in an email project."""
        record = entry.record
        if not record.get("userId") or self._project.type == "email":
            return None
        return {name: record[name] for name in ("userId", "email") if name in record}

    def _attempt(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        body = b'{"events":[' + b",".join(entry.element for entry in batch) + b"]}"
        answer = self._project.client.ask(
            "POST",
            PATH,
            contract=counts_of([entry.record for entry in batch]),
            stream=self.stream,
            budget=self._project.client.budgets.events_bulk,
            body=body,
        )
        check_endpoint(answer, self.stream)
        if not answer.succeeded:
            if len(batch) == 1:
                return [single_outcome(answer)]
            raise event_refusal(answer, batch)
        self._dropped_fields.tell(answer)
        outcomes, unclear = attribute_event_failures(answer, batch)
        for place in unclear:
            # Alone, each shows whether it was one of those that failed; in order, because they are one person's.
            outcomes[place] = deliver_narrowing([batch[place]], self._attempt)[0]
        return outcomes
