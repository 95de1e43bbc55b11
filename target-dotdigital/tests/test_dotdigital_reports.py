"""Reports of imports, read into outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.ledger import Ledger
from delivery.narrowing import BatchRefused
from delivery.outcome import DELIVERED
from delivery.redaction import Redaction
from delivery.testing import record_line, schema_line
from dotdigital_account import call_account
from in_process_loader import run
from target_dotdigital.answers import error_of, without_values
from target_dotdigital.contact_report import LOST_EVIDENCE, contact_outcomes
from target_dotdigital.insight_report import insight_failures
from target_dotdigital.notices import Notices

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

REDACTION = Redaction(["s3cret"])
CONTACTS = [
    {"matchIdentifier": "email", "identifiers": {"email": "Ann@example.org", "shop": "7"}},
    {"matchIdentifier": "email", "identifiers": {"email": "bo@example.org"}},
]
KEYS = ["O-1", "O-2"]


def failure(identifiers: dict[str, Any], *codes: str, **members: Any) -> dict[str, Any]:
    failures = [{"failureCode": code, "description": "'Ann Lee' of ann@example.org is wrong"} for code in codes]
    return {"matchIdentifier": "email", "identifiers": identifiers, "failures": failures, **members}


def read(report: dict[str, Any], notices: Notices | None = None) -> list[Any]:
    return contact_outcomes(report, CONTACTS, REDACTION, notices or Notices(Ledger()))


def created(*emails: str) -> dict[str, Any]:
    return {"created": [{"contactId": 1, "identifiers": {"email": email, "mobileNumber": None}} for email in emails]}


def test_a_failure_is_told_by_the_identifier_in_any_case() -> None:
    ann, bo = read({**created("bo@example.org"), "failures": [failure({"email": "ANN@example.org"}, "InvalidEmail")]})
    assert (ann.code, bo) == ("InvalidEmail", DELIVERED)
    assert "Ann" not in ann.reason
    assert "example.org" not in ann.reason


def test_a_failure_may_be_told_by_another_identifier() -> None:
    ann, bo = read({**created("bo@example.org"), "failures": [failure({"shop": "7"}, "duplicateIdentifier")]})
    assert (ann.code, bo) == ("duplicateIdentifier", DELIVERED)


def test_written_without_its_evidence_counts_as_delivered_with_a_notice() -> None:
    ledger = Ledger()
    notices = Notices(ledger)
    lost = failure({"email": "bo@example.org"}, "ConsentRecordsNotApplied", contactId=1)
    report = {"updated": created("ann@example.org", "bo@example.org")["created"], "failures": [lost]}
    assert read(report, notices) == [DELIVERED, DELIVERED]
    ((notice, count),) = ledger.streams["contacts"].reasons["noticed"].items()
    assert (notice, count) == (LOST_EVIDENCE, 1)


def test_written_without_another_part_is_rejected() -> None:
    lost = failure({"email": "bo@example.org"}, "consentRecordsNotApplied", "invalidAddressBookIds", contactId=1)
    _, bo = read({**created("ann@example.org", "bo@example.org"), "failures": [lost]})
    assert bo.code == "invalidAddressBookIds"
    assert bo.reason.startswith("written, but a part of it was not")


@pytest.mark.parametrize(
    "report",
    [
        {**created("bo@example.org"), "failures": [failure({"email": "somebody@else.example"}, "InvalidEmail")]},
        {**created("bo@example.org"), "failures": []},
        {},
        {"summary": {"newContacts": 1, "updatedContacts": 1, "invalidEntries": 1}, "failures": []},
    ],
)
def test_a_report_that_does_not_tell_makes_the_import_smaller(report: dict[str, Any]) -> None:
    with pytest.raises(BatchRefused):
        read(report)


def test_a_report_that_only_counts_is_believed() -> None:
    assert read({"summary": {"newContacts": 1, "updatedContacts": 1}}) == [DELIVERED, DELIVERED]


def test_a_single_contact_takes_the_failure_that_names_nobody() -> None:
    (outcome,) = contact_outcomes({"failures": [failure({}, "Blocker")]}, CONTACTS[:1], REDACTION, Notices(Ledger()))
    assert outcome.code == "Blocker"


def test_insight_failures_are_told_by_key() -> None:
    report = {
        "summary": {"totalRecords": 2, "totalImported": 1, "totalRejected": 1},
        "failures": [{"key": "O-2", "failureReason": "JsonValueTooLong", "details": ["'total' is 'Ann' s3cret"]}],
    }
    failures = insight_failures(report, KEYS, lambda _: {"total"}, REDACTION)
    assert {place: outcome.code for place, outcome in failures.items()} == {1: "JsonValueTooLong"}
    assert "'total'" in failures[1].reason
    assert "Ann" not in failures[1].reason
    assert "s3cret" not in failures[1].reason


@pytest.mark.parametrize(
    "report",
    [
        {"summary": {"totalImported": 1, "totalRejected": 1}},
        {"summary": {"totalRecords": 2, "totalImported": 1, "totalRejected": 0}, "failures": []},
        {
            "summary": {"totalImported": 2, "totalRejected": 0},
            "failures": [{"key": "O-9", "failureReason": "InvalidJson"}],
        },
    ],
)
def test_insight_failures_that_name_no_record_make_the_import_smaller(report: dict[str, Any]) -> None:
    with pytest.raises(BatchRefused):
        insight_failures(report, KEYS, lambda _: set(), REDACTION)


def test_the_deletion_of_keys_that_nobody_tells_of_is_made_smaller(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    summary = {"totalRecords": 2, "totalDeleted": 1, "totalNotFound": 0}
    action = {"kind": "replace_answer", "status": 200, "body": {"summary": summary, "notFound": []}}
    sandbox.order_fault(action, service="dotdigital", method="DELETE", path="deleteRecords$")
    make_collection = "/insightData/v3/collections/catalog_products"
    call_account(sandbox, "POST", make_collection, collectionScope="account", collectionType="catalog")
    gone = [record_line("catalog", {"key": key, "json": None}) for key in ("p-1", "p-2")]
    calls = len(sandbox.requests(service="dotdigital", method="DELETE"))
    ended = run(settings, tmp_path, [schema_line("catalog", {}), *gone])
    assert (ended.error, ended.delivered) == (None, {"catalog": 2})
    assert len(sandbox.requests(service="dotdigital", method="DELETE")) - calls == 3


def test_a_deletion_of_contacts_that_does_not_tell_of_all_is_made_smaller(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    people = [{"identifiers": {"email": f"p{number}@example.org"}} for number in range(2)]
    sandbox.control("POST", "/dotdigital/contacts", people)
    body = {"status": "Finished", "summary": {"deletedContacts": 1}, "failures": []}
    sandbox.order_fault(
        {"kind": "replace_answer", "status": 200, "body": body}, service="dotdigital", path="contacts/v3/delete/"
    )
    lines = [record_line("deleted_contacts", person["identifiers"]) for person in people]
    ended = run(settings, tmp_path, [schema_line("deleted_contacts", {}), *lines])
    assert ended.error is None
    # The first deletion was done, so the smaller ones find nobody.
    assert ended.target.ledger.streams["deleted_contacts"].skipped == 2


def test_errors_of_both_versions_are_read() -> None:
    v3 = {"errorCode": "contacts:badJson", "description": "no", "details": [{"item": "email", "error": "empty"}]}
    assert error_of(v3) == ("contacts:badJson", "no; email: empty")
    v2 = {"message": "Field already exists. ERROR_NON_UNIQUE_DATAFIELD"}
    assert error_of(v2)[0] == "ERROR_NON_UNIQUE_DATAFIELD"
    assert error_of({"errorCode": "Ann Lee <ann@example.org>", "details": "none"}) == ("", "")


def test_quoted_values_are_dropped_and_names_stay() -> None:
    text = without_values("field 'SHOE' cannot be 'forty'", REDACTION, {"SHOE"})
    assert text == "field 'SHOE' cannot be [value]"
