"""A no is carried out whatever else is wrong with its record, and in each profile it is meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from iterable_in_process import Run, load
from iterable_project import ask, consent, profiles, settings
from iterable_records import deleted_users, list_memberships, subscriptions, users

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

CHANNEL, OTHER_CHANNEL, SMS = 101, 102, 103
NEWSLETTER, BACK_IN_STOCK = 41, 88
ANA, BO = "ana@shop.example", "bo@shop.example"
LONG = "c" * 60
CARRIED_OUT = "; its opt-out was carried out"


@pytest.fixture(params=[True, False], ids=["incremental", "overwriting"])
def project(request: pytest.FixtureRequest, sandbox: RunningSandbox) -> RunningSandbox:
    settings(sandbox, incremental_subscriptions=request.param)
    return sandbox


def customer(sandbox: RunningSandbox, user_id: str | None, address: str | None, **fields: Any) -> None:
    named = {"userId": user_id} if user_id else {"email": address}
    ask(sandbox, "POST", "users/update", {**named, "dataFields": {**({"email": address} if address else {}), **fields}})


def wish(action: str, group: int = CHANNEL, **further: Any) -> dict[str, Any]:
    kind = "messageType" if group in {NEWSLETTER, BACK_IN_STOCK} else "messageChannel"
    return {"subscriptionGroup": kind, "subscriptionGroupId": group, "action": action, **further}


def left(sandbox: RunningSandbox, who: str = ANA) -> list[int]:
    return consent(sandbox).get(who, {}).get("unsubscribedChannelIds", [])


def fields_of(sandbox: RunningSandbox, **named: str) -> dict[str, Any]:
    (found,) = [one for one in profiles(sandbox) if named.items() <= one.items()]
    held: dict[str, Any] = found["dataFields"]
    return held


def assert_carried_out(run: Run, stream: str) -> None:
    """The record is rejected all the same; its reason says that the no was carried out, and nothing of the person."""
    assert run.error is None
    assert run.counts(stream) == (1, 0, 1, 0)
    (reason,) = run.reasons(stream)
    assert reason.endswith(CARRIED_OUT)
    assert "@" not in reason


# Subscriptions


@pytest.mark.parametrize(
    "fault",
    [
        {"userId": LONG},
        {"userId": 7},
        {"userId": ["c-1"]},
        {"consentedAt": "yesterday"},
        {"consentedAt": -1},
        {"resubscribe": "sometimes"},
        {"shoeSize": 44},
    ],
    ids=str,
)
def test_leaving_happens_whatever_else_is_wrong(project: RunningSandbox, tmp_path: Path, fault: dict[str, Any]) -> None:
    customer(project, None, ANA)
    run = load(project, tmp_path, subscriptions({"email": ANA, **wish("unsubscribe"), **fault}))
    assert_carried_out(run, "subscriptions")
    assert left(project) == [CHANNEL]


@pytest.mark.parametrize("address", ["nobody", 7, {"a": 1}])
def test_leaving_goes_by_the_userid_where_the_address_is_none(
    project: RunningSandbox, tmp_path: Path, address: object
) -> None:
    customer(project, "c-1", ANA)
    run = load(project, tmp_path, subscriptions({"userId": "c-1", "email": address, **wish("unsubscribe")}))
    assert_carried_out(run, "subscriptions")
    assert left(project) == [CHANNEL]


def test_leaving_goes_by_the_userid_in_an_email_project_too(project: RunningSandbox, tmp_path: Path) -> None:
    settings(project, project_type="email")
    ask(project, "POST", "users/update", {"email": ANA, "dataFields": {"userId": "c-1"}})
    lines = subscriptions({"userId": "c-1", "email": "nobody", **wish("unsubscribe")})
    assert_carried_out(load(project, tmp_path, lines, project_type="email"), "subscriptions")
    assert left(project) == [CHANNEL]


def test_a_yes_of_a_rejected_record_is_not_carried_out(project: RunningSandbox, tmp_path: Path) -> None:
    ask(project, "POST", "users/updateSubscriptions", {"email": ANA, "unsubscribedChannelIds": [CHANNEL]})
    record = {"email": ANA, "userId": LONG, **wish("subscribe", resubscribe="always")}
    run = load(project, tmp_path, subscriptions(record))
    assert run.counts("subscriptions") == (1, 0, 1, 0)
    assert not run.reasons("subscriptions")[0].endswith(CARRIED_OUT)
    assert left(project) == [CHANNEL]


@pytest.mark.parametrize("known", [True, False], ids=["by the rule for new people", "without"])
def test_a_no_reaches_both_the_customer_and_whoever_has_the_address(
    project: RunningSandbox, tmp_path: Path, *, known: bool
) -> None:
    customer(project, "c-1", ANA)
    customer(project, "c-2", BO)
    rule = {"unsubscribe_new_profiles": {"channels": [SMS]}} if known else {}
    run = load(project, tmp_path, subscriptions({"userId": "c-2", "email": ANA, **wish("unsubscribe")}), **rule)
    assert (run.error, run.counts("subscriptions")) == (None, (1, 1, 0, 0))
    assert (left(project, ANA), left(project, BO)) == ([CHANNEL], [CHANNEL])


@pytest.mark.parametrize("rule", ["never", "always"])
def test_a_yes_reaches_the_customer_who_said_it_alone(project: RunningSandbox, tmp_path: Path, rule: str) -> None:
    customer(project, "c-1", ANA)
    customer(project, "c-2", BO)
    for user_id in ("c-1", "c-2"):
        ask(project, "POST", "users/updateSubscriptions", {"userId": user_id, "unsubscribedChannelIds": [CHANNEL]})
    record = {"userId": "c-2", "email": ANA, **wish("subscribe", resubscribe=rule)}
    assert load(project, tmp_path, subscriptions(record)).error is None
    assert left(project, ANA) == [CHANNEL]
    assert left(project, BO) == ([] if rule == "always" else [CHANNEL])


def test_a_no_finds_the_address_where_the_customer_has_no_profile(project: RunningSandbox, tmp_path: Path) -> None:
    """The profile of the second customer was rejected: the address belongs to the first."""
    customer(project, "c-1", ANA)
    second = {"userId": "c-2", "email": ANA}
    lines = [
        *users({"userId": "c-2", "dataFields": {"email": ANA}}),
        *subscriptions({**second, **wish("unsubscribe")}, {**second, **wish("subscribe", OTHER_CHANNEL)}),
    ]
    run = load(project, tmp_path, lines)
    assert (run.counts("users"), run.counts("subscriptions")) == ((1, 0, 1, 0), (2, 1, 1, 0))
    assert left(project) == [CHANNEL]
    assert [one["userId"] for one in profiles(project)] == ["c-1"]


@pytest.mark.parametrize("batches", [1, 1000])
@pytest.mark.parametrize("order", ["yes first", "no first"])
@pytest.mark.parametrize("rule", ["never", "newer"])
def test_of_two_customers_with_one_address_any_no_wins(
    project: RunningSandbox, tmp_path: Path, rule: str, order: str, batches: int
) -> None:
    customer(project, "c-1", ANA)
    yes = {"userId": "c-1", "email": ANA, **wish("subscribe", resubscribe=rule)}
    no = {"userId": "c-2", "email": ANA, **wish("unsubscribe")}
    records = [yes, no] if order == "yes first" else [no, yes]
    run = load(project, tmp_path, subscriptions(*records, yes), batch_size_rows=batches)
    assert run.error is None
    assert left(project) == [CHANNEL]


def test_of_two_new_customers_with_one_address_any_no_wins(project: RunningSandbox, tmp_path: Path) -> None:
    yes = {"userId": "c-1", "email": ANA, **wish("subscribe", resubscribe="never")}
    no = {"userId": "c-2", "email": ANA, **wish("unsubscribe")}
    assert load(project, tmp_path, subscriptions(yes, no)).error is None
    assert left(project) == [CHANNEL]


def test_in_one_batch_a_no_comes_after_the_yes_it_was_read_after(project: RunningSandbox, tmp_path: Path) -> None:
    customer(project, "c-1", ANA)
    yes = {"userId": "c-1", "email": ANA, **wish("subscribe", resubscribe="always")}
    no = {"userId": "c-2", "email": ANA, **wish("unsubscribe")}
    run = load(project, tmp_path, subscriptions(yes, no), unsubscribe_new_profiles={"channels": [SMS]})
    assert (run.error, run.counts("subscriptions")) == (None, (2, 1, 0, 1)), "the yes was not carried out"
    assert left(project) == [CHANNEL]


def test_a_later_yes_does_not_undo_the_no_that_iterable_does_not_show_yet(
    request: pytest.FixtureRequest, project: RunningSandbox, tmp_path: Path
) -> None:
    settings(project, opt_in_types=True)
    customer(project, "c-1", ANA)
    yes = {"userId": "c-1", "email": ANA, **wish("subscribe", BACK_IN_STOCK, resubscribe="never")}
    no = {"userId": "c-2", "email": ANA, **wish("unsubscribe", BACK_IN_STOCK)}
    stale = {"user": {"userId": "c-1", "email": ANA, "dataFields": {}}}
    action = {"kind": "respond", "status": 200, "body": stale}
    # The other customer is looked up first, and once more where it turns out that profiles have to be overwritten.
    others = 1 if request.node.callspec.params["project"] else 2
    project.order_fault(action, service="iterable", path="/users/byUserId$", skip=others, times=None)
    run = load(project, tmp_path, subscriptions(no, yes), batch_size_rows=1)
    assert (run.error, run.counts("subscriptions")) == (None, (2, 1, 0, 1))
    assert consent(project)[ANA]["unsubscribedMessageTypeIds"] == [BACK_IN_STOCK]
    assert consent(project)[ANA]["subscribedMessageTypeIds"] == []


# Profiles


def consents(**said: Any) -> dict[str, Any]:
    return {"dataFields": said, "consentFields": ["newsletter", "sms"]}


@pytest.mark.parametrize(
    "fault",
    [
        {"userId": LONG, "email": ANA},
        {"userId": "c-1", "shoeSize": 44},
        {"userId": "c-1", "mergeNestedObjects": "yes"},
        {"userId": "c-1", "email": "nobody"},
    ],
    ids=str,
)
def test_the_consent_fields_that_say_no_are_written_whatever_else_is_wrong(
    sandbox: RunningSandbox, tmp_path: Path, fault: dict[str, Any]
) -> None:
    customer(sandbox, "c-1", ANA, newsletter=True, sms=False)
    record = {**fault, **consents(newsletter=False, sms=True, firstName="Ana")}
    assert_carried_out(load(sandbox, tmp_path, users(record)), "users")
    held = fields_of(sandbox, userId="c-1")
    assert (held["newsletter"], held["sms"]) == (False, False)
    assert "firstName" not in held


def test_a_field_that_does_not_fit_the_project_rejects_all_but_the_noes(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    customer(sandbox, "c-1", ANA, newsletter=True, points=3)
    record = {"userId": "c-1", **consents(newsletter=False, points="many")}
    assert_carried_out(load(sandbox, tmp_path, users(record)), "users")
    assert fields_of(sandbox, userId="c-1")["newsletter"] is False


def test_what_iterable_itself_refuses_says_no_all_the_same(sandbox: RunningSandbox, tmp_path: Path) -> None:
    customer(sandbox, "c-1", ANA, newsletter=True)
    refused = {"successCount": 0, "failCount": 1, "failedUpdates": {"invalidDataUserIds": ["c-1"]}}
    action = {"kind": "respond", "status": 200, "body": refused}
    sandbox.order_fault(action, service="iterable", path="/bulkUpdate$", times=1)
    assert_carried_out(load(sandbox, tmp_path, users({"userId": "c-1", **consents(newsletter=False, x=1)})), "users")
    assert fields_of(sandbox, userId="c-1")["newsletter"] is False


def test_the_names_of_consent_fields_are_never_sent(sandbox: RunningSandbox, tmp_path: Path) -> None:
    first = {"userId": "c-1", **consents(newsletter=True)}
    run = load(sandbox, tmp_path, users(first, {"userId": "c-1", **consents(newsletter=False)}, {"userId": "c-1"}))
    assert (run.error, run.counts("users")) == (None, (3, 3, 0, 0))
    assert fields_of(sandbox, userId="c-1")["newsletter"] is False
    assert not any("consentFields" in str(call["body"]) for call in sandbox.requests(service="iterable"))


@pytest.mark.parametrize("has_profile", [True, False])
def test_the_no_of_a_second_customer_reaches_the_profile_that_has_the_address(
    sandbox: RunningSandbox, tmp_path: Path, *, has_profile: bool
) -> None:
    if has_profile:
        customer(sandbox, "c-2", BO, newsletter=True)
    yes = {"userId": "c-1", **consents(email=ANA, newsletter=True, sms=True)}
    no = {"userId": "c-2", **consents(email=ANA, newsletter=False, sms=True)}
    run = load(sandbox, tmp_path, users(yes, no), list="VIP")
    assert (run.error, run.counts("users")) == (None, (2, 1, 1, 0))
    assert run.reasons("users")[0].endswith(CARRIED_OUT)
    held = fields_of(sandbox, userId="c-1")
    assert (held["newsletter"], held["sms"]) == (False, True)
    assert len(profiles(sandbox)) == 1 + has_profile
    if has_profile:
        assert fields_of(sandbox, userId="c-2")["newsletter"] is False
        (second,) = [one for one in profiles(sandbox) if one["userId"] == "c-2"]
        assert second["email"] == BO
        assert not consent(sandbox).get(BO, {}).get("userListIds"), "a rejected record puts nobody on a list"


@pytest.mark.parametrize("batches", [1, 1000])
def test_of_two_customers_with_one_address_any_no_in_a_field_wins(
    sandbox: RunningSandbox, tmp_path: Path, batches: int
) -> None:
    yes = {"userId": "c-1", **consents(email=ANA, newsletter=True, sms=True)}
    no = {"userId": "c-2", **consents(email=ANA, newsletter=False)}
    run = load(sandbox, tmp_path, users(yes, no, yes), batch_size_rows=batches)
    assert run.error is None
    # In one batch the two records of the first customer become one, which comes last: the second has the address then.
    held = fields_of(sandbox, email=ANA)
    assert held["newsletter"] is False
    assert held.get("sms", True) is True


def test_a_later_yes_of_the_same_customer_counts(sandbox: RunningSandbox, tmp_path: Path) -> None:
    no = {"userId": "c-1", "shoeSize": 44, **consents(newsletter=False)}
    yes = {"userId": "c-1", **consents(newsletter=True)}
    run = load(sandbox, tmp_path, users(yes, no, yes), batch_size_rows=1)
    assert (run.error, run.counts("users")) == (None, (3, 2, 1, 0))
    assert fields_of(sandbox, userId="c-1")["newsletter"] is True


def test_a_change_of_address_that_is_refused_says_no_under_both_addresses(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings(sandbox, project_type="email")
    for address, user_id in ((ANA, "c-1"), (BO, "c-2")):
        ask(
            sandbox,
            "POST",
            "users/update",
            {"email": address, "dataFields": {"userId": user_id, "newsletter": True}},
        )
    record = {"userId": "c-1", "email": BO, **consents(newsletter=False)}
    assert_carried_out(load(sandbox, tmp_path, users(record), project_type="email"), "users")
    assert fields_of(sandbox, email=BO)["newsletter"] is False


def test_consent_fields_go_by_the_userid_in_an_email_project_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    settings(sandbox, project_type="email")
    ask(sandbox, "POST", "users/update", {"email": ANA, "dataFields": {"userId": "c-1", "newsletter": True}})
    record = {"userId": "c-1", "email": "nobody", **consents(newsletter=False)}
    assert_carried_out(load(sandbox, tmp_path, users(record), project_type="email"), "users")
    assert fields_of(sandbox, email=ANA)["newsletter"] is False
    nobody = {"userId": "c-7", "email": "nobody", **consents(newsletter=False)}
    run = load(sandbox, tmp_path, users(nobody), project_type="email")
    assert run.counts("users") == (1, 0, 1, 0)
    assert "no such person" in run.reasons("users")[0]


# Lists and people who are gone


@pytest.mark.parametrize("fault", [{"userId": LONG}, {"shoeSize": 44}, {"dataFields": {"devices": []}}], ids=str)
def test_who_is_to_be_off_a_list_is_taken_off(sandbox: RunningSandbox, tmp_path: Path, fault: dict[str, Any]) -> None:
    assert load(sandbox, tmp_path, list_memberships({"email": ANA, "list": "VIP"})).error is None
    assert members(sandbox) == 1
    run = load(sandbox, tmp_path, list_memberships({"email": ANA, "list": "VIP", "action": "remove", **fault}))
    assert_carried_out(run, "list_memberships")
    assert members(sandbox) == 0


def members(sandbox: RunningSandbox) -> int:
    return sum(bool(held.get("userListIds") or held.get("listIds")) for held in _listed(sandbox))


def _listed(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    found = []
    for person in profiles(sandbox):
        answer = ask(sandbox, "GET", f"users/getByEmail?email={person['email']}") if person["email"] else {}
        found.append(answer.get("user", {}).get("dataFields", {}))
    return found


def test_being_taken_off_a_list_reaches_both_profiles(sandbox: RunningSandbox, tmp_path: Path) -> None:
    customer(sandbox, "c-1", ANA)
    customer(sandbox, "c-2", BO)
    on = [{"userId": user_id, "list": "VIP"} for user_id in ("c-1", "c-2")]
    off = {"userId": "c-2", "email": ANA, "list": "VIP", "action": "remove"}
    ghost = {"userId": "c-3", "email": "ghost@shop.example", "list": "VIP", "action": "remove"}
    run = load(sandbox, tmp_path, list_memberships(*on, off, ghost))
    assert (run.error, run.counts("list_memberships")) == (None, (4, 4, 0, 0))
    assert members(sandbox) == 0


def test_the_last_word_of_two_customers_of_one_address_about_a_list_counts(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    customer(sandbox, "c-1", ANA)
    first_off = {"email": BO, "list": "VIP", "action": "remove"}
    on = {"userId": "c-1", "email": ANA, "list": "VIP"}
    off = {"userId": "c-2", "email": ANA, "list": "VIP", "action": "remove"}
    assert load(sandbox, tmp_path, list_memberships(first_off, on, off)).error is None
    assert members(sandbox) == 0


@pytest.mark.parametrize("action", ["unsubscribe", "delete", "forget"])
@pytest.mark.parametrize("fault", [{"userId": LONG}, {"userId": 5}, {"shoeSize": 44}], ids=str)
def test_who_is_gone_goes_by_the_identifier_that_can_be_used(
    sandbox: RunningSandbox, tmp_path: Path, action: str, fault: dict[str, Any]
) -> None:
    customer(sandbox, None, ANA)
    run = load(sandbox, tmp_path, deleted_users({"email": ANA, "action": action, **fault}))
    assert_carried_out(run, "deleted_users")
    if action == "unsubscribe":
        assert left(sandbox) == [CHANNEL, SMS]
    else:
        assert profiles(sandbox) == []


def test_leaving_costs_no_look_up_where_the_profile_was_written_in_the_same_run(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings(sandbox, incremental_subscriptions=True)
    people = [{"userId": f"c-{n}", "dataFields": {"email": f"p{n}@shop.example"}} for n in range(20)]
    noes = [{"userId": f"c-{n}", "email": f"p{n}@shop.example", **wish("unsubscribe")} for n in range(20)]
    run = load(sandbox, tmp_path, [*users(*people), *subscriptions(*noes)])
    assert (run.error, run.counts("subscriptions")) == (None, (20, 20, 0, 0))
    assert sandbox.requests(service="iterable", path="/getByEmail|/byUserId") == []
    assert len(sandbox.requests(service="iterable", method="PUT", path="/subscriptions/")) == 1
