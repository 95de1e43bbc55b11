"""Lists and marketing preferences that a record names."""

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


def line(name: str, **members: Any) -> str:
    identifiers = {"email": f"{name}@example.org"}
    return record_line("contacts", {"matchIdentifier": "email", "identifiers": identifiers, **members})


def reject_reasons(lines: list[str], loader: Loader, **settings: Any) -> list[str]:
    result = loader(max_rejects=99, **settings).run([SCHEMA, *lines])
    assert result.code == 0, result.log
    assert result.counts("contacts")[:3] == (len(lines), 0, len(lines))
    assert "secret" not in result.log
    return [item["rejected"]["reason"] for item in result.rejects if item["type"] == "RECORD"]


def test_contacts_join_the_lists_they_name_and_that_of_the_setting(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader(list="Everybody").run([SCHEMA, line("zoe")]).code == 0
    everybody = sandbox.snapshot("dotdigital")["list_ids"]["Everybody"]
    result = loader(list="Shop").run(
        [
            SCHEMA,
            line("ann", lists=["VIP", " vip ", everybody]),
            line("bo", lists=["EVERYBODY", "Germany"]),
            line("ann", lists=["Germany"]),
            line("cy"),
        ]
    )
    assert result.code == 0, result.log
    lists = {name: held["contacts"] for name, held in sandbox.snapshot("dotdigital")["lists"].items()}
    ann, bo, cy, zoe = (f"{name}@example.org" for name in ("ann", "bo", "cy", "zoe"))
    assert lists["VIP"] == [ann]
    assert lists["Germany"] == [ann, bo]
    assert lists["Everybody"] == [ann, bo, zoe]
    assert lists["Shop"] == [ann, bo, cy]
    assert set(lists) == {"VIP", "Germany", "Everybody", "Shop", "All Contacts", "Test"}


def test_a_list_that_cannot_be_joined_rejects_the_record_and_names_nothing(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"segment_names": ["Secret segment"]})
    reasons = reject_reasons(
        [
            line("a", lists=["Test"]),
            line("b", lists=["VIP", "x" * 129]),
            line("c", lists=["secret SEGMENT"]),
            line("d", lists=[{"name": "VIP"}]),
        ],
        loader,
    )
    assert reasons == [
        "lists.0: Dotdigital keeps a list of this name for itself; choose another",
        "lists.1: a name has 1 to 128 characters",
        "field lists.0: must be integer or string",
        "lists.0: a segment has this name; choose another",
    ]


def test_an_account_full_of_lists_ends_the_run(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"max_lists": 2})
    result = loader().run([SCHEMA, line("a", lists=["VIP"])])
    assert result.code == 1
    assert "ERROR_ADDRESSBOOK_LIMITEXCEEDED" in result.errors[0]


