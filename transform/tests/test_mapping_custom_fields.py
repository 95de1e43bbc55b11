from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.custom_fields import FieldRule, FieldRules, read_fields
from mapper_commercetools.dotdigital import field_names as dotdigital_names
from mapper_commercetools.dotdigital.field_values import own_field as dotdigital_value
from mapper_commercetools.iterable import field_names as iterable_names
from mapper_commercetools.iterable.field_values import own_field as iterable_value
from mapper_commercetools.outcomes import RejectRecordError

TAKEN = frozenset({"firstName", "locale"})
MONEY = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 500, "fractionDigits": 2}


def read(source: dict[str, Any], *, unlisted: bool = True, **listed: FieldRule | None) -> dict[str, Any]:
    rules = FieldRules("custom.fields", "custom_fields.customers", listed, unlisted)
    return dict(read_fields(source, rules, lambda name: iterable_names.clean_name(name, TAKEN), ("de", "en")))


def test_scalars_travel_without_a_rule_and_structures_do_not() -> None:
    source = {"tier": "gold", "points": 12, "vip": True, "blank": " ", "tags": ["a"], "money": MONEY, "none": None}
    assert read(source) == {"tier": "gold", "points": Decimal(12), "vip": True}


def test_dates_are_known_by_the_platforms_own_forms_only() -> None:
    assert read({"a": "2025-03-04T09:16:00.000Z", "b": "2025-03-04", "c": "20250304", "d": "09:16:00.000"}) == {
        "a": datetime(2025, 3, 4, 9, 16, tzinfo=timezone.utc),
        "b": datetime(2025, 3, 4, tzinfo=timezone.utc),
        "c": "20250304",
        "d": "09:16:00.000",
    }


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        ("12.5", "number", Decimal("12.5")),
        (MONEY, "number", Decimal("5.00")),
        (MONEY, "string", "5.00 EUR"),
        (["b", "a"], "list", ("a", "b")),
        (["b", "a"], "string", "a, b"),
        ({"key": "grn", "label": {"de": "Grün", "en": "Green"}}, "string", "Grün"),
        ({"key": "grn", "label": "Green"}, "string", "Green"),
        ({"en": "Green"}, "string", "Green"),
        ({"typeId": "product", "id": "p-1"}, "string", "p-1"),
        (True, "string", "true"),
        (12, "string", "12"),
        ("YES", "boolean", True),
        ("off", "boolean", False),
        (False, "boolean", False),
        ("2025-03-04", "date", datetime(2025, 3, 4, tzinfo=timezone.utc)),
    ],
)
def test_a_rules_type_is_obeyed(value: object, type_name: str, expected: object) -> None:
    assert read({"field": value}, field=FieldRule(type=type_name)) == {"field": expected}


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("lots", "number"),
        ("perhaps", "boolean"),
        ("soon", "date"),
        ([["a"]], "list"),
        ({"a": 1}, "string"),
        ("NaN", "number"),
    ],
)
def test_a_value_that_cannot_have_the_rules_type_is_rejected_without_showing_it(value: object, type_name: str) -> None:
    with pytest.raises(RejectRecordError, match=rf"^custom.fields.field: cannot be read as {type_name}") as caught:
        read({"field": value}, field=FieldRule(type=type_name))
    assert str(value) not in str(caught.value).replace("custom.fields.field", "")


@pytest.mark.parametrize("value", [None, "", " ", [], {}])
def test_an_empty_value_is_absent_whatever_the_rule(value: object) -> None:
    assert read({"field": value}, field=FieldRule(type="number")) == {}


def test_a_rule_without_a_type_takes_structures_by_their_shape() -> None:
    source = {"tags": ["b", "a"], "money": MONEY, "color": {"key": "grn", "label": {"de": "Grün"}}, "points": 3}
    rules = {name: FieldRule() for name in source}
    assert read(source, unlisted=False, **rules) == {
        "tags": ("a", "b"),
        "money": Decimal("5.00"),
        "color": "Grün",
        "points": Decimal(3),
    }


def test_rules_rename_and_leave_out_and_unlisted_can_be_ignored() -> None:
    source = {"tier": "gold", "secret": "x", "other": 1}
    assert read(source, tier=FieldRule("level"), secret=None) == {"level": "gold", "other": Decimal(1)}
    assert read(source, unlisted=False, tier=FieldRule()) == {"tier": "gold"}


def test_two_fields_of_one_name_are_rejected_with_both_names() -> None:
    with pytest.raises(RejectRecordError, match="loyalty-tier and loyaltyTier would both become loyaltyTier"):
        read({"loyaltyTier": "gold", "loyalty-tier": "silver"})


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("loyaltyTier", "loyaltyTier"),
        ("NEWSLETTER_SUBSCRIBE", "newsletterSubscribe"),
        ("loyalty-tier", "loyaltyTier"),
        ("a.b c", "aBC"),
        ("firstName", "customFirstName"),
        ("devices", "customDevices"),
        ("email", "customEmail"),
        ("__", "field"),
    ],
)
def test_iterable_names_are_camel_case_and_avoid_reserved_ones(source: str, name: str) -> None:
    assert iterable_names.clean_name(source, TAKEN) == name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("loyaltyTier", "LOYALTY_TIER"),
        ("NEWSLETTER_SUBSCRIBE", "NEWSLETTER_SUBSCRIBE"),
        ("email", "CT_EMAIL"),
        ("first name", "CT_FIRST_NAME"),
        ("preferredContactTime", "PREFERRED_CONTA_A983"),
    ],
)
def test_dotdigital_names_are_capitals_of_at_most_twenty_characters(source: str, name: str) -> None:
    assert dotdigital_names.clean_name(source, frozenset({"FIRST_NAME"})) == name


@given(st.text(min_size=1, max_size=60))
def test_every_name_is_one_that_the_destination_accepts(source: str) -> None:
    assert iterable_names.fault_of_name(iterable_names.clean_name(source, TAKEN), TAKEN) is None
    taken = frozenset({"LOCALE"})
    assert dotdigital_names.fault_of_name(dotdigital_names.clean_name(source, taken), taken) is None
    assert re.fullmatch(r"[A-Za-z0-9_-]+", dotdigital_names.property_name(source))


@given(st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=400))
def test_record_keys_are_safe_and_keep_different_orders_apart(one: str, other: str) -> None:
    key = dotdigital_names.record_key(one)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", key)
    assert (key == dotdigital_names.record_key(other)) == (one == other)


def test_values_are_written_as_each_destination_keeps_types_apart() -> None:
    instant = datetime(2025, 3, 4, 9, 16, tzinfo=timezone.utc)
    assert iterable_value(instant) == "2025-03-04 09:16:00 +00:00"
    assert dotdigital_value(instant) == "2025-03-04T09:16:00.000Z"
    assert str(iterable_value(Decimal(120))) == "120.0"
    assert str(iterable_value(Decimal("12.5"))) == "12.5"
    assert iterable_value(("a", "b")) == ["a", "b"]
    assert dotdigital_value(("a", "b")) == "a, b"
    assert dotdigital_value("x" * 1001) == "x" * 1000
    flag = True
    assert iterable_value(flag) is True
