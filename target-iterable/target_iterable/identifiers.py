"""Who a record is about, and which identifiers Iterable takes.

Iterable: an e-mail address is compared in lower case; a userId is non-empty printable ASCII without a trailing
space, compared as it is, and at most 52 characters long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

ProjectType = Literal["hybrid", "userid", "email"]

LONGEST_USER_ID = 52
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
# A path that ends in . or .. is another path: a userId of that name would delete something else, or nothing.
_USER_ID = re.compile(r"(?!\.{1,2}$)[\x20-\x7e]*[\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class PersonFault:
    """Why a person cannot be identified, in words without the identifier."""

    reason: str


def normalize_person(person: dict[str, Any], project_type: ProjectType) -> dict[str, Any] | PersonFault:
    """Return a person with identifiers as Iterable compares them, or what is wrong with them.

    Args:
        person: An object with `email` or `userId`, as in `users/bulkUpdate` or the `user` of a purchase.
        project_type: What the project identifies people by.
    """
    normalized = dict(person)
    for holder in (normalized, _data_fields(normalized)):
        email = holder.get("email")
        if email is None:
            continue
        holder["email"] = email.strip().lower()
        if not _EMAIL.fullmatch(holder["email"]):
            return PersonFault("email is not an e-mail address")
    user_id = normalized.get("userId")
    if user_id is not None and (len(user_id) > LONGEST_USER_ID or not _USER_ID.fullmatch(user_id)):
        return PersonFault(
            f"userId must be printable ASCII, at most {LONGEST_USER_ID} characters, and neither end with a space "
            "nor be . or .."
        )
    return normalized if (fault := _missing(normalized, project_type)) is None else fault


def person_identity(person: dict[str, Any]) -> str:
    """Return one text for all records about one person, so that their order can be kept."""
    if person.get("userId"):
        return f"userId {person['userId']}"
    return f"email {person['email']}"


def _data_fields(person: dict[str, Any]) -> dict[str, Any]:
    """Replace the data fields by a copy that may be changed, and return it."""
    if not isinstance(person.get("dataFields"), dict):
        return {}
    person["dataFields"] = dict(person["dataFields"])
    fields: dict[str, Any] = person["dataFields"]
    return fields


def _missing(person: dict[str, Any], project_type: ProjectType) -> PersonFault | None:
    if project_type == "userid" and not person.get("userId"):
        return PersonFault("userId is missing; a userid project knows people by nothing else")
    if project_type == "email" and not (person.get("email") or person.get("preferUserId")):
        return PersonFault("email is missing; an email project knows people by nothing else")
    if not (person.get("email") or person.get("userId")):
        return PersonFault("email and userId are both missing")
    return None
