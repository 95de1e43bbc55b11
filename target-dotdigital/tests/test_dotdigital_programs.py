"""Enrolling contacts into programs: only who is subscribed, nobody twice for one purpose, within the allowance."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line
from hypothesis import given
from hypothesis import strategies as st
from target_dotdigital.cart_insight import purpose_of
from target_dotdigital.iso_time import write_time
from target_dotdigital.programs import read_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

ENROL = "programs/enrolments$"
NOW = datetime.now(tz=timezone.utc).replace(microsecond=0)
MARKS = "ProgramEnrolments"


@pytest.fixture
def people(sandbox: RunningSandbox) -> list[str]:
    """Ann and Cy are subscribed, Bo is not, Di was suppressed."""
    statuses = {"ann": "subscribed", "bo": "unsubscribed", "cy": "subscribed", "di": "suppressed"}
    seeds = [{"identifiers": {"email": f"{name}@example.org"}, "status": status} for name, status in statuses.items()]
    sandbox.control("POST", "/dotdigital/contacts", seeds)
    return [f"{name}@example.org" for name in statuses]


def wish(email: str, program: str | int = "Abandoned cart", **members: Any) -> dict[str, Any]:
    return {"email": email, "program": program, **members}


def wishes(*records: dict[str, Any]) -> list[str]:
    lines = (record_line("program_enrolments", record) for record in records)
    return [schema_line("program_enrolments", {}), *lines, state_line({"done": True})]


def cart(key: str, email: str, *, age: timedelta = timedelta(minutes=20), **members: Any) -> str:
    json = {
        "cartId": key,
        "cartPhase": "ORDER_PENDING",
        "modifiedDate": write_time(NOW - age),
        "lineItems": [{"sku": "HAT-9", "quantity": 1}],
        **members,
    }
    identity = {"identifier": "email", "value": email}
    return record_line("cart_insight", {"key": key, "contactIdentity": identity, "json": json})


def carts(*lines: str) -> list[str]:
    return [schema_line("cart_insight", {}), *lines, state_line({"done": True})]


def members(sandbox: RunningSandbox) -> list[str]:
    found: list[str] = sandbox.snapshot("dotdigital")["program_members"].get("1", [])
    return found


def leave_program(sandbox: RunningSandbox) -> None:
    """Let everybody have been through the program: from here on the service would enrol them again."""
    sandbox.control("POST", "/dotdigital/programs/1/leave")


def calls(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="dotdigital", method="POST", path=ENROL))


def test_only_who_is_subscribed_is_enrolled(sandbox: RunningSandbox, loader: Loader, people: list[str]) -> None:
    before = calls(sandbox)
    result = loader().run(wishes(*(wish(email) for email in people), wish("nobody@example.org")))
    assert result.counts("program_enrolments") == (5, 2, 1, 2), result.log
    assert members(sandbox) == ["ann@example.org", "cy@example.org"]
    assert set(result.reasons("program_enrolments", "skipped")) == {
        f"only who is subscribed to e-mail is enrolled, and its contact is not ({status})"
        for status in ("unsubscribed", "suppressed")
    }
    assert list(result.reasons("program_enrolments")) == [
        "its contact does not exist: send contacts before what refers to them"
    ]
    assert calls(sandbox) - before == 1
    assert sandbox.snapshot("dotdigital")["mails_sent"] == []
    assert "example.org" not in result.log


def test_contacts_of_the_same_run_come_first(sandbox: RunningSandbox, loader: Loader) -> None:
    contact = {
        "matchIdentifier": "email",
        "identifiers": {"email": "new@example.org"},
        "channelProperties": {"email": {"status": "subscribed"}},
    }
    lines = [*wishes(wish("new@example.org", 1)), schema_line("contacts", {}), record_line("contacts", contact)]
    assert loader().run(lines).code == 0
    assert members(sandbox) == ["new@example.org"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (wish("ann@example.org", "Nothing"), "the account has no such program"),
        (wish("ann@example.org", 99), "the account has no such program"),
        (wish("ann@example.org", "Welcome"), "the program is not active but Draft"),
        ({"program": 1}, "must hold one identifier of a contact beside program and key"),
        (wish("ann@example.org", 1, contactId=5), "must hold one identifier of a contact beside program and key"),
        ({"email": "ann@example.org"}, "the record: lacks 'program'"),
    ],
)
def test_a_wish_that_cannot_be_is_rejected_with_its_reason(
    sandbox: RunningSandbox, loader: Loader, people: list[str], record: dict[str, Any], reason: str
) -> None:
    before = calls(sandbox)
    result = loader().run(wishes(record))
    assert people
    assert list(result.reasons("program_enrolments")) == [reason]
    assert calls(sandbox) == before


def test_nobody_is_enrolled_twice_for_one_purpose(sandbox: RunningSandbox, loader: Loader, people: list[str]) -> None:
    ann = people[0]
    lines = wishes(wish(ann, key="c-1 2026-03-01T12:00:00Z"))
    assert loader().run(lines).counts("program_enrolments") == (1, 1, 0, 0)
    leave_program(sandbox)
    again = loader().run(lines)
    assert again.counts("program_enrolments") == (1, 0, 0, 1)
    assert again.reasons("program_enrolments", "skipped") == {"its contact was enrolled for this before": 1}
    assert members(sandbox) == []
    assert loader().run(wishes(wish(ann, key="c-2"))).counts("program_enrolments") == (1, 1, 0, 0)
    assert loader().run(wishes(wish(ann, key="c-3"))).reasons("program_enrolments", "skipped") == {
        "its contact is in the program already": 1
    }


def test_an_enrolment_that_was_made_without_an_answer_is_not_made_again(
    sandbox: RunningSandbox, loader: Loader, people: list[str]
) -> None:
    before = calls(sandbox)
    sandbox.order_fault({"kind": "drop_after"}, service="dotdigital", method="POST", path=ENROL)
    lines = wishes(wish(people[0]))
    result = loader().run(lines)
    assert result.counts("program_enrolments") == (1, 0, 1, 0)
    assert "it is not known whether its contact is enrolled" in next(iter(result.reasons("program_enrolments")))
    leave_program(sandbox)
    assert loader().run(lines).counts("program_enrolments") == (1, 0, 0, 1)
    assert calls(sandbox) - before == 1


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "respond", "status": 503},
        {"kind": "respond", "status": 429, "headers": {"Retry-After": "0"}},
        {"kind": "respond", "status": 400, "body": {"message": "Error: ERROR_APIUSAGE_EXCEEDED"}},
    ],
    ids=["drop", "drop-after", "503", "429", "flat-400"],
)
def test_a_passing_fault_before_or_after_the_enrolment_changes_nothing(
    sandbox: RunningSandbox, loader: Loader, people: list[str], action: dict[str, Any]
) -> None:
    for method, path in [
        ("GET", "v3/email"),
        ("GET", "v2/programs$"),
        ("GET", MARKS),
        ("PUT", MARKS),
        ("GET", "enrolments/[^/]+$"),
        ("GET", "report-faults"),
    ]:
        sandbox.order_fault(action, service="dotdigital", method=method, path=path)
    result = loader(poll_seconds=0.3).run(wishes(*(wish(email) for email in people)))
    assert result.code == 0, result.log
    assert result.counts("program_enrolments") == (4, 2, 0, 2)
    assert members(sandbox) == ["ann@example.org", "cy@example.org"]


def test_what_exceeds_the_allowance_is_rejected_and_can_be_replayed(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"enrolments_per_hour": 2})
    emails = [f"p{number:02}@example.org" for number in range(90)]
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": email}} for email in emails])
    before = calls(sandbox)
    result = loader().run(wishes(*(wish(email) for email in emails)))
    assert result.counts("program_enrolments") == (90, 50, 40, 0)
    assert calls(sandbox) - before == 3
    (reason,) = result.reasons("program_enrolments")
    assert "the account has made its 20 enrolments of this hour" in reason
    assert len(members(sandbox)) == 50
    sandbox.advance_clock(3_700)
    replay = loader(rejects_path=str(loader().folder / "replayed"))
    (rejects,) = (loader().folder / "rejects").iterdir()
    assert replay.run(rejects.read_text().splitlines()).counts("program_enrolments") == (40, 40, 0, 0)
    assert members(sandbox) == emails


def test_a_run_that_is_killed_at_the_call_enrols_nobody_twice(
    sandbox: RunningSandbox, loader: Loader, people: list[str]
) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 1.5}, service="dotdigital", method="POST", path=ENROL)
    seen, process = calls(sandbox), loader()
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(line + "\n" for line in wishes(*(wish(email) for email in people))))
    running.stdin.close()
    running.stdin = None
    deadline = time.monotonic() + 60
    while not sandbox.snapshot("dotdigital")["collections"].get(MARKS) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    running.kill()
    process.finish(running)
    deadline = time.monotonic() + 10
    while calls(sandbox) == seen and time.monotonic() < deadline:
        time.sleep(0.1)
    leave_program(sandbox)
    result = loader().run(wishes(*(wish(email) for email in people)))
    assert result.counts("program_enrolments") == (4, 0, 0, 4)
    assert calls(sandbox) - seen == 1


def test_carts_left_lately_enrol_their_contacts(sandbox: RunningSandbox, loader: Loader, people: list[str]) -> None:
    ann, bo, cy, _ = people
    lines = carts(
        cart("c-1", ann),
        cart("c-2", bo),
        cart("c-3", cy, cartPhase="ORDER_COMPLETE"),
        cart("c-4", cy, lineItems=[]),
        cart("c-5", cy, age=timedelta(hours=30)),
        cart("c-6", cy, modifiedDate="2026-03-01"),
    )
    result = loader(cart_insight_program="abandoned CART").run(lines)
    assert result.counts("cart_insight") == (6, 6, 0, 0)
    assert members(sandbox) == [ann]
    assert result.reasons("cart_insight", "noticed") == {
        "Insight collection 'CartInsight' (of contact) is new to the account": 1,
        "enrolled": 1,
        "not enrolled: only who is subscribed to e-mail is enrolled, and its contact is not (unsubscribed)": 1,
    }
    leave_program(sandbox)
    again = loader(cart_insight_program=1).run(lines)
    assert again.reasons("cart_insight", "noticed")["not enrolled: its contact was enrolled for this before"] == 1
    assert members(sandbox) == []
    changed = carts(cart("c-1", ann, age=timedelta(minutes=5)))
    assert loader(cart_insight_program=1).run(changed).reasons("cart_insight", "noticed") == {"enrolled": 1}


def test_carts_enrol_nobody_without_the_setting(sandbox: RunningSandbox, loader: Loader, people: list[str]) -> None:
    assert loader().run(carts(cart("c-1", people[0]))).code == 0
    assert members(sandbox) == []


def test_a_cart_is_stored_also_when_its_contact_cannot_be_enrolled(
    sandbox: RunningSandbox, loader: Loader, people: list[str]
) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"enrolments_per_hour": 0})
    result = loader(cart_insight_program=1).run(carts(cart("c-1", people[0])))
    assert result.counts("cart_insight") == (1, 0, 1, 0)
    assert next(iter(result.reasons("cart_insight"))).startswith("stored, but not enrolled: the account has made")
    assert list(sandbox.snapshot("dotdigital")["collections"]["CartInsight"]["records"]) == ["c-1"]


def test_a_program_that_is_not_active_enrols_nobody_and_one_that_is_not_there_ends_the_run(
    sandbox: RunningSandbox, loader: Loader, people: list[str]
) -> None:
    lines = carts(cart("c-1", people[0]))
    result = loader(cart_insight_program="Birthday").run(lines)
    assert result.counts("cart_insight") == (1, 1, 0, 0)
    assert any("is not active" in notice for notice in result.reasons("cart_insight", "noticed"))
    ended = loader(cart_insight_program="Nothing").run(lines)
    assert ended.code == 1
    assert "setting cart_insight_program: Dotdigital has no program of this name or number" in ended.errors[0]
    assert sandbox.snapshot("dotdigital")["program_members"] == {}


def test_a_table_of_faults_is_read_with_its_mark_and_without() -> None:
    table = "Id,Email,TelephoneNumber,Reason\n12,ann@example.org,,Unsubcribed\n9,,,AlreadyInProgram\n,,,x\n"
    assert read_faults(table) == read_faults("\ufeff" + table) == {12: "Unsubcribed", 9: "AlreadyInProgram"}


@given(st.text())
def test_any_table_is_read(table: str) -> None:
    read_faults(table)
    read_faults(f"Id,Reason\n{table}")


phases = st.sampled_from(["ORDER_PENDING", "order_complete", "ORDER_COMPLETE", "", None, 7])
lines_of_cart = st.sampled_from([None, [], [{"sku": "x"}]])
ages = st.floats(0, 100).map(lambda hours: write_time(NOW - timedelta(hours=hours)))


@given(phases, lines_of_cart, ages | st.text() | st.none())
def test_no_cart_that_is_ordered_empty_or_old_asks_for_an_enrolment(phase: Any, lines: Any, changed: Any) -> None:  # noqa: ANN401
    json = {"cartPhase": phase, "lineItems": lines, "modifiedDate": changed}
    purpose = purpose_of({"key": "c-1", "json": json}, timedelta(hours=24), NOW)
    if purpose is not None:
        assert phase in {"ORDER_PENDING", 7}
        assert lines
        assert purpose.startswith("c-1 ")
        assert purpose.removeprefix("c-1 ") >= write_time(NOW - timedelta(hours=24))
