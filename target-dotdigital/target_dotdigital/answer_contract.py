"""Reads each answer by what Dotdigital's contract says for that call; anything else is a fault of the service.

A proxy's page, an empty body, JSON of another shape: none of it says that something was delivered, refused, or is not
there. Dotdigital: 401, 429 and 5xx may be empty or HTML; 412 has no body, and whoever takes no body of that size (413)
is a web server; every other refusal is an error of version 3 or 2 of the API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from delivery.client import UnexpectedAnswer

from target_dotdigital.answers import (
    NOT_FOUND,
    Answer,
    columns_of,
    error_of,
    is_error,
    is_job_limit,
    json_of,
    plain_code,
    table_of,
    without_values,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from delivery.record_schema import RecordSchema
    from delivery.redaction import Redaction

_TAKEN = frozenset({200, 201, 202})
_REFUSALS = frozenset({400, 409, 422})


@dataclass(frozen=True, slots=True)
class Contract:
    """What Dotdigital may answer to one call.

    Attributes:
        shape: What the JSON of an answer must be to be of use; None for a call that is answered without.
        tells_enough: Whether JSON of that shape tells what the caller must know.
        bodiless: Statuses of answers that hold nothing.
        columns: What the head of the table (CSV) names that is answered instead; empty for no table.
        absent: How the codes of a 404 end that say that there is no such thing.
        unexplained: Statuses of refusals that need not hold an error of the service.
        has_slots: Whether the call may have to wait for the end of another job.
    """

    shape: RecordSchema | None = None
    tells_enough: Callable[[Any], bool] = field(default=lambda _: True)
    bodiless: frozenset[int] = frozenset()
    columns: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()
    unexplained: frozenset[int] = frozenset()
    has_slots: bool = False

    def read(self, response: requests.Response, redaction: Redaction) -> Answer:
        """Return an answer that is one the contract knows.

        Raises:
            UnexpectedAnswer: If it is not.
        """
        if 200 <= response.status_code < 300:  # noqa: PLR2004 - HTTP's own numbers
            return Answer(response.status_code, data=self._taken(response))
        return self._refusal(response, redaction)

    def _taken(self, response: requests.Response) -> Any:  # noqa: ANN401 - JSON or the text of a table
        status, data = response.status_code, json_of(response)
        if self.columns:
            table = table_of(response)
            # Whether a table without rows has a head is not documented.
            if table is None or (table.strip() and not columns_of(table) >= self.columns):
                raise _unexpected(status, "which holds no such table")
            return table
        if status in self.bodiless and (isinstance(data, dict) or not response.content.strip()):
            return None
        if self.shape is None or status not in _TAKEN:
            raise _unexpected(status, "which is no answer to this call")
        if data is None:
            raise _unexpected(status, "which holds no JSON" if response.content.strip() else "which holds nothing")
        fault = self.shape.fault(data)
        if fault is not None:
            raise _unexpected(status, f"which holds JSON of another shape ({fault})")
        if not self.tells_enough(data):
            raise _unexpected(status, "which lacks what it is to tell")
        return data

    def _refusal(self, response: requests.Response, redaction: Redaction) -> Answer:
        status, data = response.status_code, json_of(response)
        code, text = error_of(data) if is_error(data) else ("", "")
        answer = Answer(status, code, data, without_values(text, redaction))
        if status in self.unexplained or (self.has_slots and is_job_limit(code)):
            return answer
        if status == NOT_FOUND and code and plain_code(code).endswith(self.absent):
            return answer
        if status in _REFUSALS and is_error(data) and not is_job_limit(code):
            return answer
        raise _unexpected(status, "which is no refusal of this call")


def _unexpected(status: int, what: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"HTTP {status}, {what}")
