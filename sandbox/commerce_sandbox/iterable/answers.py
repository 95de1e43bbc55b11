"""The vendor's answers: the ``{msg, code, params}`` envelope, bare documents, text, and refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the API.

    Attributes:
        document: JSON data, or a ``str`` that is sent as it is.
        status: HTTP status.
        media_type: Content type of a ``str`` document.
        headers: Additional headers.
    """

    document: Any
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """A request that is turned down as a whole.

    Attributes:
        answer: What the caller gets to see.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def success(msg: str = "", params: Mapping[str, Any] | None = None, status: int = 200) -> Answer:
    """Return the envelope of success; ``params`` is null in most recorded successes."""
    return Answer({"msg": msg, "code": "Success", "params": params}, status)


def text(content: str, status: int = 200, media_type: str = "text/plain") -> Answer:
    """Return an answer that is not JSON."""
    return Answer(content, status, media_type)


def refusal(status: int, code: str, msg: str, params: Mapping[str, Any] | None = None) -> RefusalError:
    """Return the error envelope, to be raised."""
    return RefusalError(Answer({"msg": msg, "code": code, "params": params}, status))


def bad_params(msg: str, params: Mapping[str, Any] | None = None) -> RefusalError:
    """Return 400 ``BadParams``, which also stands for "does not exist" on several endpoints."""
    return refusal(400, "BadParams", msg, params)


def invalid_email(email: str) -> RefusalError:
    """Return 400 ``InvalidEmailAddressError``."""
    return refusal(400, "InvalidEmailAddressError", f"Invalid email: {email}")


def invalid_user_id(user_id: str) -> RefusalError:
    """Return 400 ``InvalidUserIdError``."""
    return refusal(400, "InvalidUserIdError", f"Invalid userId: {user_id}")
