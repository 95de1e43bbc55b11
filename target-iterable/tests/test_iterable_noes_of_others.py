"""Two customers give one address: in a run, any no of one of them counts, for the field and for the subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from iterable_in_process import load
from iterable_project import ask, consent, profiles, settings
from iterable_records import subscriptions, users

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

CHANNEL = 101
ADDRESS = "shared@shop.example"
OWNER, OTHER = "c-1", "c-2"


def says(user_id: str, *, yes: bool) -> dict[str, Any]:
    return {
        "userId": user_id,
        "consentFields": ["newsletter"],
        "dataFields": {"email": ADDRESS, "newsletter": yes},
    }


def wishes(user_id: str, *, yes: bool, address: str | None = ADDRESS) -> dict[str, Any]:
    group = {"subscriptionGroup": "messageChannel", "subscriptionGroupId": CHANNEL}
    named = {"userId": user_id} if address is None else {"userId": user_id, "email": address}
    return {**named, **group, "action": "subscribe" if yes else "unsubscribe", "resubscribe": "always"}


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("incremental", [False, True])
@pytest.mark.parametrize("address", [ADDRESS, None], ids=["by both", "by userId"])
def test_a_no_of_another_customer_of_the_address_wins_over_a_later_yes(
    sandbox: RunningSandbox, tmp_path: Path, address: str | None, size: int, *, incremental: bool
) -> None:
    settings(sandbox, incremental_subscriptions=incremental)
    ask(sandbox, "POST", "users/update", {"userId": OWNER, "dataFields": {"email": ADDRESS}})
    lines = [
        *users(says(OTHER, yes=False), says(OWNER, yes=True)),
        *subscriptions(wishes(OTHER, yes=False), wishes(OWNER, yes=True, address=address)),
    ]
    run = load(sandbox, tmp_path, lines, batch_size_rows=size)
    assert run.error is None
    (owner,) = [one for one in profiles(sandbox) if one["userId"] == OWNER]
    assert consent(sandbox)[ADDRESS]["unsubscribedChannelIds"] == [CHANNEL]
    assert owner["dataFields"]["newsletter"] is False
    assert run.counts("subscriptions")[2] == 0


def test_a_customers_own_yes_after_a_no_still_counts(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ask(sandbox, "POST", "users/update", {"userId": OWNER, "dataFields": {"email": ADDRESS}})
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": ADDRESS, "unsubscribedChannelIds": [CHANNEL, 102]})
    lines = subscriptions(wishes(OWNER, yes=False), wishes(OWNER, yes=True))
    assert load(sandbox, tmp_path, lines, batch_size_rows=1).error is None
    assert consent(sandbox)[ADDRESS]["unsubscribedChannelIds"] == [102]
