from __future__ import annotations

from typing import Any

import pytest
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.outcomes import MappedRecord

COMMERCETOOLS = {"properties": {"id": {"type": "string"}, "lastModifiedAt": {"type": "string"}}}


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"key": {}, "contactIdentity": {}, "json": {}}},
        {"properties": {"id": {}, "createdAt": {}, "total": {}}},
        {"properties": {"lastModifiedAt": {}}},
        {},
    ],
)
def test_streams_of_others_pass_through_even_by_the_same_name(destination: str, schema: dict[str, Any]) -> None:
    assert create_record_mapper({}, destination).map_schema("orders", schema, ["id"]) is None


@pytest.mark.parametrize(
    ("destination", "stream", "yields"),
    [
        ("iterable", "customers", [("users", ("userId",))]),
        ("iterable", "orders", [("purchases", ("id",))]),
        ("iterable", "products", [("catalog_items", ("catalogName", "itemId"))]),
        ("dotdigital", "customers", [("contacts", ())]),
        ("dotdigital", "orders", [("contacts", ()), ("orders", ("key",))]),
        ("dotdigital", "products", [("catalog", ("collectionName", "key"))]),
    ],
)
def test_each_stream_announces_what_it_yields(
    destination: str, stream: str, yields: list[tuple[str, tuple[str, ...]]]
) -> None:
    mapped = create_record_mapper({}, destination).map_schema(stream, COMMERCETOOLS, ["id"])
    assert [(one.stream, one.key_properties) for one in mapped or ()] == yields
    for one in mapped or ():
        assert "lastModifiedAt" not in one.schema["properties"]
        assert set(one.key_properties) <= set(one.schema["required"])


def test_users_of_an_email_based_project_are_keyed_by_email() -> None:
    mapper = create_record_mapper({"identity": {"project_type": "email"}}, "iterable")
    (users,) = mapper.map_schema("customers", COMMERCETOOLS, ["id"]) or ()
    assert users.key_properties == ("email",)


def test_a_commercetools_stream_without_a_mapping_yields_nothing_and_says_so() -> None:
    mapper = create_record_mapper({}, "iterable")
    assert mapper.map_schema("states", COMMERCETOOLS, ["id"]) == []
    assert mapper.map_record("states", {"id": "1"}) == [
        MappedRecord("states", "skipped", None, "no mapping for stream states")
    ]


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize(
    ("stream", "record", "reason"),
    [
        ("customers", {}, "id: missing"),
        ("orders", {"id": "1"}, "totalPrice: missing"),
        ("orders", {"id": "1", "totalPrice": {"centAmount": 1}}, "totalPrice: money without a currencyCode"),
        (
            "orders",
            {
                "id": "1",
                "totalPrice": {"currencyCode": "EUR", "centAmount": 1, "fractionDigits": 2},
                "createdAt": "yesterday",
            },
            "createdAt: not a timestamp",
        ),
        ("products", {"masterData": {}}, "id: missing"),
    ],
)
def test_a_malformed_record_is_rejected_by_its_field(
    destination: str, stream: str, record: dict[str, Any], reason: str
) -> None:
    (outcome,) = create_record_mapper({}, destination).map_record(stream, record)
    assert (outcome.outcome, outcome.record, outcome.reason) == ("rejected", None, reason)
