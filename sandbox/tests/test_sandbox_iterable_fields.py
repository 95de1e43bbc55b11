"""Field types, coercion, limits and the life of profile fields in the emulated Iterable."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.iterable.field_values import stored_date
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from commerce_sandbox.in_process import Reply
    from commerce_sandbox.iterable.json_value import JsonValue

ANA = "ana@example.org"


@pytest.fixture
def iterable() -> InProcessIterable:
    return InProcessIterable()


def update(iterable: InProcessIterable, fields: dict[str, Any], **members: Any) -> Reply:
    return iterable.post("users/update", {"email": ANA, "dataFields": fields, **members})


def stored(iterable: InProcessIterable) -> dict[str, Any]:
    data: dict[str, Any] = iterable.service.snapshot()["users"][0]["dataFields"]
    return data


def types(iterable: InProcessIterable) -> dict[str, str]:
    fields: dict[str, str] = iterable.get("users/getFields").json["fields"]
    return fields


@pytest.mark.parametrize(
    ("name", "value", "field_type"),
    [
        ("f", "lots", "string"),
        ("f", "2026-03-02", "date"),
        ("f", "2026-03-02 09:15:00", "date"),
        ("f", "DE-1001", "string"),
        ("f", "", "string"),
        ("f", 7, "long"),
        ("f", 7.5, "double"),
        ("f", 7.0, "double"),
        ("f", True, "boolean"),
        ("f", {"city": "Berlin"}, "object"),
        ("home_geo_location", {"lat": 52.5, "lon": 13}, "geo_location"),
        ("home", {"lat": 52.5, "lon": 13}, "object"),
        ("f", ["a", "b"], "string"),
        ("f", [None, 3], "long"),
        ("f", [{"sku": "x"}], "object"),
    ],
)
def test_the_first_value_gives_a_field_its_type(
    iterable: InProcessIterable, name: str, value: JsonValue, field_type: str
) -> None:
    assert update(iterable, {name: value}).status == 200
    assert types(iterable)[name] == field_type


@pytest.mark.parametrize("value", [None, [], [None]])
def test_an_empty_value_gives_no_type(iterable: InProcessIterable, value: JsonValue) -> None:
    assert update(iterable, {"f": value}).status == 200
    assert "f" not in types(iterable)


@pytest.mark.parametrize(
    ("first", "later", "kept"),
    [
        (1.5, 10, 10.0),
        (1, 10.0, 10),
        ("word", "2026-03-02", "2026-03-02"),
        ("2026-03-02", "2026-03-02T09:15:00.123Z", "2026-03-02 09:15:00 +00:00"),
        ("a", ["b", "c"], ["b", "c"]),
        (["a"], "b", "b"),
        ([1], [2, 3.0], [2, 3]),
    ],
)
def test_values_that_fit_are_coerced(
    iterable: InProcessIterable, first: JsonValue, later: JsonValue, kept: JsonValue
) -> None:
    update(iterable, {"f": first})
    assert update(iterable, {"f": later}).status == 200
    assert stored(iterable)["f"] == kept
    assert type(stored(iterable)["f"]) is type(kept)


@pytest.mark.parametrize(
    ("first", "later", "expected", "incoming"),
    [
        (7, "lots", "long", ["string", "keyword"]),
        (7, 10.5, "long", ["double"]),
        (7, True, "long", ["boolean"]),
        (7.5, "10.0", "double", ["string", "keyword"]),
        ("word", 5, "string", ["long"]),
        ("word", {"a": 1}, "string", ["object"]),
        (True, 1, "boolean", ["long"]),
        (True, "true", "boolean", ["string", "keyword"]),
        ("2026-03-02", "GGG", "date", ["string", "keyword"]),
        ("2026-03-02", "2026-03-02 09:15:00.123", "date", ["string", "keyword"]),
        ("2026-03-02", "2026-03-02T09:15:00Z", "date", ["string", "keyword"]),
        ("2026-03-02", 1772442900, "date", ["long"]),
        ({"a": 1}, "word", "object", ["string", "keyword"]),
        ([1], [2, "x"], "long", ["string", "keyword"]),
    ],
)
def test_values_that_do_not_fit_are_described(
    iterable: InProcessIterable, first: JsonValue, later: JsonValue, expected: str, incoming: list[str]
) -> None:
    update(iterable, {"f": first})
    reply = update(iterable, {"f": later, "g": 1})
    assert (reply.status, reply.json["code"]) == (400, "RequestFieldsTypesMismatched")
    offending = later[-1] if isinstance(later, list) else later
    assert reply.json["params"]["validationErrors"] == {
        "f": {
            "_type": "UnexpectedType",
            "category": "user",
            "expectedType": expected,
            "incomingTypes": incoming,
            "offendingValue": offending,
        }
    }
    assert "g" not in types(iterable), "a refused request adds no fields"


def test_one_clash_fails_the_whole_batch(iterable: InProcessIterable) -> None:
    update(iterable, {"points": 1})
    users = [{"email": f"p{number}@example.org", "dataFields": {"points": number}} for number in range(5)]
    users[2]["dataFields"] = {"points": "lots"}
    users[4]["dataFields"] = {"points": "more"}
    reply = iterable.post("users/bulkUpdate", {"users": users})
    assert reply.status == 400
    assert reply.json["params"]["validationErrors"]["points"]["offendingValue"] == "lots", "only the first"
    assert iterable.service.counts()["users"] == 1
    assert iterable.post("users/bulkUpdate", {"users": [users[0], users[1], users[3]]}).json["successCount"] == 3


def test_two_elements_of_one_batch_clash_on_a_new_field(iterable: InProcessIterable) -> None:
    users = [
        {"email": "a@example.org", "dataFields": {"nested": {"new": 1}}},
        {"email": "b@example.org", "dataFields": {"nested": {"new": "x"}}},
    ]
    reply = iterable.post("users/bulkUpdate", {"users": users})
    assert list(reply.json["params"]["validationErrors"]) == ["nested.new"]


def test_nested_fields_are_typed_by_their_path(iterable: InProcessIterable) -> None:
    update(iterable, {"address": {"zip": "10117", "geo": {"floor": 3}}, "zip": 5, "tags": [{"n": 1}]})
    known = types(iterable)
    assert {name: known[name] for name in ("address", "address.zip", "address.geo", "address.geo.floor", "tags.n")} == {
        "address": "object",
        "address.zip": "string",
        "address.geo": "object",
        "address.geo.floor": "long",
        "tags.n": "long",
    }
    clash = update(iterable, {"tags": [{"n": 2}, {"n": "x"}]})
    assert list(clash.json["params"]["validationErrors"]) == ["tags.n"]


def test_built_in_fields_have_their_types_from_the_start(iterable: InProcessIterable) -> None:
    reply = update(iterable, {"signupDate": "GGG"})
    assert reply.json["params"]["validationErrors"]["signupDate"]["expectedType"] == "date"
    assert update(iterable, {"signupDate": "2020-08-19T20:50:04.000Z"}).status == 200
    assert iterable.get(f"users/{ANA}").json["user"]["dataFields"]["signupDate"] == "2020-08-19 20:50:04 +00:00"


def test_the_number_of_fields_is_limited_nested_ones_included() -> None:
    iterable = InProcessIterable(IterableSettings(rate_limits=False, user_field_limit=4))
    assert update(iterable, {"a": 1, "b": {"c": 1}, "email": ANA, "signupDate": "2026-01-01"}).status == 200
    reply = update(iterable, {"d": {"e": 1}})
    assert (reply.status, reply.json["code"]) == (400, "UniqueFieldsLimitExceeded")
    assert reply.json["params"] == {"limit": 4, "requestedTotal": 5, "newFields": ["d", "d.e"]}
    assert update(iterable, {"d": 1, "a": 2}).status == 200
    iterable.change_settings(user_field_limit=1)
    assert update(iterable, {"a": 3}).status == 200, "known fields still work beyond the limit"


def test_unknown_fields_are_created_or_dropped_as_the_project_or_the_request_says(
    iterable: InProcessIterable,
) -> None:
    users = [{"email": ANA, "dataFields": {"a": 1, "b": {"c": 1}}}]
    first = iterable.post("users/bulkUpdate", {"users": users}).json
    assert (sorted(first["createdFields"]), first["filteredOutFields"]) == (["a", "b", "b.c"], [])
    iterable.change_settings(create_new_fields=False)
    users[0]["dataFields"] = {"a": 2, "b": {"c": 2, "d": 2}, "e": {"f": 2}}
    second = iterable.post("users/bulkUpdate", {"users": users}).json
    assert (second["createdFields"], second["filteredOutFields"]) == ([], ["b.d", "e"])
    assert stored(iterable) == {"a": 2, "b": {"c": 2}}
    third = iterable.post("users/bulkUpdate", {"createNewFields": True, "users": users}).json
    assert third["createdFields"] == ["b.d", "e", "e.f"]
    assert third["filteredOutFields"] == []


def test_null_removes_a_field(iterable: InProcessIterable) -> None:
    update(iterable, {"name": "Ana", "phoneNumber": "+5583999999999", "city": "Berlin"})
    update(iterable, {"name": None, "phoneNumber": None, "never": None})
    assert stored(iterable) == {"city": "Berlin"}


def test_objects_are_replaced_unless_merging_is_asked_for(iterable: InProcessIterable) -> None:
    update(iterable, {"s": {"mobile": True, "old": 1, "deep": {"a": 1}}})
    update(iterable, {"s": {"email": True, "old": None, "deep": {"b": 2}}}, mergeNestedObjects=True)
    assert stored(iterable)["s"] == {"mobile": True, "email": True, "deep": {"b": 2}}
    update(iterable, {"s": {"email": False, "old": None}})
    assert stored(iterable)["s"] == {"email": False}


@pytest.mark.parametrize(
    "field",
    [
        "itblInternal",
        "itblDS",
        "itblUserId",
        "profileUpdatedAt",
        "signupSource",
        "devices",
        "shoppingCartItems",
        "subscribedMessageTypeIds",
        "emailListIds",
    ],
)
def test_reserved_fields_are_refused_for_that_person_only(iterable: InProcessIterable, field: str) -> None:
    users = [{"email": ANA, "dataFields": {field: [1]}}, {"email": "bo@example.org", "dataFields": {"a": 1}}]
    answer = iterable.post("users/bulkUpdate", {"users": users}).json
    assert (answer["successCount"], answer["failedUpdates"]["invalidDataEmails"]) == (1, [ANA])
    assert update(iterable, {field: [1]}).json["code"] == "BadParams"


def test_list_and_consent_ids_may_be_written_as_fields(iterable: InProcessIterable) -> None:
    fields = {"userListIds": [3, 2], "unsubscribedChannelIds": [101], "unsubscribedMessageTypeIds": []}
    assert update(iterable, fields).status == 200
    shown = iterable.get(f"users/{ANA}").json["user"]["dataFields"]
    assert (shown["userListIds"], shown["unsubscribedChannelIds"]) == ([2, 3], [101])
    iterable.change_settings(opt_in_types=True)
    assert update(iterable, {"unsubscribedChannelIds": [101]}).status == 400
    assert update(iterable, {"userListIds": ["x"]}).status == 400


def test_a_value_that_is_too_long_fails_that_person(iterable: InProcessIterable) -> None:
    users = [{"email": ANA, "dataFields": {"a": {"b": "x" * 32_001}}}, {"email": "bo@example.org"}]
    answer = iterable.post("users/bulkUpdate", {"users": users}).json
    assert (answer["successCount"], answer["failedUpdates"]["invalidDataEmails"]) == (1, [ANA])
    assert update(iterable, {"a": {"b": "x" * 32_000}}).status == 200


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-02", "2026-03-02 00:00:00 +00:00"),
        ("2026-03-02 09:15:07", "2026-03-02 09:15:07 +00:00"),
        ("2026-03-02 09:15:07 +02:00", "2026-03-02 07:15:07 +00:00"),
        ("2026-03-02T09:15:07.999Z", "2026-03-02 09:15:07 +00:00"),
        ("2026-03-02T23:15:07.000-0300", "2026-03-03 02:15:07 +00:00"),
        ("2026-03-02T09:15:07.000+01:00", "2026-03-02 08:15:07 +00:00"),
        ("2026-02-30", None),
        ("2026-03-02 25:00:00", None),
        ("2026-03-02T09:15:07Z", None),
        ("2026-03-02T09:15:07", None),
        ("2026-03-02 09:15:07.000", None),
        ("2026-03-02 09:15", None),
        ("02.03.2026", None),
        ("20260302", None),
        (" 2026-03-02", None),
        ("0001-01-01 00:00:00 +02:00", None),
    ],
)
def test_dates_are_read_back_in_one_form(written: str, read: str | None) -> None:
    assert stored_date(written) == read


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.integers(-14 * 60, 14 * 60),
)
def test_every_moment_survives_being_stored(moment: datetime, offset_minutes: int) -> None:
    zone = timezone(timedelta(minutes=offset_minutes))
    exact = moment.replace(tzinfo=zone)
    written = f"{exact.isoformat(timespec='milliseconds')}"
    read = stored_date(written)
    assert read is not None
    assert datetime.fromisoformat(read.replace(" +", "+")) == exact.replace(microsecond=0)


@given(st.text())
def test_any_text_is_either_a_date_in_the_stored_form_or_none(text: str) -> None:
    read = stored_date(text)
    assert read is None or stored_date(read) == read


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), json_values, max_size=4))
def test_what_was_stored_once_is_accepted_again_unchanged(fields: dict[str, Any]) -> None:
    iterable = InProcessIterable()
    first = iterable.post("users/bulkUpdate", {"users": [{"email": ANA, "dataFields": fields}]})
    if first.status == 400:
        assert first.json["code"] == "RequestFieldsTypesMismatched", "only mixed arrays clash with themselves"
        return
    before = stored(iterable)
    again = iterable.post("users/bulkUpdate", {"users": [{"email": ANA, "dataFields": before}]}).json
    assert again["successCount"] == 1
    assert again["noOpEmails"] == [ANA]
    assert stored(iterable) == before
