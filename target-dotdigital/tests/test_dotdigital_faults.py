"""What a run does when the service, or the way to it, fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line
from dotdigital_records import evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

IMPORTS = "(contacts|insightData)/v3/import$"
HTML = "<html><body>Bad gateway, ann@example.org, sandbox-password</body></html>"


def lines() -> list[str]:
    yes = {"channelProperties": {"email": {"status": "subscribed"}}, "consentRecords": [evidence()]}
    contacts = [
        {
            "matchIdentifier": "email",
            "identifiers": {"email": f"p{number}@example.org"},
            "dataFields": {"POINTS": number},
            **(yes if number % 3 == 0 else {}),
        }
        for number in range(9)
    ]
    orders = [
        {
            "key": f"O-{number}",
            "contactIdentity": {"identifier": "email", "value": f"p{number}@example.org"},
            "json": {"id": f"O-{number}", "order_total": number},
        }
        for number in range(9)
    ]
    return [
        schema_line("contacts", {}),
        *(record_line("contacts", contact) for contact in contacts),
        schema_line("orders", {}),
        *(record_line("orders", order) for order in orders),
        state_line({"done": True}),
    ]


def held(sandbox: RunningSandbox) -> dict[str, Any]:
    snapshot = sandbox.snapshot("dotdigital")
    return {name: snapshot[name] for name in ("contacts", "collections", "data_fields", "lists", "mails_sent")}


@pytest.fixture
def undisturbed(sandbox: RunningSandbox, loader: Loader) -> dict[str, Any]:
    assert loader(list="Everybody").run(lines()).code == 0
    found = held(sandbox)
    sandbox.control("POST", "/reset?service=dotdigital")
    return found


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "truncate"},
        {"kind": "respond", "status": 503, "body": HTML},
        {"kind": "respond", "status": 200, "body": HTML},
        {"kind": "respond", "status": 429, "headers": {"Retry-After": "0"}},
        {"kind": "respond", "status": 400, "body": {"message": "Error: ERROR_APIUSAGE_EXCEEDED"}},
        {"kind": "respond", "status": 429, "body": {"errorCode": "contacts:tooManyActiveImports", "description": "-"}},
    ],
    ids=["drop", "drop-after", "truncate", "503", "html-200", "429", "flat-400", "jobs-429"],
)
def test_a_passing_fault_at_every_kind_of_call_changes_nothing_in_the_end(
    sandbox: RunningSandbox, loader: Loader, undisturbed: dict[str, Any], action: dict[str, Any]
) -> None:
    jobs_only = "tooMany" in str(action)
    places = (
        [IMPORTS] if jobs_only else [IMPORTS, "import/", "contacts/v3$", "v3/email", "data-fields", "address-books"]
    )
    for path in places:
        sandbox.order_fault(action, service="dotdigital", path=path, times=1)
    if not jobs_only:
        # The fault above hits the question at the start of a run.
        sandbox.order_fault(action, service="dotdigital", method="POST", path="contacts/v3$", times=1)
    result = loader(list="Everybody", poll_seconds=0.4).run(lines())
    assert result.code == 0, result.log
    assert result.counts("contacts") == (9, 9, 0, 0)
    assert result.counts("orders") == (9, 9, 0, 0)
    assert result.states == [{"done": True}]
    assert held(sandbox) == undisturbed
    assert "example.org" not in result.log
    assert "sandbox-password" not in result.log


def test_a_service_that_stays_down_ends_the_run_with_one_line(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.order_fault({"kind": "respond", "status": 503}, service="dotdigital", path="v3/email", times=None)
    yes = {
        "matchIdentifier": "email",
        "identifiers": {"email": "ann@example.org"},
        "channelProperties": {"email": {"status": "subscribed"}},
    }
    process = loader()
    result = process.run([schema_line("contacts", {}), record_line("contacts", yes), state_line({"x": 1})])
    assert result.code == 1
    assert result.states == []
    (error,) = result.errors
    assert "GET /contacts/v3/email/…: HTTP 503" in error
    assert "ann" not in result.log


@pytest.mark.parametrize(
    ("status", "times", "code", "text"),
    [
        ("Failed", 1, 0, ""),
        ("Failed", 20, 1, "failed twice to do an import of contacts"),
        ("RejectedByWatchdog", 1, 1, "RejectedByWatchdog"),
        ("ExceedsAllowedContactLimit", 1, 1, "ExceedsAllowedContactLimit"),
    ],
)
def test_an_import_that_ends_undone_is_tried_again_or_ends_the_run(
    sandbox: RunningSandbox, loader: Loader, status: str, times: int, code: int, text: str
) -> None:
    sandbox.control("POST", "/dotdigital/next-imports", {"kind": "contacts", "status": status, "times": times})
    result = loader(list="Everybody").run(lines())
    assert result.code == code, result.log
    assert text in " ".join(result.errors)
    assert result.states == ([{"done": True}] if code == 0 else [])


def test_an_insight_import_that_fails_twice_stops_the_run(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/next-imports", {"kind": "insight", "status": "Failed", "times": 20})
    result = loader().run(lines())
    assert result.code == 1
    assert "failed twice to import into the Insight collection 'Orders'" in result.errors[0]


def test_the_limits_of_a_tier_are_kept_without_a_refusal(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"medium_calls": 4, "rate_limit_window_seconds": 2.0})
    seen = len(sandbox.requests(service="dotdigital"))
    result = loader(list="Everybody").run(lines())
    assert result.code == 0, result.log
    refused = [call for call in sandbox.requests(service="dotdigital")[seen:] if call["status"] == 429]
    # Before the first answers nobody knows the limit; after them it is obeyed.
    assert len(refused) <= 8, len(refused)


def test_a_batch_refused_as_a_whole_is_narrowed(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.order_fault(
        {"kind": "respond", "status": 413}, service="dotdigital", method="PUT", path="insightData/v3/import", times=1
    )
    result = loader(list="Everybody").run(lines())
    assert result.code == 0, result.log
    assert result.counts("contacts") == (9, 9, 0, 0)
    assert result.counts("orders") == (9, 9, 0, 0)


def test_no_room_for_another_data_field_ends_the_run(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"max_data_fields": 6})
    result = loader().run(lines())
    assert result.code == 1
    assert "no room for data field POINTS" in result.errors[0]
