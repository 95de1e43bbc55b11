"""Profiles: many at once, with failures told apart by identifier."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import FORGOTTEN, Answer, refusal, single_outcome
from target_iterable.identifiers import PersonFault, ProjectType, normalize_person, person_identity
from target_iterable.schemas import USER

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.client import IterableClient

PATH = "/api/users/bulkUpdate"

RESERVED_FIELDS = frozenset(
    {
        "devices",
        "emailListIds",
        "itblDS",
        "itblInternal",
        "itblUserId",
        "profileUpdatedAt",
        "shoppingCartItems",
        "signupSource",
        "subscribedMessageTypeIds",
        "unsubscribedChannelIds",
        "unsubscribedMessageTypeIds",
        "userListIds",
    }
)
"""Profile fields that Iterable keeps itself; writing some of them would undo what people chose there."""

_FAILURES: dict[str, Outcome] = {
    "invalidEmails": rejected("Iterable does not take the e-mail address", "invalidEmails"),
    "invalidUserIds": rejected("Iterable does not take the userId", "invalidUserIds"),
    "invalidDataEmails": rejected("a data field has a value Iterable does not take", "invalidDataEmails"),
    "invalidDataUserIds": rejected("a data field has a value Iterable does not take", "invalidDataUserIds"),
    "conflictEmails": rejected("the identifiers belong to two different people in Iterable", "conflictEmails"),
    "conflictUserIds": rejected("the identifiers belong to two different people in Iterable", "conflictUserIds"),
    "notFoundEmails": rejected("no such person in Iterable", "notFoundEmails"),
    "notFoundUserIds": rejected("no such person in Iterable", "notFoundUserIds"),
    "forgottenEmails": FORGOTTEN,
    "forgottenUserIds": FORGOTTEN,
}


class UserSink(Sink):
    """Creates and updates profiles.

    Iterable: up to 4 MB and about 1 000 profiles a call, 5 calls a second; omitted fields stay as they are; a 200
    may hold failures, named by identifier. One call at a time is enough at that rate and keeps each person's order.
    """

    stage: ClassVar[int] = 0
    record_schema: ClassVar[dict[str, Any]] = USER

    def __init__(self, stream: str, client: IterableClient, project_type: ProjectType, logger: logging.Logger) -> None:
        super().__init__(stream)
        self._client = client
        self._project_type = project_type
        self._logger = logger
        self._dropped_fields: set[str] = set()

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        normalized = normalize_person(checked, self._project_type)
        if isinstance(normalized, PersonFault):
            return rejected(normalized.reason, "identifier")
        reserved = RESERVED_FIELDS.intersection(normalized.get("dataFields", {}))
        if reserved:
            return rejected(
                f"dataFields hold fields that Iterable keeps itself: {', '.join(sorted(reserved))}", "field"
            )
        return normalized

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
        return {**earlier, **later, **({"dataFields": fields} if fields else {})}

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return deliver_narrowing(batch, self._attempt)

    def _attempt(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        body = b'{"users":[' + b",".join(entry.element for entry in batch) + b"]}"
        answer = self._client.ask(
            "POST", PATH, stream=self.stream, budget=self._client.budgets.users_bulk_update, body=body
        )
        if not answer.succeeded:
            if len(batch) == 1:
                return [single_outcome(answer)]
            raise refusal(answer, batch)
        self._tell_dropped_fields(answer)
        outcomes, unclear = attribute_failures(answer, batch)
        for place in unclear:
            # Two records share the identifier that failed: alone, each shows whether it was the one.
            outcomes[place] = self._attempt([batch[place]])[0]
        return outcomes

    def _tell_dropped_fields(self, answer: Answer) -> None:
        names = answer.body.get("filteredOutFields")
        new = {str(name) for name in names} - self._dropped_fields if isinstance(names, list) else set()
        if new:
            self._dropped_fields |= new
            self._logger.warning(
                "Iterable dropped fields that the project does not know: %s. Add them in the project's settings, or "
                "let the project create new fields.",
                ", ".join(sorted(new)),
            )


def attribute_failures(answer: Answer, batch: Sequence[Entry]) -> tuple[list[Outcome], list[int]]:
    """Return the outcome of each record of a bulk call that was taken as a whole.

    Iterable: `failedUpdates` lists identifiers, e-mail addresses in lower case, and no positions.

    Args:
        answer: The 200 answer.
        batch: What was sent.

    Returns:
        One outcome a record, and the positions of which the answer does not tell whether they failed.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(batch):
        for identifier in _identifiers(entry.record):
            places[identifier].append(place)
    outcomes = [DELIVERED] * len(batch)
    unclear: list[int] = []
    failures = answer.body.get("failedUpdates")
    for name, outcome in _FAILURES.items():
        listed = failures.get(name) if isinstance(failures, dict) else None
        for identifier in listed if isinstance(listed, list) else []:
            found = places.get(_comparable(identifier), [])
            for place in found:
                if len(found) > 1:
                    unclear.append(place)
                else:
                    outcomes[place] = outcome
    return outcomes, sorted(set(unclear)) if len(batch) > 1 else []


def _identifiers(record: Record) -> set[str]:
    fields = record.get("dataFields") or {}
    values = (record.get("email"), record.get("userId"), fields.get("email"), fields.get("userId"))
    return {_comparable(value) for value in values if value}


def _comparable(identifier: object) -> str:
    text = str(identifier)
    return text.strip().lower() if "@" in text else text


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
