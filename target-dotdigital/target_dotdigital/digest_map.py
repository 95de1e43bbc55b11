"""Whole numbers by text, for millions of texts: about thirteen bytes an entry."""

from __future__ import annotations

import hashlib
from array import array

_DIGEST_BYTES = 8
_BUCKET_BITS = 12
_SHIFT = _DIGEST_BYTES * 8 - _BUCKET_BITS


class DigestMap:
    """Remembers a number for each text, by a digest of the text; not safe to use from several threads at once.

    Digests have 64 bits: that two of ten million texts share one is less likely than one in a hundred thousand.
    """

    def __init__(self) -> None:
        self._digests: list[array[int]] = [array("Q") for _ in range(2**_BUCKET_BITS)]
        self._numbers: list[array[int]] = [array("I") for _ in range(2**_BUCKET_BITS)]

    def put(self, text: str, number: int) -> None:
        """Remember a number of at most 32 bits for a text, in place of the one remembered before."""
        digest = _digest(text)
        bucket = digest >> _SHIFT
        try:
            place = self._digests[bucket].index(digest)
        except ValueError:
            self._digests[bucket].append(digest)
            self._numbers[bucket].append(number)
        else:
            self._numbers[bucket][place] = number

    def get(self, text: str) -> int | None:
        """Return the number remembered for a text, or None."""
        digest = _digest(text)
        bucket = digest >> _SHIFT
        try:
            return self._numbers[bucket][self._digests[bucket].index(digest)]
        except ValueError:
            return None


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest(), "big")
