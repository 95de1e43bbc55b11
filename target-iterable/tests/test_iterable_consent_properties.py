"""Consent is never widened: random people with random choices, through random records in random batches."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from delivery.testing import record_line
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from iterable_project import KEY, ask, settings
from iterable_records import list_memberships, purchase, purchases, subscriptions, users
from target_iterable.subscription_choices import Choices, request_element
from target_iterable.subscription_groups import Group
from target_iterable.target import TargetIterable

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

CHANNELS, TYPES, OPT_IN_TYPE = (101, 102, 103), (41, 57, 88), 88
GROUPS = (*CHANNELS, *TYPES)
RULE = {"channels": [101, 103], "message_types": [41], "unless": "optIn"}
LEFT_BY_NEW = {101, 103, 41}


@dataclass(frozen=True)
class Step:
    """A record about somebody.

    Attributes:
        kind: user, purchase, subscribe, unsubscribe or list.
        yes: Whether a user or purchase says yes.
        group: What is joined or left.
        rule: The rule of a subscription.
    """

    kind: str
    yes: bool = False
    group: int = 0
    rule: str = "never"


@dataclass(frozen=True)
class Somebody:
    """A person: what he or she had left before (None for somebody new), and the records about them in order."""

    left: frozenset[int] | None
    by_user_id: bool
    steps: tuple[Step, ...]


step = st.one_of(
    st.builds(Step, st.sampled_from(["user", "purchase"]), yes=st.booleans()),
    st.builds(
        Step,
        st.sampled_from(["subscribe", "unsubscribe"]),
        group=st.sampled_from(GROUPS),
        rule=st.sampled_from(["never", "newer", "always"]),
    ),
    st.just(Step("list")),
)
somebody = st.builds(
    Somebody,
    st.none() | st.frozensets(st.sampled_from(GROUPS)),
    st.booleans(),
    st.lists(step, min_size=1, max_size=6).map(tuple),
)


def identifier(number: int, one: Somebody) -> dict[str, str]:
    return {"userId": f"c-{number}"} if one.by_user_id else {"email": f"p{number}@shop.example"}


def line_of(number: int, place: int, one: Somebody) -> str:
    taken, who = one.steps[place], identifier(number, one)
    said = {"dataFields": {"optIn": taken.yes}}
    if taken.kind == "user":
        return record_line("users", {**who, **said})
    if taken.kind == "purchase":
        return record_line("purchases", purchase(number * 100 + place, user={**who, **said}))
    if taken.kind == "list":
        return record_line("list_memberships", {**who, "list": "VIP"})
    group = "messageChannel" if taken.group in CHANNELS else "messageType"
    wish = {"subscriptionGroup": group, "subscriptionGroupId": taken.group, "action": taken.kind}
    return record_line("subscriptions", {**who, **wish, "resubscribe": taken.rule})


def lines_of(people: list[Somebody]) -> list[str]:
    """All records, those of different people in turn."""
    own = [[line_of(number, place, one) for place in range(len(one.steps))] for number, one in enumerate(people)]
    turns = [line for turn in zip_longest(*own) for line in turn if line is not None]
    return [*users(), *purchases(), *subscriptions(), *list_memberships(), *turns]


def prepare(sandbox: RunningSandbox, people: list[Somebody], *, incremental: bool) -> None:
    sandbox.control("POST", "/reset?service=iterable")
    settings(sandbox, rate_limits=False, opt_in_types=True, incremental_subscriptions=incremental)
    for number, one in enumerate(people):
        if one.left is not None:
            who = identifier(number, one)
            ask(sandbox, "POST", "users/update", who)
            arrays = {
                "unsubscribedChannelIds": sorted(one.left.intersection(CHANNELS)),
                "unsubscribedMessageTypeIds": sorted(one.left.intersection(TYPES)),
            }
            ask(sandbox, "POST", "users/updateSubscriptions", {**who, **arrays})


def load(sandbox: RunningSandbox, lines: list[str], batch_size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = {
            "api_key": KEY,
            "api_url": sandbox.service_url("iterable"),
            "rejects_path": folder,
            "commerce_requests_per_second": 2000,
            "unsubscribe_new_profiles": RULE,
            "batch_size_rows": batch_size,
        }
        target = TargetIterable(config=config, validate_config=True)
        target.ensure_connected()
        target.listen(io.StringIO("".join(line + "\n" for line in lines)))
        assert (target.ledger.pending, target.ledger.rejected) == (0, 0)


def left_now(sandbox: RunningSandbox) -> dict[str, tuple[set[int], set[int]]]:
    """What everybody has left, and which opt-in types they have joined."""
    snapshot = sandbox.snapshot("iterable")
    found: dict[str, tuple[set[int], set[int]]] = {
        one["email"] or one["userId"]: (set(), set()) for one in snapshot["users"]
    }
    for who, choices in snapshot["subscriptions"].items():
        left = {*choices["unsubscribedChannelIds"], *choices["unsubscribedMessageTypeIds"]}
        found[who] = (left, set(choices["subscribedMessageTypeIds"]))
    return found


def check(one: Somebody, left: set[int], joined: set[int]) -> None:
    said_yes = any(taken.yes for taken in one.steps)
    for group in GROUPS:
        wishes = [taken for taken in one.steps if taken.group == group and taken.kind != "list"]
        leaves = [place for place, wish in enumerate(wishes) if wish.kind == "unsubscribe"]
        overruled = [place for place, wish in enumerate(wishes) if (wish.kind, wish.rule) == ("subscribe", "always")]
        if one.left is not None and group in one.left and not overruled:
            assert group in left, "who had opted out is subscribed again, and no rule said so"
        if leaves and (not overruled or overruled[-1] < leaves[-1]):
            assert group in left, "who has left by a record is subscribed"
        if overruled and (not leaves or leaves[-1] < overruled[-1]):
            assert group not in left, "who is to be subscribed in any case is not"
        if one.left is None and group in LEFT_BY_NEW and not wishes and not said_yes:
            assert group in left, "somebody new is mailable without a yes"
        if one.left is not None and not wishes:
            assert (group in left) == (group in one.left), "a choice changed that no record is about"
        if one.left is None and not wishes and group not in LEFT_BY_NEW:
            assert group not in left, "somebody new has left what nobody asked to leave"
    if OPT_IN_TYPE in joined:
        assert any((taken.kind, taken.group) == ("subscribe", OPT_IN_TYPE) for taken in one.steps)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    people=st.lists(somebody, min_size=1, max_size=12),
    incremental=st.booleans(),
    batch_size=st.sampled_from([1, 2, 3, 7, 1000]),
    runs=st.integers(1, 2),
)
def test_nobody_gets_what_they_have_left_nor_what_they_have_not_asked_for(
    sandbox_process: RunningSandbox, people: list[Somebody], *, incremental: bool, batch_size: int, runs: int
) -> None:
    prepare(sandbox_process, people, incremental=incremental)
    event(f"incremental: {incremental}, runs: {runs}")
    for _ in range(runs):
        load(sandbox_process, lines_of(people), batch_size)
        now = left_now(sandbox_process)
        for number, one in enumerate(people):
            (who,) = identifier(number, one).values()
            check(one, *now[who])


groups = st.builds(
    lambda kind, number, opt_in: Group(kind, number, str(number), number if kind == "messageChannel" else 101, opt_in),
    st.sampled_from(["messageChannel", "messageType"]),
    st.sampled_from([101, 102, 41, 57]),
    st.booleans(),
)
ids = st.frozensets(st.sampled_from([101, 102, 41, 57]))
choices_strategy = st.builds(Choices, ids, ids, ids)


@given(before=choices_strategy, group=groups, joins=st.booleans())
def test_one_change_of_choices_changes_that_group_alone(before: Choices, group: Group, *, joins: bool) -> None:
    after = before.joined(group) if joins else before.left(group)
    assert after.left_channels ^ before.left_channels <= ({group.id} if group.kind == "messageChannel" else set())
    assert after.left_types ^ before.left_types <= ({group.id} if group.kind == "messageType" else set())
    assert after.joined_types ^ before.joined_types <= ({group.id} if group.kind == "messageType" else set())
    assert joins or after.opted_out(group)
    element = request_element({"email": "a@x.example"}, before, after)
    written = Choices.of({"dataFields": {**profile_fields(before), **arrays_of(element)}})
    assert written == after, "what is written is exactly the change"


def arrays_of(element: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in element.items() if name.endswith("Ids")}


def profile_fields(choices: Choices) -> dict[str, list[int]]:
    return {
        "unsubscribedChannelIds": sorted(choices.left_channels),
        "unsubscribedMessageTypeIds": sorted(choices.left_types),
        "subscribedMessageTypeIds": sorted(choices.joined_types),
    }
