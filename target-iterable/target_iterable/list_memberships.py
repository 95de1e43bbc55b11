"""Members of static lists: put on and taken off, up to a thousand a call."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from delivery.errors import StreamStopped
from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import Answer, check_endpoint, refusal, single_outcome
from target_iterable.bulk_failures import attribute_failures
from target_iterable.contracts import counts_of
from target_iterable.identifiers import (
    ProjectType,
    identities_of,
    people_there,
    person_identity,
    usable_identifiers,
)
from target_iterable.person_check import check_person
from target_iterable.schemas import LIST_MEMBERSHIP
from target_iterable.subscription_choices import reference
from target_iterable.subscription_groups import NameFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.client import IterableClient
    from target_iterable.dropped_fields import DroppedFields
    from target_iterable.new_profiles import NewProfiles
    from target_iterable.project import Project
    from target_iterable.static_lists import StaticLists

Action = Literal["add", "remove"]

SUBSCRIBE_PATH = "/api/lists/subscribe"
UNSUBSCRIBE_PATH = "/api/lists/unsubscribe"
UNKNOWN_LIST = "error.lists.invalidListId"
LONGEST_LAG_SECONDS = 30.0
SECONDS_BETWEEN_TRIES = 2.0
_IDENTIFIERS = ("email", "userId")
_SUBSCRIBER = (*_IDENTIFIERS, "dataFields", "preferUserId", "mergeNestedObjects")
_NOT_FOUND = frozenset({"notFoundEmails", "notFoundUserIds"})


class ListMembers:
    """Puts people on static lists and takes them off.

    Iterable: how many people a call may name is not documented, a thousand are known to work; unknown people are
    made when they are put on a list, never when they are taken off; failures are listed by identifier.

    Args:
        client: The project.
        project_type: What the project identifies people by.
        dropped_fields: Tells of data fields the project does not know.
    """

    def __init__(self, client: IterableClient, project_type: ProjectType, dropped_fields: DroppedFields) -> None:
        self._client = client
        self._project_type = project_type
        self._dropped_fields = dropped_fields

    def change(self, action: Action, list_id: int, batch: Sequence[Entry], stream: str) -> list[Outcome]:
        """Put people on a list or take them off it.

        Args:
            action: Which of the two.
            list_id: The list's number.
            batch: Entries whose records name the people; at most a thousand.
            stream: The stream they are of.

        Returns:
            The outcome of each. Taking off somebody who is not known is delivered: that person is not on the list.

        Raises:
            StreamStopped: If Iterable does not know the call, or the list, nor learns of it within half a minute.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        change = self._add if action == "add" else self._remove
        return deliver_narrowing(batch, lambda part: change(list_id, part, stream))

    def _add(self, list_id: int, batch: Sequence[Entry], stream: str) -> Sequence[Outcome]:
        members = [{name: entry.record[name] for name in _SUBSCRIBER if name in entry.record} for entry in batch]
        answer = self._ask(SUBSCRIBE_PATH, {"listId": list_id, "subscribers": members}, stream)
        if not answer.succeeded:
            return _refused(answer, batch)
        self._dropped_fields.tell(answer)
        outcomes, unclear = attribute_failures(answer, batch)
        for place in unclear:
            # Two records share the identifier that failed: alone, each shows whether it was the one.
            outcomes[place] = self._add(list_id, [batch[place]], stream)[0]
        return outcomes

    def _remove(self, list_id: int, batch: Sequence[Entry], stream: str) -> Sequence[Outcome]:
        whom = [replace(entry, record=named) for entry in batch for named in self._all_names(entry.record)]
        of_whom = [place for place, entry in enumerate(batch) for _ in self._all_names(entry.record)]
        # Said explicitly: what an absent channelUnsubscribe means is told differently by contract and partners, and
        # leaving a list must not be leaving a channel.
        body = {"listId": list_id, "channelUnsubscribe": False, "subscribers": [one.record for one in whom]}
        answer = self._ask(UNSUBSCRIBE_PATH, body, stream)
        if not answer.succeeded:
            return _refused(answer, batch)
        results, unclear = attribute_failures(answer, whom)
        outcomes = [DELIVERED] * len(batch)
        for place, outcome in zip(of_whom, results, strict=True):
            if outcome.code not in _NOT_FOUND and outcomes[place].kind is not OutcomeKind.REJECTED:
                outcomes[place] = outcome if outcome != DELIVERED else outcomes[place]
        if len(batch) > 1:
            for place in {of_whom[one] for one in unclear}:
                outcomes[place] = self._remove(list_id, [batch[place]], stream)[0]
        return outcomes

    def _all_names(self, record: Record) -> list[Record]:
        """Return how to name each profile that a record may mean.

        A hybrid project may have two: the customer's, and that of another customer who gave the same address.
        """
        if self._project_type == "hybrid":
            return [{name: record[name]} for name in _IDENTIFIERS if record.get(name)]
        return [{name: record[name] for name in _IDENTIFIERS if name in record}]

    def _ask(self, path: str, body: dict[str, Any], stream: str) -> Answer:
        """Send a request; a list that was just made is waited for."""
        given_up_at = time.monotonic() + LONGEST_LAG_SECONDS
        content = encode(body)
        while True:
            answer = self._client.ask(
                "POST",
                path,
                contract=counts_of(body["subscribers"]),
                stream=stream,
                budget=self._client.budgets.lists,
                body=content,
            )
            if not _list_is_unknown(answer):
                check_endpoint(answer, stream)
                return answer
            if time.monotonic() > given_up_at:
                message = f"stream '{stream}': Iterable does not know the list {body['listId']} any more"
                raise StreamStopped(message)
            self._client.shutdown.sleep(SECONDS_BETWEEN_TRIES)


