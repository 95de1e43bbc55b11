"""The lists that contacts join: found by name or number, created when absent.

Dotdigital: lists are called address books in version 2 of the API; there is no search by name, names are compared
without case and must differ from those of segments too; imports add to lists and never remove.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from delivery.errors import ServiceUnavailable, SettingsError, StreamStopped
from delivery.json_text import encode

from target_dotdigital.call_contracts import CREATED_LIST, LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.notices import Notices

PATH = "/v2/address-books"
PAGE = 1000
LONGEST_NAME = 128
LONGEST_NUMBER = 18
RESERVED_NAMES = frozenset({"all contacts", "test"})
NEW_LIST = "a list that records name is new to the account"
TAKEN = "ERROR_ADDRESSBOOK_DUPLICATE"


class ListRefused(ValueError):
    """A list of a record that cannot be joined; the text says why and never names it."""


class ContactLists:
    """The lists of the account; safe to use from several threads.

    Args:
        client: The account.
        setting: Name or number of the list that every contact joins; None for no such list.
        notices: Takes note of lists that are new.

    Raises:
        SettingsError: If the setting is a name that no list may have.
    """

    def __init__(self, client: DotdigitalClient, setting: str | None, notices: Notices) -> None:
        self._client = client
        self._notices = notices
        self._setting = None if setting is None else setting.strip()
        self._everybodys: int | None = None
        self._numbers: dict[str, int] | None = None
        self._noted: set[str] = set()
        self._lock = threading.RLock()
        if self._setting is not None:
            fault = _fault_of_name(self._setting)
            if fault:
                message = f"setting list: {fault}"
                raise SettingsError(message)

    def everybodys(self) -> list[int]:
        """Return the number of the list that every contact joins; finds or creates it the first time.

        Raises:
            SettingsError: If there is no list of that number, or none of that name can be made.
            ServiceUnavailable: If the account does not tell its lists.
        """
        if self._setting is None:
            return []
        with self._lock:
            if self._everybodys is None:
                self._everybodys = self._of_setting(self._setting)
            return [self._everybodys]

    def check(self, lists: Sequence[int | str]) -> None:
        """Check the names among the lists of a record, and take note of those that will be made.

        Raises:
            ListRefused: If a name is one that no list may have.
            ServiceUnavailable: If the account does not tell its lists.
        """
        for place, named in enumerate(lists):
            if not isinstance(named, str):
                continue
            fault = _fault_of_name(named)
            if fault:
                message = f"lists.{place}: {fault}"
                raise ListRefused(message)
            with self._lock:
                key = named.strip().lower()
                if key not in self._known() and key not in self._noted:
                    self._noted.add(key)
                    # Without the name, which is a value of a record.
                    self._notices.count(NEW_LIST)

    def check_everybodys(self) -> None:
        """Check the list that every contact joins, and take note of it if it will be made.

        Raises:
            SettingsError: If there is no list of that number.
            ServiceUnavailable: If the account does not tell its lists.
        """
        if self._setting is None:
            return
        with self._lock:
            if self._number_of_setting(self._setting) is None and self._setting.lower() not in self._known():
                self._notices.new(f"the setting's list '{self._setting}'")

    def numbers(self, lists: Sequence[int | str]) -> list[int]:
        """Return the numbers of a record's lists, each once; lists are created by name when absent.

        Args:
            lists: Numbers, which are taken as they are, and names.

        Raises:
            ListRefused: If a name is taken by a segment.
            StreamStopped: If the account has no room for another list, or refuses one.
            ServiceUnavailable: If the account does not tell its lists.
        """
        with self._lock:
            return list(
                dict.fromkeys(
                    self._of_name(named, f"lists.{place}") if isinstance(named, str) else named
                    for place, named in enumerate(lists)
                )
            )

    def _number_of_setting(self, setting: str) -> int | None:
        """Return the number that the setting gives; None if it gives a name."""
        if not (setting.isascii() and setting.isdigit()):
            return None
        number = int(setting) if len(setting) <= LONGEST_NUMBER else -1
        if number in self._known().values():
            return number
        if setting not in self._known():
            message = "setting list: Dotdigital has no list of that number; lists are created by name only"
            raise SettingsError(message)
        return None

    def _of_setting(self, setting: str) -> int:
        number = self._number_of_setting(setting)
        if number is not None:
            return number
        try:
            return self._of_name(setting, "setting list")
        except ListRefused as refused:
            raise SettingsError(str(refused)) from None

    def _of_name(self, name: str, place: str) -> int:
        key = name.strip().lower()
        number = self._known().get(key)
        if number is None:
            number = self._create(name.strip(), place)
            self._known()[key] = number
        return number

    def _known(self) -> dict[str, int]:
        if self._numbers is None:
            self._numbers = {item["name"].strip().lower(): int(item["id"]) for item in self._read()}
        return self._numbers

    def _read(self) -> Iterator[dict[str, Any]]:
        skip = 0
        while True:
            parameters = {"select": str(PAGE), "skip": str(skip)}
            answer = self._client.ask(
                "GET", PATH, contract=LISTS, budget=self._client.budgets.account, parameters=parameters
            )
            if not answer.succeeded:
                message = f"Dotdigital does not tell its lists ({answer.explained})"
                raise ServiceUnavailable(message)
            if not answer.data:
                return
            yield from answer.data
            skip += len(answer.data)

    def _create(self, name: str, place: str) -> int:
        body = encode({"name": name, "visibility": "Private"})
        answer = self._client.ask("POST", PATH, contract=CREATED_LIST, budget=self._client.budgets.account, body=body)
        if answer.succeeded:
            return int(answer.data["id"])
        if answer.code == TAKEN:
            # Made a moment ago, by somebody else or by a call of ours whose answer was lost.
            self._numbers = None
            made = self._known().get(name.lower())
            if made is not None:
                return made
            message = f"{place}: a segment has this name; choose another"
            raise ListRefused(message)
        message = f"Dotdigital does not create a list ({place}; {answer.explained})"
        raise StreamStopped(message)


def _fault_of_name(name: str) -> str:
    """Return what is wrong with the name of a list; empty if nothing is."""
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        return f"a name has 1 to {LONGEST_NAME} characters"
    if name.strip().lower() in RESERVED_NAMES:
        return "Dotdigital keeps a list of this name for itself; choose another"
    return ""
