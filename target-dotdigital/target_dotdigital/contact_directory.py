"""All contacts of the account, read in pages when looking them up one by one would cost more calls.

Dotdigital: `GET /contacts/v3` lists up to 5 000 contacts a page with their statuses and consent records, in ascending
order, and those modified since a time.
"""

from __future__ import annotations

import threading
import time
from array import array
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from target_dotdigital.call_contracts import PAGE_OF_CONTACTS
from target_dotdigital.contact_identity import CONTACT_ID, EMAIL, comparable, identifier_texts
from target_dotdigital.contact_lookup import CONTACTS, ContactState, consent_key, state_of
from target_dotdigital.digest_map import DigestMap
from target_dotdigital.iso_time import parse_time, write_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dotdigital.client import DotdigitalClient

PAGE = 5_000
LOOK_UPS_WORTH_A_DIRECTORY = 200
LOOK_UPS_WORTH_A_PAGE = 10
"""Pages count in the tier of large reads, which has fewer calls than that of single ones."""

MOST_PAGES = 400
MOST_NAMES = 64
SECONDS_UNTIL_READ_ANEW = 900.0
"""Listings of what was modified do not show who was deleted: after this time everything is read again."""

CLOCKS_MAY_DIFFER = timedelta(minutes=10)


class ContactDirectory:
    """Whom the account holds, in about fifty bytes a contact; safe to use from several threads.

    A contact takes a new number each time it is read; identifiers it has given up lead to a number that is no longer
    current, and so to nobody.

    Args:
        client: The account.
    """

    def __init__(self, client: DotdigitalClient) -> None:
        self._client = client
        self._lock = threading.RLock()
        self._wanted = 0
        self._worth_from = LOOK_UPS_WORTH_A_DIRECTORY
        self._is_read = False
        self._read_at = 0.0
        self._modified_since = self._latest_change = datetime.min.replace(tzinfo=timezone.utc)
        self._words: list[str] = []
        self._names: list[str] = []
        self._forget_everybody()

    def ready_for(self, people: int) -> bool:
        """Read, or bring up to date, whom the account holds, if so many look-ups are worth it.

        Args:
            people: How many contacts are to be looked up now.

        Returns:
            Whether the directory can be asked; else each contact must be looked up alone.

        Raises:
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        with self._lock:
            self._wanted += people
            if self._is_read and time.monotonic() - self._read_at < SECONDS_UNTIL_READ_ANEW:
                self._refresh()
            elif self._wanted >= self._worth_from:
                self._read_everybody()
            return self._is_read

    def read(
        self,
        name: str,
        value: str,
        *,
        address: str = "",
        consents: Sequence[dict[str, Any]] = (),
        lists: Sequence[int] = (),
    ) -> ContactState | None:
        """Return what the account holds of a contact; None if it does not know it.

        Args:
            name: Name of an identifier.
            value: Its value.
            address: An address; the state has it if it is the contact's, and no other.
            consents: Consent records; of these the state tells which are stored.
            lists: Numbers of lists; of these the state tells which it has left.
        """
        with self._lock:
            number = self._numbers.get(f"{name} {comparable(name, value)}")
            if number is None or not self._is_current[number]:
                return None
            statuses = {
                channel: self._words[held[number] - 1] for channel, held in self._statuses.items() if held[number]
            }
            keys = {consent_key(consent) for consent in consents}
            known = comparable(EMAIL, address)
            return ContactState(
                statuses,
                frozenset(key for key in keys if self._consents.get(f"{number} {key}") is not None),
                frozenset(held for bit, held in enumerate(self._names) if self._identifiers[number] >> bit & 1),
                known if known and self._numbers.get(f"{EMAIL} {known}") == number else "",
                frozenset(left for left in lists if self._left_lists.get(f"{number} {left}") is not None),
            )

    def forget(self, identifier: str) -> None:
        """Take note that a contact was deleted, or may have another address now.

        Args:
            identifier: One of its identifiers, as `identifier_texts` gives it.
        """
        with self._lock:
            number = self._numbers.get(identifier)
            if number is not None:
                self._is_current[number] = 0

    def _forget_everybody(self) -> None:
        self._is_read = False
        self._numbers = DigestMap()
        self._consents = DigestMap()
        self._left_lists = DigestMap()
        self._is_current = array("B")
        self._statuses = {channel: array("B") for channel in ("email", "sms", "whatsApp")}
        self._identifiers = array("Q")

    def _read_everybody(self) -> None:
        self._forget_everybody()
        self._modified_since = datetime.now(tz=timezone.utc) - CLOCKS_MAY_DIFFER
        self._read_at = time.monotonic()
        most_pages = min(MOST_PAGES, self._wanted // LOOK_UPS_WORTH_A_PAGE)
        self._is_read = self._take_pages({}, most_pages)
        if not self._is_read:
            self._forget_everybody()
            # A larger account than it is worth: that changes only with many more look-ups.
            self._worth_from = self._wanted * 4

    def _refresh(self) -> None:
        since = self._modified_since
        # Whatever an answer has shown by now was there before this listing begins: the next may begin with it.
        self._modified_since = max(since, self._latest_change)
        # Its pattern takes whole seconds or milliseconds.
        filters = {"~modified": f"gte::{write_time(since.replace(microsecond=0))}"}
        if not self._take_pages(filters, MOST_PAGES):
            self._forget_everybody()

    def _take_pages(self, filters: dict[str, str], most_pages: int) -> bool:
        """Take in the pages of a listing; return False if they are too many or are not what they should be."""
        parameters = {"include": "channelProperties|consentRecords|lists", "limit": str(PAGE), **filters}
        marker = ""
        for _ in range(most_pages):
            answer = self._client.ask(
                "GET",
                CONTACTS,
                contract=PAGE_OF_CONTACTS,
                budget=self._client.budgets.contact_pages,
                parameters={**parameters, **({"marker": marker} if marker else {})},
            )
            if not answer.succeeded or not all(map(self._take, answer.data["_items"])):
                return False
            following = _next_marker(answer.data)
            if not following:
                return True
            if following == marker:
                return False
            marker = following
        return False

    def _take(self, contact: dict[str, Any]) -> bool:
        """Take in a contact; return False if there are more names of identifiers than can be kept."""
        number = len(self._is_current)
        identifiers = {**_object(contact.get("identifiers")), CONTACT_ID: contact.get("contactId")}
        before = self._numbers.get(f"{CONTACT_ID} {contact.get('contactId')}")
        if before is not None:
            self._is_current[before] = 0
        for text in identifier_texts(identifiers):
            self._numbers.put(text, number)
        state = state_of(contact)
        for channel, held in self._statuses.items():
            status = state.statuses.get(channel)
            held.append(0 if status is None else _place(self._words, status) + 1)
        bits = [_place(self._names, name) for name in state.holds]
        if any(bit >= MOST_NAMES for bit in bits):
            return False
        self._identifiers.append(sum(1 << bit for bit in bits))
        self._is_current.append(1)
        for key in state.consents:
            self._consents.put(f"{number} {key}", 1)
        for left in state.left_lists:
            self._left_lists.put(f"{number} {left}", 1)
        changed = parse_time(str(contact.get("updated", "")))
        if changed is not None:
            self._latest_change = max(self._latest_change, changed)
        return True


def _place(words: list[str], word: str) -> int:
    """Return the place of a word among the few there are; a new one comes last."""
    if word not in words:
        words.append(word)
    return words.index(word)


def _next_marker(page: dict[str, Any]) -> str:
    marker = _object(_object(page.get("_links")).get("next")).get("marker")
    return marker if isinstance(marker, str) else ""


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
