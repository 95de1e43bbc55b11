"""The loader's pure parts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from delivery.checkpoint import Segment
from delivery.entry import Entry, Source
from delivery.outcome import DELIVERED, OutcomeKind
from delivery.rejects import SchemaMessage
from hypothesis import assume, example, given
from hypothesis import strategies as st
from target_iterable.answers import Answer, refusal
from target_iterable.bulk_failures import attribute_failures
from target_iterable.catalog_items import escape_item_id
from target_iterable.catalogs import field_types
from target_iterable.identifiers import PersonFault, ProjectType, normalize_person
from target_iterable.users import _merge_nested, can_be_one

SOURCE = Source(SchemaMessage("users", {}), b"{}", Segment())


def entry(record: dict[str, Any]) -> Entry:
    return Entry(record, b"", "", SOURCE)


@given(first=st.text(max_size=30), second=st.text(max_size=30))
def test_different_keys_never_share_an_item_id(first: str, second: str) -> None:
    assert (escape_item_id(first) == escape_item_id(second)) == (first == second)
    assert re.fullmatch(r"[A-Za-z0-9-]*", escape_item_id(first))


json_objects = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 3) | inner, max_size=3),
    max_leaves=6,
)


def applied(profile: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """What Iterable does with `mergeNestedObjects`: null removes, objects are merged key by key, the rest replaces."""
    result = dict(profile)
    for name, value in update.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = applied(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result


@given(profile=json_objects, first=json_objects, second=json_objects)
def test_merging_two_updates_has_the_effect_of_both_in_order(
    profile: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    assume(can_be_one(first, second))
    one_after_the_other = applied(applied(profile, first), second)
    at_once = applied(profile, _merge_nested(first, second))
    assert without_empty(at_once) == without_empty(one_after_the_other)


@example(first={"b": None}, second={"b": {}})
@example(first={"b": 1}, second={"b": {"a": 2}})
@given(first=json_objects, second=json_objects)
def test_updates_that_cannot_be_one_are_told_apart(first: dict[str, Any], second: dict[str, Any]) -> None:
    clash = any(
        name in first and not isinstance(first[name], dict) for name, part in second.items() if isinstance(part, dict)
    )
    assert not (clash and can_be_one(first, second))


def without_empty(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Whether an object whose members were all removed is empty or absent makes no difference to a profile."""
    if not isinstance(value, dict):
        return value
    cleaned = {name: without_empty(part) for name, part in value.items()}
    return {name: part for name, part in cleaned.items() if part not in ({}, None)}


@pytest.mark.parametrize("kind", ["invalidEmails", "conflictEmails", "notFoundEmails", "invalidDataEmails"])
def test_failures_are_matched_without_regard_to_case(kind: str) -> None:
    batch = [entry({"email": "a@shop.example"}), entry({"email": "b@shop.example"})]
    outcomes, unclear = attribute_failures(Answer(200, body={"failedUpdates": {kind: ["B@Shop.example"]}}), batch)
    assert outcomes[0] is DELIVERED
    assert outcomes[1].kind is OutcomeKind.REJECTED
    assert unclear == []


def test_an_identifier_that_two_records_share_is_unclear() -> None:
    batch = [entry({"userId": "1", "dataFields": {"email": "a@x.example"}}), entry({"email": "a@x.example"})]
    _, unclear = attribute_failures(Answer(200, body={"failedUpdates": {"invalidEmails": ["a@x.example"]}}), batch)
    assert unclear == [0, 1]


def test_the_element_iterable_names_is_taken_out() -> None:
    answer = Answer(400, "BadJsonBody", {"obj.users[1].preferUserId": ["x"], "obj.users[7].email": "y"})
    assert set(refusal(answer, [entry({})] * 8).offenders) == {1, 7}


def test_the_field_iterable_names_is_looked_up_by_value() -> None:
    details = {"expectedType": "long", "offendingValue": "lots"}
    answer = Answer(400, "RequestFieldsTypesMismatched", {"validationErrors": {"projectTypes:::points": details}})
    batch = [entry({"dataFields": {"points": value}}) for value in (1, "lots", 3, "lots")]
    assert set(refusal(answer, batch).offenders) == {1, 3}


@pytest.mark.parametrize(
    ("project_type", "record", "fault"),
    [
        ("userid", {"email": "a@x.example"}, "userId is missing"),
        ("userid", {"userId": ".."}, "nor be . or .."),
        ("userid", {"userId": "."}, "nor be . or .."),
        ("email", {"userId": "1"}, "email is missing"),
        ("hybrid", {}, "both missing"),
    ],
)
def test_each_project_type_asks_for_its_identifier(
    project_type: ProjectType, record: dict[str, Any], fault: str
) -> None:
    result = normalize_person(record, project_type)
    assert isinstance(result, PersonFault)
    assert fault in result.reason


def test_addresses_are_compared_in_lower_case_wherever_they_stand() -> None:
    person = {"userId": "1", "dataFields": {"email": " Ana@Shop.Example "}}
    assert normalize_person(person, "hybrid") == {"userId": "1", "dataFields": {"email": "ana@shop.example"}}
    assert person["dataFields"] == {"email": " Ana@Shop.Example "}


def test_only_types_the_schema_is_sure_of_are_fixed() -> None:
    schema = {
        "properties": {
            "a": {"type": ["null", "number"]},
            "b": {"type": ["string", "number"]},
            "c": {},
            "d": {"type": "array", "items": {"type": "string"}},
            "e": {"type": "string", "format": "date-time"},
        }
    }
    assert field_types(schema) == {"a": "double", "d": "string", "e": "date"}
