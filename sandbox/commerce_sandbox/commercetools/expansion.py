"""Reference expansion: putting the resource that a reference leads to inside it, as ``obj``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Optional

from commerce_sandbox.commercetools.resource_types import PATH_OF_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commerce_sandbox.commercetools.store import Document

_STEP = re.compile(r"([A-Za-z0-9_-]+)(\[\*\]|\[\d+\])?")


LookUp = Callable[[str, str], Optional["Document"]]
"""Returns the resource of a path and an id as a request sees it, as a copy; None if there is none."""


def expand(document: Document, paths: Iterable[str], look_up: LookUp) -> None:
    """Expand the references that the paths lead to, inside the document.

    Paths that lead nowhere are ignored, and so are references by key (stores, business units), as on the platform.

    Args:
        document: The resource; it is changed.
        paths: For example ``customerGroup`` or ``lineItems[*].state[*].state``.
        look_up: Finds the referenced resources.
    """
    for path in paths:
        steps = [_STEP.fullmatch(step) for step in path.split(".")]
        if None not in steps:
            _walk(document, [(step.group(1), step.group(2)) for step in steps if step], look_up)


def _walk(value: object, steps: Sequence[tuple[str, str | None]], look_up: LookUp) -> None:
    if not isinstance(value, dict):
        return
    inside = value.get("obj") if "typeId" in value else value
    if not steps or not isinstance(inside, dict):
        return
    (name, index), rest = steps[0], steps[1:]
    member = inside.get(name)
    if index is None:
        chosen = [member]
    elif not isinstance(member, list):
        return
    elif index == "[*]":
        chosen = member
    else:
        position = int(index[1:-1])
        chosen = member[position : position + 1]
    for item in chosen:
        _resolve(item, look_up)
        _walk(item, rest, look_up)


def _resolve(value: object, look_up: LookUp) -> None:
    if not isinstance(value, dict) or "obj" in value or not isinstance(value.get("id"), str):
        return
    path = PATH_OF_REFERENCE.get(str(value.get("typeId")))
    target = None if path is None else look_up(path, value["id"])
    if target is not None:
        value["obj"] = target
