"""People who are gone: unsubscribed, deleted or forgotten, one call each."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from delivery.client import RetryPolicy
from delivery.errors import ServiceThrottled
from delivery.json_text import encode
from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import BAD_PARAMETERS, FORGOTTEN, FORGOTTEN_CODE, UNKNOWN_USER_ID, single_outcome
from target_iterable.contracts import ENVELOPE
from target_iterable.identifiers import (
    PersonFault,
    normalize_person,
    people_there,
    person_identity,
    usable_identifiers,
)
from target_iterable.one_by_one import OneByOne
from target_iterable.profile_reads import ProfileRefused
from target_iterable.schemas import DELETED_USER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.marketing_opt_outs import MarketingOptOuts
    from target_iterable.profile_reads import ProfileReader
    from target_iterable.project import Project

FORGET = "/api/users/forget"
FORGET_CALLS_A_DAY = 1000
FORGET_PATIENCE = RetryPolicy(throttled_seconds=60)
"""At three calls a second a refusal that stays for a minute is not the rate any more: the day's calls are used up."""

DAY_USED_UP = rejected(
    f"Iterable takes {FORGET_CALLS_A_DAY} calls to forget people in 24 hours, and these are used up: replay the "
    "rejects file tomorrow",
    "RateLimitExceeded",
)
Person = dict[str, str]
_STRENGTH = ("unsubscribe", "delete", "forget")


class DeletedUserSink(Sink):
    """Unsubscribes, deletes or forgets people.

    Iterable: a deleted person can come back with the next record about him or her; a forgotten one cannot. Somebody
    unknown is as good as deleted. At most 100 deletions a second, and 3 calls to forget, 1 000 of them in 24 hours.

    What a run cannot forget within these is rejected rather than held back: a run that failed would come to the same
    end every few minutes all day, with everything that was read after it held back too. So the rest of the data flows,
    the run still ends as failed (`max_rejects`), and the file of rejected records is the list of those to forget.

    This comes after everything that mentions a person: a purchase sent later would bring the profile back.
    """

    stage: ClassVar[int] = 9
    lanes: ClassVar[int] = 8
    record_schema: ClassVar[dict[str, Any]] = DELETED_USER

    def __init__(
        self,
        stream: str,
        project: Project,
        profiles: ProfileReader,
        opt_outs: MarketingOptOuts,
    ) -> None:
        super().__init__(stream)
        self._project = project
        self._profiles = profiles
        self._opt_outs = opt_outs
        # Two endpoints: that one answers says nothing of the other.
        self._deletions = OneByOne(project.client.shutdown)
        self._forgets = OneByOne(project.client.shutdown)
        self._forget_calls = 0
        self._one_forgets = threading.Lock()

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        action = checked.get("action") or "delete"
        # An email project may know several people by one userId: that one of them is gone erases nobody else.
        known_by = people_there(self._project.type) if action == "unsubscribe" else self._project.type
        normalized = normalize_person(checked, known_by)
        if isinstance(normalized, PersonFault):
            return rejected(normalized.reason, "identifier")
        by_email = normalized.get("email") and (self._project.type == "email" or not normalized.get("userId"))
        name = "email" if by_email else "userId"
        person = {name: normalized[name]}
        if self._project.forgotten.has(person):
            return DELIVERED if action == "forget" else FORGOTTEN
        return {**person, "action": action}

    @override
    def opt_out(self, record: Record) -> Record | None:
        person = usable_identifiers(record)
        # What is done without being told to is not done on the word of a record that is rejected.
        if record.get("action") not in _STRENGTH or not person:
            return None
        return {**person, "action": record["action"]}

    @override
    def identify(self, record: Record) -> str:
        return person_identity(record)

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return max(earlier, later, key=lambda record: _STRENGTH.index(record["action"]))

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        by_action: defaultdict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(batch):
            by_action[entry.record["action"]].append(place)
        outcomes: dict[int, Outcome] = {}
        # Leaving first, because nothing may come before it; and whoever is deleted cannot be forgotten any more.
        for action in ("unsubscribe", "forget", "delete"):
            places = by_action[action]
            people = [_person(batch[place].record) for place in places]
            outcomes.update(zip(places, self._send_all(action, people), strict=True))
        return [outcomes[place] for place in range(len(batch))]

    def _send_all(self, action: str, people: Sequence[Person]) -> Sequence[Outcome]:
        if action == "delete":
            return self._deletions.deliver(people, self._delete)
        if action == "forget":
            return self._forgets.deliver(people, self._forget)
        # No call but look-ups may be needed for a person, which says nothing of the others' calls.
        return [self._opt_outs.unsubscribe(person) for person in people]

    def _delete(self, person: Person) -> Outcome:
        (name, identifier), *_ = person.items()
        path = "/api/users/byUserId/" if name == "userId" else "/api/users/"
        try:
            answer = self._project.client.ask(
                "DELETE",
                path + quote(identifier, safe=""),
                contract=ENVELOPE,
                stream=self.stream,
                budget=self._project.client.budgets.user_deletions,
                shown_path=f"{path}{{{name}}}",
            )
        finally:
            # Under which other identifiers this person was known is not told: should one come again, it is looked up.
            # That holds for a call without an answer too, which may have had its effect.
            self._project.new_profiles.forget_all()
        if answer.succeeded or answer.code in {BAD_PARAMETERS, UNKNOWN_USER_ID}:
            return DELIVERED
        return single_outcome(answer)

    def _forget(self, person: Person) -> Outcome:
        # One at a time: those who would wait for the day's limit must see that it is reached.
        with self._one_forgets:
            return self._forget_alone(person)

    def _forget_alone(self, person: Person) -> Outcome:
        if self._forget_calls >= FORGET_CALLS_A_DAY:
            return DAY_USED_UP
        try:
            answer = self._project.client.ask(
                "POST",
                FORGET,
                contract=ENVELOPE,
                stream=self.stream,
                budget=self._project.client.budgets.forget,
                body=encode(person),
                retry=FORGET_PATIENCE,
            )
        except ServiceThrottled:
            self._forget_calls = FORGET_CALLS_A_DAY
            return DAY_USED_UP
        self._forget_calls += 1
        if answer.succeeded or answer.code == FORGOTTEN_CODE or self._is_unknown(person, answer.code):
            # Records about this person that are read later in this run do not leave any more.
            self._project.forgotten.add(person)
            return DELIVERED
        return single_outcome(answer)

    def _is_unknown(self, person: Person, code: str) -> bool:
        """Whether there is nobody to forget; the code alone could mean something else, and erasing is a duty."""
        if code != BAD_PARAMETERS:
            return False
        try:
            return self._profiles.read(person) is None
        except ProfileRefused:
            return False


def _person(record: Record) -> Person:
    return {name: value for name, value in record.items() if name != "action"}
