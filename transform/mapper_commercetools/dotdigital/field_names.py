"""Names of Dotdigital data fields and of Insight properties."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

# Dotdigital: data field names have 1 to 20 of these characters and are shown in capitals.
_FIELD_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
_LONGEST = 20
# Dotdigital: names that an account refuses for its own fields.
_REFUSED_NAMES = frozenset(
    {
        "ACCOUNT",
        "CAMPAIGN",
        "CAMPAIGNID",
        "CONTACT",
        "CONTACT_API_ID",
        "CONTACTID",
        "EMAIL",
        "HCONTACTID",
        "HEMAIL",
        "HEMAIL256",
        "ID",
        "MESSAGECONTENT",
        "MOBILENUMBERID",
        "NOTES",
        "UNSUBSCRIBED",
        "UNIQUECONTACTID",
    }
)
# Dotdigital fills it itself.
_BUILT_IN_NAMES = frozenset({"LASTSUBSCRIBED"})
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_DIGEST_LENGTH = 4


@lru_cache(maxsize=4096)
def clean_name(source_name: str, taken: frozenset[str]) -> str:
    """Make a data field name in capitals: `loyaltyTier` → `LOYALTY_TIER`.

    A name that is refused or taken by a standard field gets the prefix `CT_`. A name longer than 20 characters is cut
    and ends in four hexadecimal digits of the SHA-256 of the shop's name, so that it is the same in every run and
    unlikely to meet another.

    Args:
        source_name: The shop's name.
        taken: Names of standard fields, in capitals.
    """
    name = _UNSAFE.sub("_", _WORD_BOUNDARY.sub("_", source_name)).strip("_").upper() or "FIELD"
    if name in _REFUSED_NAMES or name in _BUILT_IN_NAMES or name in taken:
        name = "CT_" + name
    if len(name) > _LONGEST:
        digest = sha256(source_name.encode()).hexdigest()[:_DIGEST_LENGTH].upper()
        name = f"{name[: _LONGEST - _DIGEST_LENGTH - 1]}_{digest}"
    return name


def fault_of_name(name: str, taken: frozenset[str]) -> str | None:
    """Return why a name cannot be given to a data field; None if it can."""
    if not _FIELD_NAME.fullmatch(name):
        return "Dotdigital data field names have 1 to 20 letters, digits, '_' or '-'"
    if name.upper() in _REFUSED_NAMES or name.upper() in _BUILT_IN_NAMES:
        return "Dotdigital refuses this data field name"
    return "this data field name is taken by a standard field" if name.upper() in taken else None


@lru_cache(maxsize=4096)
def property_name(source_name: str) -> str:
    """Make an Insight property name: letters, digits, `_` and `-` only, no accents."""
    return _UNSAFE.sub("_", source_name) or "field"


def record_key(identifier: str) -> str:
    """Make an Insight record key of at most 255 letters, digits, `_` and `-` from an identifier.

    One that is already so stays as it is. Any other is cleaned and ends in eight hexadecimal digits of its SHA-256:
    `A/1` and `A_1` must not become one record.
    """
    cleaned = _UNSAFE.sub("_", identifier)
    if cleaned == identifier and len(identifier) <= _LONGEST_KEY:
        return identifier
    return f"{cleaned[: _LONGEST_KEY - 9]}-{sha256(identifier.encode()).hexdigest()[:8]}"


_LONGEST_KEY = 255
