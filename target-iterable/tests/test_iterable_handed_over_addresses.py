"""Nobody becomes mailable by coming with an address that another customer has, or has just given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from iterable_in_process import load
from iterable_project import ask, consent, profiles, settings
from iterable_records import cart, carts, event, events, list_memberships, purchase, purchases, subscriptions, users

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

MARKETING, OTHER, SMS = 101, 102, 103
RULE = {"unsubscribe_new_profiles": {"marketing": True, "unless": "newsletterOptIn"}}
HANDED_OVER, NEW = "a@shop.example", "b@shop.example"
MOVES: dict[str, Any] = {"userId": "c-1", "dataFields": {"email": NEW}}
COMES: dict[str, dict[str, Any]] = {
    "with the address as a field": {"userId": "c-2", "dataFields": {"email": HANDED_OVER}},
    "with both identifiers": {"userId": "c-2", "email": HANDED_OVER},
    "as a guest": {"email": HANDED_OVER},
}
BOTH = COMES["with both identifiers"]
JOINS = {"subscriptionGroup": "messageChannel", "subscriptionGroupId": OTHER, "action": "subscribe"}
PATHS: dict[str, list[str]] = {
    "purchases": purchases(purchase(1, user=BOTH)),
    "carts": carts(cart(1, user=BOTH)),
    "carts without a version": carts(cart(1, None, user=BOTH)),
    "events": events(event(1, **BOTH)),
    "lists": list_memberships({**BOTH, "list": "VIP"}),
    "subscriptions to lists": subscriptions(
        {**BOTH, "subscriptionGroup": "emailList", "subscriptionGroupId": "VIP", "action": "subscribe"}
    ),
    "subscriptions": subscriptions({**BOTH, **JOINS, "resubscribe": "always"}),
}


@pytest.fixture
def project(sandbox: RunningSandbox) -> RunningSandbox:
    """Return a project with a customer who has the address and is subscribed."""
    ask(sandbox, "POST", "users/update", {"userId": "c-1", "dataFields": {"email": HANDED_OVER}})
    return sandbox


def left(sandbox: RunningSandbox) -> dict[str, set[int]]:
    """Which channels people have left, by what they are known by."""
    choices = consent(sandbox)
    return {
        name: set(choices.get(name, {}).get("unsubscribedChannelIds", ()))
        for one in profiles(sandbox)
        if (name := one["email"] or one["userId"])
    }


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("known_before", [False, True], ids=["unknown", "known by an earlier record"])
@pytest.mark.parametrize("comes", COMES)
def test_who_comes_with_an_address_that_was_just_given_up_is_new(
    project: RunningSandbox, tmp_path: Path, comes: str, size: int, *, known_before: bool
) -> None:
    earlier = [{"email": HANDED_OVER}, {"email": "somebody@shop.example"}] if known_before else []
    run = load(project, tmp_path, users(*earlier, MOVES, COMES[comes]), **RULE, batch_size_rows=size)
    assert (run.error, run.rejects) == (None, [])
    held = left(project)
    assert held[NEW] == set(), "who had the address stays subscribed"
    assert held[HANDED_OVER] == {MARKETING, SMS}


@pytest.mark.parametrize("path", PATHS)
def test_whatever_names_another_customers_address_makes_nobody_mailable(
    project: RunningSandbox, tmp_path: Path, path: str
) -> None:
    load(project, tmp_path, PATHS[path], **RULE)
    held = left(project)
    assert held.pop(HANDED_OVER) == set(), "who has the address stays subscribed"
    assert all(channels >= {MARKETING, SMS} for channels in held.values())


def test_a_yes_under_a_userid_that_nobody_has_yet_makes_nobody_mailable(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    """The guest is known by the address, but a call that names the userId would make another profile."""
    settings(sandbox, incremental_subscriptions=True)
    lines = [
        *purchases(purchase(1, user={"email": HANDED_OVER})),
        *subscriptions({**BOTH, **JOINS, "resubscribe": "always"}),
    ]
    run = load(sandbox, tmp_path, lines, **RULE)
    assert run.error is None
    assert left(sandbox) == {HANDED_OVER: {MARKETING, SMS}}


def test_a_cart_is_not_compared_with_that_of_another_customer(project: RunningSandbox, tmp_path: Path) -> None:
    first = load(project, tmp_path, carts(cart(1, user={"userId": "c-1"})))
    assert first.counts("carts") == (1, 1, 0, 0)
    second = load(project, tmp_path, carts(cart(1, user=BOTH)))
    assert second.counts("carts")[3] == 0
