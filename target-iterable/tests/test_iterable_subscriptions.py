"""Channels and message types that people join and leave: what is asked for happens, and nothing else."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import LoaderProcess, state_line
from iterable_contract import contract_faults, needs_contract
from iterable_project import ask, consent, profiles, settings, writes
from iterable_records import list_memberships, purchase, purchases, subscriptions, users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

CHANNEL, OTHER_CHANNEL, SMS = 101, 102, 103
NEWSLETTER, NEWS, BACK_IN_STOCK = 41, 57, 88
FAST = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]
OPTED_OUT = "the person has opted out of it in Iterable, and the record's rule does not resubscribe"
ALREADY = "the person is subscribed to it already"


@pytest.fixture(params=[True, False], ids=["incremental", "overwriting"])
def project(request: pytest.FixtureRequest, sandbox: RunningSandbox) -> RunningSandbox:
    settings(sandbox, incremental_subscriptions=request.param)
    return sandbox


def person(sandbox: RunningSandbox, name: str = "ana", **arrays: list[int]) -> str:
    """Somebody who has made choices in Iterable."""
    address = f"{name}@shop.example"
    ask(sandbox, "POST", "users/update", {"email": address, "dataFields": {"firstName": name}})
    if arrays:
        ask(sandbox, "POST", "users/updateSubscriptions", {"email": address, **arrays})
    return address


def wish(action: str, group: int | str, who: str = "ana", **further: Any) -> dict[str, Any]:
    kind = "messageChannel" if group in {CHANNEL, OTHER_CHANNEL, SMS, "Marketing Email"} else "messageType"
    who = who if "@" in who else f"{who}@shop.example"
    return {"email": who, "subscriptionGroup": kind, "subscriptionGroupId": group, "action": action, **further}


def left(sandbox: RunningSandbox, who: str = "ana@shop.example") -> tuple[list[int], list[int]]:
    choices = consent(sandbox).get(who, {"unsubscribedChannelIds": [], "unsubscribedMessageTypeIds": []})
    return choices["unsubscribedChannelIds"], choices["unsubscribedMessageTypeIds"]


def test_leaving_changes_that_group_alone(loader: LoaderProcess, project: RunningSandbox) -> None:
    person(project, unsubscribedChannelIds=[SMS], unsubscribedMessageTypeIds=[NEWS])
    result = loader.run(subscriptions(wish("unsubscribe", CHANNEL), wish("unsubscribe", NEWSLETTER)))
    assert (result.code, result.counts("subscriptions")) == (0, (2, 2, 0, 0))
    assert left(project) == ([CHANNEL, SMS], [NEWSLETTER, NEWS])
    assert loader.run(subscriptions(wish("unsubscribe", CHANNEL))).counts("subscriptions") == (1, 1, 0, 0)
    assert left(project) == ([CHANNEL, SMS], [NEWSLETTER, NEWS])


RULES: list[dict[str, Any]] = [{}, {"resubscribe": "never"}, {"resubscribe": "newer", "consentedAt": 4102444800}]
OPT_OUTS: list[tuple[dict[str, list[int]], int]] = [
    ({"unsubscribedChannelIds": [CHANNEL]}, CHANNEL),
    ({"unsubscribedMessageTypeIds": [NEWSLETTER, NEWS]}, NEWSLETTER),
    # A type of a channel that was left is left as well.
    ({"unsubscribedChannelIds": [CHANNEL]}, NEWSLETTER),
    ({"unsubscribedMessageTypeIds": [BACK_IN_STOCK]}, BACK_IN_STOCK),
]


def test_who_has_opted_out_stays_so_unless_the_rule_overrules(loader: LoaderProcess, project: RunningSandbox) -> None:
    wishes = []
    for number, ((choices, group), rule) in enumerate(product(OPT_OUTS, RULES)):
        person(project, f"p{number}", **choices)
        wishes.append(wish("subscribe", group, f"p{number}", **rule))
    before = consent(project)
    result = loader.run(subscriptions(*wishes))
    assert (result.code, result.counts("subscriptions")) == (0, (12, 0, 0, 12))
    assert result.reasons("subscriptions", "skipped") == {OPTED_OUT: 12}
    assert consent(project) == before


def test_who_is_subscribed_already_is_left_alone(loader: LoaderProcess, project: RunningSandbox) -> None:
    person(project, unsubscribedMessageTypeIds=[NEWS])
    done = len(writes(project))
    result = loader.run(subscriptions(wish("subscribe", CHANNEL), wish("subscribe", NEWSLETTER)))
    assert result.reasons("subscriptions", "skipped") == {ALREADY: 2}
    assert writes(project)[done:] == []


def test_a_rule_that_overrules_an_opt_out_touches_no_other(loader: LoaderProcess, project: RunningSandbox) -> None:
    person(project, unsubscribedChannelIds=[CHANNEL, SMS], unsubscribedMessageTypeIds=[NEWSLETTER, NEWS])
    always = {"resubscribe": "always"}
    result = loader.run(subscriptions(wish("subscribe", CHANNEL, **always), wish("subscribe", NEWSLETTER, **always)))
    assert result.counts("subscriptions") == (2, 2, 0, 0)
    assert left(project) == ([SMS], [NEWS])


def test_an_opt_in_type_is_joined_by_who_has_not_refused_it(loader: LoaderProcess, project: RunningSandbox) -> None:
    settings(project, opt_in_types=True)
    person(project, unsubscribedMessageTypeIds=[NEWS])
    result = loader.run(subscriptions(wish("subscribe", BACK_IN_STOCK)))
    assert result.counts("subscriptions") == (1, 1, 0, 0)
    assert consent(project)["ana@shop.example"] == {
        "unsubscribedChannelIds": [],
        "unsubscribedMessageTypeIds": [NEWS],
        "subscribedMessageTypeIds": [BACK_IN_STOCK],
    }
    again = loader.run(subscriptions(wish("subscribe", BACK_IN_STOCK), wish("unsubscribe", BACK_IN_STOCK)))
    assert again.counts("subscriptions") == (2, 2, 0, 0)
    assert consent(project)["ana@shop.example"]["subscribedMessageTypeIds"] == []
    assert left(project) == ([], [NEWS, BACK_IN_STOCK])


def test_a_yes_to_a_type_stays_without_effect_while_its_channel_is_left(
    loader: LoaderProcess, project: RunningSandbox
) -> None:
    settings(project, opt_in_types=True)
    person(project, unsubscribedChannelIds=[CHANNEL])
    loader.settings["unsubscribe_new_profiles"] = {"channels": [CHANNEL]}
    always = {"resubscribe": "always"}
    result = loader.run(
        subscriptions(wish("subscribe", BACK_IN_STOCK, **always), wish("subscribe", BACK_IN_STOCK, "new"))
    )
    assert (result.code, result.counts("subscriptions")) == (0, (2, 2, 0, 0))
    kept = {
        "unsubscribedChannelIds": [CHANNEL],
        "unsubscribedMessageTypeIds": [],
        "subscribedMessageTypeIds": [BACK_IN_STOCK],
    }
    assert consent(project) == {"ana@shop.example": kept, "new@shop.example": kept}


def test_an_opt_in_type_of_a_project_without_them_rejects_its_records_only(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    for name in ("ana", "bo"):
        person(sandbox, name)
    loader.settings["max_rejects"] = 1
    result = loader.run(subscriptions(wish("subscribe", BACK_IN_STOCK), wish("unsubscribe", NEWS, "bo")))
    assert result.reasons("subscriptions") == {"Iterable refuses it (BadParams)": 1}
    assert left(sandbox, "bo@shop.example") == ([], [NEWS])


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_one_persons_records_keep_their_order(loader: LoaderProcess, project: RunningSandbox, batch_size: int) -> None:
    loader.settings["batch_size_rows"] = batch_size
    always = {"resubscribe": "always"}
    for name in ("ana", "bo", "cy", "di"):
        person(project, name)
    result = loader.run(
        subscriptions(
            wish("unsubscribe", CHANNEL, "ana"),
            wish("subscribe", CHANNEL, "ana", **always),
            wish("subscribe", CHANNEL, "bo", **always),
            wish("unsubscribe", CHANNEL, "bo"),
            wish("unsubscribe", CHANNEL, "cy"),
            wish("subscribe", CHANNEL, "cy"),
            wish("unsubscribe", CHANNEL, "di"),
            wish("subscribe", NEWSLETTER, "di"),
        )
    )
    assert result.code == 0
    assert left(project, "ana@shop.example") == ([], [])
    assert left(project, "bo@shop.example") == ([CHANNEL], [])
    assert left(project, "cy@shop.example") == ([CHANNEL], []), "a yes that does not overrule comes after a no"
    assert result.reasons("subscriptions", "skipped") == {OPTED_OUT: 2}


def test_thousands_of_people_take_few_calls(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, incremental_subscriptions=True)
    records = [
        wish("unsubscribe" if n % 2 else "subscribe", CHANNEL, f"p{n}", resubscribe="always") for n in range(2500)
    ]
    result = loader.run(subscriptions(*records))
    assert result.counts("subscriptions") == (2500, 2500, 0, 0)
    assert writes(sandbox) == [f"PUT subscriptions/messageChannel/{CHANNEL}"] * 6
    assert len(consent(sandbox)) == 1250


def test_groups_are_named_or_numbered(loader: LoaderProcess, project: RunningSandbox) -> None:
    spellings: list[int | str] = [CHANNEL, str(CHANNEL), "Marketing Email", " marketing email"]
    for number, _ in enumerate(spellings):
        person(project, f"p{number}")
    records = [
        {**wish("unsubscribe", CHANNEL, f"p{number}"), "subscriptionGroupId": given}
        for number, given in enumerate(spellings)
    ]
    assert loader.run(subscriptions(*records)).code == 0
    assert [left(project, f"p{number}@shop.example") for number in range(4)] == [([CHANNEL], [])] * 4


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (wish("subscribe", "Weekly"), "stream 'subscriptions': Iterable has no message type 'Weekly'"),
        (wish("subscribe", 7), "stream 'subscriptions': Iterable has no message type '7'"),
        (
            {**wish("subscribe", 7), "subscriptionGroup": "emailList"},
            "stream 'subscriptions': Iterable has no list '7'; lists are created by name only",
        ),
    ],
)
def test_a_group_nobody_knows_stops_the_stream(
    loader: LoaderProcess, sandbox: RunningSandbox, record: dict[str, Any], said: str
) -> None:
    result = loader.run([*subscriptions(record), state_line({"at": 1})])
    assert (result.code, result.states) == (1, [])
    assert said in result.errors[0]
    assert writes(sandbox) == []


def test_a_name_of_two_groups_stops_the_stream(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    twice = [
        {"id": n, "name": name, "channelType": "Marketing", "messageMedium": "Email"}
        for n, name in enumerate(("A", "a"))
    ]
    action = {"kind": "respond", "status": 200, "body": {"channels": twice}}
    sandbox.order_fault(action, service="iterable", path="/channels", times=None)
    record = {**wish("unsubscribe", CHANNEL), "subscriptionGroupId": "A "}
    result = loader.run(subscriptions(record))
    assert "Iterable has more than one channel of the name 'A': give its number (0, 1)" in result.errors[0]
    assert loader.run(subscriptions({**record, "subscriptionGroupId": "a"})).code == 1, "the endpoint knows no such id"
    assert "more than one" not in loader.run(subscriptions({**record, "subscriptionGroupId": "a"})).log


BAD: list[tuple[dict[str, Any], str]] = [
    ({"action": "burn"}, "field action: breaks the rule 'enum' of the schema"),
    ({"subscriptionGroup": "planet"}, "field subscriptionGroup: breaks the rule 'enum' of the schema"),
    ({"subscriptionGroupId": ""}, "field subscriptionGroupId: breaks the rule 'minLength' of the schema"),
    ({"resubscribe": "maybe"}, "field resubscribe: breaks the rule 'enum' of the schema; its opt-out was carried out"),
    ({"email": "nobody"}, "email is not an e-mail address"),
    ({"email": None}, "email and userId are both missing"),
]


def test_bad_records_are_rejected_alone(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    person(sandbox)
    loader.settings["max_rejects"] = len(BAD)
    bad = [{**wish("unsubscribe", NEWS), **change} for change, _ in BAD]
    result = loader.run(subscriptions(*bad, wish("unsubscribe", CHANNEL)))
    assert result.counts("subscriptions") == (7, 1, 6, 0)
    assert result.reasons("subscriptions") == {reason: 1 for _, reason in BAD}
    assert left(sandbox) == ([CHANNEL], [NEWS]), "what one of them says no to is carried out"


def test_the_change_is_not_guessed_where_only_incremental_writes_are_allowed(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    person(sandbox, unsubscribedChannelIds=[SMS])
    loader.settings["subscription_writes"] = "incremental"
    result = loader.run([*subscriptions(wish("unsubscribe", CHANNEL)), state_line({"at": 1})])
    assert (result.code, result.states) == (1, [])
    assert "ask Iterable to enable them, or set subscription_writes to auto" in result.errors[0]
    assert left(sandbox) == ([SMS], [])


def test_a_profile_that_does_not_show_a_change_yet_cannot_undo_it(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    """Iterable asks for a minute between a write and a read that depends on it."""
    person(sandbox, unsubscribedChannelIds=[SMS])
    stale = {"email": "ana@shop.example", "dataFields": {"unsubscribedChannelIds": [SMS]}}
    action = {"kind": "respond", "status": 200, "body": {"user": stale}}
    sandbox.order_fault(action, service="iterable", path="/users/getByEmail", times=None)
    loader.settings["batch_size_rows"] = 1
    result = loader.run(
        subscriptions(wish("unsubscribe", CHANNEL), wish("unsubscribe", OTHER_CHANNEL), wish("subscribe", CHANNEL))
    )
    assert result.counts("subscriptions") == (3, 2, 0, 1)
    assert left(sandbox) == ([CHANNEL, OTHER_CHANNEL, SMS], [])


def test_leaving_is_not_lost_for_a_guest_whom_a_purchase_makes(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    """The incremental endpoint need not create people outside email projects: the purchase must come first."""
    settings(sandbox, incremental_subscriptions=True, incremental_creates_people=False)
    guest = purchase(1, user={"email": "ana@shop.example"})
    result = loader.run([*subscriptions(wish("unsubscribe", CHANNEL)), *purchases(guest)])
    assert result.code == 0
    assert left(sandbox) == ([CHANNEL], [])


def test_somebody_new_is_made_with_what_the_record_says(loader: LoaderProcess, project: RunningSandbox) -> None:
    result = loader.run(subscriptions(wish("unsubscribe", CHANNEL), wish("subscribe", NEWSLETTER, "bo")))
    assert result.counts("subscriptions") == (2, 2, 0, 0)
    assert {one["email"] for one in profiles(project)} == {"ana@shop.example", "bo@shop.example"}
    assert left(project) == ([CHANNEL], [])


def test_forgotten_people_are_skipped(loader: LoaderProcess, project: RunningSandbox) -> None:
    settings(project, forgotten_emails=["ana@shop.example"])
    person(project, "bo")
    result = loader.run(subscriptions(wish("unsubscribe", CHANNEL), wish("unsubscribe", CHANNEL, "bo")))
    assert result.counts("subscriptions") == (2, 1, 0, 1)
    assert result.rejects == []
    assert set(consent(project)) == {"bo@shop.example"}
    assert all("ana" not in str(call) for call in project.requests(service="iterable"))


@pytest.mark.parametrize("project_type", ["userid", "hybrid", "email"])
def test_people_are_named_as_the_project_knows_them(
    loader: LoaderProcess, project: RunningSandbox, project_type: str
) -> None:
    project.control("POST", "/reset?service=iterable")
    settings(project, project_type=project_type, rate_limits=False)
    loader.settings["project_type"] = project_type
    known = {"userId": "c-1", "email": "ana@shop.example"}
    ask(project, "POST", "users/update", known)
    record = {**wish("unsubscribe", CHANNEL), **known}
    assert loader.run(subscriptions(record)).code == 0
    assert len(profiles(project)) == 1
    assert left(project) == ([CHANNEL], [])


def test_a_batch_the_incremental_endpoint_refuses_is_narrowed(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, incremental_subscriptions=True)
    conflict = {
        "kind": "respond",
        "status": 409,
        "body": {"code": "Conflict", "msg": "ana@shop.example", "params": None},
    }
    sandbox.order_fault(conflict, service="iterable", path="/subscriptions/messageChannel", times=3)
    loader.settings["max_rejects"] = 1
    result = loader.run(subscriptions(*(wish("unsubscribe", CHANNEL, f"p{n}") for n in range(4))))
    assert result.counts("subscriptions") == (4, 3, 1, 0)
    assert result.reasons("subscriptions") == {"Iterable refuses it (Conflict)": 1}
    assert "ana" not in result.log
    assert len(consent(sandbox)) == 3


def test_an_internal_error_is_tried_again_and_then_rejects_that_person_alone(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    settings(sandbox, internal_error_identifiers=["ana@shop.example", "bo@shop.example"])
    for name in ("ana", "bo", "cy"):
        person(sandbox, name)
    failing = {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}
    sandbox.order_fault(failing, service="iterable", path="/users/updateSubscriptions", times=3)
    loader.settings["max_rejects"] = 1
    loader.command = FAST
    result = loader.run(subscriptions(*(wish("unsubscribe", CHANNEL, name) for name in ("ana", "bo", "cy"))))
    assert result.counts("subscriptions") == (3, 2, 1, 0)
    (reason,) = result.reasons("subscriptions")
    assert reason.startswith("Iterable reports an internal error for this person")
    assert set(consent(sandbox)) == {"bo@shop.example", "cy@shop.example"}


def test_an_address_iterable_does_not_take_rejects_that_person_alone(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    body = {"successCount": 1, "failCount": 1, "invalidEmails": ["Ana@shop.example"], "validEmailFailures": []}
    action = {"kind": "respond", "status": 200, "body": body}
    sandbox.order_fault(action, service="iterable", path="/users/bulkUpdateSubscriptions")
    loader.settings["max_rejects"] = 1
    result = loader.run(subscriptions(wish("unsubscribe", CHANNEL), wish("unsubscribe", CHANNEL, "bo")))
    assert result.counts("subscriptions") == (2, 1, 1, 0)
    assert result.reasons("subscriptions") == {"Iterable does not take the identifier": 1}


@needs_contract
def test_what_is_sent_is_what_iterable_describes(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings |= {"unsubscribe_new_profiles": {"channels": [CHANNEL]}, "list": "Everyone"}
    lines = [
        *users({"email": "bo@shop.example"}),
        *subscriptions(wish("unsubscribe", CHANNEL, "bo"), wish("subscribe", NEWS, resubscribe="always")),
        *list_memberships({"userId": "c-1", "list": "VIP", "dataFields": {"a": 1}}),
        *list_memberships({"userId": "c-2", "list": "VIP", "action": "remove"}),
    ]
    for incremental in (True, False):
        settings(sandbox, incremental_subscriptions=incremental)
        assert loader.run(lines).code == 0
    failing = {"validEmailFailures": ["bo@shop.example"], "successCount": 0, "failCount": 1}
    action = {"kind": "respond", "status": 200, "body": failing}
    sandbox.order_fault(action, service="iterable", path="/bulkUpdateSubscriptions", times=2)
    assert loader.run(subscriptions(wish("subscribe", CHANNEL, "bo", resubscribe="always"))).code == 0
    for method, path in (
        ("PUT", "/subscriptions/"),
        ("POST", "/users/bulkUpdateSubscriptions"),
        ("POST", "/users/updateSubscriptions"),
        ("POST", "/lists$"),
        ("POST", "/lists/subscribe"),
        ("POST", "/lists/unsubscribe"),
    ):
        checked, faults = contract_faults(sandbox, method, path)
        assert checked > 0, path
        assert faults == []


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("a broken connection", {"kind": "drop"}),
    ("a connection that breaks after the service has acted", {"kind": "drop_after"}),
    ("an answer cut short", {"kind": "truncate"}),
    ("503 as HTML", {"kind": "respond", "status": 503, "body": "<html>busy</html>"}),
    ("500", {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}),
    ("429 as text", {"kind": "respond", "status": 429, "body": "Too Many Requests"}),
]


def everything() -> list[str]:
    always = {"resubscribe": "always"}
    people = users(*({"email": f"p{n}@shop.example"} for n in range(30)))
    wishes = [
        *(wish("unsubscribe", CHANNEL, f"p{n}") for n in range(0, 30, 2)),
        *(wish("subscribe", NEWSLETTER, f"p{n}", **always) for n in range(0, 30, 3)),
        *(wish("subscribe", NEWS, f"p{n}") for n in range(0, 30, 5)),
    ]
    return [*people, *subscriptions(*wishes), state_line({"at": "end"})]


@pytest.mark.parametrize(("name", "action"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_passing_fault_changes_nothing_in_the_end(
    loader: LoaderProcess, project: RunningSandbox, name: str, action: dict[str, Any]
) -> None:
    chosen = {"email": "p3@shop.example", "unsubscribedMessageTypeIds": [NEWSLETTER, NEWS]}
    ask(project, "POST", "users/updateSubscriptions", chosen)
    for path in ("/users/getByEmail", "/subscriptions/message", "/users/bulkUpdateSubscriptions", "/messageTypes"):
        project.order_fault(action, service="iterable", path=path, times=2)
    result = loader.run(everything())
    assert (result.code, result.states[-1]) == (0, {"at": "end"}), name
    expected: dict[str, tuple[list[int], list[int]]] = {
        f"p{n}@shop.example": ([CHANNEL], []) for n in range(0, 30, 2)
    } | {"p3@shop.example": ([], [NEWS])}
    assert {who: left(project, who) for who in consent(project)} == expected


def test_an_outage_in_the_middle_rejects_nothing(loader: LoaderProcess, project: RunningSandbox) -> None:
    action = {"kind": "respond", "status": 503, "body": "<html>busy</html>"}
    for path in ("/subscriptions/message", "/users/bulkUpdateSubscriptions"):
        project.order_fault(action, service="iterable", path=path, times=None)
    loader.command = FAST
    result = loader.run(everything())
    assert (result.code, result.states, result.rejects) == (1, [], [])


@pytest.mark.parametrize("known", [True, False])
def test_a_no_does_not_fail_with_a_yes_that_the_project_refuses(
    loader: LoaderProcess, sandbox: RunningSandbox, *, known: bool
) -> None:
    settings(sandbox, incremental_subscriptions=False, opt_in_types=False)
    if known:
        person(sandbox)
    result = loader.run(
        subscriptions(wish("subscribe", BACK_IN_STOCK), wish("unsubscribe", CHANNEL), wish("unsubscribe", NEWS))
    )
    assert result.counts("subscriptions") == (3, 2, 1, 0)
    assert left(sandbox) == ([CHANNEL], [NEWS])
