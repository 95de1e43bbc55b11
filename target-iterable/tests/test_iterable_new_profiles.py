"""Nobody becomes mailable by being new, whatever makes the profile and whenever the run ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import LoaderProcess, state_line
from iterable_project import ask, consent, profiles, settings, writes
from iterable_records import (
    cart,
    carts,
    deleted_users,
    event,
    events,
    list_memberships,
    purchase,
    purchases,
    subscriptions,
    users,
)

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

MARKETING, SMS = 101, 103
NEWSLETTER = 41
FAST = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]
RULE = {"channels": ["Marketing Email", SMS], "message_types": ["newsletter"], "unless": "newsletterOptIn"}
UNSUBSCRIBED = {
    "unsubscribedChannelIds": [MARKETING, SMS],
    "unsubscribedMessageTypeIds": [NEWSLETTER],
    "subscribedMessageTypeIds": [],
}
WARNING = "Iterable subscribes every new profile to all channels"
YES = {"newsletterOptIn": True}


@pytest.fixture(autouse=True)
def rule(loader: LoaderProcess) -> None:
    loader.settings["unsubscribe_new_profiles"] = RULE


def mailable(sandbox: RunningSandbox) -> set[str]:
    """Who has not left all that new people are to leave."""
    choices = consent(sandbox)
    names = {one["email"] or one["userId"] for one in profiles(sandbox)}
    return {name for name in names if choices.get(name) != UNSUBSCRIBED}


def project_of(sandbox: RunningSandbox, loader: LoaderProcess, project_type: str) -> tuple[str, str]:
    """Make it a project of that type; return what names people there, and how such a name ends."""
    settings(sandbox, project_type=project_type)
    loader.settings["project_type"] = project_type
    return ("email", "@shop.example") if project_type == "email" else ("userId", "")


def subscription(group: str, number: int | str, action: str) -> dict[str, Any]:
    return {"subscriptionGroup": group, "subscriptionGroupId": number, "action": action}


@pytest.mark.parametrize("project_type", ["hybrid", "userid", "email"])
def test_whatever_makes_a_profile_makes_it_unsubscribed(
    loader: LoaderProcess, sandbox: RunningSandbox, project_type: str
) -> None:
    identifier, end = project_of(sandbox, loader, project_type)

    def who(name: str) -> dict[str, Any]:
        return {identifier: name + end}

    def did(number: int, name: str) -> dict[str, Any]:
        return event(number, **{"userId": None, **who(name), "dataFields": YES})

    lines = [
        *users(
            {**who("user"), "dataFields": {"city": "Bonn"}},
            {**who("no"), "dataFields": {"newsletterOptIn": False}},
            {**who("yes"), "dataFields": YES},
        ),
        *purchases(
            purchase(1, user=who("buyer")),
            purchase(2, user=who("buyer")),
            purchase(3, user={**who("yes-buyer"), "dataFields": YES}),
        ),
        *carts(cart(1, user=who("browser")), cart(2, None, user=who("other-browser"))),
        *events(did(1, "doer"), did(2, "buyer")),
        *list_memberships({**who("member"), "list": "VIP"}),
        *subscriptions(
            {**who("leaver"), **subscription("messageChannel", 102, "unsubscribe")},
            {**who("joiner"), **subscription("emailList", "VIP", "subscribe")},
        ),
        state_line({"at": "end"}),
    ]
    loader.settings["max_rejects"] = 1 if project_type == "email" else 0
    result = loader.run(lines)
    assert (result.code, result.states) == (0, [{"at": "end"}])
    expected = {"user", "no", "yes", "buyer", "yes-buyer", "browser", "other-browser", "member"}
    # Iterable: events make nobody in an email project.
    expected |= {"leaver", "joiner"} | (set() if project_type == "email" else {"doer"})
    assert {one[identifier].removesuffix(end) for one in profiles(sandbox)} == expected
    # What is in an event's data fields is no consent.
    left_more = {**UNSUBSCRIBED, "unsubscribedChannelIds": [MARKETING, 102, SMS]}
    assert consent(sandbox)["leaver" + end] == left_more
    assert mailable(sandbox) - {"leaver" + end} == {"yes" + end, "yes-buyer" + end}
    again = loader.run(lines)
    assert again.code == 0
    assert mailable(sandbox) - {"leaver" + end} == {"yes" + end, "yes-buyer" + end}
    assert WARNING not in result.log


@pytest.mark.parametrize("value", ["true", "yes", 1, [True], None])
def test_only_true_is_a_yes(loader: LoaderProcess, sandbox: RunningSandbox, value: object) -> None:
    assert loader.run(users({"email": "ana@shop.example", "dataFields": {"newsletterOptIn": value}})).code == 0
    assert mailable(sandbox) == set()


def test_people_who_are_there_are_left_as_they_are(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    for name in ("ana", "bo"):
        ask(sandbox, "POST", "users/update", {"email": f"{name}@shop.example"})
    chosen = {"unsubscribedChannelIds": [102], "unsubscribedMessageTypeIds": [57]}
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": "bo@shop.example", **chosen})
    before = consent(sandbox)
    lines = [
        *users({"email": "ana@shop.example", "dataFields": {"newsletterOptIn": False}}, {"email": "Bo@Shop.example"}),
        *purchases(purchase(1, user={"email": "bo@shop.example"})),
    ]
    assert loader.run(lines).code == 0
    assert consent(sandbox) == before
    assert not any("ubscriptions" in call for call in writes(sandbox)[3:])


def test_the_cost_is_a_look_up_a_person_and_a_call_a_thousand(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people = [{"email": f"p{n}@shop.example", "dataFields": YES if n % 4 else {}} for n in range(1200)]
    buyers = [purchase(n, user={"email": f"p{n}@shop.example"}) for n in range(100)]
    result = loader.run([*users(*people), *purchases(*buyers)])
    assert result.code == 0
    looked_up = [call for call in sandbox.requests(service="iterable") if call["path"].endswith("/getByEmail")]
    assert len(looked_up) == 300
    assert writes(sandbox)[:4] == ["POST users/bulkUpdateSubscriptions", "POST users/bulkUpdate"] * 2
    assert len(mailable(sandbox)) == 900


def test_look_ups_stay_within_the_documented_limit(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, rate_limits=True)
    result = loader.run(users(*({"email": f"p{n}@shop.example"} for n in range(250))))
    assert result.counts("users") == (250, 250, 0, 0)
    assert [call for call in sandbox.requests(service="iterable") if call["status"] == 429] == []


def test_a_yes_that_was_rejected_makes_nobody_known(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    """The purchase says nothing of a yes, and the profile that would have is not there."""
    refused = {"successCount": 0, "failCount": 1, "failedUpdates": {"invalidDataEmails": ["ana@shop.example"]}}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": refused}, service="iterable", path="/bulkUpdate$")
    loader.settings["max_rejects"] = 1
    ana = {"email": "ana@shop.example"}
    result = loader.run([*users({**ana, "dataFields": YES}), *purchases(purchase(1, user=ana))])
    assert (result.counts("users"), result.counts("purchases")) == ((1, 0, 1, 0), (1, 1, 0, 0))
    assert mailable(sandbox) == set()


def test_a_yes_to_one_group_takes_only_that_one_back(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    wish = subscription("messageChannel", SMS, "subscribe")
    assert loader.run(subscriptions({**wish, "email": "new@shop.example"})).code == 0
    assert consent(sandbox)["new@shop.example"] == {**UNSUBSCRIBED, "unsubscribedChannelIds": [MARKETING]}


def test_a_guest_who_becomes_a_customer_with_the_same_address_stays_unsubscribed(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.run(purchases(purchase(1, user={"email": "ana@shop.example"})))
    result = loader.run(users({"userId": "c-1", "dataFields": {"email": "ana@shop.example"}}))
    assert result.code == 0
    assert len(profiles(sandbox)) == 1
    assert mailable(sandbox) == set()


def test_who_was_deleted_in_this_run_and_comes_again_is_new(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["batch_size_rows"] = 1
    known = {"userId": "c-1", "dataFields": {"email": "ana@shop.example", **YES}}
    lines = [
        *users(known),
        *purchases(purchase(1, user={"userId": "c-1"})),
        *deleted_users({"userId": "c-1"}),
        *subscriptions({"email": "z@shop.example", **subscription("messageChannel", 102, "unsubscribe")}),
    ]
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.flush()
    while not any(call.startswith("DELETE") for call in writes(sandbox)):
        assert process.poll() is None
    # The answer has to come: what is sent while somebody is being deleted can still find that person.
    time.sleep(1)
    rest = purchases(purchase(2, user={"userId": "c-1"}), purchase(3, user={"email": "ana@shop.example"}))
    assert loader.finish(process, "".join(line + "\n" for line in rest)).code == 0
    assert mailable(sandbox) - {"z@shop.example"} == set()


def test_who_cannot_be_made_unsubscribed_is_not_made_at_all(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    project_of(sandbox, loader, "email")
    loader.settings["max_rejects"] = 1
    result = loader.run(users({"userId": "c-1", "preferUserId": True}, {"email": "b@shop.example"}))
    assert result.counts("users") == (2, 1, 1, 0)
    (reason,) = result.reasons("users")
    assert reason.startswith("preferUserId would make a profile that cannot be unsubscribed beforehand")
    assert [one["email"] for one in profiles(sandbox)] == ["b@shop.example"]


def test_somebody_iterable_has_forgotten_since_is_skipped(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    """The list of forgotten people is read once; who is forgotten after that is refused by the calls."""
    settings(sandbox, forgotten_emails=["gone@shop.example"])
    unknown = {"kind": "respond", "status": 200, "body": {"hashedEmails": []}}
    sandbox.order_fault(unknown, service="iterable", path="/users/forgotten$", times=None)
    lines = [*users({"email": "gone@shop.example"}, {"email": "b@shop.example"})]
    lines += purchases(purchase(1, user={"email": "gone@shop.example"}))
    result = loader.run(lines)
    assert (result.code, result.rejects) == (0, [])
    assert result.counts("users") == (2, 1, 0, 1)
    assert result.counts("purchases") == (1, 0, 0, 1)
    assert mailable(sandbox) == set()


def test_an_old_service_that_answers_with_a_sentence_is_understood(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    sentence = {"kind": "respond", "status": 400, "body": "No user with that id exists!"}
    sandbox.order_fault(sentence, service="iterable", path="/users/byUserId", times=1)
    assert loader.run(users({"userId": "c-1"})).code == 0
    assert mailable(sandbox) == set()
    refused = {"kind": "respond", "status": 400, "body": {"code": "BadParams", "msg": "", "params": None}}
    sandbox.order_fault(refused, service="iterable", path="/users/byUserId", times=1)
    result = loader.run(users({"userId": "c-2"}))
    assert result.counts("users") == (1, 0, 1, 0), "a refusal to tell is not taken for nobody there"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"channels": ["Nowhere"]}, "setting unsubscribe_new_profiles.channels: Iterable has no channel 'Nowhere'"),
        ({"message_types": [7]}, "setting unsubscribe_new_profiles.message_types: Iterable has no message type '7'"),
        ({"channel": [101]}, "unsubscribe_new_profiles"),
        ({"channels": 101}, "unsubscribe_new_profiles"),
    ],
)
def test_wrong_settings_are_one_line_before_anything_is_sent(
    loader: LoaderProcess, sandbox: RunningSandbox, change: dict[str, Any], said: str
) -> None:
    loader.settings["unsubscribe_new_profiles"] = change
    result = loader.run(users({"email": "a@shop.example"}))
    assert result.code == 1
    assert len(result.errors) == 1
    assert said in result.errors[0]
    assert writes(sandbox) == []
    assert said in loader.run([], "--check").errors[0]


def test_without_the_setting_one_warning_says_what_iterable_does(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    del loader.settings["unsubscribe_new_profiles"]
    lines = [*users({"email": "a@shop.example"}), *purchases(purchase(1))]
    result = loader.run(lines)
    assert result.log.count(WARNING) == 1
    assert consent(sandbox) == {}
    loader.settings["unsubscribe_new_profiles"] = {}
    assert WARNING not in loader.run(lines).log
    assert consent(sandbox) == {}


# Faults

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("a broken connection", {"kind": "drop"}),
    ("a connection that breaks after the service has acted", {"kind": "drop_after"}),
    ("an answer cut short", {"kind": "truncate"}),
    ("500", {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}),
    ("429 as text", {"kind": "respond", "status": 429, "body": "Too Many Requests"}),
]


def everybody() -> list[str]:
    people = users(*({"email": f"p{n}@shop.example", "dataFields": YES if n % 5 == 0 else {}} for n in range(30)))
    guests = purchases(*(purchase(n, user={"email": f"p{n}@shop.example"}) for n in range(20, 50)))
    return [*people, *guests, *carts(cart(7, user={"userId": "c-7"})), state_line({"at": "end"})]


YES_SAYERS = {f"p{n}@shop.example" for n in range(0, 30, 5)}


@pytest.mark.parametrize(("name", "action"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_passing_fault_makes_nobody_mailable(
    loader: LoaderProcess, sandbox: RunningSandbox, name: str, action: dict[str, Any]
) -> None:
    paths = ("/getByEmail", "/byUserId", "/bulkUpdateSubscriptions", "/bulkUpdate$", "/trackPurchase", "/updateCart")
    for path in paths:
        sandbox.order_fault(action, service="iterable", path=path, times=2)
    loader.command = FAST
    result = loader.run(everybody())
    assert (result.code, result.states) == (0, [{"at": "end"}]), name
    assert len(profiles(sandbox)) == 51
    assert mailable(sandbox) == YES_SAYERS


@pytest.mark.parametrize("path", ["/users/bulkUpdate$", "/users/bulkUpdateSubscriptions", "/commerce/trackPurchase"])
@pytest.mark.parametrize("acted", [True, False], ids=["after the service acted", "before"])
def test_killed_between_the_two_calls_and_run_again_nobody_is_mailable(
    loader: LoaderProcess, sandbox: RunningSandbox, path: str, *, acted: bool
) -> None:
    loader.settings["batch_size_rows"] = 10
    action = {"kind": "delay", "seconds": 60.0} if not acted else {"kind": "drop_after"}
    sandbox.order_fault(action, service="iterable", path=path, times=None, skip=1)
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in everybody()))
    process.stdin.close()
    process.stdin = None
    while not sandbox.requests(service="iterable", path=path):
        assert process.poll() is None
        time.sleep(0.02)
    # The first call has passed; the loader is now in the second, or tries it again.
    time.sleep(0.5)
    process.kill()
    loader.finish(process)
    assert 0 < len(profiles(sandbox)) < 51
    assert mailable(sandbox) <= YES_SAYERS
    sandbox.clear_faults()
    assert loader.run(everybody()).code == 0
    assert len(profiles(sandbox)) == 51
    assert mailable(sandbox) == YES_SAYERS


def test_all_channels_that_carry_marketing_can_be_named_at_once(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["unsubscribe_new_profiles"] = {"marketing": True, "unless": "newsletterOptIn"}
    yes = {"email": "ana@shop.example", "dataFields": YES}
    assert loader.run(users(yes, {"email": "bo@shop.example", "dataFields": {"firstName": "Bo"}})).code == 0
    choices = consent(sandbox)
    assert choices["bo@shop.example"]["unsubscribedChannelIds"] == [MARKETING, SMS]
    assert not choices.get("ana@shop.example", {}).get("unsubscribedChannelIds")
