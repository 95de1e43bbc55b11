"""What identifies a contact: e-mail address, mobile number, contact id and custom identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from commerce_sandbox.dotdigital.failure import Failure

EMAIL = "email"
MOBILE_NUMBER = "mobileNumber"
CONTACT_ID = "contactId"
BUILT_IN = frozenset({EMAIL, MOBILE_NUMBER, CONTACT_ID})

_CUSTOM_VALUE_LENGTH = 256
_EMAIL_LENGTH = 254
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])")
_MOBILE = re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII)
_NAME = re.compile(r"[-A-Za-z0-9_]{1,50}")


def is_identifier_name(name: str) -> bool:
    """Tell whether a text may name an identifier: 1-50 letters, digits, ``-`` or ``_``."""
    return _NAME.fullmatch(name) is not None


def check_identifier(name: str, value: str) -> Failure | None:
    """Return what is wrong with the form of an identifier's value, or None.

    Args:
        name: ``email``, ``mobileNumber``, ``contactId`` or a custom identifier.
        value: Its value as text.
    """
    if name == EMAIL:
        return _check_email(value)
    if name == MOBILE_NUMBER:
        valid = _MOBILE.fullmatch(value) is not None
        return None if valid else Failure("invalidPhoneNumber", name, "the number is not in E.164 form")
    if name == CONTACT_ID:
        valid = value.isascii() and value.isdigit()
        return None if valid else Failure("invalidContactId", name, "the contact id is not a whole number")
    valid = 0 < len(value) <= _CUSTOM_VALUE_LENGTH
    return None if valid else Failure("invalidContact", name, "a custom identifier holds 1 to 256 characters")


def _check_email(value: str) -> Failure | None:
    local, at, domain = value.rpartition("@")
    if not at or len(value) > _EMAIL_LENGTH or _LOCAL_PART.fullmatch(local) is None:
        return Failure("invalidEmail", EMAIL, "the address has no valid form")
    if _DOMAIN.fullmatch(domain) is None:
        return Failure("invalidDomain", EMAIL, "the domain of the address is not valid")
    return None


def identifier_key(name: str, value: str) -> str:
    """Return the form in which an identifier is unique: addresses without case, numbers without ``+``."""
    if name == EMAIL:
        return value.lower()
    if name == MOBILE_NUMBER:
        return value.lstrip("+")
    if name == CONTACT_ID:
        return value.lstrip("0") or "0"
    return value


@dataclass(frozen=True, slots=True)
class CustomIdentifier:
    """A custom identifier of the account, with its times in ISO 8601."""

    name: str
    created: str
    updated: str


@dataclass(slots=True)
class CustomIdentifiers:
    """The custom identifiers of the account, by lower-case name."""

    _by_name: dict[str, CustomIdentifier] = field(default_factory=dict)

    def add(self, name: str, created: str) -> CustomIdentifier:
        """Create a custom identifier and return it."""
        identifier = CustomIdentifier(name, created, created)
        self._by_name[name.lower()] = identifier
        return identifier

    def find(self, name: str) -> CustomIdentifier | None:
        """Return a custom identifier by name, or None."""
        return self._by_name.get(name.lower())

    def remove(self, name: str) -> None:
        """Forget a custom identifier."""
        del self._by_name[name.lower()]

    def all(self) -> list[CustomIdentifier]:
        """Return the custom identifiers in the order of creation."""
        return list(self._by_name.values())

    def knows(self, name: str) -> bool:
        """Tell whether a name, spelled like this, may be used to identify contacts."""
        known = self._by_name.get(name.lower())
        return name in BUILT_IN or (known is not None and known.name == name)
