"""Who a record is about, and which identifiers Iterable takes.

Iterable: an e-mail address is compared in lower case; a userId is non-empty printable ASCII without a trailing
space, compared as it is, and at most 52 characters long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeGuard

ProjectType = Literal["hybrid", "userid", "email"]

LONGEST_USER_ID = 52
LONGEST_EMAIL = 320
"""RFC 3696: 64 characters before the @ and 255 behind it."""
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
        if holder.get("email") is not None:
            email = _address(holder["email"])
            if email is None:
                return PersonFault("email is not an e-mail address")
            holder["email"] = email
        if holder.get("userId") is not None and not _is_user_id(holder["userId"]):
            return PersonFault(
                f"userId must be printable ASCII, at most {LONGEST_USER_ID} characters, and neither end with a space "
                "nor be . or .."
            )
    return normalized if (fault := _missing(normalized, project_type)) is None else fault


def usable_identifiers(person: Mapping[str, Any]) -> dict[str, str]:
    """Return those identifiers of a person that Iterable takes, in the form in which it compares them.

    Args:
        person: A record as it came; what is in it may be of any kind. The address may stand in its `dataFields`.
    """
    fields = person.get("dataFields")
    given = (person.get("email"), fields.get("email") if isinstance(fields, dict) else None)
    emails = [email for value in given if (email := _address(value)) is not None]
    user_id = person.get("userId")
    usable = {"userId": user_id} if _is_user_id(user_id) else {}
    return {**usable, "email": emails[0]} if emails else usable


def people_there(project_type: ProjectType) -> ProjectType:
    """Return by which rule requests may name people who are there already.

    Iterable: an email project finds them by userId too, but makes nobody by it.
    """
    return "hybrid" if project_type == "email" else project_type


def addresses_of(person: Mapping[str, Any]) -> list[str]:
    """Return the address that names a person, and the one that the profile is to have."""
    addresses = (person.get("email"), (person.get("dataFields") or {}).get("email"))
    return list(dict.fromkeys(address for address in addresses if address))


def person_identity(person: Mapping[str, Any]) -> str:
    """Return one text for all records about one person, so that their order can be kept."""
    return identities_of(person)[0]


def identities_of(person: Mapping[str, Any]) -> list[str]:
    """Return one text for each identifier of a person or profile, the userId first."""
    return [f"{name} {person[name]}" for name in ("userId", "email") if person.get(name)]


def _address(value: object) -> str | None:
    """Return an e-mail address as Iterable compares it; None if it is none."""
    if not isinstance(value, str) or len(value) > LONGEST_EMAIL:
        return None
    address = value.strip().lower()
    return address if _EMAIL.fullmatch(address) else None


def _is_user_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= LONGEST_USER_ID and _USER_ID.fullmatch(value) is not None


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
