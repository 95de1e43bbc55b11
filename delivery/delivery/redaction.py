"""Takes secrets and personal data out of texts before they are logged or stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"
MOST_LOOKED_AT = 2048
"""Characters of a text that are searched for personal data: nobody is shown more, and a service may send megabytes."""

_DELIMITERS = frozenset("\"'<>,;:()[]{}=")
# Quantifiers have an end, so that the search takes no longer than the text is long, whatever it holds.
_EMAIL = re.compile(r"[^\s\"'<>,;:()\[\]{}=]{1,320}@[^\s\"'<>,;:()\[\]{}=]{1,320}")
_LONG_NUMBER = re.compile(r"\+?\d[\d \-]{6,60}\d")
_OF_A_NUMBER = "+- 0123456789"


class Redaction:
    """Knows the secrets of a run.

    Services have been seen to echo the whole request, key included, in an error text. Whatever a service says
    therefore passes here, at the client's error path, before anybody else sees it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first, so that a secret containing another is not left half readable.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def clean(self, text: str, limit: int = 200) -> str:
        """Return a text without secrets, addresses and long numbers, cut to a length.

        Args:
            text: What a service said.
            limit: Most characters to keep. Secrets are removed before cutting.
        """
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        text = _beginning(text)
        text = _EMAIL.sub("[address]", text)
        text = _LONG_NUMBER.sub("[number]", text)
        text = " ".join(text.split())
        return text if len(text) <= limit else text[: limit - 1] + "…"


def _beginning(text: str) -> str:
    """Return as much of a text as is looked at, without a last word or number that may be cut in two."""
    if len(text) <= MOST_LOOKED_AT:
        return text
    end = MOST_LOOKED_AT
    while end and not text[end - 1].isspace() and text[end - 1] not in _DELIMITERS:
        end -= 1
    return text[:end].rstrip(_OF_A_NUMBER) + "…"
