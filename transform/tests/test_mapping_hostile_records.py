"""Whatever stands in a record, it is an outcome of that record alone, with a reason that shows nothing of it."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapper_commercetools.consent import read_mobile_number
from mapper_commercetools.consent_settings import compile_consents
from mapper_commercetools.custom_fields import FieldRule, FieldRules, read_fields
from mapper_commercetools.dotdigital import field_names as dotdigital_names
from mapper_commercetools.engine import CommercetoolsRecordMapper, create_record_mapper
from mapper_commercetools.event_ids import event_id
from mapper_commercetools.iterable import field_names as iterable_names
from mapper_commercetools.json_text import NotFinite, decode_json
from mapper_commercetools.outcomes import UNEXPECTED
from mapper_commercetools.preview.previewer import Previewer
from mapper_commercetools.stream_mapping import MappingPart
from mapper_commercetools.timestamps import read_date, read_instant

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
Record = dict[str, Any]
RECORDS = Path(__file__).parent / "records"
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
VALUE = "value-7f3a"


def _read(name: str) -> Record:
    record: Record = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    return record


MONEY: Record = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1000, "fractionDigits": 2}
ORDER = _read("order")
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
RECORD_OF: dict[str, Record] = {
    "customers": _read("customer"),
    "orders": ORDER,
    "products": _read("product"),
    "product_offers": {**_read("product"), "prices": [{"value": MONEY, "sku": "A"}], "inventory": [{"sku": "A"}]},
    "carts": {
        **{name: ORDER[name] for name in ("id", "version", "customerId", "customerEmail", "lineItems", "totalPrice")},
        "cartState": "Active",
        "createdAt": "2026-11-20T12:00:00Z",
        "lastModifiedAt": "2026-11-21T10:00:00Z",
    },
    "messages": {
        "id": "m-1",
        "sequenceNumber": 4,
        "type": "OrderStateChanged",
        "createdAt": "2026-11-20T12:00:00Z",
        "resource": {"typeId": "order", "id": "o-1", "obj": ORDER},
        "payload": {"orderState": "Confirmed", "oldOrderState": "Open", "order": ORDER},
    },
    "payments": {
        "id": "p-1",
        "amountPlanned": MONEY,
        "transactions": [{"id": "t", "type": "Refund", "state": "Success", "amount": MONEY}],
        "order": ORDER,
    },
    "deletions": {
        "id": CUSTOMER_ID,
        "resourceTypeId": "customer",
        "change": "deleted",
        "deletedAt": "2026-11-21T10:00:00Z",
        "email": "ada@shop.example",
        "emailIsFree": True,
        "variantIds": [1, 2],
    },
    "customer_order_summaries": {
        "id": f"customer/{CUSTOMER_ID}",
        "customerEmail": "ada@shop.example",
        "orderCount": 2,
        "firstPurchaseAt": "2026-01-01T00:00:00Z",
        "valueByCurrency": [{"orderCount": 2, "lifetimeValue": MONEY, "averageOrderValue": MONEY}],
        "topCategories": [{"id": "c", "name": {"en": "Shoes"}}],
    },
    "types": {
        "id": "t",
        "fieldDefinitions": [{"name": "tier", "type": {"name": "Enum", "values": [{"key": "a", "label": "A"}]}}],
    },
    "product_types": {"id": "t", "attributes": [{"name": "color", "type": {"name": "text"}}]},
    "categories": {"id": "c", "name": {"en": "Shoes"}, "ancestors": [{"typeId": "category", "id": "d"}]},
}
RULES: Record = {"fields": {"loyaltyTier": {"type": "string"}, "loyaltyPoints": {"type": "number"}, "interests": {}}}
CONFIG: Record = {
    "product_url": "https://shop.example/{locale}/{slug}/{id}/{sku}/{key}",
    "markets": [{"key": "de", "stores": ["de-web"], "countries": ["DE"], "default": True}],
    "custom_fields": {"customers": {"enum_labels": True, **RULES}, "orders": RULES},
    "catalog": {"item": "variant", "category_paths": True, "attributes": {"color": {}, "tags": {"type": "list"}}},
    "lists": [
        {"list": "A", "when": {"market": ["de"], "field": "custom.fields.tier", "values": ["a"]}, "remove": True}
    ],
    "consent": {
        "email": {"iterable": {"channels": ["E"]}, "dotdigital": {"data_field": "NEWS", "lists": [1]}},
        "sms": {
            "field": "custom.fields.loyaltyTier",
            "yes_values": ["gold"],
            "no_values": ["iron"],
            "time": "custom.fields.loyaltyPoints",
            "mobile": "custom.fields.interests",
            "dotdigital": {"channel": "sms"},
            "iterable": {"message_types": [1]},
        },
    },
    "carts": {"guests": "take", "url": "https://shop.example/{locale}/{id}"},
    "events": {"names": {"cartUpdated": "cartUpdated"}},
    "deletions": {"customers": "delete", "unpublished": "remove"},
    "order_summaries": {"by_address": "send"},
}


def mappers() -> list[CommercetoolsRecordMapper]:
    found = []
    for destination in ("iterable", "dotdigital"):
        for project_type in ("hybrid", "userid", "email"):
            config = {**CONFIG, "identity": {"project_type": project_type}}
            found.append(create_record_mapper(config, destination, at=NOW))
    carts = {"send": "abandonment", "program": "Carts", "guests": "take"}
    found += [
        create_record_mapper({"carts": carts, "events": {"refunds_from": "payments"}}, destination, at=NOW)
        for destination in ("iterable", "dotdigital")
    ]
    return found


MAPPERS = mappers()


def nested(depth: int) -> Json:
    value: Json = VALUE
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


HOSTILE: list[Json] = [
    None,
    "",
    VALUE,
    "\ud83d" + VALUE,
    "\x00\u200b" + VALUE,
    VALUE * 2000,
    0,
    -1,
    400,
    2**70,
    10**5000,
    1.5,
    float("nan"),
    NotFinite("inf"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("-Infinity"),
    Decimal("1E+999999"),
    Decimal(10**5000),
    True,
    [],
    {},
    [[VALUE]],
    {"id": {"id": VALUE}},
    {"en": "", "\ud83d": VALUE},
    [None, 1, VALUE, [], {}],
    nested(5000),
    "2026-02-30T25:61:00Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-01-01T00:00:00\ud83d",
    {**MONEY, "centAmount": 10.5},
    {**MONEY, "centAmount": VALUE},
    {**MONEY, "centAmount": 10**5000},
    {"currencyCode": "EUR", "fractionDigits": 2},
    {"currencyCode": "EUR", "centAmount": 5},
    {**MONEY, "fractionDigits": -1},
    {**MONEY, "fractionDigits": 400},
    {**MONEY, "type": "highPrecision", "preciseAmount": 10**5000, "fractionDigits": 20},
    {**MONEY, "currencyCode": ["EUR"]},
]


def broken(*_: object) -> NoReturn:
    raise KeyError(VALUE)


def places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of each value in a record, the values that hold others too."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, member in steps for found in places(member, (*path, step)))]


def put(value: Json, path: tuple[str | int, ...], hostile: Json) -> Json:
    """Return a copy of a record with another value at a place."""
    if not path:
        return hostile
    step, *rest = path
    if isinstance(value, dict):
        return {**value, step: put(value[step], tuple(rest), hostile)}
    return [put(item, tuple(rest), hostile) if index == step else item for index, item in enumerate(value)]


PLACES = {stream: places(record)[1:] for stream, record in RECORD_OF.items()}


def check(stream: str, record: Json) -> list[str]:
    """Map a record in all ways; each result adds up, and no reason shows a value. Return the reasons."""
    reasons = []
    for mapper in MAPPERS:
        outcomes = mapper.map_record(stream, record)
        assert outcomes
        for outcome in outcomes:
            assert outcome.outcome in {"mapped", "skipped", "rejected"}
            assert (outcome.reason is None) == (outcome.outcome == "mapped")
            assert outcome.record is not None or outcome.outcome != "mapped"
            assert outcome.record is None or outcome.outcome != "skipped"
            if outcome.reason is not None:
                assert VALUE not in outcome.reason
                assert len(outcome.reason.encode()) < 2000
                reasons.append(outcome.reason)
    return reasons


@pytest.mark.parametrize("stream", RECORD_OF)
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_hostile_value_anywhere_is_an_outcome_of_that_record(stream: str, data: st.DataObject) -> None:
    record = RECORD_OF[stream]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES[stream]))
        try:
            record = put(record, path, data.draw(st.sampled_from(HOSTILE)))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # the place went with an earlier one
    check(stream, record)


@pytest.mark.parametrize("stream", RECORD_OF)
def test_each_hostile_value_at_the_top_level_is_an_outcome(stream: str) -> None:
    record = RECORD_OF[stream]
    for path in PLACES[stream]:
        if len(path) == 1:
            for hostile in HOSTILE:
                check(stream, put(record, path, hostile))


NAMES = st.sampled_from(["id", "email", "custom", "fields", "value", "totalPrice"])
ANY = st.recursive(
    # Not HOSTILE itself: what is drawn is written out, and Python writes no integer of 5 000 digits.
    st.none() | st.booleans() | st.floats() | st.text(st.characters()) | st.integers(-(10**3000), 10**3000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("stream", RECORD_OF)
@given(ANY)
@settings(max_examples=40, deadline=None)
def test_a_record_that_is_nothing_of_the_kind_is_an_outcome(stream: str, record: Json) -> None:
    check(stream, record)


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize("stream", ["customers", "orders", "products", "others"])
@pytest.mark.parametrize("hostile", [nested(5000), "\ud83d", float("nan"), 10**5000, ["x"], {"id": []}], ids=range(6))
def test_the_preview_of_a_hostile_record_is_shown(destination: str, stream: str, hostile: Json) -> None:
    record = {**RECORD_OF.get(stream, {}), "custom": {"fields": {"loyaltyTier": hostile}}, "masterData": hostile}
    assert Previewer({}, destination, at=NOW).preview(stream, record).outcomes


def test_integers_and_numbers_of_any_length_travel_or_are_rejected_by_their_field() -> None:
    rules = FieldRules("custom.fields", "s", {"n": FieldRule("n", "number"), "s": FieldRule("s", "string")})
    long = 10**5000
    read = read_fields({"n": long, "s": long, "other": long}, rules, str, ("en",))
    assert (read["n"], read["s"], read["other"]) == (Decimal(long), "1" + "0" * 5000, Decimal(long))
    for name in ("n", "other"):
        for hostile in (float("nan"), Decimal("Infinity")):
            with pytest.raises(Exception, match=rf"custom\.fields\.{name}: cannot be read"):
                read_fields({name: hostile}, rules, str, ("en",))


@pytest.mark.parametrize("text", ["2026-01-01\ud83d", "\ud83d"])
def test_half_of_a_pair_is_no_time(text: str) -> None:
    assert (read_instant(text), read_date(text)) == (None, None)


def test_an_exception_in_one_part_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {**CONFIG, "custom_fields": {}}
    mapper = create_record_mapper(config, "iterable", at=NOW)
    monkeypatch.setattr("mapper_commercetools.iterable.purchases.read_custom_fields", broken)
    purchase, *events = mapper.map_record("orders", ORDER)
    assert (purchase.outcome, purchase.reason) == ("rejected", "unexpected KeyError while it was mapped")
    assert {event.outcome for event in events} == {"mapped"}


def test_an_exception_while_noes_are_read_is_told_beside_the_reason() -> None:
    part = MappingPart("users", lambda record: record[VALUE], lambda record: record[VALUE])
    (outcome,) = part.outcomes({})
    assert outcome.reason == (
        f"{UNEXPECTED}KeyError while it was mapped; {UNEXPECTED}KeyError while its consents were read"
    )


def test_a_reference_that_cannot_be_kept_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    mapper = create_record_mapper({"custom_fields": {"orders": {"enum_labels": True}}}, "iterable", at=NOW)
    monkeypatch.setattr("mapper_commercetools.references.read_enum_fields", broken)
    (outcome,) = mapper.map_record("types", RECORD_OF["types"])
    assert (outcome.outcome, outcome.reason) == ("rejected", "unexpected KeyError while it was mapped")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "x\\ud83d"}', {"a": "x\ufffd"}),
        ('{"a": "\\ude00\\ud83d\\ude00\\\\ud83d"}', {"a": "\ufffd\U0001f600\\ud83d"}),
        ('{"\\uD83Dkey": [1.50]}', {"\ufffdkey": [Decimal("1.50")]}),
        ('{"a": ' + "1" * 5000 + "}", {"a": Decimal("1" * 5000)}),
        ('{"a": 1.50, "b": -Infinity}', {"a": Decimal("1.50"), "b": float("-inf")}),
    ],
)
def test_what_is_no_json_is_read_as_what_it_means(text: str, value: Json) -> None:
    assert decode_json(text) == value


ESCAPES = ["\\\\", "\\u0041", "d83d", "de00", "\\ud83d", "\\ude00", "\\uD8", "x", "\\n", '\\"']


@given(st.lists(st.sampled_from(ESCAPES), max_size=12).map("".join))
def test_only_halves_of_pairs_are_mended(text: str) -> None:
    try:
        wanted = json.loads(f'"{text}"')
    except ValueError:
        return  # no JSON at all
    assert decode_json(f'"{text}"') == wanted.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


(_, MOBILE) = compile_consents(
    {"sms": {"field": "x", "yes_values": [True], "mobile": "m", "dotdigital": {"channel": "sms"}}}, "", frozenset()
)
LONG: list[Callable[[str], object]] = [
    lambda text: iterable_names.clean_name(text, frozenset()),
    lambda text: dotdigital_names.clean_name(text, frozenset()),
    dotdigital_names.property_name,
    dotdigital_names.record_key,
    lambda text: event_id("order", text, "placed"),
    lambda text: read_mobile_number({"m": text}, MOBILE),
    lambda text: read_fields({"a": text}, FieldRules("f", "s"), str, ("en",)),
    lambda text: read_fields({"a": text}, FieldRules("f", "s", {"a": FieldRule("a", "list")}), str, ("en",)),
    lambda text: decode_json(f'{{"a": "{text}", "b": NaN}}'),
]


@pytest.mark.parametrize("read", LONG)
@pytest.mark.parametrize("unit", ["a", "aB", "A ", "1", "+1 ", " ", "_-", "2026-01-01", "\\\\u", "\\\\ud83d", "."])
def test_the_time_that_a_text_takes_grows_with_its_length_and_no_faster(
    read: Callable[[str], object], unit: str
) -> None:
    # Quadratic, this length would take minutes.
    text = unit * (500_000 // len(unit))
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 2
