"""Calls of an ASGI application without a socket, for tests: a call takes well under a millisecond."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        status: HTTP status.
        headers: Headers, names in lower case.
        text: The body.
    """

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The body, decoded."""
        return msgspec.json.decode(self.text)


def call(
    application: ASGIApp,
    method: str,
    path: str,
    body: Any,  # noqa: ANN401 - any JSON value, or bytes
    headers: Mapping[str, str],
) -> Reply:
    """Send one request; bytes are sent as they are, anything else but None as JSON.

    Args:
        application: Where to send it.
        method: HTTP method.
        path: Path and query, percent-encoded.
        body: What to send.
        headers: The request's headers.
    """
    content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    return asyncio.run(_exchange(application, method, path, content, headers))


async def _exchange(application: ASGIApp, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
    bare_path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(bare_path),
        "raw_path": bare_path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)
    start = sent[0]
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    given = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], given, answer.decode())


def path_part(identifier: str) -> str:
    """Return an identifier percent-encoded for use in a path."""
    return quote(identifier, safe="")
