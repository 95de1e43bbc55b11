"""What a query asks for: its parameters, read and checked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_sandbox.commercetools.errors import refuse_input, refuse_parameter
from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.key_range import EVERYTHING, KeyRange, key_range
from commerce_sandbox.commercetools.predicate_evaluation import compile_predicate
from commerce_sandbox.commercetools.predicate_syntax import (
    Alternative,
    Comparison,
    Conjunction,
    Descent,
    Negation,
    PredicateError,
    fields_of,
    parse_predicate,
)
from commerce_sandbox.commercetools.sorting import SortKey, parse_sort

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from commerce_sandbox.commercetools.predicate_evaluation import Match
    from commerce_sandbox.commercetools.predicate_syntax import Predicate
    from commerce_sandbox.commercetools.resource_types import ResourceType

Parameters = dict[str, list[str]]
"""Query parameters: name to all its values in their order."""

LARGEST_LIMIT = 500
LARGEST_OFFSET = 10_000
DEFAULT_LIMIT = 20

_QUERY_PARAMETERS = frozenset({"where", "sort", "limit", "offset", "withTotal", "expand"})
_VARIABLE = "var."
_TIMESTAMPS = frozenset({"createdAt", "lastModifiedAt"})
_DEFINITIONS = "product-types"
_ATTRIBUTE_MEMBERS = frozenset({"name", "value"})


@dataclass(frozen=True, slots=True)
class Query:
    """A query, ready to be run.

    Attributes:
        match: Tells whether a document is wanted; None wants all.
        fields: Top-level fields that ``match`` looks at.
        bounds: Range outside of which no row can match.
        sort: Sort keys, the first one first.
        limit: Most rows to return.
        offset: Matching rows to leave out at the start.
        with_total: The number of matching rows is wanted too.
        expand: Paths of references to expand.
    """

    match: Match | None
    fields: frozenset[str]
    bounds: KeyRange
    sort: tuple[SortKey, ...]
    limit: int
    offset: int
    with_total: bool
    expand: tuple[str, ...]


def group_parameters(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """Gather the values of each query parameter."""
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        grouped[name].append(value)
    return dict(grouped)


def check_parameters(parameters: Parameters, allowed: Collection[str], *, variables: bool = False) -> None:
    """Refuse query parameters that the endpoint does not have.

    Raises:
        ApiError: 400 that names the parameter.
    """
    for name in parameters:
        if name not in allowed and not (variables and name.startswith(_VARIABLE) and name[4:].isalnum()):
            message = f"The query parameter '{name}' is not known here."
            refuse_input(message)


def read_query(parameters: Parameters, resource_type: ResourceType, further: Collection[str] = ()) -> Query:
    """Read the parameters of a query endpoint.

    Args:
        parameters: The request's query parameters.
        resource_type: What is queried.
        further: Names of parameters that the endpoint has besides the usual ones.

    Raises:
        ApiError: 400 if one is unknown, malformed or out of range.
    """
    check_parameters(parameters, {*_QUERY_PARAMETERS, *further}, variables=True)
    predicates = read_predicates(parameters, resource_type)
    whole = Conjunction(tuple(predicates)) if predicates else None
    return Query(
        match=None if whole is None else _match(whole, resource_type),
        fields=frozenset() if whole is None else fields_of(whole),
        bounds=EVERYTHING if whole is None else key_range(whole, resource_type.time_fields),
        sort=_sort(parameters, resource_type),
        limit=_whole_number(parameters, "limit", DEFAULT_LIMIT, LARGEST_LIMIT),
        offset=_whole_number(parameters, "offset", 0, LARGEST_OFFSET),
        with_total=_truth(parameters, "withTotal", default=True),
        expand=tuple(parameters.get("expand", ())),
    )


def _match(predicate: Predicate, resource_type: ResourceType) -> Match:
    """Return what tells whether a document matches, also by what predicates alone know of it."""
    match = compile_predicate(predicate)
    asked_for = fields_of(predicate)
    lowercase = {name: member for name, member in resource_type.lowercase if name in asked_for}
    if not lowercase:
        return match

    def match_lowercase(document: Mapping[str, Any]) -> bool:
        known = {name: document[member].lower() for name, member in lowercase.items() if member in document}
        return match({**document, **known})

    return match_lowercase


def _sort(parameters: Parameters, resource_type: ResourceType) -> tuple[SortKey, ...]:
    """Return the sort keys; members that tell the time of the rows' order are named as that order is."""
    keys = parse_sort(parameters.get("sort", ()), resource_type.fields)
    times = resource_type.time_fields
    return tuple(SortKey("lastModifiedAt", key.descending) if key.field in times else key for key in keys)


