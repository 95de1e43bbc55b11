"""One change of one resource, and the members of messages that such changes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from commerce_sandbox.commercetools.store import Document

Payload = dict[str, Any]
"""What is particular to a message: its ``type`` and the members of that type."""


@dataclass(frozen=True, slots=True)
class Update:
    """A resource before and after a change."""

    before: Document
    after: Document

    def changed(self, name: str) -> bool:
        """Tell whether a member is another than before."""
        return self.before.get(name) != self.after.get(name)

    def lists(self, name: str) -> tuple[list[Document], list[Document]]:
        """Return a list member before and after; a missing one is empty."""
        return self.before.get(name) or [], self.after.get(name) or []


def present(**members: object) -> Document:
    """Return the members that are there: those of None are left out, as the platform does."""
    return {name: value for name, value in members.items() if value is not None}


def added(before: Sequence[Document], after: Sequence[Document]) -> list[Document]:
    """Return the entries with ids that were not there before."""
    known = {entry.get("id") for entry in before}
    return [entry for entry in after if entry.get("id") not in known]


def kept(before: Sequence[Document], after: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Yield the entries whose ids are in both, before and after."""
    old = {entry.get("id"): entry for entry in before}
    return ((old[entry.get("id")], entry) for entry in after if entry.get("id") in old)


def when_changed(update: Update, name: str, payload: Callable[[Any, Any], Payload]) -> Iterator[Payload]:
    """Yield the payload of (new value, old value) if a member is another than before."""
    if update.changed(name):
        yield payload(update.after.get(name), update.before.get(name))


def custom_fields(update: Update, prefix: str) -> Iterator[Payload]:
    """Yield what happened to a resource's custom fields.

    Args:
        update: The change.
        prefix: How the types begin, for example ``Customer``.
    """
    before, after = update.before.get("custom") or {}, update.after.get("custom") or {}
    old_type, new_type = before.get("type"), after.get("type")
    previous = {} if old_type is None else {"previousTypeId": old_type["id"]}
    if new_type is None:
        if old_type is not None:
            yield {"type": f"{prefix}CustomTypeRemoved", **previous}
        return
    if new_type != old_type:
        yield {"type": f"{prefix}CustomTypeSet", "customFields": after, **previous}
        return
    old, new = before.get("fields", {}), after.get("fields", {})
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield {"type": f"{prefix}CustomFieldRemoved", "name": name}
        elif name not in old:
            yield {"type": f"{prefix}CustomFieldAdded", "name": name, "value": new[name]}
        elif old[name] != new[name]:
            changed = {"name": name, "value": new[name], "previousValue": old[name]}
            yield {"type": f"{prefix}CustomFieldChanged", **changed}
