from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.predicate_evaluation import compile_predicate
from commerce_sandbox.commercetools.predicate_syntax import PredicateError, fields_of, parse_predicate
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER: dict[str, Any] = {
    "id": "o-1",
    "version": 7,
    "createdAt": "2026-11-01T10:00:00.000Z",
    "customerEmail": 'ada "the first"\\kern@shop.example',
    "orderState": "Open",
    "shipped": False,
    "customerGroup": {"typeId": "customer-group", "id": "g-1"},
    "totalPrice": {"currencyCode": "EUR", "centAmount": 17_690},
    "tags": ["new", "eco"],
    "returnInfo": [],
    "lineItems": [
        {"quantity": 2, "variant": {"sku": "A"}, "name": {"de": "Schuh", "de-DE": "Schuh DE"}},
        {"quantity": 5, "variant": {"sku": "B"}, "name": {"de": "Socke"}},
    ],
    "custom": {"fields": {"vip": True, "points": 1.5, "since": "2026-01-02"}},
}


def holds(text: str, **variables: list[str]) -> bool:
    return compile_predicate(parse_predicate(text, variables))(ORDER)


@pytest.mark.parametrize(
    "text",
    [
        'orderState = "Open"',
        'orderState != "Closed"',
        'orderState <> "Closed"',
        "version > 6",
        "version >= 7 and version <= 7",
        "version < 8",
        "custom(fields(points = 1.5))",
        "custom(fields(vip = true))",
        "shipped = false",
        'orderState in ("Closed", "Open")',
        'orderState not in ("Closed", "Cancelled")',
        'not (orderState = "Closed")',
        'orderState = "Closed" or version = 7',
        'orderState = "Open" or orderState = "Closed" and version = 1',
        '(orderState = "Open" or orderState = "Closed") and version = 7',
        "customerGroup is defined",
        "paymentInfo is not defined",
        "returnInfo is empty",
        "tags is not empty",
        'tags contains all ("new", "eco")',
        'tags contains any ("old", "eco")',
        'customerGroup(id = "g-1")',
        'lineItems(variant(sku = "B"))',
        'lineItems(variant(sku = "A") and quantity = 2)',
        'lineItems(name(`de-DE` = "Schuh DE"))',
        'customerEmail = "ada \\"the first\\"\\\\kern@shop.example"',
        'createdAt = "2026-11-01T10:00:00Z"',
        'createdAt >= "2026-11-01T12:00:00.000+02:00"',
        'createdAt < "2026-11-01T10:00:00.001Z"',
        'custom(fields(since > "2026-01-01"))',
        'ORDERSTATE is not defined AND orderState="Open"',
    ],
)
def test_a_predicate_that_fits_matches(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        'orderState = "open"',
        'orderState = "Closed" and version = 7',
        "version = 6",
        'version = "7"',
        "orderState = 7",
        "shipped = 0",
        "version = true",
        'orderState not in ("Open")',
        "not (version = 7)",
        "customerGroup is not defined",
        "tags is empty",
        'tags contains all ("new", "old")',
        'tags contains any ("old")',
        'lineItems(variant(sku = "A") and quantity = 5)',
        'customerGroup(id = "g-2")',
        'orderState(id = "x")',
        'missing = "x"',
        "missing < 1",
        'createdAt > "2026-11-01T10:00:00Z"',
        'createdAt < "2026-11-01T10:00:00.000000Z"',
    ],
)
def test_a_predicate_that_does_not_fit_does_not_match(text: str) -> None:
    assert not holds(text)


def test_variables_take_the_type_of_the_field() -> None:
    assert holds("orderState = :state", state=["Open"])
    assert holds("version = :v", v=["7"])
    assert holds("custom(fields(points = :p))", p=["1.5"])
    assert holds("shipped = :s", s=["false"])
    assert holds("createdAt = :t", t=["2026-11-01T10:00:00Z"])
    assert not holds("version > :v", v=["x"])


