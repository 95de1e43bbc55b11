"""What people can subscribe to: channels and message types, found by name or number."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from delivery.errors import ServiceUnavailable

from target_iterable.contracts import CHANNELS, MESSAGE_TYPES, Contract

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from target_iterable.client import IterableClient

GroupKind = Literal["messageChannel", "messageType"]

WORDS: dict[GroupKind, str] = {"messageChannel": "channel", "messageType": "message type"}
_LISTINGS: dict[GroupKind, tuple[str, str, Contract]] = {
    "messageChannel": ("/api/channels", "channels", CHANNELS),
    "messageType": ("/api/messageTypes", "messageTypes", MESSAGE_TYPES),
}


class NameFault(Exception):
    """A name or number stands for nothing, or for several things; the text says so and names it."""


class Named(Protocol):
    """Something with a number and a name for people."""

    @property
    def id(self) -> int:
        """The number that Iterable knows it by."""

    @property
    def name(self) -> str:
        """The name that people know it by."""


LONGEST_NUMBER = 18
"""Digits that a number of Iterable's has at most."""

NamedT = TypeVar("NamedT", bound=Named)


@dataclass(frozen=True, slots=True)
class Group:
    """A channel or a message type.

    Attributes:
        kind: Which of the two, in the words of Iterable's paths.
        id: Its number.
        name: Its name.
        channel_id: The channel it belongs to; of a channel its own number.
        opt_in: Whether people get its messages only once they have joined it.
        marketing: Of a channel: whether marketing is sent through it.
    """

    kind: GroupKind
    id: int
    name: str
    channel_id: int
    opt_in: bool = False
    marketing: bool = False


def choose(given: int | str, among: Collection[NamedT], word: str) -> NamedT | None:
    """Return what a number or a name stands for: numbers first, then exact names, then names without case.

    Args:
        given: A number, a number as text, or a name.
        among: What there is.
        word: What to call it in an error.

    Raises:
        NameFault: If several have the name.
    """
    text = str(given).strip()
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        for one in among:
            if one.id == int(text):
                return one
    if isinstance(given, int):
        return None
    exact = [one for one in among if one.name == given]
    found = exact or [one for one in among if one.name.strip().casefold() == text.casefold()]
    if len(found) > 1:
        numbers = ", ".join(str(one.id) for one in found)
        message = f"Iterable has more than one {word} of the name '{text}': give its number ({numbers})"
        raise NameFault(message)
    return found[0] if found else None


class SubscriptionGroups:
    """The channels and message types of a project, read once; safe to use from several threads.

    Iterable: administrators set them up; no request makes one.

    Args:
        client: The project.
    """

    def __init__(self, client: IterableClient) -> None:
        self._client = client
        self._groups: dict[GroupKind, list[Group]] = {}
        self._lock = threading.Lock()

    def find(self, kind: GroupKind, given: int | str, stream: str) -> Group:
        """Return a group by number or name.

        Args:
            kind: A channel or a message type.
            given: Its number or name.
            stream: The stream it is for, named if the key is not allowed to read.

        Raises:
            NameFault: If there is none, or more than one of the name.
            ServiceUnavailable: If Iterable does not tell what there is.
        """
        found = choose(given, self.all(kind, stream), WORDS[kind])
        if found is None:
            message = f"Iterable has no {WORDS[kind]} '{given}': it must be there first, by this name or number"
            raise NameFault(message)
        return found

    def all(self, kind: GroupKind, stream: str) -> list[Group]:
        """Return all groups of a kind."""
        with self._lock:
            if kind not in self._groups:
                self._groups[kind] = list(self._read(kind, stream))
            return self._groups[kind]

    def _read(self, kind: GroupKind, stream: str) -> Iterable[Group]:
        path, name, contract = _LISTINGS[kind]
        answer = self._client.ask("GET", path, contract=contract, stream=stream, budget=self._client.budgets.reads)
        if not answer.succeeded:
            message = f"Iterable does not tell its {WORDS[kind]}s ({answer.word})"
            raise ServiceUnavailable(message)
        return (_group(kind, document) for document in answer.body[name])


def _group(kind: GroupKind, document: dict[str, Any]) -> Group:
    return Group(
        kind,
        document["id"],
        document["name"],
        document["channelId"] if kind == "messageType" else document["id"],
        opt_in=document.get("subscriptionPolicy") == "OptIn",
        marketing=document.get("channelType") == "Marketing",
    )
