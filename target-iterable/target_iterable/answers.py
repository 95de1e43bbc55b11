"""Reads what Iterable answers, and turns refusals into outcomes.

Iterable: decide on the HTTP status first, then on `code` (a 401 may carry `Success`); `msg` may echo the whole
request with its key and is therefore never kept; some answers are plain text, HTML or of another shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from delivery.answer import ServiceAnswer
from delivery.errors import AccessRefused, StreamStopped
from delivery.narrowing import BatchRefused
from delivery.outcome import Outcome, rejected, skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from delivery.entry import Entry

FORGOTTEN = skipped("the person was forgotten in Iterable (GDPR) and is never written again")
FORGOTTEN_CODE = "ForgottenUserError"
BAD_PARAMETERS = "BadParams"
"""Iterable: stands on several endpoints for "does not exist" too."""
UNKNOWN_USER_ID = "error.users.noUserWithIdExists"

UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
TOO_LARGE = 413
_ELEMENT = re.compile(r"obj\.(?:users|events|subscribers|items)\[([0-9]{1,6})\]\.?(.*)", re.DOTALL)
_PATH = re.compile(r"[\w.:\[\] -]{1,200}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,60}")


class NotAllowed(StreamStopped):
    """The key, or the project, does not allow what a stream needs."""


@dataclass(frozen=True, slots=True)
class Answer(ServiceAnswer):
    """An answer of Iterable.

    Attributes:
        params: Details, by name.
        body: The whole JSON object; empty if the answer is none.
    """

    params: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


def code_of(body: dict[str, Any]) -> str:
    """Return the code of a JSON object, if it looks like one: an error text in its place could hold anything."""
    code = body.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def check_access(answer: Answer, stream: str) -> None:
    """End the run for refusals that no other record would escape.

    Raises:
        AccessRefused: If the key does not work.
        NotAllowed: If the key or the project does not allow what the stream needs.
    """
    if answer.status == UNAUTHORIZED:
        message = (
            "Iterable refuses the key (401): check the settings api_key (a server-side key of this project) and "
            "data_center (a key works in its own data centre only)"
        )
        raise AccessRefused(message)
    if answer.status == FORBIDDEN:
        message = (
            f"Iterable does not allow the stream '{stream}' ({answer.word}): the key may be of the wrong kind "
            "(setting api_key must be a server-side key), or the project lacks the feature"
        )
        raise NotAllowed(message)


def check_endpoint(answer: Answer, stream: str) -> None:
    """End the run if Iterable does not know the endpoint itself: no record of the stream would fare better.

    Raises:
        StreamStopped: If the answer is 404.
    """
    if answer.status == NOT_FOUND:
        message = (
            f"Iterable does not know what the stream '{stream}' is sent to ({answer.word}): check the settings api_url "
            "and data_center, and whether the project has the feature"
        )
        raise StreamStopped(message)


def refusal(answer: Answer, batch: Sequence[Entry]) -> BatchRefused:
    """Return why a batch was refused as a whole, and which of its records are to blame if that can be told.

    Args:
        answer: An answer with a 4xx status that is not about access.
        batch: The entries of the request, in the order in which they stood in it.
    """
    if answer.status == TOO_LARGE or answer.code == "BatchTooLarge":
        return BatchRefused("is larger than Iterable takes in a request", answer.word)
    if answer.code == "BadJsonBody":
        return BatchRefused("Iterable cannot read it", answer.code, _indexed(answer))
    if answer.code == "RequestFieldsTypesMismatched":
        return BatchRefused("a field has another type in the project", answer.code, _mistyped(answer, batch))
    if answer.code == "UniqueFieldsLimitExceeded":
        return BatchRefused("the project can take no new fields", answer.code, _with_new_fields(answer, batch))
    return BatchRefused(f"Iterable refuses it ({answer.word})", answer.word)


def single_outcome(answer: Answer) -> Outcome:
    """Return the outcome of a record that was refused on its own, by an endpoint that takes one a call."""
    if answer.code == FORGOTTEN_CODE:
        return FORGOTTEN
    if answer.code == "RequestFieldsTypesMismatched":
        errors = answer.params.get("validationErrors")
        names = _shown(map(_field_name, errors if isinstance(errors, dict) else ()))
        return rejected(f"fields of another type in the project: {names}", answer.code)
    if answer.code == "BadJsonBody":
        names = _shown(name.removeprefix("obj.") for name in answer.params)
        return rejected(f"Iterable cannot read: {names}" if names else "Iterable cannot read it", answer.code)
    if answer.status == TOO_LARGE:
        return rejected("is larger than Iterable takes in a request", answer.word)
    return rejected(f"Iterable refuses it ({answer.word})", answer.word)


def _indexed(answer: Answer) -> dict[int, str]:
    """Iterable keys the details by path: `obj.users[17].preferUserId`."""
    offenders: dict[int, str] = {}
    for path in answer.params:
        if match := _ELEMENT.match(path):
            place = _shown([match[2]]) or "the record"
            offenders[int(match[1])] = f"Iterable cannot read '{place}': wrong type, or missing"
    return offenders


def _mistyped(answer: Answer, batch: Sequence[Entry]) -> dict[int, str]:
    """Iterable names field and one offending value, but no element: find the elements that hold it."""
    errors = answer.params.get("validationErrors")
    offenders: dict[int, str] = {}
    for name, details in (errors if isinstance(errors, dict) else {}).items():
        if not isinstance(details, dict) or "offendingValue" not in details:
            continue
        field_name = _field_name(name)
        for place, entry in enumerate(batch):
            if _value_at(entry.record, name, field_name) == details["offendingValue"]:
                expected = _shown([str(details.get("expectedType", ""))]) or "another type"
                offenders[place] = f"field '{_shown([field_name])}' must be {expected} in this project"
    return offenders


def _with_new_fields(answer: Answer, batch: Sequence[Entry]) -> dict[int, str]:
    names = answer.params.get("newFields")
    offenders: dict[int, str] = {}
    for name in names if isinstance(names, list) else []:
        for place, entry in enumerate(batch):
            # Iterable: a field of an event is named with the event's name before it.
            of_event = str(name).removeprefix(f"{entry.record.get('eventName')}.")
            if _value_at(entry.record, str(name), of_event) is not None:
                offenders[place] = f"field '{_shown([str(name)])}' is new, and the project can take no new fields"
    return offenders


def _shown(names: Iterable[str]) -> str:
    """Return names in an answer as they may be shown; what is no path of a field could hold anything."""
    return ", ".join(sorted(name for name in names if _PATH.fullmatch(name)))


def _field_name(name: str) -> str:
    # Keys have been seen with a prefix before ":::"; the field's path is what follows.
    return name.rsplit(":::", 1)[-1]


def _value_at(record: dict[str, Any], *names: str) -> Any:  # noqa: ANN401 - JSON
    for name in names:
        value: Any = record.get("dataFields") or record.get("value")
        if isinstance(value, dict) and name in value:
            return value[name]
        for step in name.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None
