"""Nobody loses a subscription by becoming a customer, and nobody gains one, whatever comes first about the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from iterable_in_process import load
from iterable_project import ask, consent, profiles
from iterable_records import cart, carts, event, events, list_memberships, purchase, purchases, subscriptions, users

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

MARKETING, OTHER, SMS = 101, 102, 103
RULE = {"unsubscribe_new_profiles": {"marketing": True, "unless": "newsletterOptIn"}}
ANA = "ana@shop.example"
CUSTOMER = {"userId": "c-1", "dataFields": {"email": ANA, "firstName": "Ana"}}
BOTH = {"userId": "c-1", "email": ANA}
LATER = {"userId": "c-1", "dataFields": {"email": ANA}}
LEAVES_OTHER = {"subscriptionGroup": "messageChannel", "subscriptionGroupId": OTHER, "action": "unsubscribe"}

PATHS: dict[str, list[str]] = {
    "users": users(CUSTOMER),
    "users by both": users({**BOTH, "dataFields": {"firstName": "Ana"}}),
    "purchases": purchases(purchase(1, user=BOTH)),
    "carts": carts(cart(1, user=BOTH)),
    "carts without a version": carts(cart(1, None, user=BOTH)),
    "events": events(event(1, **BOTH)),
    "lists": list_memberships({**BOTH, "list": "VIP"}),
    "lists with the address as a field": list_memberships({**LATER, "list": "VIP"}),
    "subscriptions": subscriptions({**BOTH, **LEAVES_OTHER}),
    "subscriptions to lists": subscriptions(
        {**BOTH, "subscriptionGroup": "emailList", "subscriptionGroupId": "VIP", "action": "subscribe"}
    ),
    "purchases with the address as a field": purchases(purchase(1, user=LATER)),
    "carts with the address as a field": carts(cart(1, user=LATER)),
}


def left(sandbox: RunningSandbox) -> set[int]:
    """Which channels the person of the address has left."""
    return set(consent(sandbox).get(ANA, {}).get("unsubscribedChannelIds", ())) - {OTHER}


@pytest.mark.parametrize("path", PATHS)
def test_a_subscribed_guest_stays_subscribed_as_a_customer(sandbox: RunningSandbox, tmp_path: Path, path: str) -> None:
    ask(sandbox, "POST", "users/update", {"email": ANA})
    first = load(sandbox, tmp_path, PATHS[path], **RULE)
    assert first.error is None
    assert left(sandbox) == set()
    second = load(sandbox, tmp_path, users(CUSTOMER), **RULE)
    assert (second.error, second.rejects) == (None, [])
    assert left(sandbox) == set()
    assert [(one["email"], one["userId"]) for one in profiles(sandbox)] == [(ANA, "c-1")]


@pytest.mark.parametrize("path", PATHS)
def test_who_is_really_new_is_unsubscribed(sandbox: RunningSandbox, tmp_path: Path, path: str) -> None:
    for lines in (PATHS[path], users(CUSTOMER)):
        run = load(sandbox, tmp_path, lines, **RULE)
        assert (run.error, run.rejects) == (None, [])
        assert left(sandbox) == {MARKETING, SMS}
    assert [(one["email"], one["userId"]) for one in profiles(sandbox)] == [(ANA, "c-1")]


@pytest.mark.parametrize("path", PATHS)
def test_a_guest_who_has_opted_out_stays_so_as_a_customer(sandbox: RunningSandbox, tmp_path: Path, path: str) -> None:
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": ANA, "unsubscribedChannelIds": [SMS]})
    for lines in (PATHS[path], users({**CUSTOMER, "dataFields": {"email": ANA, "newsletterOptIn": True}})):
        assert load(sandbox, tmp_path, lines, **RULE).error is None
        assert left(sandbox) == {SMS}


def test_an_address_that_is_another_customers_makes_nobody_mailable(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ask(sandbox, "POST", "users/update", {"userId": "c-9", "dataFields": {"email": ANA}})
    run = load(sandbox, tmp_path, users(CUSTOMER), **RULE)
    assert run.counts("users") == (1, 0, 1, 0)
    assert left(sandbox) == set()
    # Made before the address turned out to be still taken, unsubscribed and without an address.
    assert {one["userId"]: one["email"] for one in profiles(sandbox)} == {"c-9": ANA, "c-1": None}
    assert consent(sandbox)["c-1"]["unsubscribedChannelIds"] == [MARKETING, SMS]
