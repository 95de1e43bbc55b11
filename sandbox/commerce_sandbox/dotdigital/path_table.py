"""Which handler serves which path.

Paths are matched segment by segment as they were sent, and decoded afterwards, so that an encoded slash in an
identifier stays part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from commerce_sandbox.dotdigital.answer import Answer
    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.rate_limits import Tier

    Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API.

    Attributes:
        method: HTTP method.
        template: Path with its variable parts as ``{name}``.
        tier: The tier of call limits it counts in.
        handler: What serves it.
    """

    method: str
    template: str
    tier: Tier
    handler: Handler


@dataclass(frozen=True, slots=True)
class Match:
    """A path that exists, with the decoded variable parts; without endpoint if the method is not allowed."""

    endpoint: Endpoint | None
    values: dict[str, str] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()


class PathTable:
    """All operations; of two that fit a path the one listed first serves it.

    Args:
        endpoints: The operations.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Endpoint]]] = {}
        for endpoint in endpoints:
            segments = tuple(endpoint.template.strip("/").split("/"))
            self._by_length.setdefault(len(segments), []).append((segments, endpoint))

    def match(self, method: str, path: str) -> Match | None:
        """Return what serves a path, or None if there is nothing at it.

        Args:
            method: HTTP method.
            path: The path as sent, still percent-encoded.
        """
        # A plus that is not encoded means a space here: a client must encode the one in ann+shop@example.org.
        sent = [unquote_plus(segment) for segment in path.strip("/").split("/")]
        allowed: set[str] = set()
        for segments, endpoint in self._by_length.get(len(sent), ()):
            values = _values(segments, sent)
            if values is None:
                continue
            if endpoint.method == method:
                return Match(endpoint, values)
            allowed.add(endpoint.method)
        return Match(None, allowed=frozenset(allowed)) if allowed else None


def _values(segments: tuple[str, ...], sent: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for segment, text in zip(segments, sent, strict=True):
        if segment.startswith("{"):
            if not text:
                return None
            values[segment[1:-1]] = text
        elif segment.lower() != text.lower():
            return None
    return values
