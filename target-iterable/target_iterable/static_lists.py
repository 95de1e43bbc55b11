"""Static lists: found by number or name, created when absent."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delivery.client import RetryPolicy
from delivery.errors import ServiceUnavailable, StreamStopped
from delivery.json_text import encode

from target_iterable.contracts import LISTS, NEW_LIST
from target_iterable.subscription_groups import NameFault, choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_iterable.client import IterableClient

PATH = "/api/lists"
STANDARD = "Standard"
_ONCE = RetryPolicy(attempts=1)
_WAITS_BEFORE_LOOKING = (1.0, 3.0, 6.0, 10.0)


@dataclass(frozen=True, slots=True)
class ListedList:
    """A list of the project.

    Attributes:
        id: Its number.
        name: Its name, which other lists may have too.
        kind: Iterable: Standard (static), Dynamic, Suppression or Internal.
    """

    id: int
    name: str
    kind: str


class StaticLists:
    """The static lists of a project; safe to use from several threads.

    Iterable: only lists of the type Standard have members that an integration may set. Names are not unique, so a
    list is looked up before it is made, and making one is not tried again blindly.

    Args:
        client: The project.
        notice: Takes note, once a run, of what people should know: the stream, and a text.
    """

    def __init__(self, client: IterableClient, notice: Callable[[str, str], None]) -> None:
        self._client = client
        self._notice = notice
        self._lists: list[ListedList] | None = None
        self._lock = threading.Lock()

    def find(self, given: int | str, stream: str) -> int | None:
        """Return a list's number; None if it is given by a name that no list has yet.

        Args:
            given: A number, a number as text, or a name.
            stream: The stream it is for, named in errors.

        Raises:
            NameFault: If no list has the number, several have the name, or the list is not a static one.
            ServiceUnavailable: If Iterable does not tell its lists.
        """
        with self._lock:
            found = self._find(given, stream)
        if found is None:
            self._notice(stream, f"list '{given}' is new to the project")
        return found

    def ensure(self, given: int | str, stream: str) -> int:
        """Return a list's number; makes the list if it is given by a name that no list has yet.

        Raises:
            NameFault: As for `find`.
            StreamStopped: If Iterable does not make the list.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        with self._lock:
            found = self._find(given, stream)
            return self._create(str(given), stream) if found is None else found

    def _find(self, given: int | str, stream: str) -> int | None:
        if self._lists is None:
            self._lists = self._read(stream)
        static = choose(given, [one for one in self._lists if one.kind == STANDARD], "static list")
        if static is not None:
            return static.id
        other = choose(given, self._lists, "list")
        if other is not None:
            message = f"the list '{given}' is not a static one ({other.kind}): nobody can be put on it"
            raise NameFault(message)
        if str(given).strip().isdigit() or not str(given).strip():
            message = f"Iterable has no list '{given}'; lists are created by name only"
            raise NameFault(message)
        return None

    def _read(self, stream: str) -> list[ListedList]:
        answer = self._client.ask("GET", PATH, contract=LISTS, stream=stream, budget=self._client.budgets.reads)
        if not answer.succeeded:
            message = f"Iterable does not tell its lists ({answer.word})"
            raise ServiceUnavailable(message)
        return [ListedList(one["id"], one["name"], str(one.get("listType", STANDARD))) for one in answer.body["lists"]]

    def _create(self, name: str, stream: str) -> int:
        body = encode({"name": name})
        for wait in _WAITS_BEFORE_LOOKING:
            try:
                answer = self._client.ask(
                    "POST",
                    PATH,
                    contract=NEW_LIST,
                    stream=stream,
                    budget=self._client.budgets.lists,
                    body=body,
                    retry=_ONCE,
                )
            except ServiceUnavailable:
                # It may have been made all the same, and a second one of the name would be ambiguous for ever.
                self._client.shutdown.sleep(wait)
                self._lists = self._read(stream)
                found = self._find(name, stream)
                if found is not None:
                    return found
                continue
            if not answer.succeeded:
                message = f"Iterable does not create the list '{name}' for the stream '{stream}' ({answer.word})"
                raise StreamStopped(message)
            list_id: int = answer.body["listId"]
            self._lists = [*(self._lists or ()), ListedList(list_id, name, STANDARD)]
            return list_id
        message = f"Iterable at {self._client.base_url} does not create the list '{name}': it keeps failing"
        raise ServiceUnavailable(message)
