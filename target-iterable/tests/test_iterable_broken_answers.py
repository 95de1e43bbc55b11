"""With every few answers broken: nobody is mailable without a yes, no opt-out is lost, and in the end all is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import state_line
from iterable_in_process import load
from iterable_project import ask, consent, profiles, settings
from iterable_records import cart, carts, event, events, list_memberships, purchase, purchases, subscriptions, users
from iterable_runs import content

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

MARKETING, OTHER = 101, 102
RULE = {"unsubscribe_new_profiles": {"channels": [MARKETING], "unless": "newsletter"}, "batch_size_rows": 7}
COUNT = 24
PAGE = "<html><body>We are back soon</body></html>"
SAYS = {0: True, 1: False, 2: None}
BROKEN: dict[str, dict[str, Any]] = {
    "a page after the service has acted": {"kind": "replace_answer", "status": 200, "headers": {}, "body": PAGE},
    "a page before": {"kind": "respond", "status": 200, "body": PAGE},
    "a list after the service has acted": {"kind": "replace_answer", "status": 200, "headers": {}, "body": []},
    "a refusal in a page": {"kind": "respond", "status": 403, "body": PAGE},
    "an outage": {"kind": "respond", "status": 503, "body": PAGE},
}


def address(number: int) -> str:
    return f"p{number}@shop.example"


def said(number: int) -> bool | None:
    return SAYS[number % 3]


def opted_out_before(number: int) -> bool:
    """Whether the person was there before, as a guest, and had left the channel in Iterable."""
    return number % 4 == 1


def subscribed_before(number: int) -> bool:
    """Whether the person was there before, as a guest, and had left nothing."""
    return number % 4 == 2


def guests(sandbox: RunningSandbox) -> None:
    for number in range(COUNT):
        if opted_out_before(number):
            left = {"unsubscribedChannelIds": [MARKETING, OTHER]}
            ask(sandbox, "POST", "users/updateSubscriptions", {"email": address(number), **left})
        elif subscribed_before(number):
            ask(sandbox, "POST", "users/update", {"email": address(number)})


def customer(number: int) -> dict[str, Any]:
    answer = said(number)
    consents = {} if answer is None else {"newsletter": answer}
    return {
        "userId": f"c-{number}",
        "consentFields": ["newsletter"],
        "dataFields": {"email": address(number), **consents},
    }


def wish(number: int) -> dict[str, Any]:
    action = "subscribe" if said(number) else "unsubscribe"
    group = {"subscriptionGroup": "messageChannel", "subscriptionGroupId": MARKETING, "action": action}
    return {"userId": f"c-{number}", "email": address(number), **group, "resubscribe": "never"}


def everything() -> list[str]:
    numbers = range(COUNT)
    return [
        *users(*map(customer, numbers)),
        *purchases(*(purchase(n, user={"userId": f"c-{n}"}) for n in numbers)),
        *purchases(*(purchase(n, user={"email": f"guest{n}@shop.example"}) for n in range(COUNT, COUNT + 6))),
        *carts(*(cart(n, None) for n in range(0, COUNT, 4))),
        *events(*(event(n) for n in numbers)),
        *list_memberships(*({"userId": f"c-{n}", "list": "VIP"} for n in range(0, COUNT, 3))),
        *subscriptions(*(wish(n) for n in numbers if said(n) is not None)),
        state_line({"at": "end"}),
    ]


def may_be_mailed(number: int) -> bool:
    if opted_out_before(number) or said(number) is False:
        return False
    return said(number) is True or subscribed_before(number)


def assert_consent(sandbox: RunningSandbox, *, complete: bool) -> None:
    left = {name: set(choices["unsubscribedChannelIds"]) for name, choices in consent(sandbox).items()}
    mailable = {
        one["email"] or one["userId"] for one in profiles(sandbox) if MARKETING not in left.get(_name(one), set())
    }
    allowed = {address(number) for number in range(COUNT) if may_be_mailed(number)}
    # Who was subscribed before stays so until the no arrives.
    late = {address(number) for number in range(COUNT) if subscribed_before(number)}
    assert mailable <= (allowed if complete else allowed | late)
    for number in filter(opted_out_before, range(COUNT)):
        assert {MARKETING, OTHER} <= left[address(number)]
    if complete:
        assert mailable == allowed


def _name(profile: dict[str, Any]) -> str:
    name: str = profile["email"] or profile["userId"]
    return name


@pytest.fixture(params=[True, False], ids=["incremental", "overwriting"])
def project(request: pytest.FixtureRequest, sandbox: RunningSandbox) -> RunningSandbox:
    settings(sandbox, incremental_subscriptions=request.param)
    guests(sandbox)
    return sandbox


def test_undisturbed(project: RunningSandbox, tmp_path: Path) -> None:
    run = load(project, tmp_path, everything(), **RULE)
    assert (run.error, run.rejects, run.states) == (None, [], [{"at": "end"}])
    assert_consent(project, complete=True)


@pytest.mark.parametrize("every", [3, 5, 7])
@pytest.mark.parametrize("kind", BROKEN)
def test_with_every_few_answers_broken_nobody_is_mailable_without_a_yes(
    project: RunningSandbox, tmp_path: Path, kind: str, every: int
) -> None:
    project.order_fault(BROKEN[kind], service="iterable", every=every, times=None)
    run = load(project, tmp_path, everything(), **RULE)
    assert run.rejects == []
    # A call whose every try is hit ends the run, which then has let no STATE out.
    assert (run.error is None) == (run.states == [{"at": "end"}])
    assert_consent(project, complete=run.error is None)
    project.clear_faults()
    again = load(project, tmp_path, everything(), **RULE)
    assert (again.error, again.rejects) == (None, [])
    assert_consent(project, complete=True)
    held = content(project)
    assert len(held["purchases"]) == COUNT + 6
    assert len(held["events"]) >= COUNT
