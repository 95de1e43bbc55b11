"""Key, rate limits, body size, malformed bodies and unknown routes of the emulated Iterable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable

if TYPE_CHECKING:
    from commerce_sandbox.iterable.json_value import JsonValue

KEY = IterableSettings().api_key
ANA = {"email": "ana@example.org"}


@pytest.fixture
def iterable() -> InProcessIterable:
    return InProcessIterable()


@pytest.mark.parametrize("header", ["Api-Key", "Api_Key", "api_key", "API-KEY"])
def test_every_spelling_of_the_key_header_is_accepted(iterable: InProcessIterable, header: str) -> None:
    assert iterable.call("GET", "/iterable/api/lists", headers={header: KEY}).status == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/iterable/api/lists", {}),
        ("/iterable/api/lists", {"Api-Key": "wrong"}),
        (f"/iterable/api/lists?api_key={KEY}", {}),
        ("/iterable/api/lists", {"Authorization": f"Bearer {KEY}"}),
    ],
    ids=["missing", "wrong", "in the query", "as a bearer token"],
)
def test_anything_but_the_right_key_is_401(iterable: InProcessIterable, path: str, headers: dict[str, str]) -> None:
    reply = iterable.call("GET", path, headers=headers)
    assert reply.status == 401
    assert reply.json["code"] == "BadApiKey"
    assert reply.json["params"] == {"ip": "127.0.0.1", "endpoint": "/api/lists"}


def test_a_401_may_carry_the_code_of_success(iterable: InProcessIterable) -> None:
    iterable.change_settings(errors_carry_success_code=True)
    reply = iterable.call("GET", "/iterable/api/lists", headers={"Api-Key": "wrong"})
    assert (reply.status, reply.json["code"]) == (401, "Success")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "nothing/here"), ("PUT", "users/bulkUpdate"), ("DELETE", "lists/"), ("DELETE", "lists/x")],
)
def test_an_unknown_route_is_an_html_page(iterable: InProcessIterable, method: str, path: str) -> None:
    reply = iterable.call(method, f"/iterable/api/{path}")
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.text.startswith("<!doctype html>")


def test_bulk_update_allows_a_burst_of_five_and_then_five_a_second() -> None:
    iterable = InProcessIterable(IterableSettings())
    body = {"users": [ANA]}
    assert [iterable.post("users/bulkUpdate", body).status for _ in range(6)] == [200] * 5 + [429]
    iterable.clock.advance(0.2)
    assert [iterable.post("users/bulkUpdate", body).status for _ in range(2)] == [200, 429]
    assert iterable.post("events/trackBulk", {"events": []}).status == 200, "each endpoint has its own bucket"


def test_a_429_names_the_endpoint_and_the_project() -> None:
    iterable = InProcessIterable(IterableSettings(rate_limit_factor=0.2))
    iterable.post("users/bulkUpdate", {"users": [ANA]})
    reply = iterable.post("users/bulkUpdate", {"users": [ANA]})
    assert reply.status == 429
    assert reply.json == {
        "msg": "Exceeded rate limit for endpoint: /api/users/bulkUpdate, project: 777",
        "code": "RateLimitExceeded",
        "params": {},
    }
    assert "retry-after" not in reply.headers


def test_a_429_can_be_plain_text_with_a_waiting_time() -> None:
    settings = IterableSettings(rate_limit_factor=0.2, plain_text_rate_limit=True, retry_after_header=True)
    iterable = InProcessIterable(settings)
    iterable.post("users/bulkUpdate", {"users": [ANA]})
    reply = iterable.post("users/bulkUpdate", {"users": [ANA]})
    assert (reply.status, reply.text, reply.headers["retry-after"]) == (429, "Too Many Requests", "1")


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("GET", "users/getFields", None, 3),
        ("GET", "users/forgotten", None, 3),
        ("POST", "events/trackBulk", {"events": []}, 10),
        ("GET", "lists/61001/size", None, 5),
        ("POST", "users/merge", {}, 50),
        ("GET", "channels", None, 100),
        ("POST", "catalogs/c/items", {"documents": {}, "replaceUploadedFieldsOnly": False}, 100),
    ],
)
def test_documented_limits_hold(method: str, path: str, body: JsonValue, allowed: int) -> None:
    iterable = InProcessIterable(IterableSettings(rate_limits=True))
    # A clock that stands still, so that nothing flows back into the bucket meanwhile.
    moment = iterable.clock.now()
    iterable.clock.now = lambda: moment  # type: ignore[method-assign]  # the test's own clock
    statuses = [iterable.call(method, f"/iterable/api/{path}", body).status for _ in range(allowed + 1)]
    assert 429 not in statuses[:allowed]
    assert statuses[allowed] == 429


def test_forget_is_capped_per_day() -> None:
    iterable = InProcessIterable(IterableSettings(forget_daily_cap=2))
    body = {"email": "nobody@example.org"}
    assert [iterable.post("users/forget", body).status for _ in range(3)] == [400, 400, 429]
    iterable.clock.advance(3600)
    assert iterable.post("users/forget", body).status == 429
    iterable.clock.advance(24 * 3600)
    assert iterable.post("users/forget", body).status == 400


def test_a_body_over_4_mb_is_413_without_json(iterable: InProcessIterable) -> None:
    padding = "x" * 3_999_900
    fits = b'{"users":[{"email":"ana@example.org"}],"ignored":"%s"}' % padding.encode()
    too_large = fits[:-2] + b"x" * 200 + b'"}'
    assert len(fits) <= 4_000_000 < len(too_large)
    assert iterable.post("users/bulkUpdate", fits).status == 200
    reply = iterable.post("users/bulkUpdate", too_large)
    assert reply.status == 413
    assert reply.headers["content-type"].startswith("text/html")


def test_the_wrong_elements_are_named_by_index(iterable: InProcessIterable) -> None:
    iterable.change_settings(echo_secret_in_bad_json=False)
    users: list[Any] = [dict(ANA) for _ in range(20)]
    users[3] = "ana"
    users[17]["preferUserId"] = "yes"
    users[18]["dataFields"] = []
    reply = iterable.post("users/bulkUpdate", {"users": users})
    assert reply.status == 400
    assert reply.json == {
        "msg": "[/api/users/bulkUpdate] Invalid JSON body",
        "code": "BadJsonBody",
        "params": {
            "obj.users[3]": "Object value expected",
            "obj.users[17].preferUserId": "Boolean value expected",
            "obj.users[18].dataFields": "Object value expected",
        },
    }
    assert iterable.service.counts()["users"] == 0, "one wrong element stops the whole batch"


@pytest.mark.parametrize(
    ("path", "body", "place", "word"),
    [
        ("users/bulkUpdate", {}, "obj.users", "error.path.missing"),
        ("users/bulkUpdate", {"users": None}, "obj.users", "error.expected.jsarray"),
        ("users/bulkUpdate", [], "obj", "error.expected.jsobject"),
        ("users/update", {"email": 5}, "obj.email", "error.expected.jsstring"),
        ("events/track", {"email": "a@b.org"}, "obj.eventName", "error.path.missing"),
        ("events/trackBulk", {"events": [{"eventName": None}]}, "obj.events[0].eventName", "error.expected.jsstring"),
        ("lists", {"name": None}, "obj.name", "error.expected.jsstring"),
        ("commerce/trackPurchase", {"total": "", "items": [], "user": {}}, "obj.total", "error.expected.jsnumber"),
        (
            "commerce/updateCart",
            {"user": ANA, "items": [{"id": "1", "name": "x", "price": 1, "quantity": 1.5}]},
            "obj.items[0].quantity",
            "error.expected.long",
        ),
        ("lists/subscribe", {"listId": 1, "subscribers": [{"userId": 5}]}, "obj.subscribers[0].userId", None),
        ("catalogs/c/items", {"documents": {"a": 1}, "replaceUploadedFieldsOnly": False}, "obj.documents.a", None),
        ("catalogs/c/items", {"documents": {}}, "obj.replaceUploadedFieldsOnly", "error.path.missing"),
    ],
)
def test_missing_and_mistyped_members_are_bad_json(
    iterable: InProcessIterable, path: str, body: JsonValue, place: str, word: str | None
) -> None:
    reply = iterable.post(path, body)
    assert (reply.status, reply.json["code"]) == (400, "BadJsonBody")
    assert list(reply.json["params"]) == [place]
    if word is not None:
        assert reply.json["params"][place] == [{"msg": [word], "args": []}]


def test_bad_json_repeats_body_and_key_when_it_is_told_to(iterable: InProcessIterable) -> None:
    msg = iterable.post("users/update", {"email": 5}).json["msg"]
    assert '{"email":5}' in msg
    assert KEY in msg
    iterable.change_settings(echo_secret_in_bad_json=False)
    assert KEY not in iterable.post("users/update", {"email": 5}).text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"\x1f\x8b\x08\x00compressed"])
def test_what_is_not_json_is_bad_json(iterable: InProcessIterable, content: bytes) -> None:
    reply = iterable.post("users/bulkUpdate", content)
    assert (reply.status, reply.json["code"], reply.json["params"]) == (400, "BadJsonBody", None)


def test_null_stands_for_an_absent_optional_member(iterable: InProcessIterable) -> None:
    body = {"email": "ana@example.org", "userId": None, "dataFields": None, "mergeNestedObjects": None, "x": [1]}
    assert iterable.post("users/update", body).status == 200


def test_a_batch_limit_can_be_set(iterable: InProcessIterable) -> None:
    iterable.change_settings(max_batch_elements=2)
    users = [{"email": f"p{number}@example.org"} for number in range(3)]
    assert iterable.post("users/bulkUpdate", {"users": users}).json["code"] == "BatchTooLarge"
    assert iterable.post("users/bulkUpdate", {"users": users[:2]}).status == 200