def test_a_list_made_by_somebody_else_meanwhile_is_used(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.order_fault({"kind": "drop_after"}, service="dotdigital", method="POST", path="address-books", times=1)
    assert loader().run([SCHEMA, line("ann", lists=["VIP"])]).code == 0
    assert sandbox.snapshot("dotdigital")["lists"]["VIP"]["contacts"] == ["ann@example.org"]


@pytest.mark.parametrize("way", ["yes", "yes, among many", "unknown", "unknown, twice in the run"])
def test_who_has_left_a_list_is_not_put_back_on_it(sandbox: RunningSandbox, loader: Loader, way: str) -> None:
    assert loader().run([SCHEMA, line("zoe", lists=["VIP"])]).code == 0
    (number,) = sandbox.control(
        "POST", "/dotdigital/contacts", [{"identifiers": {"email": "ann@example.org"}}]
    ).values()
    ann = {
        "contactId": number[0],
        "identifiers": {"email": "ann@example.org"},
        "channelProperties": {"email": {"status": "subscribed", "optInType": "Single", "emailType": "Html"}},
        "lists": [{"id": sandbox.snapshot("dotdigital")["list_ids"]["VIP"], "name": "VIP", "status": "suppressed"}],
    }
    # The sandbox knows no opt-out from a single list, so it is told what the account would answer.
    tells = {"kind": "respond", "status": 200}
    sandbox.order_fault({**tells, "body": ann}, service="dotdigital", method="GET", path="v3/email/ann", times=None)
    if "many" in way:
        page = {"_items": [ann], "_links": {}}
        sandbox.order_fault(
            {**tells, "body": page}, service="dotdigital", method="GET", path="contacts/v3$", times=None
        )
    yes = {"channelProperties": {"email": {"status": "subscribed"}}} if way.startswith("yes") else {}
    records = [line(f"p{number}") for number in range(250)] if "many" in way else []
    records += [line("ann", lists=["VIP", "News"], dataFields={"FIRSTNAME": "Ann"}, **yes)]
    if "twice" in way:
        records += [line("ann", lists=["vip"], dataFields={"FIRSTNAME": "Anna"}, **yes)]
    result = loader(batch_size_rows=1 if "twice" in way else 500).run([SCHEMA, *records])
    assert result.code == 0, result.log
    lists = {name: held["contacts"] for name, held in sandbox.snapshot("dotdigital")["lists"].items()}
    assert lists["VIP"] == ["zoe@example.org"]
    assert lists["News"] == ["ann@example.org"]
    count = 2 if "twice" in way else 1
    notice = "stay off a list that they have left in Dotdigital, though subscribed to e-mail"
    assert result.reasons("contacts", "noticed")[notice] == count


def test_preferences_are_chosen_by_name_or_number_as_the_record_says(sandbox: RunningSandbox, loader: Loader) -> None:
    result = loader().run(
        [
            SCHEMA,
            line("ann", preferences=[{"name": "sale", "isOptedIn": True}, {"id": 20, "isOptedIn": False}]),
            line("bo", preferences=[{"name": "Topics > New Arrivals", "isOptedIn": False}]),
            line("ann", preferences=[{"name": "Sale", "isOptedIn": False}, {"id": 12, "isOptedIn": True}]),
        ]
    )
    assert result.code == 0, result.log
    people = {item["identifiers"]["email"]: item for item in sandbox.snapshot("dotdigital")["contacts"]}
    assert people["ann@example.org"]["preferences"] == {"Sale": False, "New arrivals": True, "Post": False}
    assert people["bo@example.org"]["preferences"] == {"New arrivals": False}
    # A preference is no consent to mail.
    assert {person["status"] for person in people.values()} == {"unsubscribed"}


def test_a_preference_that_is_not_there_rejects_the_record(sandbox: RunningSandbox, loader: Loader) -> None:
    preferences = [
        {"id": 10, "name": "Topics", "is_category": True},
        {"id": 11, "name": "Sale", "category_id": 10},
        {"id": 30, "name": "Other", "is_category": True},
        {"id": 31, "name": "Sale", "category_id": 30},
    ]
    sandbox.control("POST", "/dotdigital/settings", {"preferences": preferences})
    opted_in = {"isOptedIn": True}
    reasons = reject_reasons(
        [
            line("a", preferences=[{"name": "Secret", **opted_in}]),
            line("b", preferences=[{"id": 11, **opted_in}, {"name": "Topics", **opted_in}]),
            line("c", preferences=[{"name": "Sale", **opted_in}]),
            line("d", preferences=[opted_in]),
            line("e", preferences=[{"name": "Sale", "id": 11, **opted_in}]),
            line("f", preferences=[{"name": "Sale"}]),
        ],
        loader,
    )
    unknown = "Dotdigital has no preference of this name; make it there first (categories cannot be chosen)"
    assert reasons == [
        f"preferences.0: {unknown}",
        f"preferences.1: {unknown}",
        "preferences.0: several preferences have this name; write Category>Name, or the id",
        "preferences.0: must have either id or name",
        "preferences.0: must have either id or name",
        "field preferences.0: lacks 'isOptedIn'",
    ]
    assert loader().run([SCHEMA, line("g", preferences=[{"name": "other>sale", **opted_in}])]).code == 0
    (person,) = sandbox.snapshot("dotdigital")["contacts"]
    assert person["preferences"] == {"Sale": True}


@pytest.mark.parametrize("path", ["v2/preferences", "address-books"])
def test_an_account_that_does_not_tell_ends_the_run_with_one_line(
    sandbox: RunningSandbox, loader: Loader, path: str
) -> None:
    refusal = {"kind": "respond", "status": 400, "body": {"message": "Error: ERROR_UNHEARD_OF"}}
    sandbox.order_fault(refusal, service="dotdigital", path=path, times=None)
    record = line("a", lists=["VIP"], preferences=[{"name": "Sale", "isOptedIn": True}])
    result = loader().run([SCHEMA, record])
    assert result.code == 1
    assert "does not tell its" in result.errors[0]
