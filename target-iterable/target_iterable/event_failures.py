"""Tells from the answer of a bulk call which of its events failed, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from delivery.narrowing import BatchRefused
from delivery.outcome import DELIVERED, Outcome, rejected

from target_iterable.answers import Answer, refusal
from target_iterable.bulk_failures import UNEXPLAINED, comparable, listed_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

_NOT_FOUND = (
    "no such person in Iterable, and an event makes none here: load the person through users or purchases, then replay"
)


def attribute_event_failures(answer: Answer, batch: Sequence[Entry]) -> tuple[list[Outcome], list[int]]:
    """Return the outcome of each event of a bulk call that was taken as a whole.

    Iterable: `failedUpdates` lists identifiers, and all events of such a person failed; `disallowedEventNames` lists
    names that the project blocks; `failCount` counts both. Where the counts differ from what was sent, it is not
    told which events of a person failed.

    Args:
        answer: The 200 answer.
        batch: What was sent; a person may have several events in it.

    Returns:
        One outcome an event, and the positions of which the answer does not tell whether they failed.

    Raises:
        BatchRefused: If more events failed than the answer lists.
    """
    outcomes = [DELIVERED] * len(batch)
    blocked = _blocked(answer, batch)
    for place, outcome in blocked.items():
        outcomes[place] = outcome
    listed = Counter[str]()
    meaning: dict[str, Outcome] = {}
    for identifier, outcome in listed_failures(answer):
        listed[identifier] += 1
        meaning[identifier] = outcome
    found = _places(batch, blocked, meaning) if meaning else {}
    suspects = {place for places in found.values() for place in places}
    failed = answer.body.get("failCount")
    counted = failed if isinstance(failed, int) else 0
    if counted > len(blocked) + len(suspects):
        raise BatchRefused(UNEXPLAINED.reason, UNEXPLAINED.code)
    all_failed = counted == len(blocked) + len(suspects)
    unclear: list[int] = []
    for identifier, places in found.items():
        if all_failed or listed[identifier] == len(places) or len(batch) == 1:
            for place in places:
                outcomes[place] = _of_event(meaning[identifier])
        else:
            unclear.extend(places)
    return outcomes, sorted(set(unclear))


def event_refusal(answer: Answer, batch: Sequence[Entry]) -> BatchRefused:
    """Return why a batch of events was refused as a whole, and which of them are to blame if that can be told.

    Iterable: fields are typed per event name, but the answer names the field without the event's name.

    Args:
        answer: An answer with a 4xx status that is not about access.
        batch: The entries of the request, in the order in which they stood in it.
    """
    refused = refusal(answer, batch)
    names = {batch[place].record["eventName"] for place in refused.offenders if place < len(batch)}
    if answer.code == "RequestFieldsTypesMismatched" and len(names) > 1:
        # What is wrong in one event's field may be right in the field of that name of another: halving finds it.
        return BatchRefused(refused.reason, refused.code)
    return refused


def _blocked(answer: Answer, batch: Sequence[Entry]) -> dict[int, Outcome]:
    names = answer.body.get("disallowedEventNames")
    outcomes = {
        str(name): rejected(
            f"the event name '{name}' is blocked in the project: allow it in the project's settings, then replay",
            "disallowedEventNames",
        )
        for name in (names if isinstance(names, list) else [])
    }
    return {
        place: outcomes[entry.record["eventName"]]
        for place, entry in enumerate(batch)
        if entry.record["eventName"] in outcomes
    }


def _places(
    batch: Sequence[Entry], blocked: dict[int, Outcome], identifiers: dict[str, Outcome]
) -> dict[str, list[int]]:
    """Return where each identifier stands in a batch, events with blocked names left out."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(batch):
        if place in blocked:
            continue
        own = {comparable(entry.record[name]) for name in ("email", "userId") if name in entry.record}
        for identifier in own & identifiers.keys():
            places[identifier].append(place)
    return places


def _of_event(outcome: Outcome) -> Outcome:
    return replace(outcome, reason=_NOT_FOUND) if outcome.code.startswith("notFound") else outcome
