"""Keys of Insight records. Dotdigital: a text; known to be safe up to 255 characters of `[A-Za-z0-9_-]`."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from delivery.json_text import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_KEY = 255
DIGEST_LENGTH = 16
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def record_key(values: Sequence[Any]) -> str:
    """Return a key for the values of a record's key properties, joined with `-`.

    Where joining or cleaning could make two records' keys the same, a digest of the values is added.

    Args:
        values: The values, in the order of the key properties; at least one.
    """
    parts = [value if isinstance(value, str) else encode(value).decode() for value in values]
    joined = "-".join(parts)
    ambiguous = len(parts) > 1 and any("-" in part for part in parts)
    if joined and not ambiguous and len(joined) <= LONGEST_KEY and not _UNSAFE.search(joined):
        return joined
    cleaned = _UNSAFE.sub("_", joined)[: LONGEST_KEY - DIGEST_LENGTH - 1]
    return f"{cleaned}-{_digest(encode(parts))}"


def content_key(record: dict[str, Any]) -> str:
    """Return a key for a record without key properties: the SHA-256 of its content, whatever its order."""
    return hashlib.sha256(encode(_sorted(record))).hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]


def _sorted(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
