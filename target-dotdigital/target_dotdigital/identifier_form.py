"""Which names and values an identifier of a contact may have, before the account is asked about it.

Names and values of identifiers become steps of paths. `.` and `..` are steps of another meaning, encoded or not: the
question would go to another path, and its answer would tell nothing about the contact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from delivery.outcome import Outcome, rejected

from target_dotdigital.contact_identity import CONTACT_ID, EMAIL
from target_dotdigital.custom_identifiers import is_identifier_name

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_IDENTIFIER = 256
LARGEST_NUMBER = 2**63 - 1
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_STEPS = frozenset({".", ".."})


def identifier_refusal(identifiers: Mapping[str, Any]) -> Outcome | None:
    """Return the rejection of a record that names a contact by what cannot be an identifier; None if it does not.

    Args:
        identifiers: Names and values, texts or numbers.
    """
    for name, value in identifiers.items():
        if not is_identifier_name(name):
            reason = "identifiers has a name Dotdigital does not take: 1 to 50 letters, digits, - or _"
            return rejected(reason, "identifiers")
        if not _has_form(name, str(value)):
            what = "an e-mail address" if name == EMAIL else "a value of an identifier"
            return rejected(f"identifier '{name}' is not {what} (at most {LONGEST_IDENTIFIER} characters)", name)
    return None


def usable_identifiers(given: object) -> dict[str, Any]:
    """Return those of a record's identifiers that can be some, without white space around them.

    Args:
        given: Anything that stands in the place of identifiers.
    """
    pairs = given.items() if isinstance(given, dict) else ()
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in pairs}
    return {name: value for name, value in stripped.items() if is_usable(name, value)}


def is_usable(name: object, value: object) -> bool:
    """Tell whether an identifier may have this name and value."""
    if not isinstance(name, str) or not is_identifier_name(name):
        return False
    if name == CONTACT_ID:
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_NUMBER
    return isinstance(value, str) and _has_form(name, value)


def _has_form(name: str, value: str) -> bool:
    if not value.strip() or len(value) > LONGEST_IDENTIFIER or value.strip() in _STEPS:
        return False
    return _CONTROL_CHARACTER.search(value) is None and (name != EMAIL or _ADDRESS.fullmatch(value) is not None)
