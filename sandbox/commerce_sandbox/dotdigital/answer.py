"""Answers of the emulated service, and refusals in the two vocabularies of the vendor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered.

    Attributes:
        status: HTTP status.
        content: JSON data, text for any other media type, or None for an empty body.
        media_type: Media type of the content.
        headers: Further headers.
    """

    status: int = 200
    content: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return the bytes of the body."""
        if self.content is None:
            return b""
        if self.media_type == "application/json":
            return msgspec.json.encode(self.content)
        return str(self.content).encode()


class Refusal(Exception):
    """A call that is answered with an error.

    Attributes:
        answer: The answer.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refusal(status: int, code: str, description: str, *details: tuple[str, str]) -> Refusal:
    """Return a refusal as the v3 services word it.

    Args:
        status: HTTP status.
        code: Error code, for example ``contacts:badJson``.
        description: What is wrong.
        details: Pairs of an item and what is wrong with it.
    """
    content: dict[str, Any] = {"errorCode": code, "description": description}
    if details:
        content["details"] = [{"item": item, "description": text} for item, text in details]
    return Refusal(Answer(status, content))


def refusal_v2(status: int, message: str) -> Refusal:
    """Return a refusal as the v2 services word it: one text which holds an ``ERROR_`` token."""
    return Refusal(Answer(status, {"message": message}))
