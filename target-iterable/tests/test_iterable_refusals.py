"""Every way in which Iterable can refuse what is no profile, and what becomes of the records of each stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import state_line
from iterable_project import KEY, ask
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

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

POISON = "poison-1"
COUNT = 4


def names() -> list[str]:
    return [POISON if number == 1 else f"fine-{number}" for number in range(COUNT)]


def wish(name: str) -> dict[str, Any]:
    group = {"subscriptionGroup": "messageChannel", "subscriptionGroupId": 101, "action": "unsubscribe"}
    return {**group, "userId": name}


STREAMS: dict[str, tuple[str, list[str]]] = {
    "purchases": (
        "/commerce/trackPurchase",
        purchases(*(purchase(number, user={"userId": name}) for number, name in enumerate(names()))),
    ),
    "carts": (
        "/commerce/updateCart",
        carts(*(cart(number, user={"userId": name}) for number, name in enumerate(names()))),
    ),
    "events": (
        "/events/trackBulk",
        events(*(event(number, userId=name, id=f"shipped-{name}") for number, name in enumerate(names()))),
    ),
    "catalog_items": (
        "/catalogs/products/items",
        catalog_items(*({"catalogName": "products", "itemId": name, "value": {"n": 1}} for name in names())),
    ),
    "list_memberships": (
        "/lists/subscribe",
        list_memberships(*({"userId": name, "list": "VIP"} for name in names())),
    ),
    "subscriptions": ("/users/bulkUpdateSubscriptions", subscriptions(*map(wish, names()))),
    "deleted_users": (
        "/users/forget$",
        deleted_users(*({"userId": f"gone-{name}", "action": "forget"} for name in names())),
    ),
}


def refuse(sandbox: RunningSandbox, status: int, code: str, paths: list[str], body: str | None = POISON) -> None:
    """Let Iterable answer so, whenever a request to one of the paths holds a text."""
    document = {"code": code, "msg": f"secret {KEY} of ana@shop.example", "params": None}
    action = {"kind": "respond", "status": status, "body": document if code else "<html>"}
    sandbox.order_fault(action, service="iterable", path="|".join(paths), body=body, times=None)


def everything() -> list[str]:
    return [*(line for _, lines in STREAMS.values() for line in lines), state_line({"at": "end"})]


@pytest.fixture
def gone(sandbox: RunningSandbox) -> None:
    for name in names():
        ask(sandbox, "POST", "users/update", {"userId": f"gone-{name}"})


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadJsonBody"),
        (400, "BadParams"),
        (400, "BatchTooLarge"),
        (400, "RequestFieldsTypesMismatched"),
        (400, "UniqueFieldsLimitExceeded"),
        (400, "InvalidEmailAddressError"),
        (400, "UnknownUserIdError"),
        (400, "some.code.of.tomorrow"),
        (409, "ExternalKeyConflict"),
        (409, "Conflict"),
        (413, ""),
    ],
)
def test_a_refusal_rejects_one_record_of_each_stream(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int, code: str
) -> None:
    refuse(sandbox, status, code, [path for path, _ in STREAMS.values()])
    loader.settings["max_rejects"] = len(STREAMS)
    result = loader.run(everything())
    assert (result.code, result.states) == (0, [{"at": "end"}])
    for stream in STREAMS:
        assert result.counts(stream) == (COUNT, COUNT - 1, 1, 0), stream
    kept = [line["record"] for line in result.rejects if line["type"] == "RECORD"]
    assert len(kept) == len(STREAMS)
    assert all(POISON in str(record) for record in kept)
    shown = result.log + str(result.summary)
    assert "secret" not in shown
    assert KEY not in shown


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize("status", [400, 409])
def test_a_forgotten_person_is_skipped_in_each_stream(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int
) -> None:
    refuse(sandbox, status, "ForgottenUserError", [path for path, _ in STREAMS.values()])
    result = loader.run(everything())
    assert (result.code, result.rejects) == (0, [])
    for stream in STREAMS:
        delivered = COUNT if stream == "deleted_users" else COUNT - 1
        assert result.counts(stream) == (COUNT, delivered, 0, COUNT - delivered), stream


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "Success", "check the settings api_key"),
        (403, "Forbidden", "does not allow the stream '{}' (Forbidden)"),
        (404, "", "does not know what the stream '{}' is sent to (HTTP 404)"),
    ],
)
@pytest.mark.parametrize("stream", [stream for stream in STREAMS if stream != "deleted_users"])
def test_what_no_record_would_escape_ends_the_run_and_rejects_nothing(
    loader: LoaderProcess, sandbox: RunningSandbox, stream: str, status: int, code: str, said: str
) -> None:
    path, lines = STREAMS[stream]
    refuse(sandbox, status, code, [path], body=None)
    result = loader.run([*lines, state_line({"at": "end"})])
    assert (result.code, result.states, result.rejects) == (1, [], [])
    assert said.format(stream) in result.errors[-1]


BULK: dict[str, tuple[str, list[str]]] = {
    "users": ("/users/bulkUpdate$", users(*({"userId": name} for name in names()))),
    "list_memberships": STREAMS["list_memberships"],
}


@pytest.mark.parametrize("stream", [*BULK, "subscriptions"])
def test_a_failure_that_is_counted_and_not_listed_is_no_success(
    loader: LoaderProcess, sandbox: RunningSandbox, stream: str
) -> None:
    path, lines = {**STREAMS, **BULK}[stream]
    for sent in (4, 2, 1):
        # The batch, the half of it that holds the record, and that record alone.
        body: dict[str, Any] = {"successCount": sent - 1, "failCount": 1, "failedUpdates": {}}
        action = {"kind": "respond", "status": 200, "body": body}
        sandbox.order_fault(action, service="iterable", path=path, body=POISON, times=1)
    loader.settings["max_rejects"] = 1
    result = loader.run(lines)
    assert result.counts(stream) == (COUNT, COUNT - 1, 1, 0)
    assert list(result.reasons(stream)) == ["Iterable did not take it, and does not say why"]


@pytest.mark.parametrize("stream", BULK)
def test_who_was_the_same_before_is_no_failure(loader: LoaderProcess, sandbox: RunningSandbox, stream: str) -> None:
    path, lines = BULK[stream]
    for failed in (0, 1):
        body: dict[str, Any] = {
            "successCount": 3,
            "failCount": failed,
            "failedUpdates": {},
            "noOpUserIds": [POISON],
            "further": [1],
        }
        action = {"kind": "respond", "status": 201, "body": body}
        sandbox.order_fault(action, service="iterable", path=path, times=1)
        assert loader.run(lines).counts(stream) == (COUNT, COUNT, 0, 0)
