"""From the path of a request to what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from commerce_sandbox.commercetools.resource_types import RESOURCE_TYPES, SELECTION_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.commercetools.resource_types import ResourceType

PROJECTIONS = "product-projections"
PRODUCTS = "products"
CUSTOM_OBJECTS = "custom-objects"

_SELECTIONS = "product-selections"
_ASSIGNMENTS = "product-selection-assignments"
_LONGEST_PATH = 2


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to.

    Attributes:
        resource_type: The kind of resource.
        template: The path with its variable parts as ``{name}``.
        store_key: Key of the store, for an in-store path.
        single: What names the one resource wanted (``id``, ``key`` or ``order-number``) and its value; None for
            a query.
        container: The container, for custom objects of one.
        selection: What names the product selection whose members are wanted (``id`` or ``key``) and its value.
    """

    resource_type: ResourceType
    template: str
    store_key: str | None = None
    single: tuple[str, str] | None = None
    container: str | None = None
    selection: tuple[str, str] | None = None

    @property
    def table(self) -> str:
        """Where the rows are kept: projections are views of products."""
        return PRODUCTS if self.resource_type.path == PROJECTIONS else self.resource_type.path


def read_target(segments: Sequence[str]) -> Target | None:
    """Return what a path leads to, None if nowhere.

    Args:
        segments: The parts of the path below the project key, at least one, still percent-encoded.
    """
    if segments[0] == "in-store" and len(segments) > 1 and segments[1].startswith("key="):
        return _in_store(unquote(segments[1][len("key=") :]), segments[2:])
    if segments[0] == CUSTOM_OBJECTS:
        return _custom_objects(segments[1:])
    if segments[0] == _SELECTIONS and segments[2:] == ["products"]:
        selection = _single_name(RESOURCE_TYPES[_SELECTIONS], segments[1:2])
        template = f"{_SELECTIONS}{_suffix(selection)}/products"
        return None if selection is None else Target(SELECTION_MEMBERS, template, selection=selection)
    return _resources(segments)


def _resources(segments: Sequence[str]) -> Target | None:
    for length in range(_LONGEST_PATH, 0, -1):
        resource_type = RESOURCE_TYPES.get("/".join(segments[:length]))
        if resource_type is not None and len(segments) >= length:
            single = _single_name(resource_type, segments[length:])
            if len(segments) > length and single is None:
                return None
            return Target(resource_type, f"{resource_type.path}{_suffix(single)}", single=single)
    return None


def _in_store(store_key: str, segments: Sequence[str]) -> Target | None:
    prefix = "in-store/key={storeKey}"
    if list(segments) == [_ASSIGNMENTS]:
        return Target(SELECTION_MEMBERS, f"{prefix}/{_ASSIGNMENTS}", store_key)
    target = _resources(segments) if segments else None
    if target is None:
        return None
    by_store = target.resource_type.in_store or (target.resource_type.path == PROJECTIONS and target.single is not None)
    if not by_store:
        return None
    return Target(target.resource_type, f"{prefix}/{target.template}", store_key, target.single)


def _custom_objects(rest: Sequence[str]) -> Target | None:
    resource_type = RESOURCE_TYPES[CUSTOM_OBJECTS]
    if not all(rest):
        return None
    names = [unquote(name) for name in rest]
    if not names:
        return Target(resource_type, CUSTOM_OBJECTS)
    if len(names) == 1:
        return Target(resource_type, f"{CUSTOM_OBJECTS}/{{container}}", container=names[0])
    if len(names) == 2:  # noqa: PLR2004 - container and key
        template = f"{CUSTOM_OBJECTS}/{{container}}/{{key}}"
        return Target(resource_type, template, single=("key", names[1]), container=names[0])
    return None


def _suffix(single: tuple[str, str] | None) -> str:
    if single is None:
        return ""
    return "/{id}" if single[0] == "id" else f"/{single[0]}={{{single[0]}}}"


def _single_name(resource_type: ResourceType, rest: Sequence[str]) -> tuple[str, str] | None:
    if len(rest) != 1 or not rest[0]:
        return None
    kind, equals, value = rest[0].partition("=")
    if not equals:
        return "id", unquote(kind)
    if (kind == "key" and resource_type.has_key) or (kind == "order-number" and resource_type.path == "orders"):
        return kind, unquote(value)
    return None
