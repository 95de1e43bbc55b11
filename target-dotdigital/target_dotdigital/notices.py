"""Counts what is no failure of a record, but what people should know of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from delivery.ledger import Ledger

CONTACTS = "contacts"


class Notices:
    """Notices about records; they stand in the summary of the run.

    Args:
        ledger: Counts them.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._contacts = CONTACTS

    def name_contacts(self, stream: str) -> None:
        """Take note of what the stream of contacts is called: that of the settings, where they bind another."""
        self._contacts = stream

    def count(self, notice: str, stream: str | None = None) -> None:
        """Count one notice about a record of a stream, or of contacts; an empty one is none."""
        if notice:
            self._ledger.notice(stream or self._contacts, notice)

    def new(self, what: str, stream: str | None = None) -> None:
        """Take note, once a run, that something is not in the account yet and will be made."""
        self._ledger.notice_once(stream or self._contacts, f"{what} is new to the account")
