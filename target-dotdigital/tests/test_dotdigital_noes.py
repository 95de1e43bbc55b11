"""A no is carried out whatever else is in its record, and whatever becomes of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line
from dotdigital_account import call_account, make_custom_identifier, make_data_field
from in_process_loader import Ended, run
from target_dotdigital.opt_outs import parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

ADDRESS = "ann@example.org"
NO: dict[str, Any] = {"channelProperties": {"email": {"status": "unsubscribed"}}}
SAYS_NO: dict[str, Any] = {
    "channelProperties": {"email": {"status": "unsubscribed"}, "sms": {"status": "unsubscribed"}},
    "preferences": [{"name": "Sale", "isOptedIn": False}],
    "dataFields": {"NEWSLETTER": False},
    "consentFields": ["NEWSLETTER"],
}
CARRIED_OUT = "its opt-out was carried out"


def person(**members: Any) -> dict[str, Any]:
    return {"matchIdentifier": "email", "identifiers": {"email": ADDRESS}, **NO, **members}


def identified(matched: str = "email", **identifiers: Any) -> dict[str, Any]:
    return {"matchIdentifier": matched, "identifiers": {"email": ADDRESS, **identifiers}}


SPOILT: dict[str, dict[str, Any]] = {
    "a value of another type": person(dataFields={"POINTS": "many"}),
    "19 digits": person(dataFields={"POINTS": 10**18}),
    "5 000 digits": person(dataFields={"FIRSTNAME": "5 000 digits"}),
    "a date that is none": person(dataFields={"BORN": "some day"}),
    "an array": person(dataFields={"FIRSTNAME": ["Ann"]}),
    "a name that is none": person(dataFields={"grö ße": 1}),
    "a reserved name": person(dataFields={"notes": 1}),
    "one name twice": person(dataFields={"SIZE": 1, "size": 2}),
    "no object": person(dataFields=[1]),
    "a number that is none": {**person(), **identified(mobileNumber=5)},
    "an identifier that is empty": {**person(), **identified(**{"shop-id": ""})},
    "an identifier too long": {**person(), **identified(**{"shop-id": "x" * 300})},
    "an identifier with a name that is none": {**person(), **identified(**{"shop id": "1"})},
    "matched by what is not there": {**person(), **identified("shop-id")},
    "matched by an object": {**person(), **identified(), "matchIdentifier": {}},
    "a preference nobody knows": person(preferences=[{"name": "Nonsense", "isOptedIn": True}]),
    "a preference by number that is not there": person(preferences=[{"id": 999, "isOptedIn": True}]),
    "preferences of another kind": person(preferences="all"),
    "a list that is none": person(lists=["Test"]),
    "a list by number that is not there": person(lists=[999_999]),
    "lists of another kind": person(lists={"VIP": True}),
    "evidence that is none": person(consentRecords=[{"text": "yes"}]),
    "a time that is none": person(consentedAt="long ago"),
    "a further member": person(favouriteColour="red"),
    "a further channel": person(channelProperties={**NO["channelProperties"], "pigeon": {}}),
    "another channel of another kind": person(channelProperties={**NO["channelProperties"], "sms": "no"}),
    "an opt-in type that is none": person(channelProperties={"email": {"status": "unsubscribed", "optInType": "x"}}),
    "a status in capitals": person(channelProperties={"email": {"status": "UNSUBSCRIBED"}}),
    "suppressed": person(channelProperties={"email": {"status": "suppressed"}}),
    "names of consents of another kind": person(consentFields=5),
}


@pytest.fixture(autouse=True)
def _account(sandbox: RunningSandbox) -> None:
    for name, kind in (("POINTS", "Numeric"), ("BORN", "Date"), ("NEWSLETTER", "Boolean")):
        make_data_field(sandbox, name, type=kind)
    make_custom_identifier(sandbox, "shop-id")
    sandbox.control(
        "POST",
        "/dotdigital/contacts",
        [{"identifiers": {"email": ADDRESS, "shop-id": "7", "mobileNumber": "447700900123"}, "status": "subscribed"}],
    )


def load(settings: dict[str, Any], folder: Path, *records: Any, **changes: Any) -> Ended:
    lines = [schema_line("contacts", {}), *(record_line("contacts", record) for record in records)]
    lines = [line.replace('"5 000 digits"', "1" * 5_000) for line in lines]
    return run(settings, folder, lines, **changes)


def held(sandbox: RunningSandbox, address: str = ADDRESS) -> dict[str, Any]:
    found: dict[str, Any] = call_account(sandbox, "GET", f"/contacts/v3/email/{address}", include="[[ALL]]").json()
    return found


def status(sandbox: RunningSandbox, address: str = ADDRESS) -> str:
    return str(held(sandbox, address)["channelProperties"]["email"]["status"])


@pytest.mark.parametrize("record", SPOILT.values(), ids=SPOILT)
def test_a_no_is_carried_out_whatever_else_the_record_holds(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, record: dict[str, Any]
) -> None:
    ended = load(settings, tmp_path, record)
    assert ended.error is None
    assert status(sandbox) == "unsubscribed"
    (reason,) = ended.reasons
    assert reason.endswith(CARRIED_OUT)
    assert "Ann" not in reason


@pytest.mark.parametrize("spoiler", [{"POINTS": "many"}, {"size": 1, "SIZE": 2}], ids=str)
def test_every_kind_of_no_is_carried_out_and_nothing_else(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, spoiler: dict[str, Any]
) -> None:
    yes = {
        "preferences": [{"name": "Sale", "isOptedIn": True}],
        "dataFields": {"NEWSLETTER": True, "FIRSTNAME": "Ann"},
        "channelProperties": {"sms": {"status": "subscribed"}},
    }
    assert load(settings, tmp_path, {**identified(), **yes}).delivered == {"contacts": 1}
    spoilt = {**SAYS_NO, "dataFields": {"NEWSLETTER": False, "FIRSTNAME": "Other", **spoiler}, "lists": ["VIP"]}
    ended = load(settings, tmp_path, {**identified(), **spoilt})
    contact = held(sandbox)
    assert ended.delivered == {"contacts": 0}
    assert {name: channel["status"] for name, channel in contact["channelProperties"].items()} == {
        "email": "unsubscribed",
        "sms": "unsubscribed",
        "whatsApp": "noSubscription",
    }
    assert [preference["isOptedIn"] for preference in contact["preferences"]] == [False]
    assert (contact["dataFields"]["NEWSLETTER"], contact["dataFields"]["FIRSTNAME"]) == (False, "Ann")
    assert contact["lists"] == []


def answer(sandbox: RunningSandbox, method: str, path: str, content: object, code: int = 200, **order: Any) -> None:
    action = {"kind": "respond", "status": code, "body": content}
    sandbox.order_fault(action, service="dotdigital", method=method, path=path, **order)


def test_a_no_that_one_part_of_the_noes_spoils_goes_alone(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    refused = {"errorCode": "contacts:badJson", "description": "no"}
    answer(sandbox, "PUT", "contacts/v3/import$", refused, 400, body='"id":999', times=None)
    ended = load(settings, tmp_path, person(preferences=[{"id": 999, "isOptedIn": False}]))
    assert ended.error is None
    assert status(sandbox) == "unsubscribed"
    assert ended.delivered == {"contacts": 0}


@pytest.mark.parametrize("whole", [True, False])
def test_a_no_is_carried_out_when_the_service_refuses_the_record(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, *, whole: bool
) -> None:
    if whole:
        refused = {"errorCode": "contacts:badJson", "description": "no"}
        answer(sandbox, "PUT", "contacts/v3/import$", refused, 400, body="FIRSTNAME", times=None)
    else:
        who = {"matchIdentifier": "email", "identifiers": {"email": ADDRESS}}
        failure = {**who, "failures": [{"failureCode": "invalidContactStatus", "description": "no"}]}
        summary = {"newContacts": 0, "updatedContacts": 0, "invalidEntries": 1}
        report = {"status": "Finished", "summary": summary, "failures": [failure]}
        answer(sandbox, "GET", "contacts/v3/import/", report)
    ended = load(settings, tmp_path, person(dataFields={"FIRSTNAME": "Other"}))
    assert ended.error is None
    assert status(sandbox) == "unsubscribed"
    assert ended.reasons[0].endswith(CARRIED_OUT)


@pytest.mark.parametrize("spoiler", [{}, {"dataFields": {"POINTS": "many"}}], ids=["fits", "does not fit"])
def test_a_no_reaches_customer_and_address_where_they_are_two_contacts(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, spoiler: dict[str, Any]
) -> None:
    other = "former@example.org"
    seed = {"identifiers": {"email": other, "shop-id": "8"}, "status": "subscribed"}
    sandbox.control("POST", "/dotdigital/contacts", [seed])
    record = {**identified("shop-id", **{"shop-id": "8"}), **NO, **spoiler}
    ended = load(settings, tmp_path, record)
    assert ended.error is None
    assert {status(sandbox), status(sandbox, other)} == {"unsubscribed"}


def test_a_no_reaches_an_address_whose_customer_the_account_does_not_know(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    record = {**identified("shop-id", **{"shop-id": "8"}), **NO}
    assert load(settings, tmp_path, record).error is None
    assert status(sandbox) == "unsubscribed"


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "v2/data-fields$", {"message": "Error: ERROR_DATAFIELD_LIMITEXCEEDED"}, 400),
        ("POST", "v2/address-books$", {"message": "Error: ERROR_ADDRESSBOOK_LIMITEXCEEDED"}, 400),
        ("POST", "customIdentifiers$", None, 412),
        ("GET", "contacts/v3/import/", {"status": "ExceedsAllowedContactLimit"}, 200),
        ("GET", "contacts/v3/import/", {"status": "RejectedByWatchdog"}, 200),
    ],
)
def test_a_run_that_cannot_go_on_carries_out_the_noes_of_its_batch_first(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, method: str, path: str, body: object, code: int
) -> None:
    answer(sandbox, method, path, body, code)
    spoiler = {"dataFields": {"SHOE": 40, "NEWSLETTER": False}, "consentFields": ["NEWSLETTER"], "lists": ["VIP"]}
    other = "bo@example.org"
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": other}, "status": "subscribed"}])
    new = {"matchIdentifier": "loyalty-id", "identifiers": {"email": other, "loyalty-id": "5"}, **NO}
    ended = load(settings, tmp_path, person(**spoiler), new)
    assert ended.error is not None
    assert {status(sandbox), status(sandbox, other)} == {"unsubscribed"}
    assert held(sandbox)["dataFields"]["NEWSLETTER"] is False


@pytest.mark.parametrize("token", ["ERROR_ADDRESSBOOK_LIMITEXCEEDED", "ERROR_ADDRESSBOOK_DUPLICATE"])
def test_a_list_that_everybody_joins_and_nobody_can_make_keeps_no_no_back(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, token: str
) -> None:
    answer(sandbox, "POST", "v2/address-books$", {"message": f"Error: {token}"}, 400, times=None)
    ended = load(settings, tmp_path, person(), list="Everybody")
    assert ended.error is not None
    assert status(sandbox) == "unsubscribed"


@pytest.mark.parametrize("rule", ["destination", "first_write"])
def test_a_no_is_written_whoever_owns_the_field(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, rule: str
) -> None:
    yes = {**identified(), "dataFields": {"NEWSLETTER": True}, "consentFields": ["NEWSLETTER"]}
    no = {**yes, "dataFields": {"NEWSLETTER": False}}
    ownership = {"NEWSLETTER": rule}
    load(settings, tmp_path, yes)
    for records in ([no], [yes, no], [{**no, "dataFields": {"NEWSLETTER": False, "POINTS": "many"}}]):
        load(settings, tmp_path, yes)
        ended = load(settings, tmp_path, *records, field_ownership=ownership)
        assert ended.error is None
        assert held(sandbox)["dataFields"]["NEWSLETTER"] is False


def test_a_no_for_a_number_is_not_lost_in_a_yes_that_follows(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    said = [{**identified(), "channelProperties": {"sms": {"status": word}}} for word in ("unsubscribed", "subscribed")]
    load(settings, tmp_path, said[1])
    assert load(settings, tmp_path, *said).error is None
    assert held(sandbox)["channelProperties"]["sms"]["status"] == "unsubscribed"


def test_the_names_of_consents_are_never_sent(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> None:
    answer(sandbox, "PUT", "contacts/v3/import$", None, 500, body="consentFields", times=None)
    record = {**identified(), "dataFields": {"NEWSLETTER": False}, "consentFields": ["NEWSLETTER"]}
    assert load(settings, tmp_path, record).delivered == {"contacts": 1}
    assert load(settings, tmp_path, {**record, "consentedAt": "never"}).error is None
    assert held(sandbox)["dataFields"]["NEWSLETTER"] is False


@pytest.mark.parametrize(
    "record",
    [
        {"email": ADDRESS, "forget": "yes"},
        {"email": ADDRESS, "mobileNumber": "447700900123"},
        {"email": ADDRESS, "contactId": "many"},
        {"email": ADDRESS, "shop-id": ["7"]},
        {"mobileNumber": "447700900123", "forget": 5},
    ],
    ids=str,
)
def test_a_deletion_is_carried_out_whatever_else_the_record_holds(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, record: dict[str, Any]
) -> None:
    lines = [schema_line("deleted_contacts", {}), record_line("deleted_contacts", record)]
    ended = run(settings, tmp_path, lines, erased_people_path=str(tmp_path / "erased"))
    assert ended.error is None
    assert ended.reasons[0].endswith(CARRIED_OUT)
    assert sandbox.snapshot("dotdigital")["recycle_bin"] == [ADDRESS]
    assert (tmp_path / "erased").exists() is ("forget" in record)


@pytest.mark.parametrize("number", [False, True])
def test_what_is_left_of_a_record_names_nobody_but_whom_it_is_about(
    settings: dict[str, Any], tmp_path: Path, *, number: bool
) -> None:
    channels = {"email": {"status": "unsubscribed"}, **({"sms": {"status": "unsubscribed"}} if number else {})}
    record = {**identified(mobileNumber="447700900123", **{"shop-id": "7"}), "channelProperties": channels}
    sink = load(settings, tmp_path).target.make_sink("contacts")
    opt_out = sink.opt_out({**record, "matchIdentifier": "shop-id", "lists": ["VIP"], "dataFields": {"POINTS": 1}})
    assert opt_out is not None
    names = {"email", "shop-id", *(["mobileNumber"] if number else [])}
    assert (opt_out["matchIdentifier"], opt_out["identifiers"].keys()) == ("shop-id", names)
    assert opt_out.keys() == {"matchIdentifier", "identifiers", "channelProperties"}
    address = {"identifiers": {"email": ADDRESS}, "matchIdentifier": "email"}
    told_by_number = [part for part in parts_of(opt_out) if part["matchIdentifier"] == "mobileNumber"]
    assert {**address, "channelProperties": {"email": {"status": "unsubscribed"}}} in list(parts_of(opt_out))
    # Several people may have one number: it says nothing about an address.
    assert [list(part["channelProperties"]) for part in told_by_number] == [["sms"]] * number


NOWHERE_TO_WRITE: dict[str, dict[str, Any]] = {
    "a preference nobody knows": {"preferences": [{"name": "Nonsense", "isOptedIn": False}]},
    "a field of another type": {"dataFields": {"BORN": False}, "consentFields": ["BORN"]},
    "a field with a name that is none": {"dataFields": {"news letter": False}, "consentFields": ["news letter"]},
}


@pytest.mark.parametrize("nothing", NOWHERE_TO_WRITE.values(), ids=NOWHERE_TO_WRITE)
def test_a_no_to_what_is_not_there_keeps_no_other_back(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, nothing: dict[str, Any]
) -> None:
    ended = load(settings, tmp_path, person(**nothing))
    assert (ended.error, ended.delivered) == (None, {"contacts": 1})
    assert status(sandbox) == "unsubscribed"
    alone = load(settings, tmp_path, {**identified(), **nothing})
    assert alone.delivered == {"contacts": 0}
