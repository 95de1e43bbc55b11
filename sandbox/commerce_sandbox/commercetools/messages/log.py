"""Writes the messages about the changes of the store into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.clock import timestamp
from commerce_sandbox.commercetools.messages.catalogue import CREATED, DELETED, UPDATED
from commerce_sandbox.commercetools.messages.change import Payload, Update
from commerce_sandbox.commercetools.messages.document import message, message_id, without_content
from commerce_sandbox.commercetools.messages.products import in_modular_catalogue
from commerce_sandbox.commercetools.resource_types import MESSAGES
from commerce_sandbox.commercetools.targets import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.commercetools.messages.document import ResourceKey
    from commerce_sandbox.commercetools.project import Project
    from commerce_sandbox.commercetools.store import Document, Store, StoredChange

_PATHS = CREATED.keys() | UPDATED.keys() | DELETED.keys()


class MessageLog:
    """Observes a store and writes what the platform would.

    Messages are numbered also while the feature is off, as on the platform, where a subscription may deliver them; they
    are kept only while it is on.

    Args:
        store: The project's resources, where messages are kept too.
        clock: The sandbox's clock.
        project: Tells whether messages are on, and where variants are.
        numbered: Resource to the number of its last message, for messages that are there already. A resource that is
            not named and was there before has had as many messages as its version says.
    """

    def __init__(self, store: Store, clock: Clock, project: Project, numbered: Mapping[ResourceKey, int]) -> None:
        self._store = store
        self._clock = clock
        self._project = project
        self._at_start = numbered
        self._numbered = dict(numbered)
        store.observers.append(self.note)

    def reset(self) -> None:
        """Number as at start."""
        self._numbered = dict(self._at_start)

    def note(self, change: StoredChange) -> None:
        """Write the messages about a change."""
        if change.path not in _PATHS:
            return
        before = None if change.before is None else change.before.document()
        after = None if change.after is None else change.after.document()
        resource = after or before
        if resource is None:
            return
        key = change.path, resource["id"]
        moment = timestamp(self._clock.now()) if after is None else after["lastModifiedAt"]
        number = self._last_number(key, before)
        try:
            payloads = list(self._payloads(change.path, before, after))
            documents = [
                message(change.path, resource, payload, number + place, moment)
                for place, payload in enumerate(payloads, 1)
            ]
        except (AttributeError, LookupError, TypeError):
            # Made by hand, with members of other shapes than the platform's: there is no saying what it would write.
            documents = []
        if self._project.features.messages_enabled:
            for document in documents:
                self._store.put(MESSAGES, document)
        self._numbered[key] = number + len(documents)
        if change.data_erasure:
            self._erase(key, self._numbered[key])

    def _payloads(self, path: str, before: Document | None, after: Document | None) -> Iterable[Payload]:
        payloads: Iterable[Payload] = ()
        if before is None and after is not None and path in CREATED:
            payloads = CREATED[path](after)
        elif before is not None and after is None and path in DELETED:
            payloads = DELETED[path](before)
        elif before is not None and after is not None and path in UPDATED:
            payloads = UPDATED[path](Update(before, after))
        if path == PRODUCTS and self._project.is_modular:
            return [kept for kept in map(in_modular_catalogue, payloads) if kept is not None]
        return payloads

    def _last_number(self, resource: ResourceKey, before: Document | None) -> int:
        unnamed = 0 if before is None else int(before["version"])
        return self._numbered.get(resource, unnamed)

    def _erase(self, resource: ResourceKey, last_number: int) -> None:
        """Take the content out of all messages about a resource."""
        for number in range(1, last_number + 1):
            document = self._store.get(MESSAGES, message_id(resource, number))
            if document is not None:
                self._store.put(MESSAGES, without_content(document))
