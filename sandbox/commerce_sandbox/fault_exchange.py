"""A request that a fault has hit, with what can be done to it and to its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from commerce_sandbox.http_server import connection_of
from commerce_sandbox.journal import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a fault has hit.

    Attributes:
        application: The application that would answer.
        scope: What the request is.
        receive: Gives the rest of the request, then waits until the client is gone.
        send: Takes the answer.
        called_off: Set when the fault is taken down.
    """

    application: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    called_off: asyncio.Event

    def note(self, outcome: str) -> None:
        """Tell the journal how this ends, when not by a whole answer."""
        self.scope[OUTCOME] = outcome

    async def act(self, send: Send) -> None:
        """Let the service act, and give its answer to ``send``."""
        await self.application(self.scope, self.receive, send)

    async def take_in(self, *, acts: bool) -> None:
        """Take the whole request; let the service act on it, unheard by the client, if it ``acts``."""
        if acts:
            await self.act(_swallow)
        else:
            # So that the client is not cut off while it still sends.
            while (await self.receive()).get("more_body", False):
                pass

    async def collect(self) -> tuple[Message, bytes]:
        """Let the service act and return its answer: the head, and the body."""
        head: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.act(collect)
        return head, bytes(body)

    async def answer(self, status: int, headers: Mapping[str, str], body: Any) -> None:  # noqa: ANN401 - JSON data
        """Send an answer: a text, a page if it looks like one, JSON data or nothing."""
        if isinstance(body, str):
            content, media_type = body.encode(), _media_type_of_text(body)
        elif body is None:
            content, media_type = b"", "text/plain; charset=utf-8"
        else:
            content, media_type = msgspec.json.encode(body), "application/json"
        await self.begin(status, media_type, {**headers, "Content-Length": str(len(content))})
        await self.send({"type": "http.response.body", "body": content})

    async def begin(self, status: int, media_type: str, headers: Mapping[str, str]) -> None:
        """Send the head of an answer; the media type is the one named, unless a header says otherwise."""
        named = {"content-type": media_type, **{name.lower(): value for name, value in headers.items()}}
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})

    async def send_piece(self, piece: bytes) -> None:
        """Send a piece of a body that goes on."""
        await self.send({"type": "http.response.body", "body": piece, "more_body": True})

    def write(self, raw: bytes) -> None:
        """Write on the connection itself, past the rules of HTTP."""
        connection_of(self.scope).write(raw)

    @property
    def is_broken(self) -> bool:
        """Whether the connection is closed already, or about to be."""
        return connection_of(self.scope).is_closing()

    async def is_called_off(self, *, within: float) -> bool:
        """Wait so many seconds, at most until the fault is taken down, and tell whether it is."""
        try:
            await asyncio.wait_for(self.called_off.wait(), within)
        except asyncio.TimeoutError:
            return False
        return True

    async def until_the_end(self) -> None:
        """Wait until the client goes away or the fault is taken down."""
        ends = asyncio.ensure_future(self.called_off.wait()), asyncio.ensure_future(self._until_gone())
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    async def close(self, *, flush: bool = False) -> None:
        """Close the connection and wait until it is closed; what is still to be sent goes first if told to flush."""
        connection = connection_of(self.scope)
        if flush:
            connection.close()
        else:
            connection.abort()
        await self._until_gone()

    async def _until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _media_type_of_text(text: str) -> str:
    return "text/html; charset=utf-8" if text.lstrip().startswith("<") else "text/plain; charset=utf-8"


async def _swallow(message: Message) -> None:
    """Take an answer and send it nowhere."""
