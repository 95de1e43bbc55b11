"""Takes secrets and personal data out of texts before they are logged or stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"
_EMAIL = re.compile(r"[^\s\"'<>,;:()\[\]{}=]+@[^\s\"'<>,;:()\[\]{}=]+")
_LONG_NUMBER = re.compile(r"\+?\d[\d \-]{6,}\d")


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
        text = _EMAIL.sub("[address]", text)
        text = _LONG_NUMBER.sub("[number]", text)
        text = " ".join(text.split())
        return text if len(text) <= limit else text[: limit - 1] + "…"
