"""Whose a data field is: the source's, the destination's, or whoever's was first."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line
from hypothesis import given
from hypothesis import strategies as st
from target_dotdigital.field_ownership import RULES, FieldOwnership

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

RULED = {"FIRSTNAME": "source", "LASTNAME": "destination", "gender": "first_write"}
SCHEMA = schema_line("contacts", {})
YES = {"email": {"status": "subscribed"}}


def line(name: str, fields: dict[str, Any], **members: Any) -> str:
    identifiers = {"email": f"{name}@example.org"}
    return record_line(
        "contacts", {"matchIdentifier": "email", "identifiers": identifiers, "dataFields": fields, **members}
    )


def fields(first: str | None, last: str | None, gender: str | None) -> dict[str, Any]:
    return {"FIRSTNAME": first, "LASTNAME": last, "GENDER": gender}


def held(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    return {
        item["identifiers"]["email"].partition("@")[0]: item["dataFields"]
        for item in sandbox.snapshot("dotdigital")["contacts"]
    }


@pytest.mark.parametrize("consent", [None, YES])
def test_each_field_is_written_when_its_rule_says(
    sandbox: RunningSandbox, loader: Loader, consent: dict[str, Any] | None
) -> None:
    members = {} if consent is None else {"channelProperties": consent}
    sandbox.control(
        "POST",
        "/dotdigital/contacts",
        [
            {"identifiers": {"email": "filled@example.org"}, "data_fields": fields("a", "b", "c")},
            {"identifiers": {"email": "empty@example.org"}},
        ],
    )
    lines = [SCHEMA, *(line(name, fields("x", "y", "z"), **members) for name in ("filled", "empty", "new"))]
    result = loader(field_ownership=RULED).run(lines)
    assert result.code == 0, result.log
    assert result.counts("contacts") == (3, 3, 0, 0)
    expected = {
        "filled": fields("x", "b", "c"),
        # The contact was there: its creation is past.
        "empty": {"FIRSTNAME": "x", "LASTNAME": "y"},
        "new": fields("x", "y", "z"),
    }
    assert held(sandbox) == expected

    changed = [SCHEMA, *(line(name, fields("1", "2", "3"), **members) for name in ("filled", "empty", "new"))]
    assert loader(field_ownership=RULED).run(changed).code == 0
    assert held(sandbox) == {name: {**values, "FIRSTNAME": "1"} for name, values in expected.items()}
    cleared = [SCHEMA, *(line(name, fields(None, None, None), **members) for name in ("filled", "empty", "new"))]
    assert loader(field_ownership=RULED).run(cleared).code == 0
    for values in expected.values():
        del values["FIRSTNAME"]
    assert held(sandbox) == expected


def test_two_records_of_a_new_person_leave_what_the_first_said(sandbox: RunningSandbox, loader: Loader) -> None:
    for size in (1, 10):
        lines = [SCHEMA, line(f"new{size}", fields("x", "y", "z")), line(f"new{size}", fields("1", "2", "3"))]
        assert loader(field_ownership=RULED, batch_size_rows=size).run(lines).code == 0
        assert held(sandbox)[f"new{size}"] == fields("1", "y", "z")


@pytest.mark.parametrize("calls", [7, 12, 18, 25])
def test_a_crash_loses_no_first_write(sandbox: RunningSandbox, loader: Loader, calls: int) -> None:
    lines = [SCHEMA]
    for number in range(20):
        members = {"channelProperties": YES} if number % 2 else {}
        lines.append(line(f"p{number}", fields("x", "y", "z"), **members))
    process = loader(field_ownership=RULED, batch_size_rows=5)
    seen = len(sandbox.requests(service="dotdigital"))
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(each + "\n" for each in lines))
    running.stdin.close()
    running.stdin = None
    deadline = time.monotonic() + 60
    while len(sandbox.requests(service="dotdigital")) < seen + calls and time.monotonic() < deadline:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    process.finish(running)
    time.sleep(0.5)
    result = process.run(lines)
    assert result.code == 0, result.log
    assert held(sandbox) == {f"p{number}": fields("x", "y", "z") for number in range(20)}


def test_what_the_second_import_refuses_rejects_the_record_alone(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.order_fault(
        {"kind": "respond", "status": 400, "body": {"errorCode": "contacts:badJson", "description": "no"}},
        service="dotdigital",
        method="PUT",
        path="contacts/v3/import",
        times=1,
        skip=1,
    )
    result = loader(field_ownership=RULED).run([SCHEMA, *(line(name, fields("x", "y", "z")) for name in "abc")])
    # Narrowed down, all of it goes through: the refusal was not about a record.
    assert result.code == 0, result.log
    assert held(sandbox) == {name: fields("x", "y", "z") for name in "abc"}


names = st.sampled_from(["A", "B", "C", "D"])
values = st.one_of(st.none(), st.sampled_from(["", "x", "y"]))


@given(st.dictionaries(names, st.sampled_from(RULES)), st.dictionaries(names, values, min_size=1))
def test_taking_a_contact_apart_loses_and_adds_nothing(rules: dict[str, Any], data_fields: dict[str, Any]) -> None:
    ownership = FieldOwnership({name.lower(): rule for name, rule in rules.items()})
    contact = {"matchIdentifier": "email", "dataFields": data_fields}
    rest, destinations = ownership.split(ownership.without_first_writes(contact))
    first_writes = ownership.first_writes(contact)
    assert {**rest.get("dataFields", {}), **destinations, **first_writes} == data_fields
    assert all(rules.get(name, "source") == "source" for name in rest.get("dataFields", {}))
    assert all(rules[name] == "destination" for name in destinations)
    assert all(rules[name] == "first_write" for name in first_writes)
    kept = ownership.without_clearing(data_fields)
    assert all(value is not None or rules.get(name, "source") == "source" for name, value in kept.items())
    assert rest["matchIdentifier"] == "email"
