"""Ids of events: functions of what happened to what, never of a time."""

from __future__ import annotations

import re
from hashlib import sha256

# Iterable: an event id has at most 512 bytes of letters, digits and hyphens, and is unique in the project.
_LONGEST = 512
_ALLOWED = re.compile(r"[A-Za-z0-9-]+")
_REFUSED = re.compile(r"[^A-Za-z0-9-]+")
_DIGEST_LENGTH = 16


def event_id(resource: str, identifier: str, what: str, part: str | None = None) -> str:
    """Return the id of an event.

    `ct-order-<id>-shipped-<delivery id>`. The platform's UUIDs stay as they are; an identifier with characters that
    event ids cannot have is cleaned, and the id then ends in a digest of what it was.

    Args:
        resource: What it happened to: `order`, `payment` or `cart`.
        identifier: Id of that resource.
        what: What happened: `placed`, `shipped`, …
        part: Id of the part of the resource that it happened to, for example of a delivery.
    """
    parts = ["ct", resource, identifier, what, *([] if part is None else [part])]
    joined = "-".join(parts)
    if len(joined) <= _LONGEST and all(_ALLOWED.fullmatch(one) for one in parts):
        return joined
    digest = sha256("\0".join(parts).encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{_REFUSED.sub('-', joined)[: _LONGEST - _DIGEST_LENGTH - 1]}-{digest}"
