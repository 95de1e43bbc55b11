"""Faults of the calls about contacts, row by row of what Dotdigital can answer."""

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

IMPORT, DELETE = "contacts/v3/import$", "contacts/v3/delete$"
STATE = {"bookmarks": {"done": True}}


def v3(code: str) -> dict[str, Any]:
    return {"errorCode": code, "description": "a value of 'ann@example.org' is not right"}


def v2(token: str) -> dict[str, Any]:
    return {"message": f"Error: {token}"}


def lines() -> list[str]:
    records: list[dict[str, Any]] = []
    for number in range(6):
        record: dict[str, Any] = {
            "matchIdentifier": "email",
            "identifiers": {"email": f"p{number}@example.org", "shop-id": str(number)},
            "dataFields": {"POINTS": number, "LASTNAME": "Lee"},
            "lists": ["VIP"],
            "preferences": [{"name": "Sale", "isOptedIn": True}],
        }
        if number % 2:
            record["channelProperties"] = {"email": {"status": "subscribed"}}
            record["consentRecords"] = [evidence()]
        records.append(record)
    people = [record_line("contacts", record) for record in records]
    gone = record_line("deleted_contacts", {"email": "gone@example.org"})
    return [schema_line("contacts", {}), *people, schema_line("deleted_contacts", {}), gone, state_line(STATE)]


def seed(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "gone@example.org"}}])


def held(sandbox: RunningSandbox) -> dict[str, Any]:
    snapshot = sandbox.snapshot("dotdigital")
    parts = ("contacts", "recycle_bin", "lists", "data_fields", "custom_identifiers", "mails_sent")
    return {name: snapshot[name] for name in parts}


SETTINGS: dict[str, Any] = {"list": "Everybody", "field_ownership": {"LASTNAME": "destination"}, "poll_seconds": 0.3}


