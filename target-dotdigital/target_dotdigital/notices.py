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

    def count(self, notice: str, stream: str = CONTACTS) -> None:
        """Count one notice about a record of a stream; an empty one is none."""
        if notice:
            self._ledger.notice(stream, notice)

    def new(self, what: str, stream: str = CONTACTS) -> None:
        """Take note, once a run, that something is not in the account yet and will be made."""
        self._ledger.notice_once(stream, f"{what} is new to the account")
