"""Enrolments of contacts into programs (automations)."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field

_HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A contact that was not enrolled, and why."""

    contact_id: int
    email: str
    mobile_number: str
    reason: str


@dataclass(slots=True)
class Enrolment:
    """One enrolment call.

    Attributes:
        id: Its identifier.
        program_id: The program.
        contact_ids: Contacts asked for.
        list_ids: Lists asked for.
        created: When it was accepted, ISO 8601.
        due: When it takes effect, in seconds since the epoch.
        faults: Contacts that were not enrolled.
    """

    program_id: int
    contact_ids: tuple[int, ...]
    list_ids: tuple[int, ...]
    created: str
    due: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Enrolments:
    """All enrolments of the account.

    Attributes:
        by_id: Enrolments by identifier.
        members: Contacts in each program, by program id.
    """

    by_id: dict[str, Enrolment] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)
    _calls: deque[float] = field(default_factory=deque)

    def take_call(self, now: float, allowance: int) -> bool:
        """Count an enrolment call; False means that the allowance of the hour is used up."""
        while self._calls and self._calls[0] <= now - _HOUR:
            self._calls.popleft()
        if len(self._calls) >= allowance:
            return False
        self._calls.append(now)
        return True
