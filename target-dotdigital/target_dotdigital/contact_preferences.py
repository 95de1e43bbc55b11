"""Marketing preferences by name: turned into the numbers that an import takes.

Dotdigital: preferences form a tree of categories and preferences; contacts choose preferences only. Imports take
their numbers.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from delivery.errors import ServiceUnavailable

from target_dotdigital.call_contracts import PREFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_dotdigital.client import DotdigitalClient

PATH = "/v2/preferences"
CATEGORY_SIGN = ">"
LARGEST_NUMBER = 2**31 - 1

Preference = dict[str, Any]


class PreferenceRefused(ValueError):
    """A preference of a record that cannot be written; the text names its place, never what it says."""


class MarketingPreferences:
    """The marketing preferences of the account, read when the first name is asked for; safe to use from threads.

    Args:
        client: The account.
    """

    def __init__(self, client: DotdigitalClient) -> None:
        self._client = client
        self._by_name: dict[str, set[int]] | None = None
        self._lock = threading.Lock()

    def resolved(self, preferences: Sequence[Preference]) -> list[Preference]:
        """Return preferences as an import takes them, each once; of two that are the same the later stands.

        Args:
            preferences: Each with `isOptedIn`, and `id` or `name`. A name is compared without case; `Category>Name`
                tells apart what has one name in several categories.

        Raises:
            PreferenceRefused: If a name is unknown, or stands for several preferences.
            ServiceUnavailable: If the account does not tell its preferences.
        """
        chosen = {self._number(place, item): item["isOptedIn"] for place, item in enumerate(preferences)}
        return [{"id": number, "isOptedIn": opted_in} for number, opted_in in chosen.items()]

    def named_by(self, item: Preference) -> set[int]:
        """Return the numbers of all preferences that one of a record may mean, which need not be well formed.

        Raises:
            ServiceUnavailable: If the account does not tell its preferences.
        """
        number, name = item.get("id"), item.get("name")
        numbers = {number} if isinstance(number, int) and 0 <= number <= LARGEST_NUMBER else set()
        return numbers | (self._names().get(_comparable(name), set()) if isinstance(name, str) else set())

    def _number(self, place: int, item: Preference) -> int:
        if ("id" in item) is ("name" in item):
            message = f"preferences.{place}: must have either id or name"
            raise PreferenceRefused(message)
        if "id" in item:
            return int(item["id"])
        numbers = self._names().get(_comparable(item["name"]), set())
        if len(numbers) == 1:
            return next(iter(numbers))
        if numbers:
            message = f"preferences.{place}: several preferences have this name; write Category>Name, or the id"
            raise PreferenceRefused(message)
        message = (
            f"preferences.{place}: Dotdigital has no preference of this name; make it there first (categories cannot "
            "be chosen)"
        )
        raise PreferenceRefused(message)

    def _names(self) -> dict[str, set[int]]:
        with self._lock:
            if self._by_name is None:
                answer = self._client.ask("GET", PATH, contract=PREFERENCES, budget=self._client.budgets.account)
                if not answer.succeeded:
                    message = f"Dotdigital does not tell its marketing preferences ({answer.explained})"
                    raise ServiceUnavailable(message)
                self._by_name = defaultdict(set)
                for name, number in _named(answer.data):
                    self._by_name[_comparable(name)].add(number)
            return self._by_name


def _named(nodes: list[Preference], category: Preference | None = None) -> Iterator[tuple[str, int]]:
    """Yield each name of each preference with its number, alone and with its category."""
    for node in nodes:
        if node["isPreference"]:
            for name in _names_of(node):
                yield name, node["id"]
                yield from ((f"{above}{CATEGORY_SIGN}{name}", node["id"]) for above in _names_of(category or {}))
        yield from _named(node.get("preferences") or [], node)


def _names_of(node: Preference) -> set[str]:
    return {node[kind] for kind in ("publicName", "privateName") if node.get(kind)}


def _comparable(name: str) -> str:
    return CATEGORY_SIGN.join(part.strip().lower() for part in name.split(CATEGORY_SIGN))
