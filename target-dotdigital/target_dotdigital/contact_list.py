"""The list that contacts join: found by name or number, created when absent.

Dotdigital: lists are called address books in version 2 of the API; there is no search by name, names are compared
without case and must differ from those of segments too; imports add to lists and never remove.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from delivery.errors import ServiceUnavailable, SettingsError
from delivery.json_text import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_dotdigital.client import DotdigitalClient

PATH = "/v2/address-books"
PAGE = 1000
LONGEST_NAME = 128
RESERVED_NAMES = frozenset({"all contacts", "test"})


class ContactList:
    """The list that the setting `list` names; safe to use from several threads.

    Args:
        client: The account.
        setting: Name or number.
    """

    def __init__(self, client: DotdigitalClient, setting: str) -> None:
        self._client = client
        self._setting = setting.strip()
        self._id: int | None = None
        self._lock = threading.Lock()
        if not 0 < len(self._setting) <= LONGEST_NAME:
            message = f"setting list: a name has 1 to {LONGEST_NAME} characters"
            raise SettingsError(message)
        if self._setting.lower() in RESERVED_NAMES:
            message = f"setting list: Dotdigital keeps the list '{self._setting}' for itself; choose another name"
            raise SettingsError(message)

    def id(self) -> int:
        """Return the list's number; finds the list, or creates it, the first time.

        Raises:
            SettingsError: If there is no list of that number, or none of that name can be made.
            ServiceUnavailable: If the account does not tell its lists.
        """
        with self._lock:
            if self._id is None:
                self._id = self._find() or self._create()
            return self._id

    def _find(self) -> int | None:
        numeric = self._setting.isascii() and self._setting.isdigit()
        by_name: int | None = None
        for item in self._lists():
            if numeric and item.get("id") == int(self._setting):
                return int(item["id"])
            if str(item.get("name", "")).strip().lower() == self._setting.lower():
                by_name = int(item["id"])
        if numeric and by_name is None:
            message = f"setting list: Dotdigital has no list of number {self._setting}; lists are created by name only"
            raise SettingsError(message)
        return by_name

    def _lists(self) -> Iterator[dict[str, Any]]:
        skip = 0
        while True:
            parameters = {"select": str(PAGE), "skip": str(skip)}
            answer = self._client.ask("GET", PATH, budget=self._client.budgets.account, parameters=parameters)
            if not answer.succeeded or not isinstance(answer.data, list):
                message = f"Dotdigital does not tell its lists ({answer.explained})"
                raise ServiceUnavailable(message)
            if not answer.data:
                return
            yield from (item for item in answer.data if isinstance(item, dict))
            skip += len(answer.data)

    def _create(self) -> int:
        body = encode({"name": self._setting, "visibility": "Private"})
        answer = self._client.ask("POST", PATH, budget=self._client.budgets.account, body=body)
        if answer.succeeded and isinstance(answer.data, dict) and isinstance(answer.data.get("id"), int):
            return int(answer.data["id"])
        if answer.code == "ERROR_ADDRESSBOOK_DUPLICATE":
            # Made a moment ago, by somebody else or by a call of ours whose answer was lost.
            made = self._find()
            if made is not None:
                return made
            message = f"setting list: the name '{self._setting}' is taken by a segment; choose another"
            raise SettingsError(message)
        message = f"setting list: Dotdigital does not create the list '{self._setting}' ({answer.explained})"
        raise SettingsError(message)
