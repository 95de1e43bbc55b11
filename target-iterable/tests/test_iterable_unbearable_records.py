"""A record that Iterable fails at, whenever it is sent, is told from an outage where a call takes one record."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from delivery.errors import ServiceFailing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind
from delivery.shutdown import Shutdown
from delivery.testing import LoaderProcess, state_line
from iterable_project import ask, profiles
from iterable_records import cart, carts, deleted_users, purchase, purchases
from target_iterable.one_by_one import OneByOne
from typing_extensions import override

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

FAST = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]
COUNTS = {"purchases": 30, "carts": 30, "delete": 30, "forget": 8}
POISON = 0
"""Others of its lane come after it, so that it is never the last."""


def lines_of(stream: str) -> list[str]:
    """Return records of a stream, one a person, and a bookmark."""
    people = [{"userId": f"c-{number}-end"} for number in range(COUNTS[stream])]
    lines = {
        "purchases": purchases(*(purchase(number, user=who) for number, who in enumerate(people))),
        "carts": carts(*(cart(number, user=who) for number, who in enumerate(people))),
        "delete": deleted_users(*people),
        "forget": deleted_users(*({**who, "action": "forget"} for who in people)),
    }[stream]
    return [*lines, state_line({"at": "end"})]


def held(sandbox: RunningSandbox, stream: str) -> set[str]:
    """Return whose purchase, cart or deletion has arrived."""
    if stream == "purchases":
        return {each["userId"] for each in sandbox.snapshot("iterable")["purchases"]}
    if stream == "carts":
        return {one["userId"] for one in profiles(sandbox) if one["shoppingCartItems"]}
    return {f"c-{number}-end" for number in range(COUNTS[stream])} - {one["userId"] for one in profiles(sandbox)}


STREAMS = {
    "purchases": {"path": "/commerce/trackPurchase", "body": "c-{}-end"},
    "carts": {"path": "/commerce/updateCart", "body": "c-{}-end"},
    "delete": {"method": "DELETE", "path": "/users/byUserId/c-{}-end"},
    "forget": {"path": "/users/forget$", "body": "c-{}-end"},
}


def people(sandbox: RunningSandbox, stream: str) -> int:
    """Make the people who are to go, and return how many records the stream has."""
    if stream in {"delete", "forget"}:
        for number in range(COUNTS[stream]):
            ask(sandbox, "POST", "users/update", {"userId": f"c-{number}-end"})
    return COUNTS[stream]


def failing(sandbox: RunningSandbox, stream: str, number: int | str, times: int | None = None) -> None:
    where = {name: text.format(number) for name, text in STREAMS[stream].items()}
    action = {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}
    sandbox.order_fault(action, service="iterable", times=times, **where)


@pytest.mark.parametrize("stream", STREAMS)
def test_one_record_that_iterable_cannot_bear_is_rejected_alone(
    loader: LoaderProcess, sandbox: RunningSandbox, stream: str
) -> None:
    count = people(sandbox, stream)
    failing(sandbox, stream, POISON)
    loader.command = FAST
    result = loader.run(lines_of(stream))
    name = stream if stream in {"purchases", "carts"} else "deleted_users"
    assert result.counts(name) == (count, count - 1, 1, 0)
    assert result.reasons(name) == {"the service fails whenever it is sent this record (HTTP 500)": 1}
    (kept,) = [line["record"] for line in result.rejects if line["type"] == "RECORD"]
    assert f"c-{POISON}-end" in str(kept)
    assert (result.code, result.states) == (1, [{"at": "end"}])
    assert held(sandbox, stream) == {f"c-{number}-end" for number in range(count) if number != POISON}
    assert f"c-{POISON}-end" not in result.log
    sandbox.clear_faults()
    replay = max((loader.folder / "rejects").iterdir()).read_text().splitlines()
    assert loader.run(replay).counts(name) == (1, 1, 0, 0)


@pytest.mark.parametrize("stream", STREAMS)
def test_an_outage_of_the_endpoint_rejects_nothing(loader: LoaderProcess, sandbox: RunningSandbox, stream: str) -> None:
    count = people(sandbox, stream)
    failing(sandbox, stream, r"\d+")
    loader.command = FAST
    result = loader.run(lines_of(stream))
    assert (result.code, result.states, result.rejects) == (1, [], [])
    assert "does not answer as it should" in result.errors[-1]
    sandbox.clear_faults()
    assert loader.run(lines_of(stream)).code == 0
    assert len(held(sandbox, stream)) == count


@pytest.mark.parametrize("stream", ["purchases", "carts", "delete"])
def test_an_outage_that_begins_in_the_middle_rejects_nothing(
    loader: LoaderProcess, sandbox: RunningSandbox, stream: str
) -> None:
    count = people(sandbox, stream)
    where = {name: text.format(r"\d+") for name, text in STREAMS[stream].items()}
    action = {"kind": "respond", "status": 503, "body": "<html>busy</html>"}
    sandbox.order_fault(action, service="iterable", times=None, skip=count // 2, **where)
    loader.command = FAST
    result = loader.run(lines_of(stream))
    assert (result.code, result.states, result.rejects) == (1, [], [])
    assert len(held(sandbox, stream)) == count // 2
    sandbox.clear_faults()
    assert loader.run(lines_of(stream)).code == 0
    assert len(held(sandbox, stream)) == count


@pytest.mark.parametrize("stream", ["purchases", "carts", "delete"])
def test_an_outage_at_the_last_record_rejects_nothing(
    loader: LoaderProcess, sandbox: RunningSandbox, stream: str
) -> None:
    """All others have passed before it, and nothing shows that one would pass now."""
    count = people(sandbox, stream)
    where = {name: text.format(r"\d+") for name, text in STREAMS[stream].items()}
    sandbox.order_fault({"kind": "respond", "status": 502}, service="iterable", times=None, skip=count - 1, **where)
    loader.command = FAST
    result = loader.run(lines_of(stream))
    assert (result.code, result.states, result.rejects) == (1, [], [])
    assert len(held(sandbox, stream)) == count - 1


def test_the_records_of_the_one_who_is_rejected_keep_their_order(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    failing(sandbox, "purchases", POISON, times=12)
    again = purchase(POISON, user={"userId": f"c-{POISON}-end"}, dataFields={"orderState": "Complete"})
    loader.command = FAST
    result = loader.run([*lines_of("purchases"), *purchases(again)])
    assert result.counts("purchases") == (31, 31, 0, 0)
    (bought,) = [one for one in sandbox.snapshot("iterable")["purchases"] if one["id"] == f"ct-order-{POISON}"]
    assert bought["dataFields"] == {"orderState": "Complete"}


class HurriedShutdown(Shutdown):
    @override
    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 50)


class Endpoint:
    """Fails at some records and while it is down; delivers the others."""

    def __init__(self, poisoned: set[int], down: set[int] | None = None) -> None:
        self.poisoned = poisoned
        self.down = down or set()
        self.calls = 0
        self.taken: list[int] = []
        self._lock = threading.Lock()

    def attempt(self, number: int) -> Outcome:
        with self._lock:
            self.calls += 1
            if number in self.poisoned or self.calls in self.down:
                text = "keeps failing"
                raise ServiceFailing(text, 500)
            self.taken.append(number)
            return DELIVERED


def rejected_of(outcomes: list[Outcome]) -> set[int]:
    return {place for place, outcome in enumerate(outcomes) if outcome.kind is OutcomeKind.REJECTED}


def test_a_record_that_failed_goes_again_after_the_others() -> None:
    endpoint = Endpoint(set(), down={1})
    assert rejected_of(OneByOne(HurriedShutdown()).deliver(range(4), endpoint.attempt)) == set()
    assert endpoint.taken == [1, 2, 3, 0]


@pytest.mark.parametrize("poisoned", [{0}, {5}, {8}, {0, 8}, {3, 4}])
def test_few_records_that_cannot_be_borne_are_found(poisoned: set[int]) -> None:
    endpoint = Endpoint(poisoned)
    assert rejected_of(OneByOne(HurriedShutdown()).deliver(range(10), endpoint.attempt)) == poisoned


@pytest.mark.parametrize(
    "poisoned", [{10}, {0, 1, 2}, {0, 2, 4, 6, 8, 9}], ids=["the last one", "three in a row", "six"]
)
def test_where_nothing_shows_that_it_is_the_record_the_service_is_at_fault(poisoned: set[int]) -> None:
    endpoint = Endpoint(poisoned)
    with pytest.raises(ServiceFailing):
        OneByOne(HurriedShutdown()).deliver(range(11), endpoint.attempt)


def test_many_delivered_records_allow_for_more_rejected_ones() -> None:
    endpoint = Endpoint(set(range(0, 3000, 400)))
    assert len(rejected_of(OneByOne(HurriedShutdown()).deliver(range(3000), endpoint.attempt))) == 8
