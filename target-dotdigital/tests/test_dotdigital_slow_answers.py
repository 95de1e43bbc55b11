"""Calls whose answer comes too late: Dotdigital has acted, the loader has stopped waiting."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import LoaderProcess, record_line, schema_line, state_line
from dotdigital_account import call_account
from dotdigital_records import evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderResult

    Loader = Callable[..., LoaderProcess]

IMPATIENT = [sys.executable, str(Path(__file__).with_name("short_patience.py"))]
TOO_LATE = {"kind": "answer_late", "seconds": 3.0}
STATE = {"done": True}
WISH = {"email": "p1@example.org", "program": 1}
ENROL = "programs/enrolments$"
SETTINGS: dict[str, Any] = {
    "list": "Everybody",
    "field_ownership": {"LASTNAME": "destination"},
    "max_rejects": 1,
    "poll_seconds": 0.3,
}
COUNTS = {
    "contacts": (6, 6, 0, 0),
    "orders": (3, 3, 0, 0),
    "catalog": (2, 2, 0, 0),
    "program_enrolments": (1, 1, 0, 0),
    "deleted_contacts": (1, 1, 0, 0),
}


def contacts() -> list[dict[str, Any]]:
    """Six people: two say yes with evidence, two no, of two nothing is known."""
    records: list[dict[str, Any]] = []
    for number in range(6):
        record: dict[str, Any] = {
            "matchIdentifier": "email",
            "identifiers": {"email": f"p{number}@example.org", "shop-id": str(number)},
            "dataFields": {"POINTS": number, "LASTNAME": "Lee"},
            "lists": ["VIP"],
            "preferences": [{"name": "Sale", "isOptedIn": number % 2 == 0}],
        }
        status = (None, "subscribed", "unsubscribed")[number % 3]
        if status is not None:
            record["channelProperties"] = {"email": {"status": status}}
        if status == "subscribed":
            record["consentRecords"] = [evidence()]
        records.append(record)
    return records


def order(key: str, owner: str, json: dict[str, Any] | None) -> dict[str, Any]:
    return {"key": key, "contactIdentity": {"identifier": "email", "value": owner}, "json": json}


def lines() -> list[str]:
    streams: dict[str, list[dict[str, Any]]] = {
        "contacts": contacts(),
        "orders": [
            order("O-1", "p1@example.org", {"id": "O-1", "order_total": 1}),
            order("O-8", "bo@example.org", None),
            # Bo's until now.
            order("O-9", "p1@example.org", {"id": "O-9", "order_total": 9}),
        ],
        "catalog": [{"key": "p-1", "json": {"id": "p-1"}}, {"key": "p-2", "json": None}],
        "program_enrolments": [WISH],
        "deleted_contacts": [{"email": "gone@example.org"}],
    }
    found: list[str] = []
    for stream, records in streams.items():
        found += [schema_line(stream, {}), *(record_line(stream, record) for record in records)]
    return [*found, state_line(STATE)]


def seed(sandbox: RunningSandbox) -> None:
    """Bo has two orders, one product is there, and somebody is to be deleted."""
    people = [{"identifiers": {"email": f"{name}@example.org"}} for name in ("bo", "gone")]
    sandbox.control("POST", "/dotdigital/contacts", people)
    for name, scope, kind in (("Orders", "contact", "orders"), ("catalog_products", "account", "catalog")):
        path = f"/insightData/v3/collections/{name}"
        call_account(sandbox, "POST", path, collectionScope=scope, collectionType=kind)
    for owner_and_key in ("contacts/email/bo@example.org/Orders/O-8", "contacts/email/bo@example.org/Orders/O-9"):
        json = {"id": owner_and_key[-3:], "order_total": 5}
        call_account(sandbox, "PUT", f"/insightData/v3/{owner_and_key}", json)
    call_account(sandbox, "PUT", "/insightData/v3/account/catalog_products/p-2", {"id": "p-2"})


def held(sandbox: RunningSandbox) -> dict[str, Any]:
    snapshot = sandbox.snapshot("dotdigital")
    parts = (
        "contacts",
        "recycle_bin",
        "lists",
        "data_fields",
        "custom_identifiers",
        "collections",
        "program_members",
        "mails_sent",
    )
    found = {name: snapshot[name] for name in parts}
    # A mark tells when somebody was enrolled: of marks it matters how many there are.
    marks = found["collections"].pop("ProgramEnrolments", {"records": {}})
    return {**found, "marks": len(marks["records"])}


def impatient(folder: Path, settings: dict[str, Any], **changes: Any) -> LoaderProcess:
    return LoaderProcess(IMPATIENT, folder, {**settings, **SETTINGS, **changes})


def timed_out(result: LoaderResult, method: str) -> bool:
    return any(
        f", {method} " in line and "no answer within the time allowed" in line for line in result.log.splitlines()
    )


@pytest.fixture(scope="module")
def undisturbed(
    running: RunningSandbox, tmp_path_factory: pytest.TempPathFactory, loader_in: Callable[..., LoaderProcess]
) -> dict[str, Any]:
    running.control("POST", "/reset?service=dotdigital")
    running.clear_faults()
    seed(running)
    result = loader_in(tmp_path_factory.mktemp("undisturbed"), **SETTINGS).run(lines())
    assert result.code == 0, result.log
    assert {stream: result.counts(stream) for stream in COUNTS} == COUNTS
    found = held(running)
    assert found["program_members"] == {"1": ["p1@example.org"]}
    assert found["marks"] == 1
    return found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        # The import of contacts carries fields, lists, preferences, statuses and evidence; the second one fills fields.
        ("PUT", "contacts/v3/import$", "consentRecords"),
        ("PUT", "contacts/v3/import$", "overwriteIfEmpty"),
        ("POST", "contacts/v3$", None),
        ("POST", "contacts/v3/delete$", None),
        ("POST", "customIdentifiers$", None),
        ("POST", "v2/data-fields$", None),
        ("POST", "v2/address-books$", "VIP"),
        ("PUT", "insightData/v3/import$", "Orders"),
        ("POST", "insightData/v3/collections/ProgramEnrolments", None),
        ("PUT", "insightData/v3/contacts/contactId/.*/ProgramEnrolments/", None),
        ("DELETE", "insightData/v3/contacts/.*/deleteRecords$", None),
        ("DELETE", "insightData/v3/accounts/.*/deleteRecords$", None),
        ("DELETE", "v2/contacts/transactional-data/Orders/", None),
    ],
    ids=lambda value: value,
)
def test_a_call_that_was_done_and_answered_too_late_is_done_once(
    undisturbed: dict[str, Any],
    sandbox: RunningSandbox,
    settings: dict[str, Any],
    tmp_path: Path,
    method: str,
    path: str,
    body: str | None,
) -> None:
    seed(sandbox)
    sandbox.order_fault(TOO_LATE, service="dotdigital", method=method, path=path, body=body)
    result = impatient(tmp_path, settings).run(lines())
    assert result.code == 0, result.log
    assert [fault["hits"] for fault in sandbox.control("GET", "/faults")] == [1]
    # An import with evidence is not sent again as it is, but prepared anew, which says nothing in the log.
    assert timed_out(result, method) or body == "consentRecords", result.log
    deleted = result.counts("deleted_contacts")
    # Deleted by the call whose answer was late, so nobody is there for the next: either is right.
    assert deleted in {(1, 1, 0, 0), (1, 0, 0, 1)}
    assert {stream: result.counts(stream) for stream in COUNTS} == {**COUNTS, "deleted_contacts": deleted}
    assert result.states == [STATE]
    assert held(sandbox) == undisturbed
    assert "example.org" not in result.log


def test_an_enrolment_answered_too_late_is_not_asked_for_again(
    undisturbed: dict[str, Any], sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    """Enrolling again could mail somebody twice; so the record is rejected, and its mark stays."""
    seed(sandbox)
    before = len(sandbox.requests(service="dotdigital", method="POST", path=ENROL))
    sandbox.order_fault(TOO_LATE, service="dotdigital", method="POST", path=ENROL)
    result = impatient(tmp_path, settings).run(lines())
    assert result.code == 0, result.log
    assert {stream: result.counts(stream) for stream in COUNTS} == {**COUNTS, "program_enrolments": (1, 0, 1, 0)}
    assert "it is not known whether its contact is enrolled" in next(iter(result.reasons("program_enrolments")))
    assert held(sandbox) == undisturbed
    again = impatient(tmp_path, settings).run(
        [schema_line("program_enrolments", {}), record_line("program_enrolments", WISH)]
    )
    assert again.counts("program_enrolments") == (1, 0, 0, 1)
    # The journal has a call once its answer is over.
    sandbox.clear_faults()
    given_up_at = time.monotonic() + 10
    while len(sandbox.requests(service="dotdigital", method="POST", path=ENROL)) == before:
        assert time.monotonic() < given_up_at
    assert len(sandbox.requests(service="dotdigital", method="POST", path=ENROL)) - before == 1


def test_a_mark_taken_back_too_late_lets_the_person_be_enrolled_by_the_next_run(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "p1@example.org"}}])
    sandbox.control("POST", "/dotdigital/settings", {"enrolments_per_hour": 0})
    sandbox.order_fault(TOO_LATE, service="dotdigital", method="DELETE", path="ProgramEnrolments/")
    wish = [schema_line("program_enrolments", {}), record_line("program_enrolments", WISH)]
    refused = impatient(tmp_path, settings).run(wish)
    assert refused.counts("program_enrolments") == (1, 0, 1, 0)
    assert timed_out(refused, "DELETE"), refused.log
    assert held(sandbox)["marks"] == 0
    sandbox.control("POST", "/dotdigital/settings", {"enrolments_per_hour": 20})
    assert impatient(tmp_path, settings).run(wish).counts("program_enrolments") == (1, 1, 0, 0)
