"""Every way in which Iterable can answer a call about profiles, and what becomes of the records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import state_line
from iterable_project import KEY, profiles
from iterable_records import users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess, LoaderResult

FAST = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]
POISON = "person617@shop.example"


def refuse(
    sandbox: RunningSandbox, status: int, code: str, body: str | None = POISON, times: int | None = None, **more: Any
) -> None:
    """Let Iterable answer so, whenever a request holds a text."""
    document = {"code": code, "msg": f"secret {KEY} of ana@shop.example", "params": None, **more}
    action = {"kind": "respond", "status": status, "body": document if code else None}
    sandbox.order_fault(action, service="iterable", path="users/bulkUpdate", body=body, times=times)


def thousand(loader: LoaderProcess) -> LoaderResult:
    loader.settings["max_rejects"] = 1
    people = ({"email": f"person{n}@shop.example", "dataFields": {"points": n}} for n in range(1000))
    return loader.run([*users(*people), state_line({"at": 1000})])


def calls(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="iterable", path="users/bulkUpdate"))


def assert_clean(result: LoaderResult) -> None:
    """No key, no person and nothing of an error text where people look."""
    shown = result.log + result.output + str(result.summary)
    assert KEY not in shown
    assert "@shop.example" not in shown
    assert "secret" not in shown
    assert KEY not in str(result.rejects)


REJECTING = [
    (400, "BadJsonBody"),
    (400, "BadParams"),
    (400, "BatchTooLarge"),
    (400, "RequestFieldsTypesMismatched"),
    (400, "UniqueFieldsLimitExceeded"),
    (400, "InvalidEmailAddressError"),
    (400, "InvalidUserIdError"),
    (400, "EmailAlreadyExists"),
    (400, "UserIdAlreadyExists"),
    (400, "UnknownEmailError"),
    (400, "UnknownUserIdError"),
    (400, "QueueEmailError"),
    (400, "InvalidJwtPayload"),
    (400, "JwtUserIdentifiersMismatched"),
    (400, "some.code.of.tomorrow"),
    (409, "ExternalKeyConflict"),
    (409, "Conflict"),
    (413, ""),
    (422, "<html>"),
]


@pytest.mark.parametrize(("status", "code"), REJECTING)
def test_a_refusal_that_names_nothing_costs_few_calls_and_rejects_exactly_one(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int, code: str
) -> None:
    refuse(sandbox, status, code)
    result = thousand(loader)
    assert result.counts("users") == (1000, 999, 1, 0)
    assert [line["record"]["email"] for line in result.rejects if line["type"] == "RECORD"] == [POISON]
    assert calls(sandbox) <= 22
    assert len(profiles(sandbox)) == 999
    assert result.states == [{"at": 1000}]
    assert_clean(result)


@pytest.mark.parametrize("form", ["text", "list of texts", "list of messages"])
def test_an_element_that_is_named_costs_two_calls(loader: LoaderProcess, sandbox: RunningSandbox, form: str) -> None:
    said: Any = {
        "text": "Boolean value expected",
        "list of texts": [{"msg": ["error.path.missing"], "args": []}],
        "list of messages": [{"msg": "error.expected.jsstring", "args": []}],
    }[form]
    refuse(sandbox, 400, "BadJsonBody", params={"obj.users[617].dataFields": said})
    result = thousand(loader)
    assert result.counts("users") == (1000, 999, 1, 0)
    assert calls(sandbox) == 2
    assert list(result.reasons("users")) == ["Iterable cannot read 'dataFields': wrong type, or missing"]
    assert_clean(result)


@pytest.mark.parametrize("name", ["points", "user:::points"])
def test_a_value_that_is_named_costs_two_calls(loader: LoaderProcess, sandbox: RunningSandbox, name: str) -> None:
    clash = {"expectedType": "string", "offendingValue": 617}
    refuse(sandbox, 400, "RequestFieldsTypesMismatched", params={"validationErrors": {name: clash}})
    result = thousand(loader)
    assert result.counts("users") == (1000, 999, 1, 0)
    assert calls(sandbox) == 2
    assert_clean(result)


@pytest.mark.parametrize("status", [400, 409])
def test_a_forgotten_person_among_a_thousand_is_skipped(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int
) -> None:
    refuse(sandbox, status, "ForgottenUserError")
    result = thousand(loader)
    assert result.counts("users") == (1000, 999, 0, 1)
    assert result.rejects == []
    assert calls(sandbox) <= 22


@pytest.mark.parametrize("status", [200, 201, 202])
def test_whatever_says_taken_is_taken(loader: LoaderProcess, sandbox: RunningSandbox, status: int) -> None:
    body = {"successCount": 1000, "failCount": 0}
    sandbox.order_fault({"kind": "respond", "status": status, "body": body}, service="iterable", path="/bulkUpdate$")
    assert thousand(loader).counts("users") == (1000, 1000, 0, 0)
    assert calls(sandbox) == 1


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "BadApiKey", "check the settings api_key"),
        (401, "BadAuthorizationHeader", "check the settings api_key"),
        (401, "Unauthorized", "check the settings api_key"),
        (401, "Success", "check the settings api_key"),
        (403, "Forbidden", "does not allow the stream 'users' (Forbidden)"),
        (403, "ForbiddenParamsError", "does not allow the stream 'users' (ForbiddenParamsError)"),
        (404, "NotFound", "does not know what the stream 'users' is sent to"),
        (404, "", "does not know what the stream 'users' is sent to (HTTP 404)"),
    ],
)
def test_what_no_record_would_escape_ends_the_run_and_rejects_nothing(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int, code: str, said: str
) -> None:
    refuse(sandbox, status, code)
    result = thousand(loader)
    assert result.code == 1
    assert said in result.errors[-1]
    assert (result.states, result.rejects, calls(sandbox)) == ([], [], 1)
    assert_clean(result)


PASSING = [
    {"kind": "respond", "status": 429, "body": {"code": "RateLimitExceeded", "msg": "", "params": {}}},
    {"kind": "respond", "status": 429, "body": "Too Many Requests"},
    {"kind": "respond", "status": 429, "headers": {"Retry-After": "1"}, "body": "Too Many Requests"},
    {"kind": "respond", "status": 500, "body": {"code": "DatabaseError", "msg": "", "params": None}},
    {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}},
    {"kind": "respond", "status": 502, "body": "<html>"},
    {"kind": "respond", "status": 503, "headers": {"Retry-After": "1"}},
    {"kind": "respond", "status": 504},
    {"kind": "drop"},
    {"kind": "drop_after"},
    {"kind": "truncate"},
]


@pytest.mark.parametrize("action", PASSING, ids=lambda action: f"{action['kind']} {action.get('status', '')}")
def test_what_passes_changes_nothing_in_the_end(
    loader: LoaderProcess, sandbox: RunningSandbox, action: dict[str, Any]
) -> None:
    sandbox.order_fault(action, service="iterable", path="users/bulkUpdate", times=3)
    loader.command = FAST
    result = thousand(loader)
    assert (result.code, result.counts("users")) == (0, (1000, 1000, 0, 0))
    assert calls(sandbox) == 4
    assert len(profiles(sandbox)) == 1000


@pytest.mark.parametrize("status", [500, 503])
def test_one_record_that_iterable_cannot_bear_is_found_and_rejected_alone(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int
) -> None:
    refuse(sandbox, status, "GenericError")
    loader.command = FAST
    result = thousand(loader)
    assert result.counts("users") == (1000, 999, 1, 0)
    assert list(result.reasons("users")) == [f"the service fails whenever it is sent this record (HTTP {status})"]
    assert [line["record"]["email"] for line in result.rejects if line["type"] == "RECORD"] == [POISON]
    assert len(profiles(sandbox)) == 999
    assert_clean(result)


def test_an_outage_rejects_nothing_and_the_next_run_delivers_all(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    refuse(sandbox, 500, "GenericError", body=None)
    loader.command = FAST
    result = thousand(loader)
    assert result.code == 1
    assert (result.states, result.rejects) == ([], [])
    assert result.counts("users") == (1000, 0, 0, 0)
    assert "does not answer as it should" in result.errors[-1]
    sandbox.clear_faults()
    assert thousand(loader).counts("users") == (1000, 1000, 0, 0)


def test_the_services_own_echo_of_key_and_people_is_shown_nowhere(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    """Iterable has repeated body and headers in `msg`; here they stand wherever a text can."""
    echo = f"[/api/users/bulkUpdate] body: {{{POISON}}}, hdrs: List((Api-Key,{KEY}))"
    action = {"kind": "respond", "status": 400, "body": {"code": echo, "msg": echo, "params": {echo: echo}}}
    sandbox.order_fault(action, service="iterable", path="users/bulkUpdate", body=POISON, times=None)
    result = thousand(loader)
    assert result.counts("users") == (1000, 999, 1, 0)
    assert list(result.reasons("users")) == ["Iterable refuses it (HTTP 400)"]
    assert_clean(result)
