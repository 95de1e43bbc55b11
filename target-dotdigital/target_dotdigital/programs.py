"""The account's programs (automations), and enrolling contacts into one.

Dotdigital: an enrolment takes up to 25 contacts by their ids, and an account may make 20 an hour over all programs. It
is a job: once it is finished, a table tells who was not enrolled and why. A call too many is answered 400 with
`ERROR_ENROLMENT_ALLOWANCE_EXCEEDED`; a program that is not active 422.
"""

from __future__ import annotations

import csv
import io
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delivery.errors import ServiceUnavailable
from delivery.json_text import encode

from target_dotdigital.call_contracts import ENROLMENT, ENROLMENT_FAULTS, ENROLMENT_STATUS, PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dotdigital.client import DotdigitalClient

PATH = "/v2/programs"
ENROLMENTS = f"{PATH}/enrolments"
PAGE = 1000
MOST_CONTACTS = 25
ACTIVE = "active"
FINISHED = "finished"
ALLOWANCE_USED_UP = "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED"
PATIENCE_SECONDS = 600.0
"""How long an enrolment may stay unfinished."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program.

    Attributes:
        id: Its number.
        name: Its name.
        status: Draft, Active, Deactivated or ReadOnly.
    """

    id: int
    name: str
    status: str

    @property
    def active(self) -> bool:
        """Whether contacts can be enrolled."""
        return self.status.lower() == ACTIVE


class EnrolmentRefused(Exception):
    """An enrolment that Dotdigital refused: nobody was enrolled.

    Attributes:
        reason: Why, without values.
        code: The service's word for it.
    """

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Programs:
    """The programs of an account; safe to use from several threads.

    Args:
        client: The account.
        poll_seconds: Seconds between two looks at an enrolment.
    """

    def __init__(self, client: DotdigitalClient, poll_seconds: float) -> None:
        self._client = client
        self._poll_seconds = poll_seconds
        self._known: list[Program] | None = None
        self._lock = threading.Lock()

    def find(self, wanted: str | int) -> Program | None:
        """Return a program by its number or its name, whatever the case of its letters; None if there is none.

        Of several programs of one name the active one counts.

        Raises:
            ServiceUnavailable: If the account does not tell its programs.
        """
        with self._lock:
            if self._known is None:
                self._known = self._list()
        text = str(wanted).strip().lower()
        found = [program for program in self._known if text in {str(program.id), program.name.strip().lower()}]
        return min(found, key=lambda program: not program.active, default=None)

    def enrol(self, program_id: int, contact_ids: Sequence[int]) -> str:
        """Ask for an enrolment, once, and return its id.

        Args:
            program_id: Number of the program.
            contact_ids: Ids of 1 to `MOST_CONTACTS` contacts.

        Raises:
            EnrolmentRefused: If Dotdigital refuses: then nobody is enrolled.
            ServiceUnavailable: If it does not answer: then it is not known whether somebody is.
        """
        client = self._client.trying_once()
        body = encode({"programId": program_id, "contacts": contact_ids, "addressBooks": []})
        answer = client.ask("POST", ENROLMENTS, contract=ENROLMENT, budget=client.budgets.enrolments, body=body)
        if not answer.succeeded:
            reason = f"Dotdigital does not enrol it ({answer.explained})"
            if answer.code == ALLOWANCE_USED_UP:
                reason = (
                    "the account has made its 20 enrolments of this hour: replay the record later, or let the program "
                    "enrol a list"
                )
            raise EnrolmentRefused(reason, answer.word)
        return str(answer.data["id"])

    def faults(self, enrolment: str) -> dict[int, str]:
        """Wait until an enrolment is finished, and return the reason for each contact it did not enrol, by id.

        Raises:
            ServiceUnavailable: If that is not told in time.
        """
        path = f"{ENROLMENTS}/{enrolment}"
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            self._client.shutdown.sleep(self._poll_seconds)
            answer = self._client.ask("GET", path, contract=ENROLMENT_STATUS, budget=self._client.budgets.polls)
            if answer.succeeded and answer.data["status"].lower() == FINISHED:
                report = self._client.ask(
                    "GET", f"{path}/report-faults", contract=ENROLMENT_FAULTS, budget=self._client.budgets.account
                )
                if report.succeeded:
                    return read_faults(report.data)
        message = f"Dotdigital does not tell how an enrolment ended ({enrolment}); look for it in the program"
        raise ServiceUnavailable(message)

    def _list(self) -> list[Program]:
        found: list[Program] = []
        skip = 0
        while True:
            parameters = {"select": str(PAGE), "skip": str(skip)}
            answer = self._client.ask(
                "GET", PATH, contract=PROGRAMS, budget=self._client.budgets.account, parameters=parameters
            )
            if not answer.succeeded:
                message = f"Dotdigital does not tell its programs ({answer.explained})"
                raise ServiceUnavailable(message)
            if not answer.data:
                return found
            found += [Program(item["id"], item["name"], item["status"]) for item in answer.data]
            skip += len(answer.data)


def read_faults(table: str) -> dict[int, str]:
    """Return the reasons of a table of faults by contact id.

    Args:
        table: CSV with a header that names `Id` and `Reason`; it may begin with a byte order mark.
    """
    # Line ends are left to the reader of CSV; it takes no NUL.
    rows = csv.DictReader(io.StringIO(table.removeprefix("\ufeff").replace("\0", ""), newline=""))
    found: dict[int, str] = {}
    for row in rows:
        identifier = str(row.get("Id") or "").strip()
        if identifier.isascii() and identifier.isdigit():
            found[int(identifier)] = str(row.get("Reason") or "Unknown")
    return found
