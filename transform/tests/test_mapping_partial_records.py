"""Whatever a record of the platform lacks or has new: an outcome, never an exception, and never more consent."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapper_commercetools.engine import CommercetoolsRecordMapper, create_record_mapper

Json = Any
RECORDS = Path(__file__).parent / "records"
STREAMS = {"customers": "customer", "orders": "order", "products": "product"}
SOURCE = {
    stream: json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8")) for stream, name in STREAMS.items()
}
SOURCE_SCHEMA: dict[str, Any] = {"properties": {"id": {}, "lastModifiedAt": {}}}
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
CONFIGS: list[dict[str, Any]] = [
    {},
    {
        "locales": ["de", "fr"],
        "currency": "EUR",
        "country": "DE",
        "product_url": "https://shop.example/{locale}/{slug}/{id}/{sku}/{key}",
        "absent_fields": "clear",
        "identity": {"project_type": "userid"},
        "order_key": "id",
        "catalog": {"item": "variant", "incomplete": "skip", "attributes": {"color": {"type": "string"}, "tags": {}}},
        "custom_fields": {"customers": {"unlisted": "ignore", "fields": {"loyaltyTier": {"type": "string"}}}},
    },
    {"identity": {"project_type": "email"}, "store": {"keys": ["de-web"], "without": "skip"}},
]
JUNK: list[Any] = [None, "", " ", "SomethingNew", 0, -1, 2**70, 1.5, True, [], {}, [None, 1, "x", [], {}], {"en": None}]


def mutated(value: Json, dice: random.Random, share: float) -> Json:
    """Return a copy in which members are missing, null or something else."""
    if dice.random() < share / 4:
        return copy.deepcopy(dice.choice(JUNK))
    if isinstance(value, dict):
        return {name: mutated(member, dice, share) for name, member in value.items() if dice.random() >= share}
    if isinstance(value, list):
        return [mutated(item, dice, share) for item in value] * (2 if dice.random() < share else 1)
    return value


def mappers() -> list[tuple[str, CommercetoolsRecordMapper, dict[str, jsonschema_rs.Validator]]]:
    found = []
    for destination in ("iterable", "dotdigital"):
        for config in CONFIGS:
            mapper = create_record_mapper(config, destination, at=NOW)
            validators = {
                mapped.stream: jsonschema_rs.validator_for(mapped.schema, validate_formats=True)
                for stream in STREAMS
                for mapped in mapper.map_schema(stream, SOURCE_SCHEMA, ["id"]) or ()
            }
            found.append((destination, mapper, validators))
    return found


MAPPERS = mappers()


def as_read_back(record: dict[str, Any]) -> Json:
    return msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(record))


@pytest.mark.parametrize("stream", STREAMS)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.6]))
@settings(max_examples=150, deadline=None)
def test_a_partial_record_is_mapped_skipped_or_rejected_and_what_is_mapped_fits_its_schema(
    stream: str, seed: int, share: float
) -> None:
    record = mutated(SOURCE[stream], random.Random(seed), share)  # noqa: S311  no secret is made here
    record = record if isinstance(record, dict) else {}
    before = copy.deepcopy(record)
    for _, mapper, validators in MAPPERS:
        outcomes = mapper.map_record(stream, record)
        assert outcomes
        assert record == before, "the source record was changed"
        for outcome in outcomes:
            assert outcome.outcome in {"mapped", "skipped", "rejected"}
            assert (outcome.record is None) == (outcome.outcome != "mapped") == (outcome.reason is not None)
            if outcome.record is not None:
                errors = [
                    error.message for error in validators[outcome.stream].iter_errors(as_read_back(outcome.record))
                ]
                assert errors == []


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.3]), st.data())
@settings(max_examples=200, deadline=None)
def test_consent_is_never_wider_than_the_source_says(seed: int, share: float, data: st.DataObject) -> None:
    answers: st.SearchStrategy[Json] = st.sampled_from(
        ["YES", "NO", "yes", "Yes", " YES", 1, 0, 1.0, "1", "true", None, [], ["YES"], {}, True, False]
    )
    customer = mutated(SOURCE["customers"], random.Random(seed), share)  # noqa: S311  no secret is made here
    customer = customer if isinstance(customer, dict) else {}
    answer = data.draw(answers)
    customer["custom"] = {"fields": {**_fields(customer), "NEWSLETTER_SUBSCRIBE": answer}}
    said_yes = answer == "YES" or answer is True
    said_no = answer == "NO" or answer is False
    for destination, mapper, _ in MAPPERS:
        for outcome in mapper.map_record("customers", customer):
            if outcome.record is None:
                continue
            if destination == "iterable":
                opted_in = outcome.record["dataFields"].get("newsletterOptIn")
                assert opted_in is (True if said_yes else False if said_no else None)
            else:
                status = outcome.record.get("channelProperties", {}).get("email", {}).get("status")
                assert status == ("subscribed" if said_yes else "unsubscribed" if said_no else None)
                assert said_yes or not {"consentRecords", "consentedAt"} & set(outcome.record)


def _fields(customer: dict[str, Any]) -> dict[str, Any]:
    custom = customer.get("custom")
    fields = custom.get("fields") if isinstance(custom, dict) else None
    return fields if isinstance(fields, dict) else {}


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@given(st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_an_order_never_says_anything_about_consent(destination: str, seed: int) -> None:
    order = mutated(SOURCE["orders"], random.Random(seed), 0.1)  # noqa: S311  no secret is made here
    mapper = create_record_mapper({}, destination, at=NOW)
    for outcome in mapper.map_record("orders", order if isinstance(order, dict) else {}):
        text = json.dumps(outcome.record, default=str)
        assert not any(word in text for word in ("channelProperties", "subscribed", "consent", "OptIn"))


@pytest.mark.parametrize("stream", STREAMS)
@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_reason_never_shows_a_value_of_the_record(stream: str, seed: int) -> None:
    marker = "secret-7f3a"
    dice = random.Random(seed)  # noqa: S311  no secret is made here
    record = _marked(mutated(SOURCE[stream], dice, 0.1), dice, marker)
    for _, mapper, _ in MAPPERS:
        for outcome in mapper.map_record(stream, record if isinstance(record, dict) else {}):
            assert marker not in (outcome.reason or "")


def _marked(value: Json, dice: random.Random, marker: str) -> Json:
    if isinstance(value, dict):
        return {name: _marked(member, dice, marker) for name, member in value.items()}
    if isinstance(value, list):
        return [_marked(item, dice, marker) for item in value]
    return marker if dice.random() < 0.3 else value


def test_all_outcomes_are_reached_by_partial_records() -> None:
    seen: Counter[str] = Counter()
    for seed in range(300):
        for stream, source in SOURCE.items():
            record = mutated(source, random.Random(seed), 0.1)  # noqa: S311  no secret is made here
            for _, mapper, _ in MAPPERS:
                seen.update(
                    outcome.outcome for outcome in mapper.map_record(stream, record if isinstance(record, dict) else {})
                )
    assert min(seen["mapped"], seen["skipped"], seen["rejected"]) > 100


def test_the_same_record_maps_to_the_same_bytes_in_every_run() -> None:
    encoder = msgspec.json.Encoder(decimal_format="number")
    for _, mapper, _ in MAPPERS:
        for stream, source in SOURCE.items():
            once, twice = mapper.map_record(stream, source), mapper.map_record(stream, copy.deepcopy(source))
            assert encoder.encode(once) == encoder.encode(twice)
