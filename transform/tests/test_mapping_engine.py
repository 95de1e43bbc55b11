from __future__ import annotations

from typing import Any

import pytest
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.outcomes import MappedRecord

COMMERCETOOLS = {"properties": {"id": {"type": "string"}, "lastModifiedAt": {"type": "string"}}}
DELETIONS = {"properties": {"id": {"type": "string"}, "deletedAt": {"type": "string"}, "change": {"type": "string"}}}


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


SWITCHED_ON: dict[str, Any] = {"events": {}, "carts": {}, "deletions": {}, "order_summaries": {}}


@pytest.mark.parametrize(
    ("destination", "stream", "yields"),
    [
        ("iterable", "orders", ["purchases", "events"]),
        ("iterable", "messages", ["events"]),
        ("iterable", "payments", ["events"]),
        ("iterable", "carts", ["carts"]),
        ("iterable", "deletions", ["deleted_users", "catalog_items"]),
        ("iterable", "customer_order_summaries", ["users"]),
        ("dotdigital", "orders", ["contacts", "orders"]),
        ("dotdigital", "messages", []),
        ("dotdigital", "payments", []),
        ("dotdigital", "carts", ["contacts", "cart_insight"]),
        ("dotdigital", "deletions", ["contacts", "deleted_contacts", "catalog"]),
        ("dotdigital", "customer_order_summaries", ["contacts"]),
    ],
)
def test_what_a_setting_switches_on_is_announced(destination: str, stream: str, yields: list[str]) -> None:
    mapper = create_record_mapper(SWITCHED_ON, destination)
    schema = DELETIONS if stream == "deletions" else COMMERCETOOLS
    assert [one.stream for one in mapper.map_schema(stream, schema, ["id"]) or ()] == yields
    silent = list(create_record_mapper({}, destination).map_schema(stream, schema, ["id"]) or ())
    if stream != "orders":
        assert silent == []
    else:
        assert "events" not in [one.stream for one in silent]


def test_an_order_that_nobody_can_be_found_for_is_left_out_of_each_stream_by_its_own_rule(
    order: dict[str, Any],
) -> None:
    nobody = {name: value for name, value in order.items() if name not in {"customerId", "customerEmail"}}
    outcomes = create_record_mapper(SWITCHED_ON, "iterable").map_record("orders", nobody)
    assert [(one.stream, one.outcome) for one in outcomes] == [("purchases", "skipped"), ("events", "skipped")]


def test_events_that_no_setting_wants_leave_the_purchase_alone(order: dict[str, Any]) -> None:
    late = create_record_mapper({"events": {"since": "2030-01-01T00:00:00Z"}}, "iterable")
    outcomes = late.map_record("orders", order)
    assert [(one.stream, one.outcome) for one in outcomes] == [("purchases", "mapped"), ("events", "skipped")]


def test_carts_become_events_where_abandonment_is_told() -> None:
    mapper = create_record_mapper({"carts": {"send": "abandonment"}}, "iterable")
    assert [one.stream for one in mapper.map_schema("carts", COMMERCETOOLS, ["id"]) or ()] == ["events"]
    named = create_record_mapper({"carts": {}, "events": {"names": {"cartUpdated": "cartUpdated"}}}, "iterable")
    assert [one.stream for one in named.map_schema("carts", COMMERCETOOLS, ["id"]) or ()] == ["carts", "events"]


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"events": {"since": "yesterday"}}, r"mapper\.config\.events\.since"),
        ({"events": {"names": {"orderLost": "x"}}}, r"mapper\.config\.events\.names\.orderLost"),
        ({"carts": {"url": "https://shop.example/{cart}"}}, r"mapper\.config\.carts\.url"),
        ({"deletions": {"dotdigital_identifier": "email"}}, r"mapper\.config\.deletions\.dotdigital_identifier"),
        ({"deletions": {"customers": "shred"}}, r"mapper\.config\.deletions\.customers"),
    ],
)
def test_what_is_wrong_in_a_section_is_refused_by_its_path(config: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError, match=path):
        create_record_mapper(config, "iterable")


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
