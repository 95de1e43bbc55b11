"""Profiles: many at once, with failures told apart by identifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import Outcome, OutcomeKind, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import check_endpoint, refusal, single_outcome
from target_iterable.bulk_failures import attribute_failures
from target_iterable.catalogs import field_types
from target_iterable.consent_fields import (
    CONSENT_FIELDS,
    NoesOfOthers,
    is_opt_out,
    merged_consent_fields,
    opt_out_of_user,
)
from target_iterable.contracts import counts_of
from target_iterable.dropped_fields import DroppedFields
from target_iterable.identifiers import people_there, person_identity
from target_iterable.identity_changes import EMAIL_CONFLICT
from target_iterable.person_check import check_person
from target_iterable.profile_reads import ProfileRefused
from target_iterable.schemas import USER
from target_iterable.subscription_choices import reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.field_ownership import FieldOwnership
    from target_iterable.identity_changes import EmailChanges, GuestMerges
    from target_iterable.list_memberships import JoinedList
    from target_iterable.project import Project
    from target_iterable.project_fields import ProjectFields

PATH = "/api/users/bulkUpdate"
_NOBODY = rejected("no such person in Iterable", "notFound")


@dataclass(frozen=True, slots=True)
class UserRules:
    """What is asked and done about people before and after their profiles are written.

    Attributes:
        fields: Fits profile fields to the project's types.
        ownership: Takes out fields that are not the source's to write; None if all are.
        email_changes: Follows changes of address; None where a project needs no call of its own for them.
        guests: Merges guests into customers; None if that is not wanted.
        joined_list: The list that everybody joins; None if there is none.
    """

    fields: ProjectFields
    ownership: FieldOwnership | None = None
    email_changes: EmailChanges | None = None
    guests: GuestMerges | None = None
    joined_list: JoinedList | None = None


class UserSink(Sink):
    """Creates and updates profiles.

    Iterable: up to 4 MB and about 1 000 profiles a call, 5 calls a second; omitted fields stay as they are; a 200
    may hold failures, named by identifier. One call at a time is enough at that rate and keeps each person's order.
    """

    stage: ClassVar[int] = 0
    record_schema: ClassVar[dict[str, Any]] = USER

    def __init__(self, stream: str, project: Project, rules: UserRules) -> None:
        super().__init__(stream)
        self._project = project
        self._rules = rules
        self._dropped_fields = DroppedFields(project.logger)
        self._announced_types: dict[str, str] = {}
        self._noes_of_others = NoesOfOthers()
        creation = rules.fields.rule.created
        self._head = b'{"users":[' if creation is None else b'{"createNewFields":' + encode(creation) + b',"users":['

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        self._announced_types = field_types((schema.get("properties") or {}).get("dataFields") or {})

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        known_by = people_there(self._project.type) if is_opt_out(checked) else self._project.type
        person = check_person(checked, known_by, self._project.forgotten)
        if isinstance(person, Outcome) or not person.get("dataFields"):
            return person
        fields = self._rules.fields.fit(person["dataFields"], self.stream, self._announced_types)
        return fields if isinstance(fields, Outcome) else {**person, "dataFields": fields}

    @override
    def identify(self, record: Record) -> str:
        return person_identity(record)

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        if any(earlier.get(name) != later.get(name) for name in ("email", "userId", "mergeNestedObjects")):
            return None
        before, after = earlier.get("dataFields", {}), later.get("dataFields", {})
        if not later.get("mergeNestedObjects"):
            fields = {**before, **after}
        elif can_be_one(before, after):
            fields = _merge_nested(before, after)
        else:
            return None
        consent_fields = merged_consent_fields(earlier, later)
        return {**earlier, **later, **({"dataFields": fields} if fields else {}), **consent_fields}

    @override
    def opt_out(self, record: Record) -> Record | None:
        return opt_out_of_user(record)

    @override
    def element(self, record: Record) -> bytes:
        if CONSENT_FIELDS not in record:
            return encode(record)
        return encode({name: value for name, value in record.items() if name != CONSENT_FIELDS})

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        outcomes: dict[int, Outcome] = {}
        noes = [place for place, entry in enumerate(batch) if is_opt_out(entry.record)]
        others = [place for place in range(len(batch)) if place not in set(noes)]
        outcomes.update(zip(others, self._write_and_join([batch[place] for place in others]), strict=True))
        # After the others: a no of one customer counts whatever another with the same address has said before.
        for place in noes:
            outcomes[place] = self._say_no(batch[place])
        return [outcomes[place] for place in range(len(batch))]

    def _say_no(self, entry: Entry) -> Outcome:
        """Write what somebody says no to, to each profile that has one of the identifiers.

        Two customers may give one address, of whom only one can have it in a hybrid project: what the other says no to
        is meant for whoever gets the mails.
        """
        record = entry.record
        try:
            profiles = self._project.new_profiles.reader(self.stream).read_all(record)
        except ProfileRefused as refused:
            return refused.outcome
        for profile in profiles:
            self._project.new_profiles.remember(profile)
            if profile.get("userId") and profile["userId"] != record.get("userId"):
                self._noes_of_others.note(person_identity(profile), record[CONSENT_FIELDS])
        whom = [reference(profile, self._project.type) for profile in profiles]
        if not whom and self._project.type == "email" and "email" not in record:
            return _NOBODY
        whom = whom or [reference(record, self._project.type, new=True)]
        outcomes = self._write([self._with_identifier(entry, named) for named in whom])
        return next((outcome for outcome in outcomes if outcome.kind is OutcomeKind.REJECTED), outcomes[0])

    def _with_identifier(self, entry: Entry, named: dict[str, str]) -> Entry:
        said = {name: value for name, value in entry.record.items() if name not in {"email", "userId"}}
        record = {**named, **said}
        return replace(entry, record=record, element=self.element(record), identity=self.identify(record))

    def _write_and_join(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        """Write profiles, and put those who were written on the list that everybody joins."""
        outcomes = self._write(batch)
        joined_list = self._rules.joined_list
        return outcomes if joined_list is None else joined_list.join(batch, outcomes, self.stream)

    def _write(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        outcomes, places, entries = self._make_ready(batch)
        results = self._project.new_profiles.deliver(
            entries, self.stream, lambda able: deliver_narrowing(able, self._attempt)
        )
        for place, entry, outcome in zip(places, entries, results, strict=True):
            final = self._settle_conflict(entry, outcome) if outcome.code == EMAIL_CONFLICT else outcome
            if final.kind is OutcomeKind.DELIVERED and self._rules.ownership is not None:
                self._rules.ownership.delivered(entry)
            outcomes[place] = final
        return [outcome for outcome in outcomes if outcome is not None]

    def _make_ready(self, batch: Sequence[Entry]) -> tuple[list[Outcome | None], list[int], list[Entry]]:
        """Return the outcomes of records that are not sent, the places of the others, and these as they are sent."""
        rules = self._rules
        outcomes: list[Outcome | None] = [None] * len(batch)
        if rules.email_changes is not None:
            outcomes = rules.email_changes.follow(batch)
        places = [place for place, outcome in enumerate(outcomes) if outcome is None]
        entries = [self._as_allowed(batch[place]) for place in places]
        if rules.ownership is None:
            return outcomes, places, entries
        ready: dict[int, Entry] = {}
        for place, entry, record in zip(places, entries, rules.ownership.apply(entries), strict=True):
            if isinstance(record, Outcome):
                outcomes[place] = record
            else:
                changed = record is not entry.record
                ready[place] = replace(entry, record=record, element=self.element(record)) if changed else entry
        return outcomes, list(ready), list(ready.values())

    def _as_allowed(self, entry: Entry) -> Entry:
        """Return an entry without a yes where another customer of the same address has said no in this run."""
        record = self._noes_of_others.without_overruled(entry.record, entry.identity)
        return entry if record is entry.record else replace(entry, record=record, element=self.element(record))

    def _settle_conflict(self, entry: Entry, conflict: Outcome) -> Outcome:
        """Merge the guest who has the address of a record, and send the record again."""
        if self._rules.guests is None:
            return conflict
        return self._rules.guests.resolve(entry.record) or self._attempt([entry])[0]

    def _attempt(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        body = self._head + b",".join(entry.element for entry in batch) + b"]}"
        answer = self._project.client.ask(
            "POST",
            PATH,
            contract=counts_of([entry.record for entry in batch]),
            stream=self.stream,
            budget=self._project.client.budgets.users_bulk_update,
            body=body,
        )
        check_endpoint(answer, self.stream)
        if not answer.succeeded:
            if len(batch) == 1:
                return [single_outcome(answer)]
            raise refusal(answer, batch)
        self._dropped_fields.tell(answer)
        outcomes, unclear = attribute_failures(answer, batch)
        for place in unclear:
            # Two records share the identifier that failed: alone, each shows whether it was the one.
            outcomes[place] = self._attempt([batch[place]])[0]
        return outcomes


def can_be_one(earlier: Record, later: Record) -> bool:
    """Tell whether one update of nested objects can have the effect of two in order.

    It cannot where an object follows a null or a single value: the first removes what the profile holds there, and one
    update that merges the object into the profile would keep it.
    """
    for name, value in later.items():
        if isinstance(value, dict) and name in earlier:
            before = earlier[name]
            if not isinstance(before, dict) or not can_be_one(before, value):
                return False
    return True


def _merge_nested(earlier: Record, later: Record) -> Record:
    merged = dict(earlier)
    for name, value in later.items():
        before = merged.get(name)
        both_objects = isinstance(before, dict) and isinstance(value, dict)
        merged[name] = _merge_nested(before, value) if both_objects else value  # type: ignore[arg-type]  # just checked
    return merged