def test_a_repeated_variable_is_a_list() -> None:
    assert holds("orderState in :states", states=["Closed", "Open"])
    assert not holds("orderState not in :states", states=["Closed", "Open"])
    assert holds("version in (:a, :b)", a=["1"], b=["7"])
    assert holds("tags contains any :tags", tags=["old", "eco"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Unexpected end of input"),
        ("orderState", "Unexpected end of input"),
        ("orderState =", "expected a value"),
        ('orderState = "Open', "Invalid input '\"'"),
        ('orderState = "Open" version = 1', "Invalid input 'v', expected 'and', 'or' or end of input"),
        ('orderState == "Open"', "Invalid input '='"),
        ('firstName ilike "sofia%"', "Invalid input 'i'"),
        ('name(de-DE = "x")', "Invalid input '-'"),
        ("orderState in ()", "expected a value"),
        ('orderState not ("Open")', "expected 'in'"),
        ('tags contains ("a")', "expected 'all' or 'any'"),
        ("tags is nice", "expected 'defined' or 'empty'"),
        ("(version = 1", "expected ')'"),
        ("version = 1)", "Invalid input ')'"),
        ("not version = 1", "expected '('"),
        ("and = 1", "Invalid input 'a'"),
        ("version = null", "expected a value"),
        ("geoLocation within circle(1, 2, 3)", "'within circle' is not emulated"),
        ("version = :missing", "'var.missing' is missing"),
        ("version in :missing", "'var.missing' is missing"),
        ("(" * 60 + "version = 1" + ")" * 60, "50 brackets"),
    ],
)
def test_a_malformed_predicate_is_refused_with_place_and_reason(text: str, problem: str) -> None:
    with pytest.raises(PredicateError, match=re.escape(problem)):
        parse_predicate(text, {})


def test_the_place_of_an_error_is_shown_below_the_text() -> None:
    with pytest.raises(PredicateError, match="line 2, column 5") as caught:
        parse_predicate("version = 1\nand ?", {})
    assert str(caught.value).endswith("and ?\n    ^")


def test_one_value_is_wanted_where_one_is_compared() -> None:
    with pytest.raises(PredicateError, match="':v' has 2 values"):
        parse_predicate("version = :v", {"v": ["1", "2"]})


def test_the_fields_of_a_predicate_are_those_of_its_own_level() -> None:
    predicate = parse_predicate('a = 1 and (b is defined or not (c(d = 2))) and e in ("x")', {})
    assert fields_of(predicate) == {"a", "b", "c", "e"}


@given(st.text())
def test_any_text_survives_being_quoted(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    match = compile_predicate(parse_predicate(f'field = "{quoted}"', {}))
    assert match({"field": text})
    assert not match({"field": f"{text}x"})


@given(st.text(alphabet='abc "\\()=<>:,`-19.\n'))
def test_any_input_is_either_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(PredicateError):
        assert compile_predicate(parse_predicate(text, {"a": ["1"]}))({}) in {True, False}


CONDITIONS = st.recursive(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["=", "!=", "<", ">="]), st.integers(-2, 2)).map(
        lambda parts: (f"{parts[0]} {parts[1]} {parts[2]}", lambda row: _compare(row[parts[0]], *parts[1:]))
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"not ({one[0]})", lambda row: not one[1](row))),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) and ({two[1][0]})", lambda row: two[0][1](row) and two[1][1](row))
        ),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) or ({two[1][0]})", lambda row: two[0][1](row) or two[1][1](row))
        ),
    ),
    max_leaves=8,
)


def _compare(value: int, operator: str, other: int) -> bool:
    return {"=": value == other, "!=": value != other, "<": value < other, ">=": value >= other}[operator]


@given(CONDITIONS, st.fixed_dictionaries({"a": st.integers(-2, 2), "b": st.integers(-2, 2)}))
def test_conditions_combine_as_logic_says(
    condition: tuple[str, Callable[[dict[str, int]], bool]], row: dict[str, int]
) -> None:
    text, expected = condition
    assert compile_predicate(parse_predicate(text, {}))(row) is expected(row)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T22:30:00-0130", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-11-01", None),
        ("2026-11-01T10:00:00", None),
        ("2026-13-01T10:00:00Z", None),
        ("2026-11-01T10:00:00Z ", None),
        ("٢٠٢٦-11-01T10:00:00Z", None),
        (7, None),
        (None, None),
    ],
)
def test_timestamps_are_read_as_instants(text: object, microseconds: int | None) -> None:
    assert instant(text) == microseconds
