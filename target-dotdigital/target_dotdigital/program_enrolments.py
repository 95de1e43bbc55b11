"""The stream of contacts to enrol into programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from delivery.outcome import Outcome, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.contact_identity import comparable
from target_dotdigital.erased_people import ERASED
from target_dotdigital.identifier_form import identifier_refusal
from target_dotdigital.program_enrolment import EnrolmentWish
from target_dotdigital.schemas import PROGRAM_ENROLMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_dotdigital.erased_people import ErasedPeople
    from target_dotdigital.program_enrolment import ProgramEnrolment
    from target_dotdigital.programs import Programs

_OWN_MEMBERS = frozenset({"program", "key"})


class ProgramEnrolmentSink(Sink):
    """Enrols contacts, after all that was read about them and before anybody is deleted."""

    stage: ClassVar[int] = 2
    max_batch_count: int = 500
    record_schema: ClassVar[dict[str, Any]] = PROGRAM_ENROLMENT

    def __init__(self, stream: str, programs: Programs, enrolment: ProgramEnrolment, erased: ErasedPeople) -> None:
        super().__init__(stream)
        self._programs = programs
        self._enrolment = enrolment
        self._erased = erased

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        record = {name: value for name, value in record.items() if value is not None}
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        refusal = _refusal(checked)
        if refusal is not None:
            return refusal
        identifier, value = _identifier(checked)
        if self._erased.has({identifier: value}):
            return ERASED
        program = self._programs.find(checked["program"])
        if program is None:
            return rejected("the account has no such program", "ERROR_PROGRAM_NOT_FOUND")
        if not program.active:
            return rejected(f"the program is not active but {program.status}", "ERROR_PROGRAM_NOT_ACTIVE")
        return {**checked, "program": program.id}

    @override
    def identify(self, record: Record) -> str:
        identifier, value = _identifier(record)
        return f"{record['program']} {identifier} {comparable(identifier, value)}"

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return later if earlier.get("key") == later.get("key") else None

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return self._enrolment.enrol([_wish(entry.record) for entry in batch])


def _refusal(record: Record) -> Outcome | None:
    if len(record.keys() - _OWN_MEMBERS) != 1:
        return rejected("must hold one identifier of a contact beside program and key", "identifier")
    return identifier_refusal(dict([_identifier(record)]))


def _wish(record: Record) -> EnrolmentWish:
    identifier, value = _identifier(record)
    return EnrolmentWish(record["program"], identifier, value, str(record.get("key", "")))


def _identifier(record: Record) -> tuple[str, str]:
    (name,) = record.keys() - _OWN_MEMBERS
    return name, str(record[name])
