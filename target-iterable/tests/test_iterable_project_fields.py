"""Profile fields are put into the form the project's types ask for, or rejected before they are sent."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.iterable.field_values import MismatchError, coerce_scalar
from delivery.json_text import encode
from delivery.testing import record_line, schema_line
from hypothesis import given
from hypothesis import strategies as st
from iterable_project import ask, profiles, settings, writes
from iterable_records import purchase, purchases, users
from target_iterable.field_values import Misfit, canonical_date, fit_value

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

KINDS = st.sampled_from(["string", "long", "double", "boolean", "date", "geo_location", "object"])
MOMENTS = st.datetimes(timezones=st.timezones() | st.just(timezone(timedelta(hours=-3, minutes=-30))))
DATE_TEXTS = st.builds(
    lambda moment, separator, precision: moment.isoformat(separator, precision),
    MOMENTS,
    st.sampled_from("T "),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
) | st.dates().map(str)
VALUES = (
    st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | DATE_TEXTS
    | st.dictionaries(st.sampled_from(["lat", "lon", "x"]), st.integers() | st.floats(-90, 90) | st.text(), max_size=3)
)

LARGEST_EXACT = Decimal(2**53)


def as_received(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value as it comes out of a request."""
    return json.loads(encode(value))


def stored(kind: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """What Iterable stores; objects as they are."""
    received = as_received(value)
    return received if kind == "object" and isinstance(received, dict) else coerce_scalar(kind, received)


@given(kind=KINDS, value=VALUES)
def test_what_fits_is_taken_by_the_service_and_what_it_takes_fits(kind: str, value: Any) -> None:  # noqa: ANN401
    try:
        fitted = fit_value(kind, value)
    except Misfit:
        if not isinstance(value, int | float | Decimal) or Decimal(value).copy_abs() <= LARGEST_EXACT:
            with pytest.raises(MismatchError):
                stored(kind, value)
        return
    taken = stored(kind, fitted)
    try:
        assert taken == stored(kind, value), "what Iterable would have stored is not changed"
    except MismatchError:
        assert kind in {"string", "date", "long"}, "only these forms are mended: numbers as text, dates, 10.0 as 10"


@given(
    kind=st.sampled_from(["string", "long", "double"]),
    value=st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
)
def test_a_number_loses_nothing(kind: str, value: int | Decimal) -> None:
    with suppress(Misfit):
        fitted = fit_value(kind, value)
        assert (Decimal(fitted) if kind == "string" else fitted) == value


@given(moment=MOMENTS, text=st.data())
def test_a_date_keeps_its_moment_and_reads_back_unchanged(moment: datetime, text: st.DataObject) -> None:
    written = moment.isoformat("T", text.draw(st.sampled_from(["seconds", "milliseconds"])))
    canonical = canonical_date(written)
    if canonical is None:
        # Beyond the years one and 9999 in UTC, or an old zone with seconds.
        assert moment.year in {1, 9999} or written.count(":") > 3
        return
    assert canonical_date(canonical) == canonical
    read = datetime.strptime(canonical, "%Y-%m-%d %H:%M:%S %z")
    assert abs(read - moment) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-03-02", "2026-03-02 00:00:00 +00:00"),
        ("2026-03-02T09:15:00Z", "2026-03-02 09:15:00 +00:00"),
        ("2026-03-02T09:15:00.123456+01:00", "2026-03-02 08:15:00 +00:00"),
        ("2026-03-02 09:15:00.5 -0130", "2026-03-02 10:45:00 +00:00"),
        ("2026-03-02T09:15", "2026-03-02 09:15:00 +00:00"),
        ("2026-02-30", None),
        ("26-03-02", None),
        ("2026-03-02 25:00:00", None),
        ("tomorrow", None),
        ("2026-03-02T09:15:00Z and more", None),
    ],
)
def test_dates_have_one_form(text: str, canonical: str | None) -> None:
    assert canonical_date(text) == canonical


def known_fields(sandbox: RunningSandbox) -> None:
    fields = {
        "points": 1,
        "rate": 1.5,
        "code": "x",
        "since": "2026-01-01 00:00:00 +00:00",
        "vip": True,
        "tags": ["a"],
        "address": {"city": "Köln", "zip": "50667", "floor": 1},
    }
    ask(sandbox, "POST", "users/update", {"email": "first@shop.example", "dataFields": fields})


def one(**fields: Any) -> dict[str, Any]:
    return {"email": "a@shop.example", "dataFields": fields}


