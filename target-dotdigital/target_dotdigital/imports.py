"""Runs imports: sends one, waits for a free slot if need be, and polls until there is a report.

Dotdigital: both imports are asynchronous. An accepted one is answered 202 with an id, whose status is to be polled
every 5 to 30 seconds; 25 contact imports and 5 Insight imports may run at once, shared with every other integration.
The words for the statuses differ between documents, so they are compared without case, and unknown ones wait.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from delivery.errors import AccessRefused, ServiceUnavailable
from delivery.narrowing import BatchRefused

from target_dotdigital.answers import NOT_FOUND, TOO_LARGE, Answer
from target_dotdigital.poll_pace import SLOWEST_POLL, PollPace

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.import_slots import ImportSlots

FINISHED = frozenset({"finished", "complete"})
FAILED = frozenset(
    {
        "exceedsallowedcontactlimit",
        "failed",
        "invalidfileformat",
        "notavailableinthisversion",
        "rejectedbywatchdog",
        "unknown",
    }
)
CONTACT_LIMIT = "exceedsallowedcontactlimit"
WATCHDOG = "rejectedbywatchdog"
LOST = "lost"

PATIENCE_SECONDS = 3600.0
"""How long an import may stay unfinished, and how long a free slot is waited for."""

MOST_CONTACT_IMPORTS = 25
MOST_INSIGHT_IMPORTS = 5
"""How many imports of each kind an account runs at once."""

POLLS_OF_A_LOST_IMPORT = 4

Report = dict[str, Any]


class ImportFailed(Exception):
    """An import that ended without having been done.

    Attributes:
        status: The service's word for it, in small letters.
    """

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Imports:
    """One kind of import; safe to use from several threads.

    Args:
        client: The account.
        path: The path imports are sent to; their status is below it.
        what: What is imported, for error texts.
        poll_seconds: Seconds before the first poll, and the least between two.
        slots: How many may be under way at once.
    """

    def __init__(self, client: DotdigitalClient, path: str, what: str, poll_seconds: float, slots: ImportSlots) -> None:
        self.client = client
        self.poll_seconds = poll_seconds
        self._path = path
        self._what = what
        self._slots = slots
        self._pace = PollPace(poll_seconds)

    def run(self, make_body: Callable[[], bytes], *, stream: str = "", repeatable: bool = True) -> Report:
        """Import and return the report.

        Args:
            make_body: Returns the request. Called once there is a slot: bodies are big, and none is kept while waiting.
            stream: On whose behalf, where several streams share the slots.
            repeatable: Whether the import may be sent again when it is unclear whether it was accepted.

        Raises:
            BatchRefused: If the service refuses the request as a whole.
            ImportFailed: If the import ended without having been done.
            ServiceUnavailable: If the service keeps failing, or, for an import that is not repeatable, failed once.
            AccessRefused: If the account has no such import.
        """
        with self._slots.slot(stream):
            return self._await(self._start(make_body, repeatable=repeatable))

    def _start(self, make_body: Callable[[], bytes], *, repeatable: bool) -> str:
        client = self.client if repeatable else self.client.trying_once()
        wait, ends = self.poll_seconds, time.monotonic() + PATIENCE_SECONDS
        while (answer := client.ask("PUT", self._path, budget=client.budgets.imports, body=make_body())).wants_slot:
            if time.monotonic() > ends:
                message = (
                    f"Dotdigital runs too many imports already ({answer.word}) and no slot came free in an hour: find "
                    "out which other integrations import into this account"
                )
                raise ServiceUnavailable(message)
            # Other integrations hold the slots. Each look costs a whole body, so looks become rarer.
            client.shutdown.sleep(wait)
            wait = min(wait * 1.5, self.poll_seconds * SLOWEST_POLL)
        identifier = answer.data.get("importId") if isinstance(answer.data, dict) else None
        if answer.succeeded and isinstance(identifier, str) and identifier:
            return identifier
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> Exception:
        if answer.succeeded:
            message = f"Dotdigital accepted an import of {self._what} without telling its id ({answer.word})"
            return ServiceUnavailable(message)
        if answer.status == NOT_FOUND:
            message = (
                f"Dotdigital does not know {self._path} ({answer.word}): this loader needs version 3 of the API, which "
                "accounts have that were moved to unified contacts; ask Dotdigital, or check the setting api_url"
            )
            return AccessRefused(message)
        if answer.status == TOO_LARGE:
            return BatchRefused("is larger than Dotdigital takes in a request", answer.word)
        return BatchRefused(f"Dotdigital refuses it ({answer.explained})", answer.word)

    def _await(self, identifier: str) -> Report:
        misses, began, unfinished = 0, time.monotonic(), 0.0
        while (lasted := time.monotonic() - began) < PATIENCE_SECONDS:
            self.client.shutdown.sleep(self._pace.wait(lasted))
            looked = time.monotonic() - began
            answer = self.client.ask("GET", f"{self._path}/{identifier}", budget=self.client.budgets.polls)
            if not answer.succeeded or not isinstance(answer.data, dict):
                misses += 1
                if misses >= POLLS_OF_A_LOST_IMPORT:
                    raise ImportFailed(LOST)
                continue
            status = str(answer.data.get("status", "")).lower()
            if status in FINISHED:
                self._pace.ended(unfinished, looked)
                return answer.data
            if status in FAILED:
                raise ImportFailed(status)
            unfinished = looked
        message = f"an import of {self._what} is still not finished after an hour; look for it in Dotdigital"
        raise ServiceUnavailable(message)
