"""Checks a request body against a declared shape and names each wrong member by its path.

The paths are the vendor's: ``obj.users[17].preferUserId``. One wrong element makes the whole bulk request
``BadJsonBody``. Unknown members are ignored, and null stands for an absent optional member.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.iterable.json_value import JsonValue

Faults = dict[str, "Fault"]
"""Wrong members by path."""


class Fault(Enum):
    """What is wrong with a member: the word recorded until 2022, and the sentence recorded in 2024."""

    MISSING = ("error.path.missing", "Required value missing")
    NOT_STRING = ("error.expected.jsstring", "String value expected")
    NOT_NUMBER = ("error.expected.jsnumber", "Number value expected")
    NOT_WHOLE = ("error.expected.long", "Integer value expected")
    NOT_BOOLEAN = ("error.expected.jsboolean", "Boolean value expected")
    NOT_OBJECT = ("error.expected.jsobject", "Object value expected")
    NOT_ARRAY = ("error.expected.jsarray", "Array value expected")

    @property
    def word(self) -> str:
        """The form with the request echoed."""
        return self.value[0]

    @property
    def sentence(self) -> str:
        """The short form."""
        return self.value[1]


class Kind(Enum):
    """What a member without members of its own must be."""

    STRING = "string"
    BOOLEAN = "boolean"
    WHOLE = "whole"
    NUMBER = "number"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A JSON array whose elements have one shape."""

    element: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A JSON object with free keys, whose values have one shape."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object with known members.

    Attributes:
        required: Members that must be there and not null.
        optional: Members that may be absent or null.
    """

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)


Shape = Kind | ListOf | MapOf | Members


def find_faults(shape: Shape, body: JsonValue) -> Faults:
    """Return everything in a body that does not fit, by path; empty when all of it fits."""
    faults: Faults = {}
    _check(shape, body, "obj", faults)
    return faults


def _check(shape: Shape, value: JsonValue, path: str, faults: Faults) -> None:
    if isinstance(shape, Members):
        _check_members(shape, value, path, faults)
    elif isinstance(shape, ListOf):
        _check_list(shape, value, path, faults)
    elif isinstance(shape, MapOf):
        _check_map(shape, value, path, faults)
    else:
        fault = _kind_fault(shape, value)
        if fault is not None:
            faults[path] = fault


def _check_members(shape: Members, value: JsonValue, path: str, faults: Faults) -> None:
    if type(value) is not dict:
        faults[path] = Fault.NOT_OBJECT
        return
    for name, member_shape in shape.required.items():
        if name in value:
            _check(member_shape, value[name], f"{path}.{name}", faults)
        else:
            faults[f"{path}.{name}"] = Fault.MISSING
    optional = shape.optional
    for name, member in value.items():
        if member is None or name not in optional:
            continue
        member_shape = optional[name]
        if isinstance(member_shape, Kind):
            # Most members are plain: no path is put together unless one is wrong.
            fault = _kind_fault(member_shape, member)
            if fault is not None:
                faults[f"{path}.{name}"] = fault
        else:
            _check(member_shape, member, f"{path}.{name}", faults)


def _check_list(shape: ListOf, value: JsonValue, path: str, faults: Faults) -> None:
    if type(value) is not list:
        faults[path] = Fault.NOT_ARRAY
        return
    elements: Sequence[Any] = value
    for index, element in enumerate(elements):
        _check(shape.element, element, f"{path}[{index}]", faults)


def _check_map(shape: MapOf, value: JsonValue, path: str, faults: Faults) -> None:
    if type(value) is not dict:
        faults[path] = Fault.NOT_OBJECT
        return
    for name, member in value.items():
        _check(shape.value, member, f"{path}.{name}", faults)


def _kind_fault(kind: Kind, value: JsonValue) -> Fault | None:
    found = type(value)
    if kind is Kind.STRING:
        return None if found is str else Fault.NOT_STRING
    if kind is Kind.BOOLEAN:
        return None if found is bool else Fault.NOT_BOOLEAN
    if kind is Kind.OBJECT:
        return None if found is dict else Fault.NOT_OBJECT
    if found not in {int, float}:
        return Fault.NOT_NUMBER
    if kind is Kind.WHOLE and found is float and not value.is_integer():
        return Fault.NOT_WHOLE
    return None
