"""Field names that Iterable accepts."""

from __future__ import annotations

import re
from functools import lru_cache

# Iterable: profile fields it fills itself; a loader must not write them as ordinary data.
RESERVED_NAMES = frozenset(
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
# Names that identify or reach a person: a shop's own field of that name must not overwrite them.
_IDENTITY_NAMES = frozenset({"email", "userId", "phoneNumber", "ip", "timeZone", "signupDate"})
_WORD = re.compile(r"[A-Za-z0-9]+")


@lru_cache(maxsize=4096)
def clean_name(source_name: str, taken: frozenset[str]) -> str:
    """Make a camelCase name: `NEWSLETTER_SUBSCRIBE` → `newsletterSubscribe`, `loyaltyTier` stays.

    Periods, blanks and other marks go, since Iterable addresses nested fields with periods. A name that is reserved,
    identifies a person or is taken by a standard field gets the prefix `custom`.

    Args:
        source_name: The shop's name.
        taken: Names of standard fields.
    """
    words = _WORD.findall(source_name) or ["field"]
    first = words[0].lower() if words[0].isupper() else words[0][0].lower() + words[0][1:]
    rest = [word.capitalize() if word.isupper() else word[0].upper() + word[1:] for word in words[1:]]
    name = "".join([first, *rest])
    if fault_of_name(name, taken):
        return "custom" + name[0].upper() + name[1:]
    return name


def fault_of_name(name: str, taken: frozenset[str]) -> str | None:
    """Return why a name cannot be given to one of the shop's fields; None if it can."""
    if not name or "." in name or name != name.strip():
        return "Iterable field names have no periods and no blanks around them"
    if name in RESERVED_NAMES:
        return "Iterable reserves this field name"
    if name in _IDENTITY_NAMES:
        return "this field name identifies or reaches a person"
    return "this field name is taken by a standard field" if name in taken else None
