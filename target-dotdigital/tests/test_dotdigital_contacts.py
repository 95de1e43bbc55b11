from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line
from dotdigital_records import evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

DATA_FIELDS = {
    "type": "object",
    "properties": {
        "FIRSTNAME": {"type": ["string", "null"]},
        "DOB": {"type": ["string", "null"], "format": "date"},
        "POINTS": {"type": ["integer", "null"]},
        "VIP": {"type": ["boolean", "null"]},
        "CUSTOMER_ID": {"type": "string"},
    },
}
SCHEMA = schema_line("contacts", {"dataFields": DATA_FIELDS})


def contact(email: str, **members: Any) -> dict[str, Any]:
    return {"matchIdentifier": "email", "identifiers": {"email": email}, **members}


def line(email: str, **members: Any) -> str:
    return record_line("contacts", contact(email, **members))


def yes(**members: Any) -> dict[str, Any]:
    return {"channelProperties": {"email": {"status": "subscribed"}}, **members}


def held(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    return {item["identifiers"]["email"]: item for item in sandbox.snapshot("dotdigital")["contacts"]}


def calls(sandbox: RunningSandbox, method: str, path: str) -> list[dict[str, Any]]:
    return sandbox.requests(service="dotdigital", method=method, path=path)


def test_contacts_arrive_with_fields_on_a_list_that_is_made(sandbox: RunningSandbox, loader: Loader) -> None:
    fields = {"firstname": "Ann", "DOB": "1990-04-02", "POINTS": 12, "VIP": True, "CUSTOMER_ID": "0017"}
    result = loader(list="Shop customers").run(
        [
            SCHEMA,
            line("ann+shop@example.org", dataFields=fields, **yes()),
            line("bo@example.org", dataFields={"FIRSTNAME": "Bo"}),
            state_line({"bookmarks": 1}),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("contacts") == (2, 2, 0, 0)
    assert result.states == [{"bookmarks": 1}]
    snapshot = sandbox.snapshot("dotdigital")
    ann = held(sandbox)["ann+shop@example.org"]
    assert ann["status"] == "subscribed"
    assert ann["dataFields"] == {
        "FIRSTNAME": "Ann",
        "DOB": "1990-04-02T00:00:00Z",
        "POINTS": 12,
        "VIP": True,
        "CUSTOMER_ID": "0017",
    }
    assert held(sandbox)["bo@example.org"]["status"] == "unsubscribed"
    assert snapshot["lists"]["Shop customers"]["contacts"] == ["ann+shop@example.org", "bo@example.org"]
    types = {field["name"]: field["type"] for field in snapshot["data_fields"]}
    assert (types["DOB"], types["POINTS"], types["VIP"], types["CUSTOMER_ID"]) == (
        "Date",
        "Numeric",
        "Boolean",
        "String",
    )
    assert not snapshot["mails_sent"]


@pytest.mark.parametrize("spelling", ["SHOP customers", "by number"])
def test_a_list_that_is_there_is_used(sandbox: RunningSandbox, loader: Loader, spelling: str) -> None:
    assert loader(list="Shop customers").run([SCHEMA, line("ann@example.org")]).code == 0
    number = sandbox.snapshot("dotdigital")["list_ids"]["Shop customers"]
    setting: Any = number if spelling == "by number" else spelling
    assert loader(list=setting).run([SCHEMA, line("bo@example.org")]).code == 0
    lists = sandbox.snapshot("dotdigital")["lists"]
    assert lists["Shop customers"]["contacts"] == ["ann@example.org", "bo@example.org"]
    assert set(lists) == {"Shop customers", "All Contacts", "Test"}


def test_each_bad_record_is_rejected_alone_and_can_be_replayed(sandbox: RunningSandbox, loader: Loader) -> None:
    good = [line(f"good{number}@example.org", dataFields={"POINTS": number}) for number in range(30)]
    bad = {
        line("no-at-sign"): "identifier 'email' is not an e-mail address",
        line("a@example.org", dataFields={"POINTS": "many"}): "data field POINTS: the field is Numeric",
        line("b@example.org", dataFields={"THIS_NAME_IS_TOO_LONG": 1}): "data field 'THIS_NAME_IS_TOO_LONG' has a name",
        line("c@example.org", dataFields={"unsubscribed": 1}): "data field 'unsubscribed' has a name that Dotdigital",
        line("d@example.org", channelProperties={"email": {"status": "maybe"}}): "channelProperties.email.status must",
        line("e@example.org", dataFields={"TAGS": ["x"]}): "data field TAGS: a data field holds no arrays",
        line("f@example.org", surprise=1): "the record: has a member that is not allowed: 'surprise'",
        line("g@example.org", lists=[999_999]): "written, but a part of it was not: lists",
        line("h@example.org", preferences=[{"id": 10, "isOptedIn": True}]): "written, but a part of it was not",
        record_line("contacts", {"matchIdentifier": "shopId", "identifiers": {"email": "i@example.org"}}): "matchId",
    }
    result = loader().run([SCHEMA, *good[:15], *bad, *good[15:], state_line({"end": True})])
    assert result.code == 1
    read, delivered, rejected, skipped = result.counts("contacts")
    assert (read, delivered, rejected, skipped) == (40, 30, 10, 0)
    assert result.states == [{"end": True}]
    reasons = list(result.reasons("contacts"))
    for wanted in bad.values():
        assert any(reason.startswith(wanted) for reason in reasons), (wanted, reasons)
    assert not any(secret in result.log for secret in ("example.org", "no-at-sign", "many"))
    rejected_contacts = [item for item in result.rejects if item["type"] == "RECORD"]
    assert len(rejected_contacts) == 10

    mended = []
    for item in result.rejects:
        if item["type"] == "RECORD":
            record = item["record"]
            email = record["identifiers"]["email"].replace("no-at-sign", "mended@example.org")
            item["record"] = contact(email, dataFields={"POINTS": 7})
        mended.append(json.dumps(item))
    replay = loader().run(mended)
    assert replay.code == 0, replay.log
    assert replay.counts("contacts") == (10, 10, 0, 0)
    people = held(sandbox)
    assert len(people) == 40
    assert people["mended@example.org"]["dataFields"] == {"POINTS": 7}
    assert not any(person["status"] == "subscribed" for person in people.values())


def test_barred_addresses_are_rejected_with_the_services_word(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"suppressed_domains": ["barred.example"]})
    result = loader(max_rejects=2).run([SCHEMA, line("x@barred.example", **yes()), line("y@example.org", **yes())])
    assert result.code == 0
    assert result.counts("contacts") == (2, 1, 1, 0)
    assert [item["rejected"]["code"] for item in result.rejects if item["type"] == "RECORD"] == ["suppressedByDomain"]


@pytest.mark.parametrize("spelling", ["camel", "pascal"])
def test_failure_codes_are_understood_in_both_spellings(sandbox: RunningSandbox, loader: Loader, spelling: str) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"failure_code_spelling": spelling})
    wrong = {**evidence(), "ipAddress": "not an address"}
    result = loader().run([SCHEMA, line("ann@example.org", consentRecords=[wrong], **yes())])
    assert result.code == 0, result.log
    assert "noticed 1: were written without their consent records" in result.log
    assert held(sandbox)["ann@example.org"]["status"] == "subscribed"


