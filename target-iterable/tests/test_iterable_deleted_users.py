"""People who are gone from the source: unsubscribed, deleted or forgotten, and nobody else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import LoaderProcess, state_line
from iterable_project import ask, consent, profiles, settings, writes
from iterable_records import deleted_users, purchase, purchases, users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

FAST = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]
STRANGE = "o'hara+a/b%20@shop.example"


def people(sandbox: RunningSandbox, count: int = 3) -> None:
    for number in range(count):
        fields = {"email": f"p{number}@shop.example"}
        ask(sandbox, "POST", "users/update", {"userId": f"c-{number}", "dataFields": fields})


def addresses(sandbox: RunningSandbox) -> list[str]:
    return [one["email"] for one in profiles(sandbox)]


def test_the_named_are_deleted_and_nobody_else(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people(sandbox, 4)
    gone = [{"email": " P0@shop.example "}, {"userId": "c-1", "action": "delete"}, {"userId": "nobody"}]
    result = loader.run([*deleted_users(*gone, {"email": "nobody@shop.example"}), state_line({"at": 1})])
    assert (result.code, result.counts("deleted_users")) == (0, (4, 4, 0, 0))
    assert addresses(sandbox) == ["p2@shop.example", "p3@shop.example"]
    assert result.states == [{"at": 1}]


@pytest.mark.parametrize("identifier", [{"email": STRANGE}, {"userId": "a/b ?#%2F&x"}])
@pytest.mark.parametrize("action", ["delete", "unsubscribe", "forget"])
def test_identifiers_of_any_spelling_reach_their_person_and_no_log(
    loader: LoaderProcess, sandbox: RunningSandbox, identifier: dict[str, str], action: str
) -> None:
    settings(sandbox, incremental_subscriptions=True)
    ask(sandbox, "POST", "users/update", identifier)
    ask(sandbox, "POST", "users/update", {"email": "b@shop.example"})
    for path in ("users/(?!getByEmail|byUserId$|forgotten|updateS)", "subscriptions/"):
        sandbox.order_fault({"kind": "respond", "status": 500}, service="iterable", path=path)
    result = loader.run(deleted_users({**identifier, "action": action}))
    assert result.counts("deleted_users") == (1, 1, 0, 0)
    (told,) = [line for line in result.log.splitlines() if "trying again" in line]
    assert "{email}" in told or "{userId}" in told or "/users/forget" in told
    assert not any(part in result.log for part in ("hara", "a/b", "a%2Fb"))
    left = [one for one in profiles(sandbox) if one["email"] != "b@shop.example"]
    assert len(left) == (1 if action == "unsubscribe" else 0)
    if action == "unsubscribe":
        assert [entry["unsubscribedChannelIds"] for entry in consent(sandbox).values()] == [[101, 103]]


def test_a_deletion_comes_after_all_that_mentions_the_person(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    lines = [
        *users({"email": "buyer1@shop.example"}),
        *deleted_users({"email": "buyer1@shop.example"}),
        *purchases(purchase(1), purchase(2)),
    ]
    assert loader.run(lines).counts("deleted_users") == (1, 1, 0, 0)
    assert addresses(sandbox) == ["buyer2@shop.example"]
    assert writes(sandbox)[-1] == "DELETE users/buyer1@shop.example"


def test_what_is_asked_twice_of_one_person_is_the_stronger(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people(sandbox, 1)
    asked = ["unsubscribe", "forget", "delete"]
    result = loader.run(deleted_users(*({"userId": "c-0", "action": action} for action in asked)))
    assert result.counts("deleted_users") == (3, 3, 0, 0)
    assert writes(sandbox)[1:] == ["POST users/forget"]


@pytest.mark.parametrize("incremental", [True, False])
def test_unsubscribing_leaves_marketing_and_changes_no_other_choice(
    loader: LoaderProcess, sandbox: RunningSandbox, *, incremental: bool
) -> None:
    settings(sandbox, incremental_subscriptions=incremental)
    people(sandbox)
    chosen = {"userId": "c-0", "unsubscribedChannelIds": [102], "unsubscribedMessageTypeIds": [60]}
    ask(sandbox, "POST", "users/updateSubscriptions", chosen)
    gone = [{"userId": f"c-{number}", "action": "unsubscribe"} for number in (0, 1)]
    result = loader.run(deleted_users(*gone, {"email": "nobody@shop.example", "action": "unsubscribe"}))
    assert result.counts("deleted_users") == (3, 3, 0, 0)
    assert addresses(sandbox) == [f"p{number}@shop.example" for number in range(3)]
    nothing: dict[str, list[int]] = {"unsubscribedMessageTypeIds": [], "subscribedMessageTypeIds": []}
    assert consent(sandbox) == {
        "p0@shop.example": {**nothing, "unsubscribedChannelIds": [101, 102, 103], "unsubscribedMessageTypeIds": [60]},
        "p1@shop.example": {**nothing, "unsubscribedChannelIds": [101, 103]},
    }
    before = len(writes(sandbox))
    assert loader.run(deleted_users(*gone)).code == 0
    assert len(writes(sandbox)) == before, "who has left already costs a look-up and no more"


def test_forgotten_means_never_again_in_this_run_and_the_next(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people(sandbox, 1)
    gone = [*deleted_users({"userId": "c-0", "action": "forget"}, {"userId": "unknown", "action": "forget"})]
    result = loader.run(gone)
    assert result.counts("deleted_users") == (2, 2, 0, 0)
    assert profiles(sandbox) == []
    assert len(sandbox.snapshot("iterable")["forgotten"]["hashedUserIds"]) == 1
    calls = writes(sandbox).count("POST users/forget")
    again = loader.run([*gone, *deleted_users({"userId": "C-0", "action": "delete"}), *users({"userId": "c-0"})])
    assert again.counts("deleted_users") == (3, 2, 0, 1)
    assert again.counts("users") == (1, 0, 0, 1)
    assert writes(sandbox).count("POST users/forget") == calls + 1, "only the unknown one is asked for again"


def test_a_refusal_to_forget_somebody_known_is_no_success(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people(sandbox, 1)
    refused = {"kind": "respond", "status": 400, "body": {"code": "BadParams", "msg": "", "params": None}}
    sandbox.order_fault(refused, service="iterable", path="users/forget$")
    result = loader.run(deleted_users({"userId": "c-0", "action": "forget"}))
    assert result.counts("deleted_users") == (1, 0, 1, 0)
    assert len(profiles(sandbox)) == 1


@pytest.mark.parametrize("told", [True, False], ids=["with Retry-After", "without"])
def test_people_beyond_the_days_limit_are_kept_for_tomorrow(
    loader: LoaderProcess, sandbox: RunningSandbox, *, told: bool
) -> None:
    people(sandbox, 6)
    settings(sandbox, rate_limits=True, forget_daily_cap=3, retry_after_header=told)
    loader.command = FAST
    gone = [{"userId": f"c-{number}", "action": "forget"} for number in range(6)]
    lines = [*deleted_users(*gone, {"email": "p9@shop.example"}), *users({"email": "b@shop.example"})]
    result = loader.run([*lines, state_line({"at": 1})])
    assert result.code == 1
    assert result.states == [{"at": 1}], "the rest flows on"
    assert result.counts("deleted_users") == (7, 4, 3, 0)
    assert result.counts("users") == (1, 1, 0, 0)
    (reason,) = result.reasons("deleted_users")
    assert "replay the rejects file tomorrow" in reason
    kept = [line["record"] for line in result.rejects if line["type"] == "RECORD"]
    assert len(kept) == 3
    settings(sandbox, forget_daily_cap=1000)
    replay = max((loader.folder / "rejects").iterdir()).read_text().splitlines()
    assert loader.run(replay).counts("deleted_users") == (3, 3, 0, 0)
    assert addresses(sandbox) == ["b@shop.example"]


def test_documented_limits_are_kept_without_a_refusal(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people(sandbox, 8)
    settings(sandbox, rate_limits=True)
    gone = [{"userId": f"c-{number}", "action": "forget" if number < 6 else "delete"} for number in range(8)]
    assert loader.run(deleted_users(*gone)).counts("deleted_users") == (8, 8, 0, 0)
    assert [call for call in sandbox.requests(service="iterable") if call["status"] == 429] == []


@pytest.mark.parametrize("kind", ["drop", "drop_after", "truncate"])
def test_a_broken_connection_changes_nothing_in_the_end(
    loader: LoaderProcess, sandbox: RunningSandbox, kind: str
) -> None:
    settings(sandbox, incremental_subscriptions=True)
    people(sandbox)
    for path in ("users/c-|users/byUserId/", "users/forget$", "subscriptions/"):
        sandbox.order_fault({"kind": kind}, service="iterable", path=path, times=2)
    actions = ("delete", "forget", "unsubscribe")
    gone = [{"userId": f"c-{number}", "action": action} for number, action in enumerate(actions)]
    result = loader.run(deleted_users(*gone))
    assert (result.code, result.counts("deleted_users")) == (0, (3, 3, 0, 0))
    assert addresses(sandbox) == ["p2@shop.example"]
    assert consent(sandbox)["p2@shop.example"]["unsubscribedChannelIds"] == [101, 103]


@pytest.mark.parametrize(
    ("project_type", "record", "reason"),
    [
        ("email", {"userId": "c-1"}, "email is missing"),
        ("userid", {"email": "a@shop.example"}, "userId is missing"),
        ("hybrid", {"action": "delete"}, "email and userId are both missing"),
        ("hybrid", {"email": "a@shop.example", "action": "burn"}, "field action"),
        ("hybrid", {"email": "a@shop.example", "reason": "x"}, "member that is not allowed: 'reason'"),
    ],
)
def test_nobody_is_deleted_on_a_guess(
    loader: LoaderProcess, sandbox: RunningSandbox, project_type: str, record: dict[str, Any], reason: str
) -> None:
    settings(sandbox, project_type=project_type)
    loader.settings["project_type"] = project_type
    result = loader.run(deleted_users(record))
    assert result.counts("deleted_users") == (1, 0, 1, 0)
    assert reason in next(iter(result.reasons("deleted_users")))
    assert writes(sandbox) == []


def test_a_dry_run_deletes_nobody(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    people(sandbox)
    loader.settings["dry_run"] = True
    result = loader.run(deleted_users(*({"userId": "c-0", "action": action} for action in ("delete", "forget"))))
    assert result.counts("deleted_users") == (2, 0, 0, 2)
    assert len(profiles(sandbox)) == 3
