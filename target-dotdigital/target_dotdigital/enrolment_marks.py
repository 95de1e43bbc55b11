"""Remembers, in the account, who was enrolled for what: one small Insight record of the contact for each enrolment.

Dotdigital does not tell who has been through a program, and enrols again whoever has left it, if the program allows.
A mark is set before an enrolment is asked for and taken back if it is refused. So nobody is enrolled twice for one
purpose, also by a run that repeats another; a run that is killed between the two enrols its last few people not at all.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

from delivery.errors import ServiceUnavailable
from delivery.json_text import encode

from target_dotdigital.answers import NOT_FOUND, Answer
from target_dotdigital.call_contracts import DELETED_INSIGHT_RECORD, INSIGHT_RECORD, STORED_INSIGHT_RECORD
from target_dotdigital.contact_identity import CONTACT_ID
from target_dotdigital.insight_collections import Collection
from target_dotdigital.iso_time import write_time
from target_dotdigital.record_key import record_key

if TYPE_CHECKING:
    from target_dotdigital.answer_contract import Contract
    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.insight_collections import CollectionRegistry

MARKS = Collection("ProgramEnrolments", "contact", "custom")


class EnrolmentMarks:
    """The marks of one account.

    Args:
        client: The account.
        collections: Creates the collection of marks.
    """

    def __init__(self, client: DotdigitalClient, collections: CollectionRegistry) -> None:
        self._client = client
        self._collections = collections

    def has(self, program_id: int, contact_id: int, purpose: str) -> bool:
        """Tell whether a contact is marked as enrolled into a program for a purpose."""
        answer = self._ask("GET", INSIGHT_RECORD, program_id, contact_id, purpose)
        if not answer.succeeded and answer.status != NOT_FOUND:
            raise _unanswered(answer)
        return answer.succeeded

    def set(self, program_id: int, contact_id: int, purpose: str) -> None:
        """Mark a contact."""
        # Neither names nor the purpose: a text that looked like a date would make a property of dates.
        now = write_time(datetime.now(tz=timezone.utc).replace(microsecond=0))
        body = encode({"programId": program_id, "enrolledAt": now})
        answer = self._ask("PUT", STORED_INSIGHT_RECORD, program_id, contact_id, purpose, body)
        if answer.status == NOT_FOUND:
            self._collections.create(MARKS)
            answer = self._ask("PUT", STORED_INSIGHT_RECORD, program_id, contact_id, purpose, body)
        if not answer.succeeded:
            raise _unanswered(answer)

    def take_back(self, program_id: int, contact_id: int, purpose: str) -> None:
        """Remove a mark, so that another try may enrol the contact."""
        answer = self._ask("DELETE", DELETED_INSIGHT_RECORD, program_id, contact_id, purpose)
        if not answer.succeeded and answer.status != NOT_FOUND:
            raise _unanswered(answer)

    def _ask(
        self,
        method: str,
        contract: Contract,
        program_id: int,
        contact_id: int,
        purpose: str,
        body: bytes | None = None,
    ) -> Answer:
        key = record_key([str(program_id), str(contact_id), purpose])
        start = f"/insightData/v3/contacts/{CONTACT_ID}"
        return self._client.ask(
            method,
            f"{start}/{contact_id}/{MARKS.name}/{quote(key, safe='')}",
            contract=contract,
            budget=self._client.budgets.insight_writes,
            body=body,
            shown_path=f"{start}/…/{MARKS.name}/…",
        )


def _unanswered(answer: Answer) -> ServiceUnavailable:
    message = (
        f"Dotdigital does not let marks of enrolments be kept in the collection {MARKS.name} ({answer.explained}); "
        "without them somebody could be enrolled twice"
    )
    return ServiceUnavailable(message)
