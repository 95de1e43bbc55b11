"""Which e-mail addresses and user ids Iterable accepts, and how it hashes those it has forgotten."""

from __future__ import annotations

import hashlib
import re

PLACEHOLDER_DOMAIN = "placeholder.email"
"""Addresses made up for people who have none; Iterable never mails them."""

_EMAIL = re.compile(r"[^\s@,;<>()\[\]\\\"]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")
_MAX_EMAIL_LENGTH = 254
_USER_ID = re.compile(r"[\x20-\x7e]*[\x21-\x7e]")


def is_email(value: str) -> bool:
    """Tell whether an address passes the format check; blanks anywhere fail it."""
    return len(value) <= _MAX_EMAIL_LENGTH and _EMAIL.fullmatch(value) is not None


def is_user_id(value: str, max_length: int) -> bool:
    """Tell whether a user id is non-empty, printable ASCII, short enough and without a trailing blank."""
    return len(value) <= max_length and _USER_ID.fullmatch(value) is not None


def identifier_hash(identifier: str) -> str:
    """Return the SHA-256 of the trimmed, lower-cased identifier, as ``users/forgotten`` lists it."""
    return hashlib.sha256(identifier.strip().lower().encode()).hexdigest()
