"""Remembers, for the length of a run, whom the account knows and which identifiers belong to one person."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from target_dotdigital.contact_identity import identifier_texts
from target_dotdigital.digest_map import DigestMap

if TYPE_CHECKING:
    from collections.abc import Mapping


class Marked:
    """Texts that were marked, in little memory; safe to use from several threads."""

    def __init__(self) -> None:
        self._marks = DigestMap()
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Mark a text."""
        with self._lock:
            self._marks.put(text, 1)

    def discard(self, text: str) -> None:
        """Take the mark off a text."""
        with self._lock:
            if self._marks.get(text):
                self._marks.put(text, 0)

    def clear(self) -> None:
        """Take all marks off."""
        with self._lock:
            self._marks = DigestMap()

    def __contains__(self, text: str) -> bool:
        with self._lock:
            return self._marks.get(text) == 1


class KnownPeople:
    """Whom the account knows, as this run has seen.

    Attributes:
        present: Identities of contacts that exist.
        delivered: Identifiers, each as one text, of contacts that this run has delivered.
        made_unsubscribed: Identities of contacts that this run created as unsubscribed because it knew of no yes.
        readdressed: Identities of contacts that are given another address by the import that is next.
    """

    def __init__(self) -> None:
        self.present = Marked()
        self.delivered = Marked()
        self.made_unsubscribed = Marked()
        self.readdressed = Marked()
        self._persons = DigestMap()
        self._person_count = 0
        self._lock = threading.Lock()

    def person_of(self, identifiers: Mapping[str, Any]) -> str:
        """Return one text for all records of this run that share an identifier, however they are matched.

        So a customer whose address changes keeps one lane, and the records their order.

        Args:
            identifiers: A contact's identifiers by name; at least one.
        """
        texts = list(identifier_texts(identifiers))
        with self._lock:
            number = next((known for text in texts if (known := self._persons.get(text)) is not None), None)
            if number is None:
                number = self._person_count
                self._person_count += 1
            for text in texts:
                self._persons.put(text, number)
        return str(number)

    def forget(self, identifier: str) -> None:
        """Take note that a contact was deleted, which has this identifier, given as `identifier_texts` does."""
        self.present.discard(identifier)
        self.delivered.discard(identifier)

    def forget_all(self) -> None:
        """Take note that a contact may have another address now: who has the one of before is not known."""
        self.present.clear()
        self.delivered.clear()
        self.readdressed.clear()
