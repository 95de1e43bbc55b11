"""Takes secrets and personal data out of foreign texts before they are logged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"
_LONGEST_LOOKED_AT = 2_000
"""Characters of a foreign text that are looked at: whatever it holds, cleaning it takes no time to speak of."""
_HALF_A_SECRET = 6
"""Characters of a secret, cut off at the end of a text, that are too many to show."""
_ADDRESS = re.compile(r"[^\s\"'<>,;:()\[\]{}=@]{1,80}@[^\s\"'<>,;:()\[\]{}=@]{1,80}")
_OPAQUE = re.compile(r"[A-Za-z0-9_.~+/=-]{41,2000}")
"""Longer than any id: a token, a key or a hash."""
_LONG_NUMBER = re.compile(r"\+?\d[\d \-]{6,40}\d")


class Redaction:
    """Knows the secrets of a run, for any number of threads.

    Services have been seen to echo a whole request, credentials included, in an error text. Whatever the platform says
    therefore passes here before anybody sees it.

    Args:
        secrets: What must never be shown.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[str, ...] = ()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Take note of one more secret, such as a token that was just issued."""
        if secret and secret not in self._secrets:
            # Longest first, so that a secret which holds another is not left half readable.
            self._secrets = tuple(sorted((*self._secrets, secret), key=len, reverse=True))

    def clean(self, text: str, limit: int = 200) -> str:
        """Return a text without secrets, addresses and long numbers, on one line, cut to a length.

        Args:
            text: What somebody else said.
            limit: Most characters to keep.
        """
        shown = text[:_LONGEST_LOOKED_AT]
        for secret in self._secrets:
            shown = shown.replace(secret, REDACTED)
            shown = _without_its_beginning(shown, secret)
        shown = _ADDRESS.sub("[address]", shown)
        shown = _OPAQUE.sub(REDACTED, shown)
        shown = _LONG_NUMBER.sub("[number]", shown)
        shown = " ".join("".join(each if each.isprintable() else " " for each in shown).split())
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _without_its_beginning(text: str, secret: str) -> str:
    """Return a text that does not end with the beginning of a secret, which cutting may have left there."""
    for length in range(min(len(secret), len(text)), _HALF_A_SECRET - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + REDACTED
    return text
