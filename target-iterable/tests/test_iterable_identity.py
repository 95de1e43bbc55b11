"""People whose identifiers change: another address, a guest who becomes a customer."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import pytest
from iterable_project import ask, consent, profiles, settings, writes
from iterable_records import purchase, purchases, users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("a connection that breaks before", {"kind": "drop"}),
    ("a connection that breaks after the service has acted", {"kind": "drop_after"}),
    ("500", {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}),
    ("429", {"kind": "respond", "status": 429, "body": "Too Many Requests"}),
]


@pytest.fixture
def email_project(sandbox: RunningSandbox, loader: LoaderProcess) -> RunningSandbox:
    settings(sandbox, project_type="email")
    loader.settings["project_type"] = "email"
    return sandbox


def moved(address: str = "new@shop.example") -> dict[str, Any]:
    return {"email": address, "userId": "c-1", "dataFields": {"city": "Bonn"}}


def with_history(sandbox: RunningSandbox) -> None:
    """One person with an address, a purchase and an opt-out."""
    ask(sandbox, "POST", "users/update", {"email": "old@shop.example", "userId": "c-1"})
    body = purchase(1, user={"email": "old@shop.example"})
    ask(sandbox, "POST", "commerce/trackPurchase", body)
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": "old@shop.example", "unsubscribedChannelIds": [101]})


@pytest.mark.parametrize(("name", "action"), [("nothing", None), *FAULTS], ids=lambda value: str(value)[:20])
def test_a_changed_address_moves_the_profile_with_all_it_has(
    loader: LoaderProcess, email_project: RunningSandbox, name: str, action: dict[str, Any] | None
) -> None:
    with_history(email_project)
    if action is not None:
        email_project.order_fault(action, service="iterable", path="/users/updateEmail")
    result = loader.run(users(moved()))
    assert (result.code, result.counts("users")) == (0, (1, 1, 0, 0)), name
    (profile,) = profiles(email_project)
    assert (profile["email"], profile["userId"], profile["dataFields"]["city"]) == ("new@shop.example", "c-1", "Bonn")
    assert email_project.snapshot("iterable")["purchases"][0]["email"] == "new@shop.example"
    assert consent(email_project)["new@shop.example"]["unsubscribedChannelIds"] == [101]
    before = writes(email_project).count("POST users/updateEmail")
    assert loader.run(users(moved())).code == 0
    assert writes(email_project).count("POST users/updateEmail") == before
    assert "old@" not in result.log


def test_an_unchanged_address_costs_no_call_and_a_new_person_neither(
    loader: LoaderProcess, email_project: RunningSandbox
) -> None:
    ask(email_project, "POST", "users/update", {"email": "new@shop.example", "userId": "c-1"})
    result = loader.run(users(moved(), {"email": "b@shop.example", "userId": "c-2"}, {"email": "c@shop.example"}))
    assert result.counts("users") == (3, 3, 0, 0)
    assert writes(email_project)[1:] == ["POST users/bulkUpdate"]
    assert len(profiles(email_project)) == 3


def test_an_address_that_another_profile_has_rejects_the_record(
    loader: LoaderProcess, email_project: RunningSandbox
) -> None:
    with_history(email_project)
    ask(email_project, "POST", "users/update", {"email": "new@shop.example", "userId": "c-9"})
    result = loader.run(users(moved(), {"email": "other@shop.example"}))
    assert result.counts("users") == (2, 1, 1, 0)
    (reason,) = result.reasons("users")
    assert reason.startswith("the person has a new e-mail address, and another profile in Iterable has it already")
    assert {profile["email"]: profile["userId"] for profile in profiles(email_project)} == {
        "old@shop.example": "c-1",
        "new@shop.example": "c-9",
        "other@shop.example": None,
    }


def test_changes_of_address_can_be_ignored(loader: LoaderProcess, email_project: RunningSandbox) -> None:
    with_history(email_project)
    loader.settings["email_changes"] = "ignore"
    assert loader.run(users(moved())).counts("users") == (1, 1, 0, 0)
    assert {profile["email"] for profile in profiles(email_project)} == {"old@shop.example", "new@shop.example"}
    assert email_project.requests(service="iterable", path="byUserId") == []


@pytest.mark.parametrize("project_type", ["hybrid", "userid"])
def test_elsewhere_an_address_is_a_field_that_changes(
    loader: LoaderProcess, sandbox: RunningSandbox, project_type: str
) -> None:
    settings(sandbox, project_type=project_type)
    loader.settings["project_type"] = project_type
    for address in ("old@shop.example", "New@shop.example"):
        assert loader.run(users({"userId": "c-1", "dataFields": {"email": address}})).code == 0
    assert [(one["email"], one["userId"]) for one in profiles(sandbox)] == [("new@shop.example", "c-1")]


def customer(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"userId": f"c-{number}", "dataFields": {"email": f"buyer{number}@shop.example", **fields}}


@pytest.mark.parametrize("path", ["users/updateSubscriptions", "users/merge", "users/bulkUpdate"])
@pytest.mark.parametrize(("name", "action"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_guest_is_merged_into_the_customer_whatever_fails_meanwhile(
    loader: LoaderProcess, sandbox: RunningSandbox, path: str, name: str, action: dict[str, Any]
) -> None:
    ask(sandbox, "POST", "users/update", {"userId": "c-1", "dataFields": {"firstName": "Ana"}})
    ask(sandbox, "POST", "users/updateSubscriptions", {"userId": "c-1", "unsubscribedMessageTypeIds": [41]})
    loader.run(purchases(purchase(1)))
    guest = {"email": "buyer1@shop.example", "unsubscribedChannelIds": [101], "unsubscribedMessageTypeIds": [57]}
    ask(sandbox, "POST", "users/updateSubscriptions", guest)
    sandbox.order_fault(action, service="iterable", path=path)
    result = loader.run(users(customer(city="Bonn"), {"email": "other@shop.example"}))
    assert (result.code, result.counts("users")) == (0, (2, 2, 0, 0)), name
    merged = next(one for one in profiles(sandbox) if one["userId"] == "c-1")
    assert merged["email"] == "buyer1@shop.example"
    assert merged["dataFields"] == {"firstName": "Ana", "city": "Bonn"}
    assert len(profiles(sandbox)) == 2
    assert sandbox.snapshot("iterable")["purchases"][0]["userId"] == "c-1"
    chosen = consent(sandbox)["buyer1@shop.example"]
    assert (chosen["unsubscribedChannelIds"], chosen["unsubscribedMessageTypeIds"]) == ([101], [41, 57])
    assert "buyer1@" not in result.log


def test_a_guest_whose_customer_is_new_becomes_the_customer(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.run(purchases(purchase(1)))
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": "buyer1@shop.example", "unsubscribedChannelIds": [101]})
    assert loader.run(users(customer())).counts("users") == (1, 1, 0, 0)
    assert [(one["email"], one["userId"]) for one in profiles(sandbox)] == [("buyer1@shop.example", "c-1")]
    assert consent(sandbox)["buyer1@shop.example"]["unsubscribedChannelIds"] == [101]


def test_no_merge_mails_anybody_who_has_opted_out(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    """Every combination of what a guest and a customer may have left and joined, one person each."""
    settings(sandbox, opt_in_types=True)
    left = [list(ids) for count in range(3) for ids in combinations((41, 88), count)]
    choices = list(product(left, ([], [101]), left, ([], [101]), ([], [88])))
    told: dict[int, set[int]] = {}
    seeds = []
    for number, (guest_types, guest_channels, customer_types, customer_channels, guest_joined) in enumerate(choices):
        people: tuple[tuple[dict[str, str], list[int], list[int], list[int]], ...] = (
            ({"email": f"buyer{number}@shop.example"}, guest_types, guest_channels, guest_joined),
            ({"userId": f"c-{number}"}, customer_types, customer_channels, []),
        )
        told[number] = {*guest_types, *guest_channels, *customer_types, *customer_channels}
        seeds += [
            {
                **person,
                "unsubscribedMessageTypeIds": types,
                "unsubscribedChannelIds": channels,
                "subscribedMessageTypeIds": sorted(set(joined) - set(types)),
                "validateChannelAlignment": False,
            }
            for person, types, channels, joined in people
        ]
    ask(sandbox, "POST", "users/bulkUpdateSubscriptions", {"updateSubscriptionsRequests": seeds})
    result = loader.run(users(*(customer(number) for number in range(len(choices)))))
    assert result.counts("users") == (len(choices), len(choices), 0, 0)
    held = consent(sandbox)
    for number, out in told.items():
        now = held.get(f"buyer{number}@shop.example", {})
        left_now = {*now.get("unsubscribedMessageTypeIds", []), *now.get("unsubscribedChannelIds", [])}
        assert left_now == out, choices[number]
        assert not out.intersection(now.get("subscribedMessageTypeIds", [])), choices[number]


def test_opt_outs_are_carried_over_before_the_merge_and_without_them_there_is_none(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    ask(sandbox, "POST", "users/update", {"userId": "c-1"})
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": "buyer1@shop.example", "unsubscribedChannelIds": [101]})
    refused = {"kind": "respond", "status": 400, "body": {"code": "BadParams", "msg": "", "params": None}}
    fault = sandbox.order_fault(refused, service="iterable", path="users/updateSubscriptions", times=None)
    result = loader.run(users(customer()))
    assert result.counts("users") == (1, 0, 1, 0)
    assert "opt-outs could not be carried over" in next(iter(result.reasons("users")))
    assert "POST users/merge" not in writes(sandbox)
    sandbox.control("DELETE", f"/faults?id={fault}")
    assert loader.run(users(customer())).code == 0
    assert writes(sandbox)[-4:] == [
        "POST users/bulkUpdate",
        "POST users/updateSubscriptions",
        "POST users/merge",
        "POST users/bulkUpdate",
    ]


def test_a_profile_with_another_user_id_is_not_touched(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    ask(sandbox, "POST", "users/update", {"email": "buyer1@shop.example", "userId": "somebody-else"})
    before = profiles(sandbox)
    result = loader.run(users(customer()))
    assert result.counts("users") == (1, 0, 1, 0)
    assert list(result.reasons("users")) == [
        "another userId has the e-mail address in Iterable: correct the address of one of the two"
    ]
    assert profiles(sandbox) == before


def test_merging_can_be_switched_off(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["merge_guests"] = False
    loader.run(purchases(purchase(1)))
    result = loader.run(users(customer()))
    assert list(result.reasons("users")) == ["the identifiers belong to two different people in Iterable"]
    assert [one["userId"] for one in profiles(sandbox)] == [None]
    assert "POST users/merge" not in writes(sandbox)
