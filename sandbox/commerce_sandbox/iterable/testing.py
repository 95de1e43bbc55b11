"""The emulated API without a socket, for tests of its behaviour: a call takes well under a millisecond."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from commerce_sandbox.clock import Clock
from commerce_sandbox.iterable.service import IterableService
from commerce_sandbox.iterable.settings import IterableSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message

    from commerce_sandbox.iterable.json_value import JsonValue


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
    def json(self) -> JsonValue:
        """The body, decoded."""
        return msgspec.json.decode(self.text)


@dataclass
class InProcessIterable:
    """An Iterable project that is called directly.

    Attributes:
        settings: The project's settings; rate limits are off unless they say otherwise.
        clock: The project's clock.
        service: The service behind it.
    """

    settings: IterableSettings = field(default_factory=lambda: IterableSettings(rate_limits=False))
    clock: Clock = field(default_factory=Clock)
    service: IterableService = field(init=False)

    def __post_init__(self) -> None:
        self.service = IterableService(self.clock, self.settings)
        self._application = Starlette(
            routes=[
                Mount("/_sandbox/iterable", routes=self.service.control_routes()),
                Mount("/iterable", routes=self.service.routes()),
            ]
        )

    def get(self, path: str) -> Reply:
        """Read ``/api/<path>``."""
        return self.call("GET", f"/iterable/api/{path}")

    def post(self, path: str, body: JsonValue) -> Reply:
        """Post to ``/api/<path>``."""
        return self.call("POST", f"/iterable/api/{path}", body)

    def put(self, path: str, body: JsonValue) -> Reply:
        """Put to ``/api/<path>``."""
        return self.call("PUT", f"/iterable/api/{path}", body)

    def patch(self, path: str, body: JsonValue = None) -> Reply:
        """Patch ``/api/<path>``."""
        return self.call("PATCH", f"/iterable/api/{path}", body)

    def delete(self, path: str, body: JsonValue = None) -> Reply:
        """Delete ``/api/<path>``."""
        return self.call("DELETE", f"/iterable/api/{path}", body)

    def change_settings(self, **changes: Any) -> None:
        """Change settings through the control route.

        Raises:
            ValueError: If it refuses them.
        """
        reply = self.call("POST", "/_sandbox/iterable/settings", changes)
        if reply.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise ValueError(reply.text)

    def call(
        self,
        method: str,
        path: str,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; bytes are sent as they are, anything else but None as JSON.

        Args:
            method: HTTP method.
            path: Path and query, percent-encoded.
            body: What to send.
            headers: Instead of the key and content type.
        """
        if headers is None:
            headers = {"Api-Key": self.settings.api_key, "Content-Type": "application/json"}
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        return asyncio.run(self._exchange(method, path, content, headers))

    async def _exchange(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
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

        await self._application(scope, receive, send)
        start = sent[0]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        given = {name.decode(): value.decode() for name, value in start["headers"]}
        return Reply(start["status"], given, body.decode())


def path_part(identifier: str) -> str:
    """Return an identifier percent-encoded for use in a path."""
    return quote(identifier, safe="")
