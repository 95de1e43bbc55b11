"""Static lists: who is put on them and taken off, and which list it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.checkpoint import Segment
from delivery.entry import Entry, Source
from delivery.outcome import DELIVERED, Outcome
from delivery.rejects import SchemaMessage
from delivery.testing import LoaderProcess, state_line
from iterable_project import ask, consent, profiles, settings, writes
from iterable_records import list_memberships, subscriptions, users
from target_iterable.list_memberships import Action, ListChanges
from target_iterable.new_profiles import NewProfiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.testing import RunningSandbox

FAST = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]


def new_list(sandbox: RunningSandbox, name: str = "VIP") -> int:
    list_id: int = ask(sandbox, "POST", "lists", {"name": name})["listId"]
    return list_id


def lists(sandbox: RunningSandbox) -> dict[str, list[list[str]]]:
    """The members of each list, by name; more than one list of a name shows."""
    found: dict[str, list[list[str]]] = {}
    for one in sandbox.snapshot("iterable")["lists"].values():
        found.setdefault(one["name"], []).append(one["members"])
    return found


def member(number: int | str, on: int | str = "VIP", **further: Any) -> dict[str, Any]:
    return {"email": f"p{number}@shop.example", "list": on, **further}


def addresses(*numbers: int) -> list[str]:
    return sorted(f"p{number}@shop.example" for number in numbers)


def test_a_list_is_made_when_absent_and_found_after_that(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run(list_memberships(*(member(n) for n in range(3))))
    assert (result.code, result.counts("list_memberships")) == (0, (3, 3, 0, 0))
    loader.run(list_memberships(member(3, "vip"), member(0, "VIP", action="remove")))
    assert lists(sandbox) == {"VIP": [addresses(1, 2, 3)]}
    assert writes(sandbox).count("POST lists") == 1


def test_thousands_of_people_take_few_calls(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run(list_memberships(*(member(n) for n in range(2500))))
    assert result.counts("list_memberships") == (2500, 2500, 0, 0)
    assert writes(sandbox) == ["POST lists", *["POST lists/subscribe"] * 3]


def test_lists_are_numbered_too(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    first, second = new_list(sandbox, "Same"), new_list(sandbox, "Same")
    result = loader.run(list_memberships(member(1, first), member(2, str(second))))
    assert result.code == 0
    assert lists(sandbox) == {"Same": [addresses(1), addresses(2)]}


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_one_persons_records_keep_their_order(loader: LoaderProcess, sandbox: RunningSandbox, batch_size: int) -> None:
    list_id = new_list(sandbox)
    loader.settings["batch_size_rows"] = batch_size
    records = [
        member(1, action="remove"),
        member(1, list_id),
        member(2),
        member(2, str(list_id), action="remove"),
        member(3, dataFields={"city": "Bonn"}),
        member(3, action="remove"),
        member(4, dataFields={"city": "Bonn", "address": {"a": 1}}),
        member(4, dataFields={"address": {"b": 1}}, mergeNestedObjects=True),
    ]
    assert loader.run(list_memberships(*records)).counts("list_memberships") == (8, 8, 0, 0)
    assert lists(sandbox) == {"VIP": [addresses(1, 4)]}
    fields = {one["email"]: one["dataFields"] for one in profiles(sandbox)}
    assert fields["p3@shop.example"] == {"city": "Bonn"}
    assert fields["p4@shop.example"] == {"city": "Bonn", "address": {"a": 1, "b": 1}}


class OneList:
    """A project with one list, known by every name, and a record of what is done to its members."""

    def __init__(self) -> None:
        self.done: list[tuple[str, list[str]]] = []

    def ensure(self, _given: int | str, _stream: str) -> int:
        return 1

    def change(self, action: str, _list_id: int, batch: Sequence[Entry], stream: str) -> list[Outcome]:
        assert stream == "list_memberships"
        self.done.append((action, [entry.record["email"] for entry in batch]))
        return [DELIVERED] * len(batch)


def test_one_list_by_name_and_by_number_keeps_the_order() -> None:
    """A name is free when the first record is read, and has a number when a later one is."""
    project: Any = OneList()
    client: Any = None
    changes = ListChanges(project, project, NewProfiles(client, "hybrid", None))
    source = Source(SchemaMessage("list_memberships", {}), b"", Segment())
    batch = [Entry({"email": who}, b"", "", source) for who in ("a", "b", "a", "c", "b")]
    wanted: list[tuple[int | str, Action]] = [("VIP", "add"), (1, "remove"), (1, "remove"), ("vip", "add"), (1, "add")]
    assert changes.change(batch, wanted, "list_memberships") == [DELIVERED] * 5
    assert project.done == [("add", ["a"]), ("remove", ["b"]), ("remove", ["a"]), ("add", ["c", "b"])]


def test_nobody_is_made_by_being_taken_off_nor_leaves_a_channel(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    """Partners tell that an absent channelUnsubscribe means true."""
    settings(sandbox, channel_unsubscribe_default=True)
    loader.run(list_memberships(member(1)))
    result = loader.run(list_memberships(member(1, action="remove"), member(2, action="remove")))
    assert result.counts("list_memberships") == (2, 2, 0, 0)
    assert len(profiles(sandbox)) == 1
    assert lists(sandbox) == {"VIP": [[]]}
    assert consent(sandbox) == {}


def test_one_bad_member_is_rejected_alone(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, forgotten_emails=["p5@shop.example"])
    ask(sandbox, "POST", "users/update", {"email": "p0@shop.example", "dataFields": {"points": 1}})
    loader.settings["max_rejects"] = 4
    records = [
        member(1),
        {"email": "nobody", "list": "VIP"},
        member(2, dataFields={"unsubscribedChannelIds": []}),
        member(3, dataFields={"points": "lots"}),
        member(4, surprise=1),
        member(5),
        member(6),
    ]
    result = loader.run(list_memberships(*records))
    assert result.counts("list_memberships") == (7, 2, 4, 1)
    assert set(result.reasons("list_memberships")) == {
        "email is not an e-mail address",
        "dataFields hold fields that Iterable keeps itself: unsubscribedChannelIds",
        "field 'points' must be long in this project",
        "the record: has a member that is not allowed: 'surprise'",
    }
    assert lists(sandbox) == {"VIP": [addresses(1, 6)]}
    assert "p5@" not in str(result.rejects)
    assert "lots" not in result.log


def test_who_cannot_be_put_on_a_list_because_nobody_knows_them_is_rejected(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    body = {"successCount": 0, "failCount": 1, "failedUpdates": {"notFoundEmails": ["P1@shop.example"]}}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": body}, service="iterable", path="/lists/subscribe")
    result = loader.run(list_memberships(member(1)))
    assert result.reasons("list_memberships") == {"no such person in Iterable": 1}


def test_a_list_that_iterable_does_not_know_yet_is_waited_for(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, list_lag_seconds=4.0, errors_carry_success_code=True)
    result = loader.run(list_memberships(member(1)))
    assert (result.code, result.counts("list_memberships")) == (0, (1, 1, 0, 0))
    assert lists(sandbox) == {"VIP": [addresses(1)]}


def test_a_list_that_stays_unknown_stops_the_stream(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    unknown = {"code": "error.lists.invalidListId", "msg": "error.lists.invalidListId(1)", "params": None}
    action = {"kind": "respond", "status": 400, "body": unknown}
    sandbox.order_fault(action, service="iterable", path="/lists/subscribe", times=None)
    loader.command = FAST
    result = loader.run([*list_memberships(member(1)), state_line({"at": 1})])
    assert (result.code, result.states, result.rejects) == (1, [], [])
    assert "stream 'list_memberships': Iterable does not know the list 61001 any more" in result.errors[0]


def test_wrong_lists_stop_the_stream(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    new_list(sandbox, "Twice")
    new_list(sandbox, "Twice")
    dynamic = [{"id": 7, "name": "Buyers", "createdAt": 1, "listType": "Dynamic"}]
    expected = {
        "Twice": "Iterable has more than one static list of the name 'Twice': give its number",
        "4711": "Iterable has no list '4711'; lists are created by name only",
    }
    for name, said in expected.items():
        assert said in loader.run(list_memberships(member(1, name))).errors[0]
    action = {"kind": "respond", "status": 200, "body": {"lists": dynamic}}
    sandbox.order_fault(action, service="iterable", method="GET", path="/lists", times=None)
    for given in ("Buyers", 7):
        result = loader.run(list_memberships(member(1, given)))
        assert f"the list '{given}' is not a static one (Dynamic): nobody can be put on it" in result.errors[0]
    assert writes(sandbox) == ["POST lists"] * 2
    assert profiles(sandbox) == []


def test_a_dry_run_makes_no_list(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["dry_run"] = True
    loader.settings["list"] = "Everybody"
    result = loader.run([*users(), *list_memberships(member(1), member(2))])
    assert result.counts("list_memberships") == (2, 0, 0, 2)
    assert result.reasons("list_memberships", "noticed") == {"list 'VIP' is new to the project": 1}
    assert result.reasons("users", "noticed") == {"list 'Everybody' is new to the project": 1}
    assert lists(sandbox) == {}


def test_lists_are_joined_and_left_as_subscriptions(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.run(list_memberships(member(1)))
    wishes = [
        {"subscriptionGroup": "emailList", "subscriptionGroupId": "VIP", "action": action, "email": address}
        for action, address in [("unsubscribe", "p1@shop.example"), ("subscribe", "p2@shop.example")]
    ]
    unknown = {**wishes[0], "email": "p3@shop.example"}
    result = loader.run(subscriptions(*wishes, unknown))
    assert (result.code, result.counts("subscriptions")) == (0, (3, 3, 0, 0))
    assert lists(sandbox) == {"VIP": [addresses(2)]}
    assert len(profiles(sandbox)) == 2


# The setting `list`


@pytest.mark.parametrize("given", ["Customers", "61001"])
def test_everybody_in_users_joins_the_list_of_the_setting(
    loader: LoaderProcess, sandbox: RunningSandbox, given: str
) -> None:
    if given == "61001":
        new_list(sandbox, "Customers")
    settings(sandbox, forgotten_user_ids=["c-gone"])
    loader.settings |= {"list": given, "max_rejects": 1}
    people = [{"userId": f"c-{n}", "dataFields": {"email": f"p{n}@shop.example"}} for n in range(3)]
    result = loader.run(users(*people, {"userId": "c-bad "}, {"userId": "c-gone"}))
    assert result.counts("users") == (5, 3, 1, 1)
    assert lists(sandbox) == {"Customers": [addresses(0, 1, 2)]}


def test_a_person_who_cannot_join_the_list_is_rejected_with_the_reason(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    body = {"successCount": 1, "failCount": 1, "failedUpdates": {"invalidEmails": ["p1@shop.example"]}}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": body}, service="iterable", path="/lists/subscribe")
    loader.settings |= {"list": "Customers", "max_rejects": 1}
    result = loader.run(users(*({"email": f"p{n}@shop.example"} for n in range(2))))
    assert result.counts("users") == (2, 1, 1, 0)


def test_a_setting_that_names_no_list_stops_the_stream(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["list"] = "4711"
    result = loader.run([*users({"email": "p1@shop.example"}), state_line({"at": 1})])
    assert (result.code, result.states) == (1, [])
    assert "Iterable has no list '4711'" in result.errors[0]
    assert lists(sandbox) == {}


# Faults

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("a broken connection", {"kind": "drop"}),
    ("a connection that breaks after the service has acted", {"kind": "drop_after"}),
    ("an answer cut short", {"kind": "truncate"}),
    ("500", {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}),
    ("429 as text", {"kind": "respond", "status": 429, "body": "Too Many Requests"}),
]


@pytest.mark.parametrize(("name", "action"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_passing_fault_changes_nothing_and_makes_no_second_list(
    loader: LoaderProcess, sandbox: RunningSandbox, name: str, action: dict[str, Any]
) -> None:
    for path in ("/lists$", "/lists/subscribe", "/lists/unsubscribe"):
        sandbox.order_fault(action, service="iterable", path=path, times=2)
    sandbox.order_fault(action, service="iterable", method="POST", path="/lists$", times=1)
    loader.settings["list"] = "Everyone"
    loader.command = FAST
    records = [*(member(n) for n in range(4)), *(member(n, "Everyone", action="remove") for n in range(2))]
    people = users(*({"email": f"p{n}@shop.example"} for n in range(4)))
    result = loader.run([*people, *list_memberships(*records), state_line({"at": 1})])
    assert (result.code, result.states) == (0, [{"at": 1}]), name
    assert lists(sandbox) == {"Everyone": [addresses(2, 3)], "VIP": [addresses(0, 1, 2, 3)]}


def test_killed_half_way_and_run_again_ends_in_the_same_members(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["batch_size_rows"] = 5
    lines = list_memberships(*(member(n) for n in range(30)), *(member(n, action="remove") for n in range(0, 30, 3)))
    sandbox.order_fault({"kind": "delay", "seconds": 0.4}, service="iterable", path="/lists/", times=None)
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.flush()
    while not any(any(held) for held in lists(sandbox).values()):
        assert process.poll() is None
    process.kill()
    loader.finish(process)
    assert len(lists(sandbox)["VIP"][0]) < 30
    sandbox.clear_faults()
    assert loader.run(lines).code == 0
    assert lists(sandbox) == {"VIP": [addresses(*(n for n in range(30) if n % 3))]}
