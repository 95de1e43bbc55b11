"""When something happened. Iterable: `createdAt` counts seconds since 1970."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_IN_MILLISECONDS = 100_000_000_000
"""As seconds it is in the year 5138, as milliseconds in March 1973."""


def created_at_fault(record: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the time of an event, a purchase or a cart; None if nothing is, or there is none."""
    created_at = record.get("createdAt")
    if created_at is not None and created_at >= FIRST_IN_MILLISECONDS:
        return "createdAt is in milliseconds; Iterable takes seconds"
    return None
