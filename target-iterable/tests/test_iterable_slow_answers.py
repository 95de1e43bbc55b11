"""Answers that come late, or too late: Iterable has acted by then, and the loader must end where it would have."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import LoaderProcess, state_line
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
from iterable_runs import COMMAND, content
from short_timeout import SECONDS

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

SHORT = [sys.executable, str(Path(__file__).with_name("short_timeout.py"))]
TOO_LATE = SECONDS + 0.5
IN_TIME = SECONDS - 0.4
CHANNEL = 101


@dataclass(frozen=True)
class Call:
    """A kind of call that writes.

    Attributes:
        method: HTTP method.
        path: Regular expression for the path.
        lines: Input that leads to the call.
        before: Calls that others have made to the project before, as method, path and body.
        project: The project's settings.
        loader: The loader's settings.
        late: How many answers come too late.
    """

    method: str
    path: str
    lines: list[str]
    before: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    project: dict[str, Any] = field(default_factory=dict)
    loader: dict[str, Any] = field(default_factory=dict)
    late: int = 2


def somebody(number: int = 1, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "users/update", {"userId": f"c-{number}", "dataFields": {"email": f"p{number}@shop.example"}, **more}


def wish(action: str, number: int) -> dict[str, Any]:
    group = {"subscriptionGroup": "messageChannel", "subscriptionGroupId": CHANNEL}
    return {**group, "userId": f"c-{number}", "action": action, "resubscribe": "always"}


ITEMS = [{"catalogName": "products", "itemId": f"i-{number}", "value": {"name": "Hat"}} for number in range(3)]
LEFT = ("POST", "users/updateSubscriptions", {"userId": "c-2", "unsubscribedChannelIds": [CHANNEL]})
WISHES = subscriptions(wish("unsubscribe", 1), wish("subscribe", 2))
MEMBERS = [{"email": f"p{number}@shop.example", "list": "VIP"} for number in range(3)]
GUEST = ("POST", "users/update", {"email": "p1@shop.example", "dataFields": {"city": "Bonn"}})
NO_MAIL = {"email": "p1@shop.example", "unsubscribedChannelIds": [CHANNEL]}
CUSTOMER = users({"userId": "c-1", "dataFields": {"email": "p1@shop.example"}}, {"userId": "c-2"})
MOVED = users({"email": "new@shop.example", "userId": "c-1"}, {"email": "b@shop.example"})

PEOPLE = [{"userId": f"c-{number}", "dataFields": {"a": number}} for number in range(5)]

CALLS: dict[str, Call] = {
    "users": Call("POST", "/users/bulkUpdate$", users(*PEOPLE)),
    "purchases": Call("POST", "/commerce/trackPurchase", purchases(*(purchase(n) for n in range(5)))),
    "carts": Call("POST", "/commerce/updateCart", carts(*(cart(n) for n in range(5)))),
    "events": Call("POST", "/events/trackBulk", events(*(event(n) for n in range(5)))),
    "a new catalog": Call("POST", "/catalogs/products$", catalog_items(*ITEMS)),
    "field types": Call(
        "PUT", "/catalogs/products/fieldMappings", catalog_items(*ITEMS, value={"name": {"type": "string"}})
    ),
    "items": Call("POST", "/catalogs/products/items", catalog_items(*ITEMS)),
    "removed items": Call(
        "DELETE",
        "/catalogs/products/items",
        [*catalog_items(*ITEMS), *catalog_items({**ITEMS[0], "value": None})],
        loader={"batch_size_rows": 1},
    ),
    # The list is looked for before it is made again, so there is no second call.
    "a new list": Call("POST", "/lists$", list_memberships(*MEMBERS), late=1),
    "joined lists": Call("POST", "/lists/subscribe", list_memberships(*MEMBERS)),
    "left lists": Call("POST", "/lists/unsubscribe", list_memberships(*MEMBERS, {**MEMBERS[0], "action": "remove"})),
    "the list of all users": Call(
        "POST", "/lists/subscribe", users({"userId": "c-1"}, {"userId": "c-2"}), loader={"list": "Everyone"}
    ),
    "one subscription": Call(
        "PUT",
        f"/subscriptions/messageChannel/{CHANNEL}",
        WISHES,
        [somebody(1), somebody(2), LEFT],
        {"incremental_subscriptions": True},
    ),
    "all subscriptions": Call("POST", "/users/bulkUpdateSubscriptions", WISHES, [somebody(1), somebody(2), LEFT]),
    "one person's subscriptions": Call(
        "POST",
        "/users/updateSubscriptions",
        subscriptions(wish("unsubscribe", 1)),
        [somebody(1)],
        {"internal_error_identifiers": ["c-1"]},
    ),
    "new people": Call(
        "POST",
        "/users/bulkUpdateSubscriptions",
        [*users({"userId": "c-1"}), *purchases(purchase(1))],
        loader={"unsubscribe_new_profiles": {"channels": [CHANNEL]}},
    ),
    "another address": Call(
        "POST",
        "/users/updateEmail",
        MOVED,
        [("POST", "users/update", {"email": "old@shop.example", "userId": "c-1"})],
        {"project_type": "email"},
        {"project_type": "email"},
    ),
    "a guest merged": Call("POST", "/users/merge", CUSTOMER, [GUEST, ("POST", "users/update", {"userId": "c-1"})]),
    "a guest's opt-outs": Call(
        "POST",
        "/users/updateSubscriptions",
        CUSTOMER,
        [GUEST, ("POST", "users/updateSubscriptions", NO_MAIL), ("POST", "users/update", {"userId": "c-1"})],
    ),
    "a deletion": Call("DELETE", "/users/byUserId/", deleted_users({"userId": "c-1"}), [somebody(1), somebody(2)]),
    "a deletion by address": Call("DELETE", "/users/p1", deleted_users({"email": "p1@shop.example"}), [somebody(1)]),
    "a person forgotten": Call(
        "POST", "/users/forget$", deleted_users({"userId": "c-1", "action": "forget"}), [somebody(1), somebody(2)]
    ),
    "a person unsubscribed": Call(
        "DELETE",
        "/subscriptions/messageChannel/",
        deleted_users({"userId": "c-1", "action": "unsubscribe"}),
        [somebody(1)],
        {"incremental_subscriptions": True},
    ),
    "a person unsubscribed by overwriting": Call(
        "POST", "/users/updateSubscriptions", deleted_users({"userId": "c-2", "action": "unsubscribe"}), [somebody(2)]
    ),
}


def begin(sandbox: RunningSandbox, call: Call) -> None:
    sandbox.clear_faults()
    sandbox.control("POST", "/reset?service=iterable")
    settings(sandbox, rate_limits=False, **call.project)
    for method, path, body in call.before:
        ask(sandbox, method, path, body)


@pytest.mark.parametrize("name", CALLS)
def test_a_late_answer_changes_nothing_in_the_end(loader: LoaderProcess, sandbox: RunningSandbox, name: str) -> None:
    """First undisturbed, then with an answer that just comes in time, then with two that come too late."""
    call = CALLS[name]
    loader.settings |= call.loader
    lines = [*call.lines, state_line({"at": "end"})]
    begin(sandbox, call)
    loader.command = COMMAND
    first = loader.run(lines)
    assert first.code == 0
    undisturbed = content(sandbox)
    loader.command = SHORT
    for seconds, times in ((IN_TIME, 1), (TOO_LATE, call.late)):
        begin(sandbox, call)
        action = {"kind": "answer_late", "seconds": seconds}
        fault = sandbox.order_fault(action, service="iterable", method=call.method, path=call.path, times=times)
        result = loader.run(lines)
        (ordered,) = [one for one in sandbox.control("GET", "/faults") if one["id"] == fault]
        assert ordered["hits"] == times, "the calls were made"
        assert (result.code, result.states, result.rejects) == (0, [{"at": "end"}], [])
        for stream in first.summary["streams"]:
            assert result.counts(stream) == first.counts(stream)
            assert result.counts(stream)[0] == sum(result.counts(stream)[1:])
        assert content(sandbox) == undisturbed
        if name != "a new list":
            gave_up = "no answer within the time allowed" in result.log
            assert gave_up == (seconds == TOO_LATE)


def test_the_time_that_is_allowed_is_half_a_minute(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    call = CALLS["users"]
    begin(sandbox, call)
    assert loader.run(call.lines).code == 0
    undisturbed = content(sandbox)
    begin(sandbox, call)
    sandbox.order_fault({"kind": "answer_late", "seconds": 31}, service="iterable", path=call.path, times=1)
    result = loader.run([*call.lines, state_line({"at": "end"})])
    assert (result.code, result.states) == (0, [{"at": "end"}])
    assert result.counts("users") == (5, 5, 0, 0)
    assert "no answer within the time allowed" in result.log
    assert content(sandbox) == undisturbed
