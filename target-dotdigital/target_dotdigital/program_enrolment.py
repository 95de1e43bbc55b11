"""Enrols contacts into programs: only those who are subscribed, nobody twice for one purpose, within the allowance.

A program mails whom it holds. Dotdigital's own advice is to enrol subscribers only; so each contact is read first.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.errors import ServiceThrottled, ServiceUnavailable
from delivery.outcome import DELIVERED, Outcome, rejected, skipped

from target_dotdigital.answers import NOT_FOUND
from target_dotdigital.call_contracts import CONTACT
from target_dotdigital.contact_identity import contact_path
from target_dotdigital.contact_lookup import all_identifiers, state_of
from target_dotdigital.erased_people import ERASED
from target_dotdigital.programs import ALLOWANCE_USED_UP, MOST_CONTACTS, EnrolmentRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.enrolment_marks import EnrolmentMarks
    from target_dotdigital.erased_people import ErasedPeople
    from target_dotdigital.programs import Programs

CALLS_AT_ONCE = 8
SUBSCRIBED = "subscribed"
ALREADY_IN = "alreadyinprogram"
CLOSED_SECONDS = 300.0
"""How long no enrolment is asked for after one was refused because of the allowance: it counts a rolling hour."""

NO_CONTACT = rejected("its contact does not exist: send contacts before what refers to them", "contactNotFound")
ENROLLED_BEFORE = skipped("its contact was enrolled for this before")
IN_PROGRAM = skipped("its contact is in the program already")
UNCLEAR = rejected(
    "Dotdigital did not answer, so it is not known whether its contact is enrolled; not tried again, so that nobody is "
    "enrolled twice: look in the program",
    "unanswered",
)


@dataclass(frozen=True, slots=True)
class EnrolmentWish:
    """A contact to enrol.

    Attributes:
        program_id: Number of the program.
        identifier: Name of the identifier that tells the contact.
        value: Its value.
        purpose: What for: a contact is enrolled into a program once for each purpose.
    """

    program_id: int
    identifier: str
    value: str
    purpose: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A wish whose contact may be enrolled."""

    wish: EnrolmentWish
    contact_id: int


class ProgramEnrolment:
    """Enrols contacts.

    Args:
        client: The account.
        programs: Its programs.
        marks: Who was enrolled before.
        erased: Who must not be written to any more.
    """

    def __init__(
        self, client: DotdigitalClient, programs: Programs, marks: EnrolmentMarks, erased: ErasedPeople
    ) -> None:
        self._client = client
        self._programs = programs
        self._marks = marks
        self._erased = erased
        self._closed: tuple[float, Outcome] | None = None
        self._calls = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="enrolment")

    def enrol(self, wishes: Sequence[EnrolmentWish]) -> list[Outcome]:
        """Enrol contacts and return the outcome of each wish.

        Raises:
            ServiceUnavailable: If the account cannot be asked; nobody is enrolled without knowing.
        """
        looked = list(self._calls.map(self._look, wishes))
        outcomes: list[Outcome] = [item if isinstance(item, Outcome) else DELIVERED for item in looked]
        groups: dict[int, dict[int, tuple[int, _Ready]]] = {}
        for place, item in enumerate(looked):
            if isinstance(item, Outcome):
                continue
            group = groups.setdefault(item.wish.program_id, {})
            if item.contact_id in group:
                outcomes[place] = IN_PROGRAM
            else:
                group[item.contact_id] = (place, item)
        for program_id, group in groups.items():
            placed = list(group.values())
            for start in range(0, len(placed), MOST_CONTACTS):
                some = placed[start : start + MOST_CONTACTS]
                results = self._enrol_some(program_id, [ready for _, ready in some])
                for (place, _), outcome in zip(some, results, strict=True):
                    outcomes[place] = outcome
        return outcomes

    def _look(self, wish: EnrolmentWish) -> _Ready | Outcome:
        # Asked again here: a deletion may have been read after the wish.
        if self._erased.has({wish.identifier: wish.value}):
            return ERASED
        path, shown_path = contact_path(wish.identifier, wish.value), contact_path(wish.identifier, "…")
        answer = self._client.ask(
            "GET", path, contract=CONTACT, budget=self._client.budgets.contact_reads, shown_path=shown_path
        )
        if answer.status == NOT_FOUND:
            return NO_CONTACT
        contact: Any = answer.data
        if not answer.succeeded:
            return rejected(f"Dotdigital does not tell its contact ({answer.explained})", answer.word)
        if self._erased.has(all_identifiers(contact)):
            # Known by another identifier than the wish's.
            return ERASED
        status = state_of(contact).email_status
        if status != SUBSCRIBED:
            return skipped(f"only who is subscribed to e-mail is enrolled, and its contact is not ({status or 'none'})")
        identifier: int = contact["contactId"]
        return (
            ENROLLED_BEFORE if self._marks.has(wish.program_id, identifier, wish.purpose) else _Ready(wish, identifier)
        )

    def _enrol_some(self, program_id: int, some: Sequence[_Ready]) -> list[Outcome]:
        if self._closed is not None and time.monotonic() < self._closed[0]:
            return [self._closed[1]] * len(some)
        for _ in self._calls.map(self._mark, some):
            pass
        try:
            enrolment = self._programs.enrol(program_id, [ready.contact_id for ready in some])
        except EnrolmentRefused as refused:
            self._take_back(some)
            outcome = rejected(refused.reason, refused.code)
            if refused.code == ALLOWANCE_USED_UP:
                self._closed = time.monotonic() + CLOSED_SECONDS, outcome
            return [outcome] * len(some)
        except ServiceThrottled:
            self._take_back(some)
            raise
        except ServiceUnavailable:
            return [UNCLEAR] * len(some)
        faults = self._programs.faults(enrolment)
        outcomes = [_outcome(faults.get(ready.contact_id)) for ready in some]
        self._take_back(
            ready for ready, outcome in zip(some, outcomes, strict=True) if outcome not in {DELIVERED, IN_PROGRAM}
        )
        return outcomes

    def _mark(self, ready: _Ready) -> None:
        self._marks.set(ready.wish.program_id, ready.contact_id, ready.wish.purpose)

    def _take_back(self, some: Iterable[_Ready]) -> None:
        for ready in some:
            self._marks.take_back(ready.wish.program_id, ready.contact_id, ready.wish.purpose)


def _outcome(fault: str | None) -> Outcome:
    if fault is None:
        return DELIVERED
    # The word is the service's own; anything but letters could be a value.
    word = fault if fault.isascii() and fault.isalpha() else "Unknown"
    return (
        IN_PROGRAM if word.lower() == ALREADY_IN else rejected(f"Dotdigital does not enrol its contact ({word})", word)
    )
