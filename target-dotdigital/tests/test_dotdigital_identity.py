"""Who a record is about: matched by custom identifier or number, one contact after a change of address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

SCHEMA = schema_line("contacts", {})
YES = {"channelProperties": {"email": {"status": "subscribed"}}}
MANY = 600
"""So many other people are more than are looked up one by one."""


def line(matched_by: str = "shop-id", *, members: dict[str, Any] | None = None, **identifiers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in identifiers.items()}
    return record_line("contacts", {"matchIdentifier": matched_by, "identifiers": named, **(members or {})})


def named(name: str) -> dict[str, Any]:
    return {"dataFields": {"FIRSTNAME": name}}


def others() -> list[str]:
    return [line("email", email=f"other{number}@example.org", members=named("Jo")) for number in range(MANY)]


def people(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    contacts = sandbox.snapshot("dotdigital")["contacts"]
    return [item for item in contacts if not item["identifiers"].get("email", "").startswith("other")]


def order(key: str, name: str, value: str) -> list[str]:
    json = {"id": key, "order_total": 10}
    record = {"key": key, "contactIdentity": {"identifier": name, "value": value}, "json": json}
    return [schema_line("orders", {}), record_line("orders", record)]


@pytest.mark.parametrize("many", [False, True])
def test_one_contact_after_a_change_of_address_with_its_orders(
    sandbox: RunningSandbox, loader: Loader, *, many: bool
) -> None:
    settings = {"list": "Everybody", "batch_size_rows": 50}
    filling = others() if many else []
    first = [SCHEMA, *filling, line(shop_id="c-1", email="old@example.org", members={**YES, **named("Ann")})]
    assert loader(**settings).run([*first, *order("O-1", "email", "old@example.org")]).code == 0
    assert sandbox.snapshot("dotdigital")["custom_identifiers"] == ["shop-id"]

    second = [SCHEMA, *filling, line(shop_id="c-1", email="new@example.org", members=named("Anna"))]
    result = loader(**settings).run([*second, *order("O-2", "email", "new@example.org")])
    assert result.code == 0, result.log
    (ann,) = people(sandbox)
    assert ann["identifiers"] == {"email": "new@example.org", "shop-id": "c-1"}
    # The consent goes with the person: it was given, and nothing else was said since.
    assert (ann["status"], ann["dataFields"]) == ("subscribed", {"FIRSTNAME": "Anna"})
    records = sandbox.snapshot("dotdigital")["collections"]["Orders"]["records"]
    assert {key: record["owner"] for key, record in records.items()} == dict.fromkeys(["O-1", "O-2"], "new@example.org")


@pytest.mark.parametrize("size", [1, 50])
def test_who_takes_a_former_address_is_somebody_new_and_nobody_may_mail_them(
    sandbox: RunningSandbox, loader: Loader, size: int
) -> None:
    filling = others() if size > 1 else []
    settings = {"list": "Everybody", "batch_size_rows": size}
    ann = line(shop_id="c-1", email="shared@example.org", members=YES)
    assert loader(**settings).run([SCHEMA, *filling, ann]).code == 0
    # A full batch of orders waits until all people before it are delivered.
    orders = [[each for n in range(size) for each in order(f"O-{part}{n}", "email", "s@example.org")] for part in "ab"]
    result = loader(**settings).run(
        [
            SCHEMA,
            *filling,
            line("email", email="s@example.org"),
            line("email", email="shared@example.org", members=named("Ann")),
            *orders[0],
            line(shop_id="c-1", email="own@example.org", members=named("Ann")),
            *orders[1],
            line("email", email="shared@example.org", members=named("Guest")),
        ]
    )
    assert result.code == 0, result.log
    found = {
        item["identifiers"]["email"]: (item["status"], item["dataFields"].get("FIRSTNAME")) for item in people(sandbox)
    }
    assert found == {
        "own@example.org": ("subscribed", "Ann"),
        "s@example.org": ("unsubscribed", None),
        "shared@example.org": ("unsubscribed", "Guest"),
    }


def test_a_former_address_written_beside_its_change_subscribes_nobody(sandbox: RunningSandbox, loader: Loader) -> None:
    moves = 8
    seeds = [line(shop_id=f"c-{n}", email=f"shared{n}@example.org", members=YES) for n in range(moves)]
    assert loader().run([SCHEMA, *seeds]).code == 0
    # Imports take effect late: what was looked up before is old by then.
    sandbox.control("POST", "/dotdigital/settings", {"import_seconds": 0.4})
    lines = []
    for number in range(moves):
        lines.append(line("email", email=f"shared{number}@example.org", members=named("Guest")))
        lines.append(line(shop_id=f"c-{number}", email=f"own{number}@example.org", members=named("Ann")))
    result = loader(batch_size_rows=1).run([SCHEMA, *lines])
    assert result.code == 0, result.log
    statuses = {item["identifiers"]["email"]: item["status"] for item in people(sandbox)}
    assert {statuses[f"own{number}@example.org"] for number in range(moves)} == {"subscribed"}
    mailable = {email for email, status in statuses.items() if status == "subscribed"}
    assert mailable == {f"own{number}@example.org" for number in range(moves)}


@pytest.mark.parametrize("many", [False, True])
def test_contacts_known_by_address_alone_are_taken_over(sandbox: RunningSandbox, loader: Loader, *, many: bool) -> None:
    seeds = [
        {"identifiers": {"email": f"{status}@example.org"}, "status": status}
        for status in ("subscribed", "unsubscribed")
    ]
    sandbox.control("POST", "/dotdigital/contacts", seeds)
    records = [line(shop_id=status, email=f"{status.upper()}@example.org") for status in ("subscribed", "unsubscribed")]
    settings = {"list": "Everybody", "batch_size_rows": 50}
    result = loader(**settings).run([SCHEMA, *(others() if many else []), *records])
    assert result.code == 0, result.log
    found = {item["identifiers"]["shop-id"]: item["status"] for item in people(sandbox)}
    assert found == {"subscribed": "subscribed", "unsubscribed": "unsubscribed"}


def test_the_setting_decides_what_contacts_are_matched_by_where_they_have_it(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    process = loader(match_by="shop-id")
    assert process.run([SCHEMA, line("email", shop_id="c-1", email="old@example.org")]).code == 0
    moved = line("email", shop_id="c-1", email="new@example.org", members=named("Ann"))
    result = process.run([SCHEMA, moved, line("email", email="guest@example.org")])
    assert result.code == 0, result.log
    assert [item["identifiers"] for item in people(sandbox)] == [
        {"email": "guest@example.org"},
        {"email": "new@example.org", "shop-id": "c-1"},
    ]


def test_records_of_one_person_keep_their_order_over_a_change_of_address(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    assert loader().run([SCHEMA, line(shop_id="c-1", email="a0@example.org", members=YES)]).code == 0
    moves = [line(shop_id="c-1", email=f"a{number}@example.org", members=named(str(number))) for number in range(1, 9)]
    result = loader(batch_size_rows=1).run([SCHEMA, *moves])
    assert result.code == 0, result.log
    sent = sandbox.requests(service="dotdigital", method="PUT", path="contacts/v3/import$")
    addresses = [entry["body"]["contacts"][0]["identifiers"]["email"] for entry in sent[-8:]]
    assert addresses == [f"a{number}@example.org" for number in range(1, 9)]
    (person,) = people(sandbox)
    assert (person["identifiers"]["email"], person["dataFields"]["FIRSTNAME"]) == ("a8@example.org", "8")


@pytest.mark.parametrize("many", [False, True])
def test_an_identifier_of_another_contact_rejects_the_record_alone(
    sandbox: RunningSandbox, loader: Loader, *, many: bool
) -> None:
    filling = others() if many else []
    settings = {"list": "Everybody", "batch_size_rows": 50, "max_rejects": 9}
    known = [
        line(shop_id="c-1", email="a@example.org", members=YES),
        line(shop_id="c-2", email="b@example.org", members=YES),
        line("mobileNumber", mobileNumber="447700900001"),
    ]
    assert loader(**settings).run([SCHEMA, *filling, *known]).code == 0
    before = people(sandbox)
    result = loader(**settings).run(
        [
            SCHEMA,
            *filling,
            # An address that another customer has; then one whose holder has another value of the identifier.
            line(shop_id="c-1", email="b@example.org", members=named("A")),
            line(shop_id="c-3", email="a@example.org", members=named("B")),
            line("mobileNumber", mobileNumber="447700900009", email="b@example.org", members=named("C")),
            line("email", email="d@example.org", mobileNumber="+447700900001", members=named("D")),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("contacts")[2] == 4
    codes = sorted(item["rejected"]["code"] for item in result.rejects if item["type"] == "RECORD")
    assert set(codes) == {"duplicateIdentifier", "identifierConflict"}
    assert people(sandbox) == before
    assert "example.org" not in result.log


def test_an_identifier_is_spelled_as_the_account_does(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"custom_identifiers": ["Shop-ID"]})
    sandbox.control("POST", "/reset?service=dotdigital")
    assert loader().run([SCHEMA, line(shop_id="c-1", email="a@example.org")]).code == 0
    names = sandbox.snapshot("dotdigital")["custom_identifiers"]
    assert len(names) == 1
    (person,) = people(sandbox)
    assert names[0] in person["identifiers"]


def test_names_of_identifiers_that_cannot_be_are_rejected(loader: Loader) -> None:
    bad = [
        record_line("contacts", {"matchIdentifier": name, "identifiers": {name: "1", "email": "a@example.org"}})
        for name in ("x" * 51, "a b")
    ]
    result = loader(max_rejects=2).run([SCHEMA, *bad])
    assert result.counts("contacts") == (2, 0, 2, 0)


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        ({"status": 412}, 1, "no room for the custom identifier 'shop-id'"),
        ({"status": 400, "body": {"errorCode": "customIdentifiers:nameTooLong"}}, 1, "customIdentifiers:nameTooLong"),
        ({"status": 503}, 0, ""),
    ],
)
def test_an_identifier_that_cannot_be_made_ends_the_run(
    sandbox: RunningSandbox, loader: Loader, answer: dict[str, Any], code: int, text: str
) -> None:
    fault = {"kind": "respond", **answer}
    sandbox.order_fault(fault, service="dotdigital", method="POST", path="customIdentifiers", times=1)
    result = loader().run([SCHEMA, line(shop_id="c-1", email="a@example.org")])
    assert result.code == code, result.log
    assert text in " ".join(result.errors)


def test_an_identifier_made_by_a_call_whose_answer_was_lost_is_used(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.order_fault({"kind": "drop_after"}, service="dotdigital", method="POST", path="customIdentifiers", times=1)
    assert loader().run([SCHEMA, line(shop_id="c-1", email="a@example.org")]).code == 0
    assert sandbox.snapshot("dotdigital")["custom_identifiers"] == ["shop-id"]


def test_a_number_that_a_known_contact_gets_is_not_subscribed_by_a_setting_of_the_account(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"mobile_status": "subscribed"})
    assert loader().run([SCHEMA, line("email", email="a@example.org", members=YES)]).code == 0
    number = {"email": "a@example.org", "mobileNumber": "447700900001"}
    assert loader().run([SCHEMA, line("email", members=YES, **number)]).code == 0
    (person,) = people(sandbox)
    assert (person["smsStatus"], person["whatsAppStatus"]) == ("noSubscription", "noSubscription")
    sms = {"channelProperties": {"sms": {"status": "subscribed"}}}
    assert loader().run([SCHEMA, line("email", members=sms, **number)]).code == 0
    (person,) = people(sandbox)
    assert (person["smsStatus"], person["whatsAppStatus"]) == ("subscribed", "noSubscription")
    # Nothing is said: nothing changes.
    assert loader().run([SCHEMA, line("mobileNumber", mobileNumber="447700900001", members=named("A"))]).code == 0
    assert people(sandbox)[0]["smsStatus"] == "subscribed"