def read_predicates(parameters: Parameters, resource_type: ResourceType) -> list[Predicate]:
    """Read the ``where`` parameters with their variables; all of them must hold.

    Raises:
        ApiError: 400 if one is malformed or asks for a field that does not exist.
    """
    variables = {name[len(_VARIABLE) :]: values for name, values in parameters.items() if name.startswith(_VARIABLE)}
    return [_predicate(text, variables, resource_type) for text in parameters.get("where", ())]


def _predicate(text: str, variables: Mapping[str, Sequence[str]], resource_type: ResourceType) -> Predicate:
    try:
        predicate = parse_predicate(text, variables)
        if resource_type.fields is not None:
            for field in sorted(fields_of(predicate) - resource_type.fields - dict(resource_type.lowercase).keys()):
                _refuse(f"The field '{field}' does not exist.")
        _check_timestamps(predicate)
        if resource_type.path != _DEFINITIONS:
            _check_attributes(predicate)
    except PredicateError as error:
        refuse_parameter("where", str(error))
    return predicate


def _check_timestamps(predicate: Predicate) -> None:
    """Refuse to compare the platform's own timestamps with anything else."""
    if isinstance(predicate, (Conjunction, Alternative)):
        for part in predicate.parts:
            _check_timestamps(part)
    elif isinstance(predicate, Negation):
        _check_timestamps(predicate.inner)
    elif (
        isinstance(predicate, Comparison)
        and predicate.field in _TIMESTAMPS
        and instant(predicate.literal.value) is None
    ):
        _refuse(f"The value '{predicate.literal.value}' of the field '{predicate.field}' is not a timestamp.")


def _check_attributes(predicate: Predicate) -> None:
    """Refuse conditions on attributes that do not name the attribute and its value together.

    commercetools: required since 25 April 2025. The ``attributes`` of a product type are definitions, not values.
    """
    if isinstance(predicate, (Conjunction, Alternative)):
        for part in predicate.parts:
            _check_attributes(part)
    elif isinstance(predicate, Negation):
        _check_attributes(predicate.inner)
    elif isinstance(predicate, Descent):
        if predicate.field == "attributes" and not fields_of(predicate.inner) >= _ATTRIBUTE_MEMBERS:
            _refuse("A condition on 'attributes' must name 'name' and 'value' together.")
        _check_attributes(predicate.inner)


def _refuse(problem: str) -> None:
    raise PredicateError(problem)


def _whole_number(parameters: Parameters, name: str, default: int, largest: int) -> int:
    text = parameters.get(name, [str(default)])[-1]
    try:
        number = int(text)
    except ValueError:
        refuse_parameter(name, f"The value '{text}' is not a whole number.")
    if not 0 <= number <= largest:
        refuse_parameter(name, f"The {name} parameter must be in the range of [0..{largest}]")
    return number


def _truth(parameters: Parameters, name: str, *, default: bool) -> bool:
    text = parameters.get(name, ["true" if default else "false"])[-1]
    if text not in {"true", "false"}:
        refuse_parameter(name, f"The value '{text}' is neither true nor false.")
    return text == "true"