class ListChanges:
    """Carries out what records say about lists, each person's in order.

    Args:
        lists: The lists of the project.
        members: Puts people on them and takes them off.
        new_profiles: Makes new people unsubscribed before they are put on a list.
    """

    def __init__(self, lists: StaticLists, members: ListMembers, new_profiles: NewProfiles) -> None:
        self._lists = lists
        self._members = members
        self._new_profiles = new_profiles

    def find(self, given: int | str, stream: str) -> int | str:
        """Return a list's number; the name as it is if no list has it yet.

        Raises:
            StreamStopped: If the number is unknown, the name ambiguous, or the list none that people can be put on.
        """
        try:
            found = self._lists.find(given, stream)
        except NameFault as fault:
            raise _stopped(stream, fault) from None
        return given if found is None else found

    def change(self, batch: Sequence[Entry], wanted: Sequence[tuple[int | str, Action]], stream: str) -> list[Outcome]:
        """Put people on lists and take them off; lists that are absent are made.

        Args:
            batch: Entries whose records name the people; at most a thousand.
            wanted: The list of each entry, and what is to be done there.
            stream: The stream they are of.

        Raises:
            StreamStopped: If a list cannot be made, or is none that people can be put on.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        outcomes: dict[int, Outcome] = {}
        waiting: defaultdict[tuple[int, Action], list[int]] = defaultdict(list)
        seen: set[tuple[int, str]] = set()
        for place, (given, action) in enumerate(wanted):
            list_id = ensure_list(self._lists, given, stream)
            memberships = {(list_id, identity) for identity in identities_of(batch[place].record)}
            if not memberships.isdisjoint(seen):
                # One list by name and by number, or two customers of one address: what was read first happens first.
                self._change_all(waiting, batch, stream, outcomes)
                seen.clear()
            seen |= memberships
            waiting[list_id, action].append(place)
        self._change_all(waiting, batch, stream, outcomes)
        return [outcomes[place] for place in range(len(batch))]

    def _change_all(
        self,
        waiting: defaultdict[tuple[int, Action], list[int]],
        batch: Sequence[Entry],
        stream: str,
        outcomes: dict[int, Outcome],
    ) -> None:
        for (list_id, action), places in waiting.items():
            entries = [batch[place] for place in places]
            change = partial(self._members.change, action, list_id, stream=stream)
            # Taking off makes nobody.
            results = change(entries) if action == "remove" else self._new_profiles.deliver(entries, stream, change)
            outcomes.update(zip(places, results, strict=True))
        waiting.clear()


class ListMembershipSink(Sink):
    """Puts people on static lists and takes them off, in the order of the records of one person and list."""

    stage: ClassVar[int] = 4
    record_schema: ClassVar[dict[str, Any]] = LIST_MEMBERSHIP

    def __init__(
        self,
        stream: str,
        project: Project,
        changes: ListChanges,
    ) -> None:
        super().__init__(stream)
        self._project = project
        self._changes = changes

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        given = {name: value for name, value in checked.items() if value is not None}
        leaves = checked.get("action") == "remove"
        known_by = people_there(self._project.type) if leaves else self._project.type
        person = check_person(given, known_by, self._project.forgotten)
        if isinstance(person, Outcome):
            return person
        return {"action": "add", **person, "list": self._changes.find(person["list"], self.stream)}

    @override
    def opt_out(self, record: Record) -> Record | None:
        person = usable_identifiers(record)
        if record.get("action") != "remove" or not person:
            return None
        return {**person, "list": record.get("list"), "action": "remove"}

    @override
    def identify(self, record: Record) -> str:
        return f"{person_identity(record)} {str(record['list']).strip().casefold()}"

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        if not earlier.get("dataFields"):
            return later
        # Fields are set one by one, objects among them as each record says: two such updates may not be one.
        return earlier if later["action"] == "add" and not later.get("dataFields") else None

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return self._changes.change(
            batch, [(entry.record["list"], entry.record["action"]) for entry in batch], self.stream
        )


class JoinedList:
    """The list that everybody of a stream joins once the profile is written.

    Args:
        lists: The lists of the project.
        members: Puts people on them.
        project_type: What the project identifies people by.
        given: The list's number or name, as the setting `list` says.
    """

    def __init__(self, lists: StaticLists, members: ListMembers, project_type: ProjectType, given: int | str) -> None:
        self._lists = lists
        self._members = members
        self._project_type = project_type
        self._given = given

    def join(self, batch: Sequence[Entry], outcomes: Sequence[Outcome], stream: str) -> list[Outcome]:
        """Put those on the list whose profile was delivered, and return the outcomes of both together.

        Raises:
            StreamStopped: If the list is none that people can be put on.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        together = list(outcomes)
        places = [place for place, outcome in enumerate(outcomes) if outcome == DELIVERED]
        if places:
            list_id = ensure_list(self._lists, self._given, stream)
            # Only who it is: the fields were written with the profile.
            people = [
                replace(batch[place], record=dict(reference(batch[place].record, self._project_type)))
                for place in places
            ]
            for place, outcome in zip(places, self._members.change("add", list_id, people, stream), strict=True):
                together[place] = outcome
        return together


def ensure_list(lists: StaticLists, given: int | str, stream: str) -> int:
    """Return a list's number, made if the name is free, as `StaticLists.ensure`.

    Raises:
        StreamStopped: Where that raises `NameFault`, and if Iterable does not make the list.
    """
    try:
        return lists.ensure(given, stream)
    except NameFault as fault:
        raise _stopped(stream, fault) from None


def _stopped(stream: str, fault: NameFault) -> StreamStopped:
    return StreamStopped(f"stream '{stream}': {fault}")


def _refused(answer: Answer, batch: Sequence[Entry]) -> Sequence[Outcome]:
    if len(batch) == 1:
        return [single_outcome(answer)]
    raise refusal(answer, batch)


def _list_is_unknown(answer: Answer) -> bool:
    """Iterable: 400 with this code, or with `Success` and these words."""
    return not answer.succeeded and (
        answer.code == UNKNOWN_LIST or str(answer.body.get("msg", "")).startswith(UNKNOWN_LIST)
    )
