"""Events of version 3: taken without an answer, kept if their contact exists, lost otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a contact.

    Attributes:
        contact_id: The contact.
        type: Its type, 1-80 characters.
        id: Its identifier, None if none was sent.
        timestamp: When it happened, as sent; None if that was left out.
        data: What was sent with it.
        received: When it arrived.
    """

    contact_id: int
    type: str
    id: str | None
    timestamp: str | None
    data: Mapping[str, Any]
    received: datetime


@dataclass(slots=True)
class EventLog:
    """The events that arrived.

    Attributes:
        events: Events of known contacts, the oldest first.
        lost: Number of events that named no known contact; the sender is never told.
    """

    events: list[Event] = field(default_factory=list)
    lost: int = 0
