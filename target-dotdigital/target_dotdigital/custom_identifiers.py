"""The custom identifiers of the account, created when a record brings one that is not there.

Dotdigital: a name has 1 to 50 letters, digits, `-` and `_`, a value 1 to 256 characters; how many an account may have
is not published, 412 says that there are enough.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from delivery.errors import ServiceUnavailable, StreamStopped
from delivery.json_text import encode

from target_dotdigital.answers import CONFLICT, NO_ROOM
from target_dotdigital.call_contracts import CREATED_CUSTOM_IDENTIFIER, CUSTOM_IDENTIFIERS
from target_dotdigital.contact_identity import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.notices import Notices

PATH = "/configuration/v3/customIdentifiers"
_NAME = re.compile(r"[-A-Za-z0-9_]{1,50}", re.ASCII)


def is_identifier_name(name: str) -> bool:
    """Tell whether an identifier may have this name."""
    return _NAME.fullmatch(name) is not None


class CustomIdentifiers:
    """The custom identifiers of the account; safe to use from several threads.

    Args:
        client: The account.
        notices: Takes note of identifiers that are new.
    """

    def __init__(self, client: DotdigitalClient, notices: Notices) -> None:
        self._client = client
        self._notices = notices
        self._known: dict[str, str] | None = None
        self._lock = threading.Lock()

    def spelled(self, name: str) -> str:
        """Return the name of an identifier as the account spells it, or as it stands if the account lacks it.

        Raises:
            ServiceUnavailable: If the account does not tell its custom identifiers.
        """
        if name in BUILT_IN:
            return name
        with self._lock:
            known = self._names().get(name.lower())
        if known is None:
            self._notices.new(f"custom identifier '{name}'")
        return known or name

    def ensure(self, names: Iterable[str]) -> None:
        """Create the custom identifiers of these names that do not exist.

        Raises:
            StreamStopped: If the account has no room for another, or refuses one.
            ServiceUnavailable: If the account does not tell its custom identifiers.
        """
        wanted = sorted(set(names) - BUILT_IN)
        if not wanted:
            return
        with self._lock:
            known = self._names()
            for name in wanted:
                if name.lower() not in known:
                    self._create(name)
                    known[name.lower()] = name

    def _names(self) -> dict[str, str]:
        if self._known is None:
            answer = self._client.ask("GET", PATH, contract=CUSTOM_IDENTIFIERS, budget=self._client.budgets.account)
            if not answer.succeeded:
                message = f"Dotdigital does not tell its custom identifiers ({answer.explained})"
                raise ServiceUnavailable(message)
            self._known = {item["name"].lower(): item["name"] for item in answer.data}
        return self._known

    def _create(self, name: str) -> None:
        body = encode({"name": name})
        answer = self._client.ask(
            "POST", PATH, contract=CREATED_CUSTOM_IDENTIFIER, budget=self._client.budgets.account, body=body
        )
        if answer.succeeded or answer.status == CONFLICT:
            return
        if answer.status == NO_ROOM:
            message = (
                f"Dotdigital has no room for the custom identifier '{name}' (HTTP {NO_ROOM}): delete one that nobody "
                "uses, or match contacts by another identifier"
            )
            raise StreamStopped(message)
        message = f"Dotdigital does not create the custom identifier '{name}' ({answer.explained})"
        raise StreamStopped(message)
