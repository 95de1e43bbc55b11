"""Takes secrets and personal data out of foreign texts before they are logged."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REDACTED = "[redacted]"
_LONGEST_LOOKED_AT = 2_000
"""Characters of a foreign text that are looked at: whatever it holds, cleaning it takes no time to speak of."""
_HALF_A_SECRET = 6
"""Characters of a secret, cut off at the end of a text, that are too many to show."""
_NAME = r"[^\s\"'<>,;:()\[\]{}=@]{1,80}"
_ADDRESS = re.compile(rf"(?:\"[^\"]{{1,80}}\"|{_NAME})(?:@|%(?:25)?40|&#64;){_NAME}", re.IGNORECASE)
"""A mail address, also as it is written in a query, and with a name in quotation marks."""
_OPAQUE = re.compile(r"[A-Za-z0-9_.~+/=-]{41,2000}")
"""Longer than any id: a token, a key or a hash."""
_LONG_NUMBER = re.compile(r"\+?\(?\d[\d\s\-./()]{6,40}\d")


class Redaction:
    """Knows the secrets of a run, for any number of threads.

    Services have been seen to echo a whole request, credentials included, in an error text. Whatever the platform says
    therefore passes here before anybody sees it.

    Args:
        secrets: What must never be shown.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Take note of one more secret, such as a token that was just issued."""
        forms = (_squeezed(form)[0] for form in (secret, quote(secret, safe=""), quote_plus(secret)))
        self._secrets |= {form for form in forms if form}

    def clean(self, text: str, limit: int = 200) -> str:
        """Return a text without secrets, addresses and long numbers, on one line, cut to a length.

        Args:
            text: What somebody else said.
            limit: Most characters to keep.
        """
        shown = self._without_secrets(text[:_LONGEST_LOOKED_AT])
        # Wide letters and signs become plain ones, which the patterns know; that can bring out a secret, too.
        shown = self._without_secrets(unicodedata.normalize("NFKC", shown)[:_LONGEST_LOOKED_AT])
        shown = _ADDRESS.sub("[address]", shown)
        shown = _OPAQUE.sub(REDACTED, shown)
        shown = _LONG_NUMBER.sub("[number]", shown)
        shown = " ".join("".join(each if each.isprintable() else " " for each in shown).split())
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    def holds_a_secret(self, text: str) -> bool:
        """Tell whether a text, of which all is looked at, holds a secret of more than a few letters."""
        return any(end - begin >= _HALF_A_SECRET for begin, end in self._places(_squeezed(text)[0]))

    def _without_secrets(self, text: str) -> str:
        squeezed, places = _squeezed(text)
        parts, shown_to = [], 0
        for begin, end in sorted(self._places(squeezed)):
            first, last = places[begin], places[end - 1] + 1
            if last > shown_to:
                parts += [text[shown_to:first], REDACTED] if first >= shown_to else []
                shown_to = last
        return "".join([*parts, text[shown_to:]])

    def _places(self, squeezed: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets begin and end, also the beginning of one that cutting has left at the end."""
        for secret in self._secrets:
            begin = squeezed.find(secret)
            while begin >= 0:
                yield begin, begin + len(secret)
                begin = squeezed.find(secret, begin + len(secret))
            for length in range(min(len(secret), len(squeezed)), _HALF_A_SECRET - 1, -1):
                if squeezed.endswith(secret[:length]):
                    yield len(squeezed) - length, len(squeezed)
                    break


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Return a text in small letters without white space and what cannot be seen, and where each letter stood."""
    letters = [(each.lower()[:1], place) for place, each in enumerate(text) if each.isprintable() and each != " "]
    return "".join(letter for letter, _ in letters), [place for _, place in letters]
