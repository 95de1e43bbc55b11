"""Query predicates at work: from the tree to a function that tells whether a document matches."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.predicate_syntax import (
    Alternative,
    Comparison,
    Conjunction,
    Containment,
    Descent,
    Membership,
    Negation,
    Presence,
)

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.predicate_syntax import Literal, Predicate

Match = Callable[[Mapping[str, Any]], bool]
"""Tells whether a document matches."""

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@singledispatch
def compile_predicate(predicate: Predicate) -> Match:
    """Turn a predicate into a function.

    Raises:
        TypeError: If it is not a predicate.
    """
    message = f"not a predicate: {predicate!r}"
    raise TypeError(message)


@compile_predicate.register(Conjunction)
def _all_of(predicate: Conjunction) -> Match:
    parts = [compile_predicate(part) for part in predicate.parts]

    def match(document: Mapping[str, Any]) -> bool:
        return all(part(document) for part in parts)

    return match


@compile_predicate.register(Alternative)
def _any_of(predicate: Alternative) -> Match:
    parts = [compile_predicate(part) for part in predicate.parts]

    def match(document: Mapping[str, Any]) -> bool:
        return any(part(document) for part in parts)

    return match


@compile_predicate.register(Negation)
def _none_of(predicate: Negation) -> Match:
    return _opposite(compile_predicate(predicate.inner))


def _opposite(inner: Match) -> Match:
    def match(document: Mapping[str, Any]) -> bool:
        return not inner(document)

    return match


@compile_predicate.register(Descent)
def _descent(predicate: Descent) -> Match:
    field, inner = predicate.field, compile_predicate(predicate.inner)

    def match(document: Mapping[str, Any]) -> bool:
        value = document.get(field)
        if isinstance(value, dict):
            return inner(value)
        return isinstance(value, list) and any(inner(item) for item in value if isinstance(item, dict))

    return match


@compile_predicate.register(Presence)
def _presence(predicate: Presence) -> Match:
    field, negated = predicate.field, predicate.negated
    if predicate.state == "defined":
        return lambda document: (document.get(field) is not None) is not negated
    return lambda document: (not document.get(field)) is not negated


@compile_predicate.register(Comparison)
def _comparison(predicate: Comparison) -> Match:
    field = predicate.field
    if predicate.operator == "!=":
        return _opposite(_comparison(Comparison(field, "=", predicate.literal)))
    holds = _against(predicate.literal, _ORDER[predicate.operator])
    return lambda document: _any_value(document.get(field), holds)


@compile_predicate.register(Membership)
def _membership(predicate: Membership) -> Match:
    field, negated = predicate.field, predicate.negated
    if all(isinstance(literal.value, str) and instant(literal.value) is None for literal in predicate.literals):
        texts = frozenset(literal.value for literal in predicate.literals)
        if not any(literal.untyped for literal in predicate.literals):
            return lambda document: _any_value(document.get(field), texts.__contains__) is not negated
    tests = [_against(literal, operator.eq) for literal in predicate.literals]

    def match(document: Mapping[str, Any]) -> bool:
        value = document.get(field)
        return any(_any_value(value, test) for test in tests) is not negated

    return match


@compile_predicate.register(Containment)
def _containment(predicate: Containment) -> Match:
    field = predicate.field
    tests = [_against(literal, operator.eq) for literal in predicate.literals]
    combine = all if predicate.all_of_them else any

    def match(document: Mapping[str, Any]) -> bool:
        values = document.get(field)
        return isinstance(values, list) and combine(any(test(value) for value in values) for test in tests)

    return match


def _any_value(value: object, holds: Callable[[Any], bool]) -> bool:
    """Apply a test to a value, or to each value of an array."""
    if isinstance(value, list):
        return any(holds(item) for item in value if not isinstance(item, (dict, list)))
    return value is not None and not isinstance(value, dict) and holds(value)


def _against(literal: Literal, compare: Callable[[Any, Any], bool]) -> Callable[[Any], bool]:
    """Return a test of one value against the literal; values of another type never pass.

    Timestamps are compared as instants, so that ``...00Z`` equals ``...00.000Z``.
    """
    wanted = literal.value
    wanted_instant = instant(wanted)
    wanted_number = _as_number(literal)
    wanted_truth = _as_truth(literal)
    wanted_text = wanted if isinstance(wanted, str) else None

    def holds(value: object) -> bool:
        if isinstance(value, bool):
            return wanted_truth is not None and compare(value, wanted_truth)
        if isinstance(value, (int, float)):
            return wanted_number is not None and compare(value, wanted_number)
        if wanted_instant is not None:
            moment = instant(value)
            if moment is not None:
                return compare(moment, wanted_instant)
        return wanted_text is not None and compare(value, wanted_text)

    return holds


def _as_number(literal: Literal) -> float | None:
    value = literal.value
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if literal.untyped:
        try:
            return int(value) if value.lstrip("-").isdigit() else float(value)
        except ValueError:
            return None
    return None


def _as_truth(literal: Literal) -> bool | None:
    if isinstance(literal.value, bool):
        return literal.value
    return {"true": True, "false": False}.get(str(literal.value)) if literal.untyped else None