def test_values_take_the_form_of_their_fields(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    known_fields(sandbox)
    record = one(points=7.0, rate=2, code=20095, since="2026-03-02T10:15:00.000+01:00", tags=[1, "b"], vip=None)
    record["dataFields"]["address"] = {"zip": 10115, "city": None}
    assert loader.run(users(record)).counts("users") == (1, 1, 0, 0)
    (body,) = [call["body"] for call in sandbox.requests(service="iterable", path="bulkUpdate")]
    assert body["users"][0]["dataFields"] == {
        "points": 7,
        "rate": 2.0,
        "code": "20095",
        "since": "2026-03-02 09:15:00 +00:00",
        "tags": ["1", "b"],
        "vip": None,
        "address": {"zip": "10115", "city": None},
    }
    held = next(profile for profile in profiles(sandbox) if profile["email"] == "a@shop.example")
    assert held["dataFields"]["since"] == "2026-03-02 09:15:00 +00:00"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"points": "lots"}, "field 'points' must be long in this project"),
        ({"points": 1.5}, "field 'points' must be long in this project"),
        ({"rate": True}, "field 'rate' must be double in this project"),
        ({"since": "yesterday"}, "field 'since' must be date in this project"),
        ({"since": 1772442900}, "field 'since' must be date in this project"),
        ({"vip": "yes"}, "field 'vip' must be boolean in this project"),
        ({"code": {"a": 1}}, "field 'code' must be string in this project"),
        ({"tags": ["a", {"b": 1}]}, "field 'tags' must be string in this project"),
        ({"address": {"floor": "ground"}}, "field 'address.floor' must be long in this project"),
        ({"address": "Bonn"}, "field 'address' must be object in this project"),
    ],
)
def test_a_value_that_does_not_fit_is_rejected_here_and_named(
    loader: LoaderProcess, sandbox: RunningSandbox, fields: dict[str, Any], reason: str
) -> None:
    known_fields(sandbox)
    result = loader.run([*users(one(**fields), {"email": "b@shop.example"}), *buyers(fields)])
    assert result.counts("users") == (2, 1, 1, 0)
    assert list(result.reasons("users")) == list(result.reasons("purchases")) == [reason]
    sent = [call for call in sandbox.requests(service="iterable") if call["method"] == "POST"][1:]
    assert [call["status"] for call in sent] == [200], "nothing that does not fit is sent"


def buyers(fields: dict[str, Any]) -> list[str]:
    return purchases(purchase(1, user={"email": "c@shop.example", "dataFields": fields}))


def test_a_new_field_takes_the_form_its_schema_announces(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    announced = {
        "spent": {"type": ["null", "number"]},
        "seenAt": {"type": "string", "format": "date-time"},
        "number": {"type": "string"},
        "odd": {"type": "integer"},
    }
    schema = {"email": {"type": "string"}, "dataFields": {"type": "object", "properties": announced}}
    record = one(spent=10, seenAt="2026-03-02T09:15:00.000Z", number=1001, odd="not one")
    result = loader.run([schema_line("users", schema), record_line("users", record)])
    assert result.counts("users") == (1, 1, 0, 0)
    types = sandbox.snapshot("iterable")["fields"]["user"]
    expected = {"spent": "double", "seenAt": "date", "number": "string", "odd": "string"}
    assert {name: types[name] for name in announced} == expected
    assert result.reasons("users", "noticed")["field 'spent' is new to the project"] == 1


@pytest.mark.parametrize("status", [400, 403, 404])
def test_without_the_types_fields_are_sent_unchecked(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int
) -> None:
    known_fields(sandbox)
    refused = {"kind": "respond", "status": status, "body": {"code": "NotFound", "msg": "", "params": None}}
    sandbox.order_fault(refused, service="iterable", path="getFields", times=None)
    result = loader.run(users(one(points="lots"), {"email": "b@shop.example", "dataFields": {"points": 1}}))
    assert result.counts("users") == (2, 1, 1, 0), "Iterable itself refuses what does not fit"
    assert "Iterable does not tell the project's profile fields" in result.log


def test_no_more_new_fields_are_created_than_allowed(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    known_fields(sandbox)
    loader.settings |= {"max_new_fields": 3, "max_rejects": 1}
    records = [
        {"email": "a@shop.example", "dataFields": {"one": 1, "points": 1}},
        {"email": "b@shop.example", "dataFields": {"one": 1, "two": {"three": 1}}},
        {"email": "c@shop.example", "dataFields": {"one": 3, "gone": None}},
        {"email": "d@shop.example", "dataFields": {"nested": {"deep": 1}}},
    ]
    result = loader.run(users(*records))
    types = sandbox.snapshot("iterable")["fields"]["user"]
    assert result.counts("users") == (4, 3, 1, 0)
    assert list(result.reasons("users")) == ["new fields: nested, nested.deep; setting max_new_fields allows 3 a run"]
    assert {"one", "two", "two.three"} <= types.keys()
    assert not {"gone", "nested"} & types.keys()


@pytest.mark.parametrize(("wish", "project", "created"), [(True, False, True), (False, True, False)])
def test_the_setting_goes_before_the_projects(
    loader: LoaderProcess, sandbox: RunningSandbox, *, wish: bool, project: bool, created: bool
) -> None:
    settings(sandbox, create_new_fields=project)
    loader.settings |= {"create_new_fields": wish, "max_new_fields": 2}
    buyer = {"email": "c@shop.example", "dataFields": {"ofBuyer": 1}}
    result = loader.run([*users(one(ofUser=1)), *purchases(purchase(1, user=buyer))])
    assert result.code == 0
    types = sandbox.snapshot("iterable")["fields"]["user"]
    assert ("ofUser" in types, "ofBuyer" in types) == (created, created)
    assert ("Iterable dropped fields" in result.log) is not created


def test_more_fields_than_iterable_recommends_are_told_once(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, user_field_limit=5000)
    many = [{"email": f"p{n}@shop.example", "dataFields": {f"f{n}x{m}": m for m in range(100)}} for n in range(11)]
    result = loader.run(users(*many))
    assert result.counts("users") == (11, 11, 0, 0)
    assert result.log.count("Iterable recommends at most 1000") == 1


def test_a_dry_run_tells_what_would_be_new_and_what_refused(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    known_fields(sandbox)
    loader.settings["dry_run"] = True
    before = len(writes(sandbox))
    result = loader.run(users(one(brandNew=1), {"email": "b@shop.example", "dataFields": {"points": "x"}}))
    assert result.counts("users") == (2, 0, 1, 1)
    assert result.reasons("users", "noticed") == {"field 'brandNew' is new to the project": 1}
    assert len(writes(sandbox)) == before
