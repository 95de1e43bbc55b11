"""Tells from the answer of a bulk call which of its records failed, and why."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from delivery.narrowing import BatchRefused
from delivery.outcome import DELIVERED, Outcome, rejected

from target_iterable.answers import FORGOTTEN, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from delivery.entry import Entry

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

UNEXPLAINED = rejected("Iterable did not take it, and does not say why", "failCount")
_UNCHANGED = ("noOpEmails", "noOpUserIds")


def attribute_failures(answer: Answer, batch: Sequence[Entry]) -> tuple[list[Outcome], list[int]]:
    """Return the outcome of each record of a bulk call that was taken as a whole.

    Iterable: `failedUpdates` lists identifiers, e-mail addresses in lower case, and no positions; `failCount` says how
    many failed.

    Args:
        answer: The 200 answer.
        batch: What was sent.

    Returns:
        One outcome a record, and the positions of which the answer does not tell whether they failed.

    Raises:
        BatchRefused: If more of several records failed than the answer lists.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(batch):
        for identifier in _identifiers(entry.record):
            places[identifier].append(place)
    outcomes = [DELIVERED] * len(batch)
    unclear: list[int] = []
    for identifier, outcome in listed_failures(answer):
        found = places.get(identifier, [])
        for place in found:
            if len(found) > 1:
                unclear.append(place)
            else:
                outcomes[place] = outcome
    listed = {place for place, outcome in enumerate(outcomes) if outcome != DELIVERED} | set(unclear)
    if _failed(answer, [entry.record for entry in batch]) > len(listed):
        if len(batch) == 1:
            return [UNEXPLAINED], []
        raise BatchRefused(UNEXPLAINED.reason, UNEXPLAINED.code)
    return outcomes, sorted(set(unclear)) if len(batch) > 1 else []


def _failed(answer: Answer, sent: Sequence[Mapping[str, Any]]) -> int:
    """Return how many failed; whether those that changed nothing are counted among them is not documented."""
    counted = answer.body.get("failCount")
    return (counted if isinstance(counted, int) else 0) - unchanged(answer.body, sent)


def unchanged(body: Mapping[str, Any], sent: Sequence[Mapping[str, Any]]) -> int:
    """Return how many elements of a request a bulk answer lists as having changed nothing.

    Args:
        body: The answer.
        sent: The elements of the request, which name people; whoever else is listed does not count.
    """
    lists = [body.get(name) for name in _UNCHANGED]
    listed = {comparable(name) for names in lists if isinstance(names, list) for name in names}
    return sum(not listed.isdisjoint(_identifiers(element)) for element in sent)


def listed_failures(answer: Answer) -> Iterator[tuple[str, Outcome]]:
    """Yield each identifier that a bulk answer lists as failed, in the form of `comparable`, with what that means."""
    failures = answer.body.get("failedUpdates")
    for name, outcome in _FAILURES.items():
        listed = failures.get(name) if isinstance(failures, dict) else None
        for identifier in listed if isinstance(listed, list) else []:
            yield comparable(identifier), outcome


def comparable(identifier: object) -> str:
    """Return an e-mail address or userId so that what was sent equals what Iterable echoes."""
    text = str(identifier)
    return text.strip().lower() if "@" in text else text


def _identifiers(record: Mapping[str, Any]) -> set[str]:
    fields = record.get("dataFields") or {}
    values = (record.get("email"), record.get("userId"), fields.get("email"), fields.get("userId"))
    return {comparable(value) for value in values if value}
