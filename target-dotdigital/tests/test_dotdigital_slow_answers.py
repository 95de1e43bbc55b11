"""Calls whose answer comes too late: Dotdigital has acted, the loader has stopped waiting."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import LoaderProcess, record_line, schema_line
from every_call import SETTINGS, STATE, WISH, lines, seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderResult

    Loader = Callable[..., LoaderProcess]

IMPATIENT = [sys.executable, str(Path(__file__).with_name("short_patience.py"))]
TOO_LATE = {"kind": "answer_late", "seconds": 3.0}
ENROL = "programs/enrolments$"
COUNTS = {
    "contacts": (6, 6, 0, 0),
    "orders": (3, 3, 0, 0),
    "catalog": (2, 2, 0, 0),
    "program_enrolments": (1, 1, 0, 0),
    "deleted_contacts": (1, 1, 0, 0),
}


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
    return any(f", {method} " in line and "answer within the time allowed" in line for line in result.log.splitlines())


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
