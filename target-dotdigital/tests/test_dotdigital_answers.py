"""Every kind of wrong answer to every call: nothing counts as delivered, refused or absent by it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import requests
from delivery.client import UnexpectedAnswer
from delivery.errors import AccessRefused, DeliveryError, ServiceUnavailable
from delivery.redaction import Redaction
from delivery.testing import record_line, schema_line
from dotdigital_records import evidence
from every_call import SETTINGS, lines, seed
from in_process_loader import run
from target_dotdigital import call_contracts, contact_directory, contacts
from target_dotdigital.answer_contract import Contract

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

PAGE = "<html><body>Maintenance</body></html>"
GATEWAY = {"message": "no route matched with those values"}
REDACTION = Redaction([])
CONTRACTS = {name: value for name, value in vars(call_contracts).items() if isinstance(value, Contract)}
KINDS: dict[str, tuple[int, str, bytes]] = {
    "a page": (200, "text/html", PAGE.encode()),
    "a page that says it is JSON": (201, "application/json", PAGE.encode()),
    "a page for a table": (202, "text/plain", PAGE.encode()),
    "nothing, with another status": (206, "application/json", b""),
    "half of it": (200, "application/json", b'{"importId": "1'),
    "a text": (200, "application/json", b'"ok"'),
    "a number": (200, "application/json", b"1"),
    "null": (200, "application/json", b"null"),
    "an array of something else": (200, "application/json", b"[{}]"),
    "deep nesting": (200, "application/json", b"[" * 100_000),
    "not found, a page": (404, "text/html", PAGE.encode()),
    "not found, nothing": (404, "text/plain", b""),
    "not found, a gateway": (404, "application/json", msgspec.json.encode(GATEWAY)),
    "not found, something else": (404, "application/json", b'{"errorCode": "gateway:noRoute", "description": "no"}'),
    "refused, a page": (400, "text/html", PAGE.encode()),
    "refused, nothing": (409, "text/plain", b""),
    "refused by a proxy": (407, "application/json", msgspec.json.encode(GATEWAY)),
    "too early": (425, "text/plain", b""),
}
OF_CONTACTS = {"newContacts": 1, "updatedContacts": 0}
OF_INSIGHT = {"totalRecords": 1, "totalImported": 1, "totalRejected": 0}
ANYBODY = {"ACCOUNT_INFO", "FIRST_PAGE_OF_CONTACTS"}
"""The questions asked first, of a host that may be the wrong one: any refusal ends the run with advice."""


def response(status: int, kind: str, content: bytes) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.headers["Content-Type"] = kind
    answer._content = content
    return answer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CONTRACTS)
def test_what_the_contract_does_not_know_is_a_fault_of_the_service(name: str, kind: str) -> None:
    status, content_type, content = KINDS[kind]
    if name in ANYBODY and status >= 400:
        assert not CONTRACTS[name].read(response(status, content_type, content), REDACTION).succeeded
        return
    with pytest.raises(UnexpectedAnswer) as fault:
        CONTRACTS[name].read(response(status, content_type, content), REDACTION)
    assert "Maintenance" not in str(fault.value)


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_empty_body_is_an_answer_only_where_it_is_documented(name: str) -> None:
    contract = CONTRACTS[name]
    for status in (200, 201, 202, 204):
        if status in contract.bodiless:
            assert contract.read(response(status, "", b""), REDACTION).succeeded
        else:
            with pytest.raises(UnexpectedAnswer):
                contract.read(response(status, "application/json", b""), REDACTION)


@pytest.mark.parametrize(
    ("name", "taken", "spoilt"),
    [
        ("IMPORT", {"importId": "1"}, {"importId": ""}),
        ("CONTACT_REPORT", {"status": "NotFinished"}, {"status": "Finished"}),
        ("CONTACT_REPORT", {"status": "Finished", "summary": OF_CONTACTS}, {"summary": OF_CONTACTS}),
        ("CONTACT_REPORT", {"status": "Failed"}, {"status": "Finished", "created": [], "updated": [], "failures": []}),
        ("CONTACT_REPORT", {"status": "NotFinished"}, {"status": "Finished", "summary": {"newContacts": 1}}),
        ("CONTACT_REPORT", {"status": "NotFinished"}, {"status": "Finished", "summary": OF_INSIGHT}),
        ("INSIGHT_REPORT", {"status": "Complete", "summary": OF_INSIGHT}, {"status": "Complete", "summary": {}}),
        ("INSIGHT_REPORT", {"status": "Processing"}, {"status": "Complete", "summary": None, "failures": []}),
        ("INSIGHT_REPORT", {"status": "Failed"}, {"status": "Finished", "summary": OF_CONTACTS, "created": []}),
        (
            "INSIGHT_REPORT",
            {"status": "Finished", "summary": OF_INSIGHT},
            {"status": "Complete", "summary": OF_INSIGHT, "failures": [{"key": "1"}]},
        ),
        (
            "CONTACT_DELETION_REPORT",
            {"status": "Finished", "summary": {"deletedContacts": 0}},
            {"status": "FINISHED", "summary": OF_CONTACTS, "deleted": []},
        ),
        ("CONTACT", {"contactId": 1, "identifiers": {"mobileNumber": "44"}}, {"contactId": "1", "identifiers": {}}),
        (
            "CONTACT",
            {"contactId": 1, "identifiers": {"email": "a"}, "channelProperties": {"email": {"status": "subscribed"}}},
            {"contactId": 1, "identifiers": {"email": "a"}},
        ),
        ("PREFERENCES", [{"id": 1, "isPreference": False, "preferences": []}], [{"id": 1, "preferences": [{}]}]),
        ("PAGE_OF_CONTACTS", {"_items": []}, {"_items": {}}),
        ("UNSUBSCRIBED_CONTACTS", [{"suppressedContact": {}, "dateRemoved": ""}], [{"suppressedContact": {}}]),
        ("COLLECTION_SCHEMA", {"schema": []}, {}),
        ("INSIGHT_DELETION", {"summary": {"totalDeleted": 1, "totalNotFound": 0}}, {"summary": {}}),
    ],
)
def test_json_is_an_answer_if_it_tells_what_the_call_is_about(name: str, taken: object, spoilt: object) -> None:
    assert CONTRACTS[name].read(response(200, "", msgspec.json.encode(taken)), REDACTION).data == taken
    with pytest.raises(UnexpectedAnswer):
        CONTRACTS[name].read(response(200, "", msgspec.json.encode(spoilt)), REDACTION)


@pytest.mark.parametrize("table", ["Reason,Email\n", "<html>\n", "Id\nReason\n", "x" * 20_000 + ",Id,Reason\n"])
def test_a_table_without_its_head_tells_nothing(table: str) -> None:
    head = "\ufeffId,Email,TelephoneNumber,Reason\r\n"
    assert CONTRACTS["ENROLMENT_FAULTS"].read(response(200, "text/csv", head.encode()), REDACTION).data == head[1:]
    assert CONTRACTS["ENROLMENT_FAULTS"].read(response(200, "text/csv", b""), REDACTION).data == ""
    with pytest.raises(UnexpectedAnswer):
        CONTRACTS["ENROLMENT_FAULTS"].read(response(200, "text/csv", table.encode()), REDACTION)


@pytest.mark.parametrize(
    ("stream", "record", "poll", "report"),
    [
        ("catalog", {"key": "p-1", "json": {"name": "Hat"}}, "insightData/v3/import/", {"summary": {}}),
        ("catalog", {"key": "p-1", "json": {"name": "Hat"}}, "insightData/v3/import/", {"summary": OF_CONTACTS}),
        (
            "contacts",
            {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}, "dataFields": {"FIRSTNAME": "A"}},
            "contacts/v3/import/",
            {"summary": OF_INSIGHT, "failures": []},
        ),
    ],
)
def test_a_report_of_another_kind_neither_delivers_nor_rejects(
    sandbox: RunningSandbox,
    settings: dict[str, Any],
    tmp_path: Path,
    stream: str,
    record: dict[str, Any],
    poll: str,
    report: dict[str, Any],
) -> None:
    answer = {"kind": "replace_answer", "status": 200, "body": {"status": "Finished", **report}}
    sandbox.order_fault(answer, service="dotdigital", method="GET", path=poll, times=None)
    ended = run(settings, tmp_path, [schema_line(stream, {}), record_line(stream, record)])
    assert isinstance(ended.error, ServiceUnavailable)
    assert ended.delivered == {stream: 0}
    assert ended.rejected == {}


def test_only_the_services_own_word_says_that_something_is_not_there() -> None:
    for name, code in (("CONTACT", "contacts:contactNotFound"), ("DELETION_BY_KEY", "ERROR_TRANSACTIONAL_NOT_FOUND")):
        body = {"message": code} if code.startswith("ERROR") else {"errorCode": code, "description": "none"}
        assert CONTRACTS[name].read(response(404, "", msgspec.json.encode(body)), REDACTION).status == 404


CALLS: list[tuple[str, str, str | None, str]] = [
    ("GET", "v2/account-info$", None, "contacts"),
    ("GET", "contacts/v3$", None, "contacts"),
    ("GET", "contacts/v3/email/", None, "contacts"),
    ("POST", "contacts/v3$", None, "contacts"),
    ("PUT", "contacts/v3/import$", None, "contacts"),
    ("PUT", "contacts/v3/import$", "overwriteIfEmpty", "contacts"),
    ("GET", "contacts/v3/import/", None, "contacts"),
    ("GET", "v2/data-fields$", None, "contacts"),
    ("POST", "v2/data-fields$", None, "contacts"),
    ("GET", "customIdentifiers$", None, "contacts"),
    ("POST", "customIdentifiers$", None, "contacts"),
    ("GET", "v2/address-books$", None, "contacts"),
    ("POST", "v2/address-books$", None, "contacts"),
    ("GET", "v2/preferences$", None, "contacts"),
    ("GET", "v2/contacts/unsubscribed-since/", None, "contacts"),
    ("GET", "insightData/v3/collections/.*/schema$", None, "orders"),
    ("PUT", "insightData/v3/import$", None, "orders"),
    ("GET", "insightData/v3/import/", None, "orders"),
    ("DELETE", "insightData/v3/contacts/.*/deleteRecords$", None, "orders"),
    ("DELETE", "insightData/v3/accounts/.*/deleteRecords$", None, "catalog"),
    ("DELETE", "v2/contacts/transactional-data/Orders/", None, "orders"),
    ("POST", "insightData/v3/collections/", None, "program_enrolments"),
    ("GET", "insightData/v3/contacts/contactId/", None, "program_enrolments"),
    ("PUT", "insightData/v3/contacts/contactId/", None, "program_enrolments"),
    ("GET", "v2/programs$", None, "program_enrolments"),
    ("GET", "v2/programs/enrolments/[^/]*$", None, "program_enrolments"),
    ("GET", "report-faults$", None, "program_enrolments"),
    ("POST", "contacts/v3/delete$", None, "deleted_contacts"),
    ("GET", "contacts/v3/delete/", None, "deleted_contacts"),
]
WRONG: dict[str, dict[str, Any]] = {
    "a page": {"status": 200, "body": PAGE},
    "other JSON": {"status": 200, "body": [{}]},
    "nothing there": {"status": 404, "body": GATEWAY},
}


@pytest.fixture
def records(sandbox: RunningSandbox) -> list[str]:
    seed(sandbox)
    left = {"identifiers": {"email": "left@example.org"}, "status": "unsubscribed"}
    sandbox.control("POST", "/dotdigital/contacts", [left])
    yes = {
        "matchIdentifier": "email",
        "identifiers": {"email": "left@example.org"},
        "channelProperties": {"email": {"status": "subscribed"}},
        "consentedAt": (datetime.now(tz=timezone.utc) - timedelta(days=30)).isoformat(),
    }
    return [schema_line("contacts", {}), record_line("contacts", yes), *lines()]


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_a_wrong_answer_to_any_call_ends_the_run_and_delivers_and_rejects_nothing(
    sandbox: RunningSandbox,
    settings: dict[str, Any],
    records: list[str],
    tmp_path: Path,
    call: tuple[str, str, str | None, str],
    kind: str,
) -> None:
    method, path, body, stream = call
    action = {"kind": "replace_answer", **WRONG[kind]}
    sandbox.order_fault(action, service="dotdigital", method=method, path=path, body=body, times=None)
    ended = run(settings, tmp_path, records, **{**SETTINGS, "poll_seconds": 0.01})
    assert isinstance(ended.error, (ServiceUnavailable, AccessRefused))
    assert ended.rejected == {}
    read = {"contacts": 7, "orders": 3, "catalog": 2, "program_enrolments": 1, "deleted_contacts": 1}
    assert ended.delivered.get(stream, 0) < read[stream]
    assert sandbox.control("GET", "/faults")[0]["hits"] > 0


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_page_of_contacts_takes_nobody_for_unknown(
    sandbox: RunningSandbox,
    settings: dict[str, Any],
    records: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(contact_directory, "LOOK_UPS_WORTH_A_DIRECTORY", 1)
    monkeypatch.setattr(contact_directory, "LOOK_UPS_WORTH_A_PAGE", 1)
    action = {"kind": "replace_answer", **WRONG[kind]}
    sandbox.order_fault(action, service="dotdigital", method="GET", path="contacts/v3$", times=None, skip=1)
    ended = run(settings, tmp_path, records, **SETTINGS)
    assert isinstance(ended.error, ServiceUnavailable)
    assert (ended.delivered["contacts"], ended.rejected) == (0, {})


def test_an_enrolment_answered_wrongly_is_not_taken_for_made(
    sandbox: RunningSandbox, settings: dict[str, Any], records: list[str], tmp_path: Path
) -> None:
    action = {"kind": "replace_answer", **WRONG["a page"]}
    sandbox.order_fault(action, service="dotdigital", method="POST", path="programs/enrolments$")
    ended = run(settings, tmp_path, records, **{**SETTINGS, "poll_seconds": 0.01, "max_rejects": 0})
    assert isinstance(ended.error, DeliveryError)
    assert ended.delivered["program_enrolments"] == 0


def test_an_import_with_evidence_that_is_never_answered_rightly_ends_the_run_in_time(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "PATIENCE_WITH_EVIDENCE_SECONDS", 0.0)
    action = {"kind": "respond", **WRONG["a page"]}
    sandbox.order_fault(action, service="dotdigital", method="PUT", path="contacts/v3/import$", times=None)
    person = {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}, "consentRecords": [evidence()]}
    yes = {"channelProperties": {"email": {"status": "subscribed"}}}
    ended = run(settings, tmp_path, [schema_line("contacts", {}), record_line("contacts", {**person, **yes})])
    assert isinstance(ended.error, ServiceUnavailable)
    assert sandbox.control("GET", "/faults")[0]["hits"] == 2
