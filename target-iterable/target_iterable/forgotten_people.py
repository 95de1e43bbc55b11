"""The people whom the project was told to forget, known by hash: nothing about them leaves this loader."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from target_iterable.answers import NotAllowed
from target_iterable.contracts import FORGOTTEN_ADDRESSES, FORGOTTEN_USER_IDS

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from target_iterable.client import IterableClient
    from target_iterable.identifiers import ProjectType

_LISTS = {
    "/api/users/forgotten": ("hashedEmails", FORGOTTEN_ADDRESSES, ("hybrid", "email")),
    "/api/users/forgottenUserIds": ("hashedUserIds", FORGOTTEN_USER_IDS, ("hybrid", "userid")),
}
"""Each list with its member in the answer, and the types of project that have it. Iterable: others get an error."""


class ForgottenPeople:
    """Tells whether a person was forgotten; safe to use from several threads.

    Iterable: lists the SHA-256 of each forgotten identifier, trimmed and in lower case, 3 calls a second. It takes
    note of nothing that is sent about these people; but the data would have left for it. The lists are read when the
    first person is asked for, and are kept for the run. If Iterable does not give them, people are sent as without
    them, and Iterable itself refuses those it has forgotten.
    """

    def __init__(self, client: IterableClient, project_type: ProjectType, logger: logging.Logger) -> None:
        self._client = client
        self._project_type = project_type
        self._logger = logger
        self._hashes: set[bytes] | None = None
        self._lock = threading.Lock()

    def has(self, person: Mapping[str, Any]) -> bool:
        """Tell whether a person was forgotten under any of the identifiers that a record gives.

        Args:
            person: An object with `email` or `userId`, there or in its `dataFields`.

        Raises:
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        hashes = self._known()
        return bool(hashes) and any(_hash(identifier) in hashes for identifier in _identifiers(person))

    def add(self, person: Mapping[str, Any]) -> None:
        """Take note that a person was forgotten just now."""
        self._known().update(_hash(identifier) for identifier in _identifiers(person))

    def _known(self) -> set[bytes]:
        with self._lock:
            if self._hashes is None:
                self._hashes = {entry for path in _LISTS for entry in self._read(path)}
            return self._hashes

    def _read(self, path: str) -> set[bytes]:
        member, contract, project_types = _LISTS[path]
        if self._project_type not in project_types:
            return set()
        try:
            answer = self._client.ask(
                "GET", path, contract=contract, stream="(all)", budget=self._client.budgets.forgotten
            )
        except NotAllowed:
            return self._go_without(path)
        if not answer.succeeded:
            return self._go_without(path)
        try:
            return {bytes.fromhex(entry) for entry in answer.body[member]}
        except ValueError:
            # That they are written in hexadecimal is not documented.
            return self._go_without(path)

    def _go_without(self, path: str) -> set[bytes]:
        self._logger.warning(
            "Iterable does not tell whom it has forgotten (%s): records about such people are sent, and refused there",
            path,
        )
        return set()


def _identifiers(person: Mapping[str, Any]) -> set[str]:
    fields = person.get("dataFields")
    holders = (person, fields) if isinstance(fields, dict) else (person,)
    return {value for holder in holders for name in ("email", "userId") if isinstance(value := holder.get(name), str)}


def _hash(identifier: str) -> bytes:
    return hashlib.sha256(identifier.strip().lower().encode()).digest()