def test_one_person_twice_in_a_run_ends_as_the_later_record_says(sandbox: RunningSandbox, loader: Loader) -> None:
    result = loader().run(
        [
            SCHEMA,
            line("ann@example.org", dataFields={"FIRSTNAME": "Ann", "POINTS": 1}, **yes(consentRecords=[evidence()])),
            line("ANN@example.org", dataFields={"POINTS": 2}),
            line("ann@example.org", consentRecords=[evidence(), evidence("More")]),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("contacts") == (3, 3, 0, 0)
    (ann,) = sandbox.snapshot("dotdigital")["contacts"]
    assert ann["status"] == "subscribed"
    assert ann["dataFields"] == {"FIRSTNAME": "Ann", "POINTS": 2}
    assert [record["text"] for record in ann["consentRecords"]] == ["Yes please", "More"]


def test_a_null_clears_a_field_and_an_absent_one_stays(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run([SCHEMA, line("a@example.org", dataFields={"FIRSTNAME": "A", "POINTS": 3})]).code == 0
    result = loader().run([SCHEMA, line("a@example.org", dataFields={"FIRSTNAME": None, "NEVERMADE": None})])
    assert result.code == 0, result.log
    assert held(sandbox)["a@example.org"]["dataFields"] == {"POINTS": 3}
    assert "NEVERMADE" not in {field["name"] for field in sandbox.snapshot("dotdigital")["data_fields"]}


def test_values_are_fitted_to_fields_that_are_there(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run([SCHEMA, line("a@example.org", dataFields={"VIP": True, "CUSTOMER_ID": "1"})]).code == 0
    untyped = schema_line("contacts", {})
    result = loader().run([untyped, line("a@example.org", dataFields={"vip": "no", "Customer_Id": 42})])
    assert result.code == 0, result.log
    assert held(sandbox)["a@example.org"]["dataFields"] == {"VIP": False, "CUSTOMER_ID": "42"}


def test_evidence_is_stored_once_however_often_it_is_sent(sandbox: RunningSandbox, loader: Loader) -> None:
    lines = [SCHEMA, line("ann@example.org", **yes(consentRecords=[evidence()]))]
    for _ in range(2):
        assert loader().run(lines).code == 0
    # The answer to the import is lost: it is unclear whether it was accepted.
    sandbox.order_fault({"kind": "drop_after"}, service="dotdigital", method="PUT", path="contacts/v3/import")
    lines.append(line("bo@example.org", **yes(consentRecords=[evidence()])))
    assert loader(poll_seconds=0.3).run(lines).code == 0
    people = held(sandbox)
    assert [len(person["consentRecords"]) for person in people.values()] == [1, 1]


def test_who_was_delivered_already_is_not_sent_again_for_an_order(sandbox: RunningSandbox, loader: Loader) -> None:
    before = len(calls(sandbox, "PUT", "contacts/v3/import"))
    order = {
        "key": "O-1",
        "contactIdentity": {"identifier": "email", "value": "ann@example.org"},
        "json": {"id": "O-1", "order_total": 10},
    }
    result = loader(batch_size_rows=1).run(
        [
            SCHEMA,
            schema_line("orders", {}),
            line("ann@example.org", dataFields={"FIRSTNAME": "Ann"}),
            record_line("orders", order),
            line("ann@example.org"),
            record_line("orders", {**order, "key": "O-2"}),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("contacts") == (2, 1, 0, 1)
    assert result.counts("orders") == (2, 2, 0, 0)
    assert len(calls(sandbox, "PUT", "contacts/v3/import")) == before + 1


def test_a_person_of_whom_nothing_is_known_but_the_address_needs_no_import(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    before = len(calls(sandbox, "PUT", "contacts/v3/import"))
    assert loader().run([SCHEMA, line("guest@example.org")]).counts("contacts") == (1, 1, 0, 0)
    assert held(sandbox)["guest@example.org"]["status"] == "unsubscribed"
    assert len(calls(sandbox, "PUT", "contacts/v3/import")) == before


def test_an_identifier_of_another_contact_rejects_only_who_brings_it(loader: Loader) -> None:
    mobile = {"matchIdentifier": "mobileNumber", "identifiers": {"mobileNumber": "447700900001"}, **yes()}
    # A run of its own: people who share no address may go side by side, in any order.
    assert loader().run([SCHEMA, record_line("contacts", mobile)]).counts("contacts") == (1, 1, 0, 0)
    taken = {"email": "b@example.org", "mobileNumber": "+447700900001"}
    lines = [
        line("a@example.org", **yes()),
        record_line("contacts", {"matchIdentifier": "email", "identifiers": taken, **yes()}),
    ]
    result = loader().run([SCHEMA, *lines])
    assert result.counts("contacts") == (2, 1, 1, 0)
    assert [item["rejected"]["code"] for item in result.rejects if item["type"] == "RECORD"] == ["duplicateIdentifier"]


def test_a_dry_run_checks_everything_and_changes_nothing(sandbox: RunningSandbox, loader: Loader) -> None:
    before = sandbox.snapshot("dotdigital")
    seen = len(sandbox.requests(service="dotdigital"))
    result = loader(dry_run=True, list="New list", max_rejects=5).run(
        [
            SCHEMA,
            line("ann@example.org", dataFields={"POINTS": 1}, **yes()),
            line("bo@example.org", dataFields={"POINTS": "x"}),
            schema_line("orders", {}),
            record_line("orders", {"key": "O 1", "json": {}}),
            state_line({"end": True}),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("contacts") == (2, 0, 1, 1)
    assert result.counts("orders") == (1, 0, 1, 0)
    assert result.states == []
    assert sandbox.snapshot("dotdigital") == before
    assert {call["method"] for call in sandbox.requests(service="dotdigital")[seen:]} == {"GET"}


def test_a_dry_run_tells_what_would_be_made_in_the_account(loader: Loader) -> None:
    identified = {"matchIdentifier": "customer-no", "identifiers": {"customer-no": "7"}, **yes()}
    lines = [
        SCHEMA,
        *(
            line(f"p{n}@example.org", dataFields={"SHOE_SIZE": 38}, lists=["VIP", "Top", "Other list"])
            for n in range(3)
        ),
        record_line("contacts", identified),
        schema_line("orders", {}),
        record_line(
            "orders",
            {"key": "O1", "contactIdentity": {"identifier": "email", "value": "a@b.example"}, "json": {"total": 5}},
        ),
    ]
    made = loader(list="Other list").run([SCHEMA, line("a@b.example", **yes())])
    assert made.reasons("contacts", "noticed") == {"the setting's list 'Other list' is new to the account": 1}
    result = loader(dry_run=True, list="New list").run(lines)
    assert result.reasons("contacts", "noticed") == {
        "the setting's list 'New list' is new to the account": 1,
        "a list that records name is new to the account": 2,
        "data field SHOE_SIZE (Numeric) is new to the account": 1,
        "custom identifier 'customer-no' is new to the account": 1,
    }
    assert result.reasons("orders", "noticed") == {"Insight collection 'Orders' (of contact) is new to the account": 1}


def test_streams_of_other_names_are_bound_to_contacts(sandbox: RunningSandbox, loader: Loader) -> None:
    lines = [schema_line("shop_people", {}), record_line("shop_people", contact("ann@example.org", **yes()))]
    result = loader(streams={"shop_*": "contacts"}, list="Club").run(lines)
    assert result.code == 0, result.log
    assert result.counts("shop_people") == (1, 1, 0, 0)
    assert result.reasons("shop_people", "noticed") == {"the setting's list 'Club' is new to the account": 1}
    assert list(result.summary["streams"]) == ["shop_people"]
    assert held(sandbox)["ann@example.org"]["status"] == "subscribed"


def test_contacts_are_deleted_after_everything_else(sandbox: RunningSandbox, loader: Loader) -> None:
    result = loader().run(
        [
            SCHEMA,
            schema_line("deleted_contacts", {"email": {"type": "string"}}),
            record_line("deleted_contacts", {"email": "ann@example.org"}),
            record_line("deleted_contacts", {"email": "nobody@example.org"}),
            line("ann@example.org", **yes()),
            line("bo@example.org", **yes()),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("deleted_contacts") == (2, 1, 0, 1)
    snapshot = sandbox.snapshot("dotdigital")
    assert list(held(sandbox)) == ["bo@example.org"]
    assert snapshot["recycle_bin"] == ["ann@example.org"]
