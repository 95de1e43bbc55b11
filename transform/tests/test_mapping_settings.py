from __future__ import annotations

from datetime import datetime, timezone
from importlib.metadata import entry_points
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.settings import compile_settings
from mapper_commercetools.settings_schema import SETTINGS_PROPERTIES, SETTINGS_SCHEMA

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"curency": "EUR"}, r"^mapper\.config\.curency: unknown setting; known here are locales, currency"),
        ({"catalog": {"nmae": "x"}}, r"^mapper\.config\.catalog\.nmae: unknown setting; known here are name, item"),
        ({"currency": "euro"}, r"^mapper\.config\.currency: must have the form"),
        ({"locales": []}, r"^mapper\.config\.locales: "),
        ({"locales": ["german"]}, r"^mapper\.config\.locales\.0: must have the form"),
        (
            {"product_url": "https://shop.example/{sluq}"},
            r"^mapper\.config\.product_url: has a variable that is not known, .*; known",
        ),
        (
            {"product_url": "https://shop.example/{slug:>3}"},
            r"^mapper\.config\.product_url: has a variable that is not known, or more than its name",
        ),
        ({"product_url": "https://shop.example/{slug"}, r"^mapper\.config\.product_url: braces do not match"),
        (
            {"identity": {"project_type": "phone"}},
            r"^mapper\.config\.identity\.project_type: must be one of hybrid, userid, email$",
        ),
        (
            {"consent": {"email": {"yes_values": ["YES"], "no_values": ["YES"]}}},
            r"^mapper\.config\.consent\.email\.yes_values\.0: is in no_values too",
        ),
        ({"consent": {"email": {"field": ""}}}, r"^mapper\.config\.consent\.email\.field: "),
        (
            {"custom_fields": {"customers": {"fields": {"tier": {"type": "enum"}}}}},
            r"^mapper\.config\.custom_fields\.customers\.fields\.tier\.type: must be one of string, number",
        ),
    ],
)
def test_a_wrong_setting_is_named_by_its_path(config: dict[str, Any], text: str) -> None:
    for destination in ("iterable", "dotdigital"):
        with pytest.raises(ValueError, match=text):
            create_record_mapper(config, destination)


@pytest.mark.parametrize(
    ("destination", "name", "text"),
    [
        ("iterable", "devices", "Iterable reserves this field name"),
        ("iterable", "a.b", "no periods"),
        ("iterable", "email", "identifies or reaches a person"),
        ("iterable", "locale", "taken by a standard field"),
        ("dotdigital", "A_NAME_THAT_IS_TOO_LONG", "1 to 20 letters"),
        ("dotdigital", "email", "refuses this data field name"),
        ("dotdigital", "FirstName", "taken by a standard field"),
    ],
)
def test_a_name_that_the_destination_refuses_is_refused_at_the_start(destination: str, name: str, text: str) -> None:
    config = {"custom_fields": {"customers": {"fields": {"tier": {"name": name}}}}}
    path = r"mapper\.config\.custom_fields\.customers\.fields\.tier\.name"
    with pytest.raises(ValueError, match=f"^{path}: .*{text}.*; choose another name$"):
        create_record_mapper(config, destination)


def test_two_rules_of_one_name_are_refused() -> None:
    fields = {"a": {"name": "LEVEL"}, "b": {"name": "LEVEL"}}
    with pytest.raises(ValueError, match="a has this name already"):
        create_record_mapper({"custom_fields": {"customers": {"fields": fields}}}, "dotdigital")


@pytest.mark.parametrize(
    ("name", "text"), [("ID", "refuses"), ("WAY_TOO_LONG_FOR_A_FIELD", "1 to 20"), ("lastname", "another standard")]
)
def test_standard_fields_can_be_renamed_only_to_names_that_work(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^dotdigital_fields\.\w+: .*{text}"):
        compile_settings({"dotdigital_fields": {"customer_id": name}})


def test_an_unknown_destination_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^destination: not known; choose one of dotdigital, iterable$"):
        create_record_mapper({}, "mailchimp")


def test_null_settings_have_their_defaults() -> None:
    nothing = dict.fromkeys(SETTINGS_PROPERTIES)
    defaults, nulls = compile_settings({}), compile_settings(nothing, at=None)
    for name in ("locales", "store", "project_type", "consent", "order_status", "catalog", "dotdigital_fields"):
        assert getattr(defaults, name) == getattr(nulls, name)


def test_the_documented_defaults_are_the_real_ones() -> None:
    documented = _defaults(SETTINGS_PROPERTIES)
    for switched_on_by_name in ("order_summaries", "carts", "events", "deletions"):
        del documented[switched_on_by_name]
    spelt, implied = compile_settings(documented, at=NOW), compile_settings({}, at=NOW)
    for name in spelt.__slots__:
        assert getattr(spelt, name) == getattr(implied, name), name


def test_every_setting_is_described_and_the_schema_is_sound() -> None:
    Draft202012Validator.check_schema(SETTINGS_SCHEMA)
    undescribed = [path for path, schema in _walk(SETTINGS_PROPERTIES) if not schema.get("description")]
    assert undescribed == []


def test_the_loaders_find_the_mapper_by_its_entry_point() -> None:
    (point,) = entry_points(group="delivery.mappers", name="commercetools")
    assert point.load() is create_record_mapper


def _walk(properties: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, schema in properties.items():
        found.append((path + name, schema))
        found.extend(_walk(schema.get("properties", {}), f"{path}{name}."))
    return found


def _defaults(properties: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for name, schema in properties.items():
        if "default" in schema:
            values[name] = schema["default"]
        elif "properties" in schema:
            values[name] = _defaults(schema["properties"])
    return values


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"currency": "EUE"}, r"^currency: not a known currency"),
        ({"country": "UK"}, r"^country: not a known country"),
        ({"locales": ["en", "xx"]}, r"^locales\.1: not a known locale"),
        ({"locales": ["en-UK"]}, r"^locales\.0: not a known locale"),
        ({"order_summaries": {"currency": "EUE"}}, r"^order_summaries\.currency: not a known currency"),
        ({"markets": [{"key": "a", "currency": "XYZ"}]}, r"^markets\.0\.currency: not a known currency"),
        (
            {"markets": [{"key": "a", "countries": ["DE", "QQ"]}]},
            r"^markets\.0\.countries\.1: not a known country",
        ),
    ],
)
def test_a_code_that_nothing_has_is_refused_by_its_path(config: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        compile_settings(config)


@pytest.mark.parametrize("locale", ["de", "de-AT", "gsw-CH", "zh-Hant-TW", "es-419", "en-us", "de-CH-1996", "sq-XK"])
def test_locales_of_every_shape_are_taken(locale: str) -> None:
    assert compile_settings({"locales": [locale]}).locales == (locale,)