@pytest.fixture(scope="module")
def undisturbed(
    running: RunningSandbox, tmp_path_factory: pytest.TempPathFactory, loader_in: Callable[..., LoaderProcess]
) -> dict[str, Any]:
    running.control("POST", "/reset?service=dotdigital")
    running.clear_faults()
    seed(running)
    result = loader_in(tmp_path_factory.mktemp("undisturbed"), **SETTINGS).run(lines())
    assert result.code == 0, result.log
    return held(running)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("PUT", IMPORT, {"status": 400, "body": v2("ERROR_IMPORT_TOOMANYACTIVEIMPORTS")}),
        ("PUT", IMPORT, {"status": 429, "body": v3("contacts:tooManyActiveImports")}),
        ("PUT", IMPORT, {"status": 502, "body": "<html>ann@example.org</html>"}),
        ("GET", "v3/import/", {"status": 404, "body": v3("contacts:importNotFound")}),
        ("GET", "v3/import/", {"status": 200, "body": {"status": "Unheard of"}}),
        ("GET", "v3/import/", {"status": 200, "body": {"status": "InvalidFileFormat"}}),
        ("GET", "v3/import/", {"status": 200, "body": {"status": "NotAvailableInThisVersion"}}),
        ("POST", DELETE, {"status": 429, "body": v3("contacts:tooManyBulkDeleteJobs")}),
        ("POST", DELETE, {"status": 503, "body": v2("ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE")}),
        ("GET", "v3/delete/", {"status": 504}),
        ("GET", "address-books", {"status": 400, "body": v2("ERROR_ADDRESSBOOK_IN_USE")}),
        ("POST", "address-books", {"status": 400, "body": v2("ERROR_APIUSAGE_EXCEEDED")}),
        ("GET", "v2/preferences", {"status": 429, "headers": {"Retry-After": "0"}}),
        ("POST", "v2/data-fields", {"kind": "drop_after"}),
        ("POST", "customIdentifiers", {"kind": "drop_after"}),
        ("POST", "address-books", {"kind": "drop_after"}),
        ("POST", "contacts/v3$", {"kind": "drop_after"}),
        ("GET", "v3/shop-id/", {"status": 429, "headers": {"X-RateLimit-Reset": "1"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_fault_that_passes_leaves_no_trace(
    undisturbed: dict[str, Any], sandbox: RunningSandbox, loader: Loader, method: str, path: str, answer: dict[str, Any]
) -> None:
    seed(sandbox)
    action = {"kind": "respond", **answer}
    sandbox.order_fault(action, service="dotdigital", method=method, path=path, times=1)
    result = loader(**SETTINGS).run(lines())
    assert result.code == 0, result.log
    assert result.counts("contacts") == (6, 6, 0, 0)
    assert result.states == [STATE]
    assert held(sandbox) == undisturbed
    assert "example.org" not in result.log


@pytest.mark.parametrize(
    ("method", "path", "answer", "text"),
    [
        ("PUT", IMPORT, {"status": 401}, "check the settings username and password"),
        ("GET", "v3/import/", {"status": 403, "body": v2("ERROR_FEATURENOTACTIVE")}, "ERROR_FEATURENOTACTIVE"),
        ("GET", "v3/import/", {"status": 200, "body": {"status": "RejectedByWatchdog"}}, "RejectedByWatchdog"),
        ("GET", "v3/import/", {"status": 200, "body": {"status": "Failed"}}, "failed twice"),
        ("POST", "contacts/v3$", {"status": 400, "body": v2("ERROR_CONTACT_TOOMANY")}, "takes no more contacts"),
        ("POST", "data-fields", {"status": 400, "body": v2("ERROR_DATAFIELD_LIMITEXCEEDED")}, "no room for data field"),
        ("POST", "address-books", {"status": 400, "body": v2("ERROR_ADDRESSBOOK_NOTWRITABLE")}, "NOTWRITABLE"),
        ("POST", "customIdentifiers", {"status": 412}, "no room for the custom identifier"),
        ("GET", "customIdentifiers", {"status": 400, "body": v3("no")}, "does not tell its custom identifiers"),
        ("GET", "v3/delete/", {"status": 200, "body": {"status": "Failed"}}, "did not do a deletion of contacts"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_fault_that_stays_ends_the_run_in_one_line_and_the_next_run_mends_it(
    undisturbed: dict[str, Any],
    sandbox: RunningSandbox,
    loader: Loader,
    method: str,
    path: str,
    answer: dict[str, Any],
    text: str,
) -> None:
    seed(sandbox)
    sandbox.order_fault({"kind": "respond", **answer}, service="dotdigital", method=method, path=path, times=None)
    result = loader(**SETTINGS).run(lines())
    assert result.code == 1
    (error,) = result.errors
    assert text in error
    assert result.states == []
    assert "example.org" not in result.log
    sandbox.clear_faults()
    again = loader(**SETTINGS).run(lines())
    assert again.code == 0, again.log
    found = held(sandbox)
    if "status" in answer.get("body", {}):
        # The imports were done, only their reports were not believed: no evidence is stored twice.
        assert {len(contact["consentRecords"]) for contact in found["contacts"]} == {0, 1}
    assert found == undisturbed


def test_the_contracts_number_of_contacts_ends_the_run(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"contact_limit": 2})
    result = loader(**SETTINGS).run(lines())
    assert result.code == 1
    assert "takes no more contacts" in result.errors[0]
    assert result.summary["streams"]["contacts"]["rejected"] == 0


@pytest.mark.parametrize("answer", [{"status": 413}, {"status": 400, "body": v3("contacts:badJson")}])
def test_an_import_refused_as_a_whole_is_narrowed(
    sandbox: RunningSandbox, loader: Loader, answer: dict[str, Any]
) -> None:
    people = [
        record_line("contacts", {"matchIdentifier": "email", "identifiers": {"email": f"n{n}@example.org"}})
        for n in range(60)
    ]
    fault = {"kind": "respond", **answer}
    sandbox.order_fault(fault, service="dotdigital", method="PUT", path=IMPORT, times=1)
    result = loader(list="Everybody").run([schema_line("contacts", {}), *people])
    assert result.code == 0, result.log
    assert result.counts("contacts") == (60, 60, 0, 0)


def test_a_deletion_whose_answer_was_lost_is_done_once(sandbox: RunningSandbox, loader: Loader) -> None:
    seed(sandbox)
    sandbox.order_fault({"kind": "drop_after"}, service="dotdigital", method="POST", path=DELETE, times=1)
    result = loader().run(lines()[-3:])
    assert result.code == 0, result.log
    read, delivered, rejected, skipped = result.counts("deleted_contacts")
    assert (read, delivered + skipped, rejected) == (1, 1, 0)
    assert held(sandbox)["recycle_bin"] == ["gone@example.org"]
