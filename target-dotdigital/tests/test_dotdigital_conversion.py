"""Pure conversions: values, names, keys, times, merged contacts, columns."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from delivery.json_text import encode
from hypothesis import given
from hypothesis import strategies as st
from target_dotdigital.contact_merge import merge_contacts
from target_dotdigital.contacts import without_repeated_identifiers
from target_dotdigital.data_field_values import FieldType, ValueMismatch, fitted, type_of_schema, type_of_value
from target_dotdigital.insight_collections import collection_name
from target_dotdigital.insight_columns import CollectionColumns
from target_dotdigital.insight_json import JsonRefused, storable
from target_dotdigital.iso_time import parse_time, write_time
from target_dotdigital.record_key import content_key, record_key
from target_dotdigital.region import endpoint_of, host_of

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(),
)
json_values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=12
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        ("2026-03-01T12:30", "2026-03-01T12:30:00Z"),
        ("2026-03-01T12:30:00.500Z", "2026-03-01T12:30:00.500Z"),
        ("2026-03-01T12:30:00+02:00", "2026-03-01T10:30:00Z"),
        ("2026-03-01 12:30:00 -0130", "2026-03-01T14:00:00Z"),
        ("2026-02-30", None),
        ("1 March 2026", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("", None),
    ],
)
def test_times_are_read_and_written_in_utc(text: str, written: str | None) -> None:
    moment = parse_time(text)
    assert (None if moment is None else write_time(moment)) == written


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_a_written_time_is_read_back_to_the_millisecond(moment: datetime) -> None:
    again = parse_time(write_time(moment))
    assert again is not None
    assert abs((again - moment).total_seconds()) < 0.001


@given(st.text())
def test_any_text_is_a_time_or_is_none(text: str) -> None:
    parse_time(text)


@pytest.mark.parametrize(
    ("value", "field_type", "wanted"),
    [
        (12, FieldType.STRING, "12"),
        (True, FieldType.STRING, "true"),
        ("x" * 1001, FieldType.STRING, "x" * 1000),
        ("12.50", FieldType.NUMERIC, Decimal("12.5")),
        (Decimal("0.1234567891"), FieldType.NUMERIC, Decimal("0.123456789")),
        ("", FieldType.NUMERIC, None),
        ("NO", FieldType.BOOLEAN, False),
        (1, FieldType.BOOLEAN, True),
        ("2026-03-01", FieldType.DATE, "2026-03-01T00:00:00Z"),
        (None, FieldType.DATE, None),
    ],
)
def test_values_are_fitted_to_the_field(value: object, field_type: FieldType, wanted: object) -> None:
    assert fitted(value, field_type) == wanted


@pytest.mark.parametrize(
    ("value", "field_type"),
    [
        (True, FieldType.NUMERIC),
        ("12,50", FieldType.NUMERIC),
        (10**18, FieldType.NUMERIC),
        ("1e30", FieldType.NUMERIC),
        ("NaN", FieldType.NUMERIC),
        ("perhaps", FieldType.BOOLEAN),
        (2, FieldType.BOOLEAN),
        ("tomorrow", FieldType.DATE),
        (20260301, FieldType.DATE),
        ([1], FieldType.STRING),
        ({"a": 1}, FieldType.STRING),
    ],
)
def test_values_a_field_cannot_hold_are_refused_without_repeating_them(value: object, field_type: FieldType) -> None:
    with pytest.raises(ValueMismatch) as refused:
        fitted(value, field_type)
    assert str(value) not in str(refused.value)


@given(scalars, st.sampled_from(FieldType))
def test_a_fitted_value_is_of_the_fields_type_and_fits_again(value: object, field_type: FieldType) -> None:
    try:
        once = fitted(value, field_type)
    except ValueMismatch:
        return
    assert fitted(once, field_type) == once
    if once is None:
        return
    if field_type is FieldType.NUMERIC:
        assert isinstance(once, (int, Decimal))
        assert not isinstance(once, bool)
        assert -(10**18) < once < 10**18
    else:
        assert isinstance(once, bool if field_type is FieldType.BOOLEAN else str)
    encode(once)


@given(scalars.filter(lambda value: value is not None))
def test_a_first_value_fits_the_field_it_makes(value: object) -> None:
    field_type = type_of_value(value)
    if field_type is not FieldType.NUMERIC or abs(Decimal(str(value))) < 10**17:
        fitted(value, field_type)


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": ["null", "string"]}, FieldType.STRING),
        ({"type": "string", "format": "date"}, FieldType.DATE),
        ({"type": ["integer", "number", "null"]}, FieldType.NUMERIC),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, FieldType.DATE),
        ({"type": "boolean"}, FieldType.BOOLEAN),
        ({"type": ["string", "integer"]}, None),
        ({"type": "object"}, None),
        ({}, None),
    ],
)
def test_a_schema_tells_the_type_of_a_field(schema: dict[str, Any], wanted: FieldType | None) -> None:
    assert type_of_schema(schema) is wanted


@given(st.dictionaries(st.text(), json_values))
def test_stored_json_obeys_the_rules_or_is_refused(record: dict[str, Any]) -> None:
    try:
        stored = storable(record)
    except JsonRefused:
        return
    assert storable(stored) == stored

    def check(value: object, *, inside_array: bool = False) -> None:
        assert value is not None
        if isinstance(value, dict):
            assert len({name.replace("-", "_") for name in value}) == len(value)
            for name, content in value.items():
                assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
                assert content not in ({}, [])
                check(content)
        elif isinstance(value, list):
            assert not inside_array
            for item in value:
                check(item, inside_array=True)

    check(stored)


@given(st.lists(st.one_of(st.text(), st.integers(), st.booleans()), min_size=1, max_size=4))
def test_a_key_is_always_one_the_service_takes(values: list[Any]) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", record_key(values))
    assert record_key(values) == record_key(values)


@given(st.lists(st.text("ab-_ é", max_size=4), min_size=2, max_size=3), st.data())
def test_different_values_have_different_keys(values: list[str], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.text("ab-_ é", max_size=4), min_size=len(values), max_size=len(values)))
    assert (record_key(values) == record_key(others)) is (values == others)


def test_plain_keys_stay_readable() -> None:
    assert record_key(["ORD-1001"]) == "ORD-1001"
    assert record_key([17]) == "17"
    assert record_key(["de", 17]) == "de-17"


def test_a_key_of_the_content_does_not_depend_on_its_order() -> None:
    assert content_key({"a": 1, "b": {"c": [1], "d": 2}}) == content_key({"b": {"d": 2, "c": [1]}, "a": 1})
    assert content_key({"a": 1}) != content_key({"a": "1"})


@given(st.text())
def test_a_stream_name_becomes_a_collection_name(stream: str) -> None:
    assert re.fullmatch(r"[-A-Za-z_][-A-Za-z0-9_]{1,254}", collection_name(stream))


def person(**members: Any) -> dict[str, Any]:
    return {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}, **members}


def stated(status: str, **members: Any) -> dict[str, Any]:
    return person(channelProperties={"email": {"status": status}}, **members)


def test_merged_contacts_keep_what_the_later_leaves_out() -> None:
    merged = merge_contacts(
        person(dataFields={"A": 1, "B": 2}, lists=[1], preferences=[{"id": 1, "isOptedIn": True}]),
        person(dataFields={"B": None}, lists=[2], preferences=[{"id": 1, "isOptedIn": False}]),
    )
    assert merged == person(dataFields={"A": 1, "B": None}, lists=[1, 2], preferences=[{"id": 1, "isOptedIn": False}])


def test_the_time_of_a_yes_stays_with_the_statement_it_belongs_to() -> None:
    timed, untimed = stated("subscribed", consentedAt="2026-01-01T00:00:00Z"), stated("subscribed")
    for earlier, later, wanted in [
        (timed, person(), "2026-01-01T00:00:00Z"),
        (timed, untimed, None),
        (untimed, timed, "2026-01-01T00:00:00Z"),
        (timed, stated("unsubscribed"), None),
        (person(), timed, "2026-01-01T00:00:00Z"),
        (untimed, person(consentedAt="2026-01-01T00:00:00Z"), None),
    ]:
        merged = merge_contacts(earlier, later)
        assert merged is not None
        assert merged.get("consentedAt") == wanted


def test_what_cannot_be_one_record_is_not_merged() -> None:
    assert merge_contacts(stated("unsubscribed"), stated("subscribed")) is None
    assert merge_contacts(person(), {**person(), "identifiers": {"email": "bo@example.org"}}) is None
    assert merge_contacts(person(), {**person(), "matchIdentifier": "shop"}) is None


consents = st.sampled_from([None, "subscribed", "unsubscribed"])


@given(consents, consents)
def test_merging_never_says_more_than_the_two_records_in_order(earlier: str | None, later: str | None) -> None:
    first = person() if earlier is None else stated(earlier)
    second = person() if later is None else stated(later)
    merged = merge_contacts(first, second)
    if merged is not None:
        said = merged.get("channelProperties", {}).get("email", {}).get("status")
        assert said == (later or earlier)


def test_an_identifier_stands_once_in_each_import() -> None:
    people = [
        {"identifiers": {"email": "a@x.org", "shop": "1"}},
        {"identifiers": {"email": "b@x.org", "shop": "1"}},
        {"identifiers": {"email": "c@x.org"}},
        {"identifiers": {"email": "A@x.org", "shop": "2"}},
        {"identifiers": {"email": "d@x.org", "shop": "2"}},
    ]
    assert without_repeated_identifiers(dict(enumerate(people))) == [[0, 2], [1, 3], [4]]


def test_live_types_win_over_the_schema_and_the_schema_over_the_first_value() -> None:
    columns = CollectionColumns()
    fields = [{"name": "total", "type": "FLOAT"}, {"name": "note", "mode": "NULLABLE", "type": "STRING"}]
    columns.add_live([{"name": "key", "type": "STRING"}, {"name": "json", "type": "RECORD", "fields": fields}])
    columns.add_declared({"properties": {"note": {"type": "number"}, "since": {"type": "string", "format": "date"}}})
    fit = columns.fit({"note": 5, "since": "2026-03-01", "total": Decimal("1.5"), "tags": ["a"]})
    assert fit == {"note": "5", "since": "2026-03-01T00:00:00Z", "total": Decimal("1.5"), "tags": ["a"]}
    for bad in ({"total": "1"}, {"since": "soon"}, {"tags": "a"}, {"tags": [1, True]}):
        with pytest.raises(JsonRefused):
            columns.fit(bad)


def test_a_refused_record_fixes_no_type() -> None:
    columns = CollectionColumns()
    columns.add_declared({"properties": {"total": {"type": "number"}}})
    with pytest.raises(JsonRefused):
        columns.fit({"fresh": 1, "total": "x"})
    assert columns.fit({"fresh": "text", "total": 1}) == {"fresh": "text", "total": 1}


def test_the_accounts_own_host_is_found() -> None:
    info = {
        "properties": [
            {"name": "Name", "value": "x"},
            {"name": "ApiEndpoint", "value": "https://r2-api.dotdigital.com/"},
        ]
    }
    assert endpoint_of(info) == host_of("r2")
    assert host_of("auto") == "https://r1-api.dotdigital.com"
    assert endpoint_of({"properties": None}) is None
    assert endpoint_of([]) is None
