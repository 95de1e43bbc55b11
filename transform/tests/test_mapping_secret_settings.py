"""No error about a setting repeats its value: it may be a password that stands in the wrong place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.mapper import MapperCommercetools
from mapper_commercetools.settings_check import check_settings
from mapper_commercetools.settings_schema import SETTINGS_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = Any
SECRET = "7h3-s3cret"
NUMBER = 48151623
# One value for each setting that could be mistaken for another, all of them right.
COMPLETE: dict[str, Json] = {
    "locales": ["de"],
    "currency": "EUR",
    "country": "DE",
    "product_url": "https://shop.example/{slug}",
    "markets": [
        {"key": "de", "stores": ["a"], "countries": ["DE"], "default": True, "product_url": "https://a.example/{id}"},
        {"key": "us", "stores": ["b"], "locales": ["en"]},
    ],
    "store": {"keys": ["a"], "without": "skip"},
    "identity": {"project_type": "hybrid"},
    "consent": {
        "email": {"yes_values": ["Y"], "no_values": ["N"], "iterable": {"channels": ["c"], "field": "optIn"}},
        "sms": {
            "field": "custom.fields.sms",
            "yes_values": [True],
            "mobile": "custom.fields.mobile",
            "resubscribe": "always",
            "dotdigital": {"channel": "sms", "preferences": ["p"], "lists": [1], "data_field": "SMS"},
        },
    },
    "lists": [{"list": "VIP", "when": {"market": ["de"], "field": "custom.fields.tier", "values": ["gold"]}}],
    "custom_fields": {"customers": {"fields": {"tier": {"name": "level", "type": "string"}, "b": {"name": "other"}}}},
    "order_status": {"Open": "Pending"},
    "order_key": "id",
    "absent_fields": "keep",
    "catalog": {"name": "shop", "item": "product", "attributes": {"color": {"name": "colour"}}},
    "order_summaries": {"currency": "EUR", "dotdigital_fields": {"order_count": "ORDERS"}},
    "carts": {"send": "abandonment", "program": "Carts", "url": "https://shop.example/{id}"},
    "events": {"names": {"orderPlaced": "placed"}, "since": "2026-01-01T00:00:00Z", "import_as": "imported"},
    "deletions": {"customers": "delete", "dotdigital_identifier": "ct-id"},
    "dotdigital_fields": {"first_name": "FIRST"},
}
WRONG: list[Json] = [
    SECRET,
    NUMBER,
    [SECRET],
    [SECRET, SECRET],
    {"x": SECRET},
    {"password": SECRET},
    "{" + SECRET + "}",
    "{" + SECRET,
    f"https://user:{SECRET}@shop.example/" + "{",
    SECRET * 40,
]


def leaves(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each value, the values that hold others too."""
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in steps:
        yield from leaves(member, (*path, step))


def with_value(config: Json, path: tuple[str | int, ...], value: Json) -> Json:
    changed = json.loads(json.dumps(config))
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def told(config: Json, destination: str) -> str:
    try:
        create_record_mapper(config, destination)
    except ValueError as error:
        return str(error)
    return ""


def test_the_settings_that_are_mistaken_one_by_one_are_right_together() -> None:
    assert [told(COMPLETE, destination) for destination in ("iterable", "dotdigital")] == ["", ""]


@pytest.mark.parametrize("path", list(leaves(COMPLETE)), ids=lambda path: ".".join(map(str, path)))
def test_an_error_about_a_setting_shows_its_path_and_never_its_value(path: tuple[str | int, ...]) -> None:
    for wrong in WRONG:
        for destination in ("iterable", "dotdigital"):
            text = told(with_value(COMPLETE, path, wrong), destination)
            assert SECRET not in text
            assert str(NUMBER) not in text


TWICE: list[tuple[dict[str, Json], str]] = [
    ({"consent": {"a": {"field": "x", "yes_values": [SECRET], "no_values": [SECRET]}}}, "consent.a.yes_values.0: "),
    ({"markets": [{"key": SECRET}, {"key": SECRET, "default": True}]}, "markets.1.key: "),
    (
        {"markets": [{"key": "a", "stores": [SECRET]}, {"key": "b", "stores": ["c", SECRET], "default": True}]},
        "markets.1.stores.1: ",
    ),
    ({"lists": [{"list": SECRET}, {"list": SECRET}]}, "lists.1.list: "),
    ({"lists": [{"list": SECRET}], "consent": {"email": {"iterable": {"lists": [SECRET]}}}}, "lists.0.list: "),
    (
        {
            "consent": {
                name: {"field": "x", "yes_values": [1], "iterable": {"channels": ["c" + name, SECRET]}} for name in "ab"
            }
        },
        "consent.b.iterable.channels.1: consent.a drives the same already",
    ),
    (
        {"custom_fields": {"orders": {"fields": {name: {"name": SECRET} for name in "ab"}}}},
        "custom_fields.orders.fields.b.name: a has this name already",
    ),
    ({"events": {"names": {"orderPlaced": SECRET, "orderShipped": SECRET}}}, "events.names.orderShipped: "),
]


@pytest.mark.parametrize(("config", "text"), TWICE)
def test_what_is_given_twice_is_told_by_its_places(config: dict[str, Json], text: str) -> None:
    message = told(config, "iterable")
    assert message.startswith(f"mapper.config.{text}")
    assert SECRET not in message


def test_an_unknown_destination_is_not_repeated() -> None:
    assert told({}, SECRET) == "destination: not known; choose one of dotdigital, iterable"


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"destination": [SECRET]}, "destination: must be of type string"),
        ({"destination": SECRET}, "destination: not known"),
        ({"destination": "iterable", "currency": NUMBER}, "currency: must be of type string, null"),
        ({"destination": "iterable", "stream_maps": SECRET}, "stream_maps: not what the SDK takes there"),
        ({"destination": "iterable", "stream_maps": {"__else__": SECRET}}, "stream_maps: not what the SDK takes there"),
        ({"destination": "iterable", "stream_maps": {"__alias__": {"a": SECRET}, "__x": SECRET}}, "stream_maps: "),
        (
            {"destination": "iterable", "flattening_max_depth": SECRET},
            "flattening_max_depth: not what the SDK takes there",
        ),
    ],
)
def test_the_command_repeats_no_value_either(tmp_path: Path, config: dict[str, Json], text: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "input.jsonl").write_text("", encoding="utf-8")
    arguments = ["--config", str(tmp_path / "config.json"), "--input", str(tmp_path / "input.jsonl")]
    with pytest.raises(click.ClickException) as caught:
        MapperCommercetools.get_singer_command().main(arguments, standalone_mode=False)
    assert text in caught.value.message
    assert SECRET not in caught.value.message
    assert str(NUMBER) not in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.just(NUMBER) | st.text(max_size=5).map(lambda end: SECRET + end),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(SETTINGS_SCHEMA["properties"])), JSON, max_size=3))
def test_whatever_stands_in_the_settings_an_error_shows_no_value(config: dict[str, Json]) -> None:
    text = ""
    try:
        check_settings(config, SETTINGS_SCHEMA, "")
    except ValueError as error:
        text = str(error)
    assert SECRET not in text
    assert str(NUMBER) not in text
    assert "breaks the rule" not in text
