"""Runs imports: sends one, waits for a free slot if need be, and polls until there is a report.

Dotdigital: both imports are asynchronous. An accepted one is answered 202 with an id, whose status is to be polled
every 5 to 30 seconds; 25 contact imports and 5 Insight imports may run at once, shared with every other integration.
The words for the statuses differ between documents, so they are compared without case, and unknown ones wait.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from delivery.errors import ServiceUnavailable
from delivery.narrowing import BatchRefused

from target_dotdigital.answers import TOO_LARGE
from target_dotdigital.call_contracts import FINISHED, IMPORT
from target_dotdigital.poll_pace import SLOWEST_POLL, PollPace

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_dotdigital.answer_contract import Contract
    from target_dotdigital.answers import Answer
    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.import_slots import ImportSlots

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
        report: What the answer about an import may be.
        poll_seconds: Seconds before the first poll, and the least between two.
        slots: How many may be under way at once.
    """

    def __init__(
        self,
        client: DotdigitalClient,
        path: str,
        what: str,
        *,
        report: Contract,
        poll_seconds: float,
        slots: ImportSlots,
    ) -> None:
        self.client = client
        self.poll_seconds = poll_seconds
        self._path = path
        self._what = what
        self._report = report
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
        """
        with self._slots.slot(stream):
            return self._await(self._start(make_body, repeatable=repeatable))

    def _start(self, make_body: Callable[[], bytes], *, repeatable: bool) -> str:
        client = self.client if repeatable else self.client.trying_once()
        wait, ends = self.poll_seconds, time.monotonic() + PATIENCE_SECONDS
        while (answer := self._ask_for(client, make_body())).wants_slot:
            if time.monotonic() > ends:
                message = (
                    f"Dotdigital runs too many imports already ({answer.word}) and no slot came free in an hour: find "
                    "out which other integrations import into this account"
                )
                raise ServiceUnavailable(message)
            # Other integrations hold the slots. Each look costs a whole body, so looks become rarer.
            client.shutdown.sleep(wait)
            wait = min(wait * 1.5, self.poll_seconds * SLOWEST_POLL)
        if answer.succeeded:
            return str(answer.data["importId"])
        if answer.status == TOO_LARGE:
            message = "is larger than Dotdigital takes in a request"
            raise BatchRefused(message, answer.word)
        message = f"Dotdigital refuses it ({answer.explained})"
        raise BatchRefused(message, answer.word)

    def _ask_for(self, client: DotdigitalClient, body: bytes) -> Answer:
        return client.ask("PUT", self._path, contract=IMPORT, budget=client.budgets.imports, body=body)

    def _await(self, identifier: str) -> Report:
        misses, began, unfinished = 0, time.monotonic(), 0.0
        while (lasted := time.monotonic() - began) < PATIENCE_SECONDS:
            self.client.shutdown.sleep(self._pace.wait(lasted))
            looked = time.monotonic() - began
            answer = self.client.ask(
                "GET", f"{self._path}/{identifier}", contract=self._report, budget=self.client.budgets.polls
            )
            if not answer.succeeded:
                misses += 1
                if misses >= POLLS_OF_A_LOST_IMPORT:
                    raise ImportFailed(LOST)
                continue
            status = answer.data["status"].lower()
            if status in FINISHED:
                self._pace.ended(unfinished, looked)
                report: Report = answer.data
                return report
            if status in FAILED:
                raise ImportFailed(status)
            unfinished = looked
        message = f"an import of {self._what} is still not finished after an hour; look for it in Dotdigital"
        raise ServiceUnavailable(message)
