"""A server fault that one record causes is told from an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery.client import ApiClient, RetryPolicy
from delivery.errors import ServiceFailing, ServiceThrottled
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind
from delivery.pace import Budget
from delivery.redaction import Redaction
from delivery.shutdown import Shutdown
from hypothesis import given
from hypothesis import strategies as st
from scripted_http import scripted_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Service:
    """Fails at any batch that holds a poisoned item, refuses those that hold a bad one, and may be down."""

    def __init__(self, poisoned: Iterable[int] = (), bad: Iterable[int] = (), *, down_from: int | None = None) -> None:
        self.poisoned = set(poisoned)
        self.bad = set(bad)
        self.down_from = down_from
        self.calls = 0
        self.taken: list[int] = []

    def attempt(self, batch: Sequence[int]) -> list[Outcome]:
        self.calls += 1
        if (self.down_from is not None and self.calls >= self.down_from) or self.poisoned.intersection(batch):
            text = "keeps failing"
            raise ServiceFailing(text, 500)
        if self.bad.intersection(batch):
            reason = "holds something bad"
            raise BatchRefused(reason, "Bad")
        self.taken.extend(batch)
        return [DELIVERED] * len(batch)


def rejected_places(outcomes: Sequence[Outcome]) -> set[int]:
    return {place for place, outcome in enumerate(outcomes) if outcome.kind is OutcomeKind.REJECTED}


@pytest.mark.parametrize("position", [0, 1, 499, 500, 998, 999])
def test_one_record_that_the_service_cannot_bear_is_found_in_a_thousand(position: int) -> None:
    service = Service({position})
    outcomes = deliver_narrowing(range(1000), service.attempt)
    assert rejected_places(outcomes) == {position}
    assert outcomes[position].reason == "the service fails whenever it is sent this record (HTTP 500)"
    assert service.taken == [item for item in range(1000) if item != position]
    assert service.calls <= 22


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
def test_an_outage_rejects_nothing_and_is_noticed_soon(size: int) -> None:
    service = Service(down_from=1)
    with pytest.raises(ServiceFailing):
        deliver_narrowing(range(size), service.attempt)
    assert service.calls <= 13


def test_an_outage_that_begins_in_the_middle_of_the_search_rejects_nothing() -> None:
    service = Service({700}, down_from=8)
    with pytest.raises(ServiceFailing):
        deliver_narrowing(range(1000), service.attempt)


def test_where_many_records_fail_alone_the_service_is_at_fault() -> None:
    service = Service({100, 300, 500, 700, 800, 900})
    with pytest.raises(ServiceFailing):
        deliver_narrowing(range(1000), service.attempt)


@given(size=st.integers(1, 300), data=st.data())
def test_the_poisoned_and_the_bad_are_rejected_each_for_its_reason(size: int, data: st.DataObject) -> None:
    places = st.integers(0, size - 1)
    poisoned = data.draw(st.sets(places, max_size=2))
    bad = data.draw(st.sets(places, max_size=4)) - poisoned
    service = Service(poisoned, bad)
    if len(poisoned) == size:
        with pytest.raises(ServiceFailing):
            deliver_narrowing(range(size), service.attempt)
        return
    outcomes = deliver_narrowing(range(size), service.attempt)
    assert rejected_places(outcomes) == poisoned | bad
    assert {outcomes[place].code for place in poisoned} <= {"HTTP 500"}
    assert {outcomes[place].code for place in bad} <= {"Bad"}
    assert service.taken == [item for item in range(size) if item not in poisoned | bad]


def client(url: str) -> ApiClient:
    return ApiClient(
        service="Example",
        base_url=url,
        headers={},
        redaction=Redaction([]),
        shutdown=Shutdown(),
        retry=RetryPolicy(8, base_seconds=0.001, longest_wait_seconds=0.002, throttled_seconds=1),
        timeout=(1, 2),
    )


def caller(url: str) -> Callable[[str], int]:
    asked = client(url)
    return lambda path: asked.call(
        "POST", path, read=lambda answer: answer.status_code, budget=Budget(10_000, Shutdown()), body=b"{}"
    )


def test_an_endpoint_that_keeps_failing_is_asked_with_less_patience_until_it_answers() -> None:
    with scripted_answers(*[500] * 8, *[503] * 3, 200, *[500] * 8) as service:
        call = caller(service.url)
        for tries in (8, 3):
            before = service.seen
            with pytest.raises(ServiceFailing) as failing:
                call("/things")
            assert service.seen - before == tries
        assert failing.value.status == 503
        assert call("/things") == 200
        before = service.seen
        with pytest.raises(ServiceFailing):
            call("/things")
        assert service.seen - before == 8


def test_another_endpoint_keeps_its_full_patience() -> None:
    with scripted_answers(*[500] * 8, *[500] * 7, 200) as service:
        call = caller(service.url)
        with pytest.raises(ServiceFailing):
            call("/things")
        assert call("/others") == 200


def test_a_limit_that_frees_up_later_than_patience_goes_is_believed_at_once() -> None:
    with scripted_answers((429, {"Retry-After": "86400"})) as service:
        with pytest.raises(ServiceThrottled):
            caller(service.url)("/things")
        assert service.seen == 1


def test_a_service_that_asks_to_wait_is_not_asked_half_by_half() -> None:
    tries: list[int] = []

    def attempt(batch: Sequence[int]) -> Sequence[Outcome]:
        tries.append(len(batch))
        message = "HTTP 503"
        raise ServiceFailing(message, 503, asks_to_wait=True)

    with pytest.raises(ServiceFailing):
        deliver_narrowing(range(1_000), attempt)
    assert tries == [1_000]
