"""Custom events of the emulated Iterable."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable

ANA = {"email": "ana@example.org", "userId": "cust-1"}
SHIPPED = {"userId": "cust-1", "eventName": "orderShipped", "createdAt": 1772442900}


@pytest.fixture
def iterable() -> InProcessIterable:
    service = InProcessIterable()
    service.post("users/update", ANA)
    return service


def events(iterable: InProcessIterable) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = iterable.service.snapshot()["events"]
    return held


def bulk(iterable: InProcessIterable, *elements: dict[str, Any]) -> dict[str, Any]:
    reply = iterable.post("events/trackBulk", {"events": elements})
    assert reply.status == 200, reply.text
    answer: dict[str, Any] = reply.json
    assert answer["successCount"] + answer["failCount"] == len(elements)
    return answer


def test_an_empty_array_is_a_success(iterable: InProcessIterable) -> None:
    assert bulk(iterable)["successCount"] == 0


def test_the_same_id_replaces_the_event_whatever_its_name_and_person(iterable: InProcessIterable) -> None:
    bulk(iterable, {**SHIPPED, "id": "ct-1", "dataFields": {"a": 1}}, {**SHIPPED, "id": "ct-2"})
    bulk(iterable, {"userId": "cust-2", "eventName": "orderRefunded", "id": "ct-1", "dataFields": {"b": 2}})
    assert [(event["id"], event["eventName"], event["userId"]) for event in events(iterable)] == [
        ("ct-1", "orderRefunded", "cust-2"),
        ("ct-2", "orderShipped", "cust-1"),
    ]
    assert events(iterable)[0]["dataFields"] == {"b": 2}
    assert [event["id"] for event in iterable.get("events/byUserId/cust-1").json["events"]] == ["ct-2"]


def test_an_event_without_an_id_gets_one_and_is_never_replaced(iterable: InProcessIterable) -> None:
    replies = [iterable.post("events/track", SHIPPED).json for _ in range(2)]
    ids = [reply["params"]["id"] for reply in replies]
    assert replies[0]["msg"] == f"Event with id: {ids[0]} tracked."
    assert len(set(ids)) == 2
    assert [event["id"] for event in events(iterable)] == [None, None], "made-up ids are no part of the comparison"


@pytest.mark.parametrize("event_id", ["a_b", "a.b", "a b", "", "ä", "x" * 513])
def test_event_ids_have_letters_digits_and_hyphens_only(iterable: InProcessIterable, event_id: str) -> None:
    assert iterable.post("events/track", {**SHIPPED, "id": event_id}).json["code"] == "BadParams"
    reply = iterable.post("events/trackBulk", {"events": [{**SHIPPED, "id": "ok"}, {**SHIPPED, "id": event_id}]})
    assert reply.json["code"] == "BadParams"
    assert events(iterable) == []


def test_an_event_id_may_have_512_bytes(iterable: InProcessIterable) -> None:
    assert iterable.post("events/track", {**SHIPPED, "id": "x" * 512}).status == 200


def test_seconds_and_milliseconds_are_told_apart(iterable: InProcessIterable) -> None:
    bulk(iterable, {**SHIPPED, "id": "s"}, {**SHIPPED, "id": "ms", "createdAt": 1772442900123})
    shown = iterable.get("events/byUserId/cust-1").json["events"]
    assert {event["createdAt"] for event in shown} == {"2026-03-02 09:15:00 +00:00"}
    assert iterable.post("events/track", {**SHIPPED, "createdAt": 10**18}).json["code"] == "BadParams"


def test_without_a_time_an_event_happens_at_receipt(iterable: InProcessIterable) -> None:
    before = iterable.clock.now().replace(microsecond=0)
    bulk(iterable, {"userId": "cust-1", "eventName": "e", "id": "e"})
    [event] = iterable.service.snapshot()["events"]
    assert event["createdAt"] is None
    received = iterable.service.snapshot()["received_at"]["events"]["e"]
    assert received >= before.strftime("%Y-%m-%dT%H:%M:%S")


def test_fields_are_typed_per_event_name(iterable: InProcessIterable) -> None:
    bulk(iterable, {**SHIPPED, "dataFields": {"total": 1.5}})
    bulk(iterable, {**SHIPPED, "eventName": "other", "dataFields": {"total": "much"}})
    batch = [
        {**SHIPPED, "dataFields": {"total": 2}},
        {**SHIPPED, "dataFields": {"total": "much"}},
    ]
    reply = iterable.post("events/trackBulk", {"events": batch})
    assert (reply.status, reply.json["code"]) == (400, "RequestFieldsTypesMismatched")
    clash = reply.json["params"]["validationErrors"]["total"]
    assert (clash["category"], clash["expectedType"], clash["offendingValue"]) == ("customEvent", "double", "much")
    assert len(events(iterable)) == 2


def test_the_number_of_event_fields_is_limited_over_all_names() -> None:
    iterable = InProcessIterable(IterableSettings(rate_limits=False, event_field_limit=2))
    bulk(iterable, {**SHIPPED, "dataFields": {"a": 1}}, {**SHIPPED, "eventName": "other", "dataFields": {"a": 1}})
    reply = iterable.post("events/track", {**SHIPPED, "dataFields": {"carrierRaw": "x"}})
    assert reply.json["code"] == "UniqueFieldsLimitExceeded"
    assert reply.json["params"] == {"limit": 2, "requestedTotal": 3, "newFields": ["orderShipped.carrierRaw"]}


def test_unknown_event_fields_are_dropped_where_the_request_says_so(iterable: InProcessIterable) -> None:
    answer = bulk(
        iterable,
        {**SHIPPED, "id": "a", "dataFields": {"kept": 1}},
        {**SHIPPED, "id": "b", "createNewFields": False, "dataFields": {"kept": 2, "lost": 1}},
    )
    assert (answer["createdFields"], answer["filteredOutFields"]) == (["kept"], ["lost"])
    assert [event["dataFields"] for event in events(iterable)] == [{"kept": 1}, {"kept": 2}]


def test_blocked_names_fail_in_bulk_and_are_said_to_be_disallowed_alone(iterable: InProcessIterable) -> None:
    iterable.change_settings(disallowed_event_names=["orderShipped"])
    answer = bulk(iterable, SHIPPED, {**SHIPPED, "eventName": "fine"}, SHIPPED)
    assert (answer["disallowedEventNames"], answer["failCount"]) == (["orderShipped"], 2)
    reply = iterable.post("events/track", SHIPPED)
    assert reply.status == 200
    assert "is disallowed from tracking" in reply.json["msg"]
    assert [event["eventName"] for event in events(iterable)] == ["fine"]


def test_all_events_of_an_unknown_person_fail_and_only_those(iterable: InProcessIterable) -> None:
    ghost = {"email": "Guest@example.org", "eventName": "e"}
    answer = bulk(iterable, ghost, {**SHIPPED, "id": "fine"}, ghost, {"email": "nope", "eventName": "e"})
    assert (answer["successCount"], answer["failCount"]) == (1, 3)
    assert answer["failedUpdates"]["notFoundEmails"] == ["guest@example.org", "guest@example.org"]
    assert answer["failedUpdates"]["invalidEmails"] == answer["invalidEmails"] == ["nope"]
    assert [event["id"] for event in events(iterable)] == ["fine"]


def test_reading_shows_the_newest_events_first_up_to_the_limit(iterable: InProcessIterable) -> None:
    bulk(iterable, *({**SHIPPED, "id": f"e-{hour}", "createdAt": 1772442900 + hour * 3600} for hour in range(40)))
    iterable.post("commerce/trackPurchase", {"id": "p", "createdAt": 1, "total": 1, "items": [], "user": ANA})
    shown = iterable.get("events/ana@example.org").json["events"]
    assert [event["id"] for event in shown[:2]] == ["e-39", "e-38"]
    assert len(shown) == 30
    assert len(iterable.get("events/byUserId/cust-1?limit=200").json["events"]) == 41
    assert iterable.get("events/byUserId/cust-1?limit=201").json["code"] == "BadParams"
    assert iterable.get("events/byUserId/nobody").json == {"events": []}


def test_the_export_has_one_event_per_line_and_custom_ones_on_request(iterable: InProcessIterable) -> None:
    bulk(iterable, {**SHIPPED, "id": "e"})
    iterable.post("commerce/trackPurchase", {"id": "p", "total": 1, "items": [], "user": ANA})
    purchases = iterable.get("export/userEvents?email=ana@example.org")
    assert purchases.headers["content-type"].startswith("application/x-json-stream")
    assert [msgspec.json.decode(line)["eventType"] for line in purchases.text.splitlines()] == ["purchase"]
    everything = iterable.get("export/userEvents?userId=cust-1&includeCustomEvents=true").text.splitlines()
    assert [msgspec.json.decode(line)["id"] for line in everything] == ["p", "e"]
    assert iterable.get("export/userEvents").json["code"] == "BadParams"
