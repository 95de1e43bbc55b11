"""What is checked of the person a record is about, whichever stream the record is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.outcome import Outcome, rejected

from target_iterable.answers import FORGOTTEN
from target_iterable.identifiers import PersonFault, ProjectType, normalize_person

if TYPE_CHECKING:
    from target_iterable.forgotten_people import ForgottenPeople

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


def check_person(
    person: dict[str, Any], project_type: ProjectType, forgotten: ForgottenPeople, member: str = ""
) -> dict[str, Any] | Outcome:
    """Return a person as Iterable compares people, or the outcome of a record about one that is not sent.

    Nobody is sent whose identifiers Iterable would not take, whom it has forgotten, or with fields it keeps itself.

    Args:
        person: Holds `email`, `userId` or both, and maybe `dataFields`.
        project_type: What the project identifies people by.
        forgotten: Knows whom Iterable has forgotten.
        member: The record's member that holds the person, for reasons; empty if the record itself does.
    """
    normalized = normalize_person(person, project_type)
    if isinstance(normalized, PersonFault):
        return rejected(f"{member}: {normalized.reason}" if member else normalized.reason, "identifier")
    if forgotten.has(normalized):
        return FORGOTTEN
    if reserved := RESERVED_FIELDS.intersection(normalized.get("dataFields") or {}):
        place = f"{member}.dataFields" if member else "dataFields"
        return rejected(f"{place} hold fields that Iterable keeps itself: {', '.join(sorted(reserved))}", "field")
    return normalized
