"""Programs and enrolments (version 2)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.answer import Answer, refusal_v2
from commerce_sandbox.dotdigital.contact_documents import capitalised
from commerce_sandbox.dotdigital.email_status import SUBSCRIBED
from commerce_sandbox.dotdigital.identifiers import EMAIL, MOBILE_NUMBER
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.programs import Enrolment, Fault
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.settings import ProgramSetting

_MOST_CONTACTS = 25
_MOST_LISTS = 10
_BEGINNING = "2020-01-01T00:00:00.000Z"
_INVALID = "ERROR_PARAMETER_INVALID"


def _list(call: Call) -> Answer:
    return Answer(content=[_program(program) for program in call.settings.programs[call.window()]])


def _program(program: ProgramSetting) -> dict[str, Any]:
    return {"id": program.id, "name": program.name, "status": program.status, "dateCreated": _BEGINNING}


def _find_program(call: Call, program_id: object) -> ProgramSetting:
    for program in call.settings.programs:
        if program.id == program_id:
            return program
    raise refusal_v2(404, "Error: ERROR_PROGRAM_NOT_FOUND")


def _get(call: Call) -> Answer:
    return Answer(content=_program(_find_program(call, call.path_number("id", "ERROR_PROGRAM_NOT_FOUND"))))


def _enrol(call: Call) -> Answer:
    sent = call.json_v2(dict, _INVALID)
    contact_ids = _ids(sent, "contacts", _MOST_CONTACTS, _INVALID)
    list_ids = _ids(sent, "addressBooks", _MOST_LISTS, "ERROR_ADDRESSBOOK_TOOMANY")
    if not contact_ids and not list_ids:
        raise refusal_v2(400, "Contacts or lists are needed. ERROR_ENROLMENT_INVALID")
    program = _find_program(call, sent.get("programId"))
    if program.status != "Active":
        raise refusal_v2(422, "Error: ERROR_PROGRAM_NOT_ACTIVE")
    account = call.account
    if any(account.lists.find(list_id) is None for list_id in list_ids):
        raise refusal_v2(400, "Error: ERROR_ADDRESSBOOK_NOT_FOUND")
    if any(account.contacts.get(contact_id) is None for contact_id in contact_ids):
        raise refusal_v2(400, "Error: ERROR_CONTACT_NOT_FOUND")
    now = account.clock.now()
    if not account.enrolments.take_call(now.timestamp(), call.settings.enrolments_per_hour):
        raise refusal_v2(400, "Error: ERROR_ENROLMENT_ALLOWANCE_EXCEEDED")
    due = now.timestamp() + call.settings.import_seconds
    enrolment = Enrolment(program.id, contact_ids, list_ids, timestamp(now), due)
    account.enrolments.by_id[enrolment.id] = enrolment
    _add_members(account, enrolment)
    return Answer(201, _document(call, enrolment))


def _ids(sent: dict[str, Any], name: str, most: int, too_many: str) -> tuple[int, ...]:
    ids = sent.get(name) or []
    valid = isinstance(ids, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in ids)
    if not valid:
        raise refusal_v2(400, f"{name} holds ids. {_INVALID}")
    if len(ids) > most:
        raise refusal_v2(400, f"{name} holds at most {most} ids. {too_many}")
    return tuple(ids)


def _add_members(account: Account, enrolment: Enrolment) -> None:
    """Put the contacts into the program; those who cannot be are the enrolment's faults."""
    members = account.enrolments.members.setdefault(enrolment.program_id, set())
    wanted = list(enrolment.contact_ids)
    for list_id in enrolment.list_ids:
        contact_list = account.lists.find(list_id)
        if contact_list is not None:
            wanted.extend(contact.contact_id for contact in account.contacts_on(contact_list))
    for contact_id in wanted:
        contact = account.contacts.get(contact_id)
        if contact is None:
            continue
        address = contact.identifiers.get(EMAIL, "")
        number = contact.identifiers.get(MOBILE_NUMBER, "")
        if contact.email.status != SUBSCRIBED:
            enrolment.faults.append(Fault(contact_id, address, number, capitalised(contact.email.status)))
        elif contact_id in members:
            enrolment.faults.append(Fault(contact_id, address, number, "AlreadyInProgram"))
        else:
            members.add(contact_id)


def _find_enrolment(call: Call) -> Enrolment:
    enrolment = call.account.enrolments.by_id.get(call.path["id"])
    if enrolment is None:
        raise refusal_v2(404, "Error: ERROR_ENROLMENT_NOT_FOUND")
    return enrolment


def _is_processing(call: Call, enrolment: Enrolment) -> bool:
    return call.account.clock.seconds() < enrolment.due


def _document(call: Call, enrolment: Enrolment) -> dict[str, Any]:
    return {
        "id": enrolment.id,
        "programId": enrolment.program_id,
        "status": "Processing" if _is_processing(call, enrolment) else "Finished",
        "dateCreated": enrolment.created,
        "contacts": list(enrolment.contact_ids),
        "addressBooks": list(enrolment.list_ids),
    }


def _get_enrolment(call: Call) -> Answer:
    return Answer(content=_document(call, _find_enrolment(call)))


def _report_faults(call: Call) -> Answer:
    enrolment = _find_enrolment(call)
    if _is_processing(call, enrolment):
        raise refusal_v2(400, "Error: ERROR_ENROLMENT_IS_PROCESSING")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Id", "Email", "TelephoneNumber", "Reason"])
    for fault in enrolment.faults:
        writer.writerow([fault.contact_id, fault.email, fault.mobile_number, fault.reason])
    return Answer(content=text.getvalue(), media_type="text/csv")


ENDPOINTS = (
    Endpoint("GET", "/v2/programs", Tier.MEDIUM, _list),
    Endpoint("POST", "/v2/programs/enrolments", Tier.MEDIUM, _enrol),
    Endpoint("GET", "/v2/programs/{id}", Tier.HIGH, _get),
    Endpoint("GET", "/v2/programs/enrolments/{id}", Tier.UNLIMITED, _get_enrolment),
    Endpoint("GET", "/v2/programs/enrolments/{id}/report-faults", Tier.MEDIUM, _report_faults),
)
