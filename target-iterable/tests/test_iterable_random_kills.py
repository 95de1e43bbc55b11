"""Killed with kill -9 at random moments of a run that has every stream, and run again: nothing lost, nothing twice."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import state_line
from iterable_project import ask, settings
from iterable_records import (
    cart,
    carts,
    catalog_items,
    deleted_users,
    event,
    events,
    list_memberships,
    purchase,
    purchases,
    subscriptions,
    users,
)
from iterable_runs import content

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

SEEDS = range(6)
CHANNEL, OTHER_CHANNEL = 101, 102
LONGEST_WAIT_SECONDS = 60


def everything() -> list[str]:
    """All streams; who buys has no cart, because a purchase that is sent again would empty it."""
    people = [{"userId": f"c-{number}", "dataFields": {"city": f"Bonn {number}"}} for number in range(40)]
    members = [{"userId": f"c-{number}", "list": "VIP"} for number in range(0, 40, 2)]
    items = [{"catalogName": "products", "itemId": f"i-{number}", "value": {"n": number}} for number in range(20)]
    group = {"subscriptionGroup": "messageChannel"}
    wishes = [
        {**group, "subscriptionGroupId": channel, "userId": f"c-{number}", "action": "unsubscribe"}
        for number in range(0, 40, 3)
        for channel in (CHANNEL, OTHER_CHANNEL)
    ]
    actions = ("delete", "forget", "unsubscribe")
    gone = [{"userId": f"gone-{number}", "action": action} for number, action in enumerate(actions * 2)]
    return [
        *users(*people, *({"userId": one["userId"]} for one in gone)),
        state_line({"at": "users"}),
        *purchases(*(purchase(number, user={"userId": f"b-{number}"}) for number in range(40))),
        *carts(*(cart(number, 1 + number % 3) for number in range(30)), cart(0, 9)),
        state_line({"at": "carts"}),
        *events(*(event(number % 40, id=f"event-{number}") for number in range(60))),
        *catalog_items(*items, *({**one, "value": None} for one in items[::4])),
        state_line({"at": "items"}),
        *list_memberships(*members, *({**one, "action": "remove"} for one in members[::3])),
        *subscriptions(*wishes),
        *deleted_users(*gone),
        state_line({"at": "end"}),
    ]


def begin(sandbox: RunningSandbox) -> None:
    sandbox.clear_faults()
    sandbox.control("POST", "/reset?service=iterable")
    settings(sandbox, rate_limits=False, incremental_subscriptions=True)
    for number in range(6):
        ask(sandbox, "POST", "users/update", {"userId": f"gone-{number}"})
    sandbox.order_fault({"kind": "answer_late", "seconds": 0.03}, service="iterable", times=None)


def calls(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="iterable"))


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """What an undisturbed run leaves, and how many calls it takes; filled by the first test."""
    return {}


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_and_run_again_ends_in_the_same_data(
    loader: LoaderProcess, sandbox: RunningSandbox, kept: dict[str, Any], seed: int
) -> None:
    # Small requests, so that there is much to be killed in.
    loader.settings["batch_size_rows"] = 8
    if not kept:
        begin(sandbox)
        undisturbed = loader.run(everything())
        assert undisturbed.code == 0
        for stream in undisturbed.summary["streams"]:
            read, *ends = undisturbed.counts(stream)
            assert read == sum(ends)
        assert len(undisturbed.summary["streams"]) == 8
        kept |= {"content": content(sandbox), "calls": calls(sandbox)}
        assert len(kept["content"]["purchases"]) == 40
        assert len(kept["content"]["events"]) == 90
    begin(sandbox)
    # Each seed has a part of the run of its own, so that all parts are met.
    share = (seed + random.Random(seed).random()) / len(SEEDS)  # noqa: S311 - no secret
    moment = 6 + max(1, int((kept["calls"] - 6) * share))
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in everything()))
    process.stdin.close()
    process.stdin = None
    given_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
    while calls(sandbox) < moment and process.poll() is None:
        assert time.monotonic() < given_up_at
    process.kill()
    killed = loader.finish(process)
    assert killed.code == -9
    assert {"at": "end"} not in killed.states
    result = loader.run(everything())
    assert (result.code, result.states[-1]) == (0, {"at": "end"})
    for stream in result.summary["streams"]:
        read, *ends = result.counts(stream)
        assert read == sum(ends)
    assert content(sandbox) == kept["content"]
