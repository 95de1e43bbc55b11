"""Who a contact record is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EMAIL = "email"
MOBILE_NUMBER = "mobileNumber"
CONTACT_ID = "contactId"
BUILT_IN = frozenset({EMAIL, MOBILE_NUMBER, CONTACT_ID})


def identifier_keys(identifiers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each identifier in a form that compares as the platform compares it.

    Dotdigital: addresses are compared without case; mobile numbers are E.164, with or without `+`.
    """
    for name, value in identifiers.items():
        if value is not None:
            yield name, comparable(name, value)


def identifier_texts(identifiers: Mapping[str, Any]) -> Iterator[str]:
    """Yield each identifier as one text: its name, a blank, and its value as the platform compares it."""
    return (f"{name} {value}" for name, value in identifier_keys(identifiers))


def comparable(name: str, value: object) -> str:
    """Return the value of an identifier as the platform compares it."""
    text = str(value).strip()
    if name == EMAIL:
        return text.lower()
    return text.removeprefix("+") if name == MOBILE_NUMBER else text


def matched_by(contact: dict[str, Any]) -> tuple[str, str]:
    """Return name and value of the identifier that an import contact is matched by."""
    name = contact["matchIdentifier"]
    return name, str(contact["identifiers"][name])


def identity_of(contact: dict[str, Any]) -> str:
    """Return one text for all records about one person: the address, else what the contact is matched by."""
    email = contact["identifiers"].get(EMAIL)
    if email:
        return f"email {comparable(EMAIL, email)}"
    name, value = matched_by(contact)
    return f"{name} {comparable(name, value)}"


def contact_path(name: str, value: str) -> str:
    """Return the path of one contact. The value is encoded: an address may hold `+` or `/`."""
    return f"/contacts/v3/{quote(name, safe='')}/{quote(value, safe='')}"


def is_bare(contact: dict[str, Any]) -> bool:
    """Tell whether a record names a person by one identifier and says nothing else."""
    return contact.keys() <= {"matchIdentifier", "identifiers"} and len(contact["identifiers"]) == 1


def says_only_who(contact: dict[str, Any]) -> bool:
    """Tell whether a record says nothing about a person but who it is."""
    return contact.keys() <= {"matchIdentifier", "identifiers"}
