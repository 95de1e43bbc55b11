"""Faults on order: answers, delays and broken connections in place of what a service would do."""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from commerce_sandbox.http_server import connection_of
from commerce_sandbox.journal import FAULT, OUTCOME, split_service

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Respond(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="respond"):
    """Answer in the service's place; the service never sees the request."""

    status: int
    headers: dict[str, str] = {}
    body: Any = None


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="delay"):
    """Wait, then let the service answer; a request that still waits when the fault is taken down is dropped."""

    seconds: float


class Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="drop"):
    """Close the connection without an answer; the service never sees the request."""


class DropAfter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="drop_after"):
    """Let the service act, then close the connection without an answer."""


class AnswerLate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="answer_late"):
    """Let the service act, then wait before its answer is sent."""

    seconds: float


class Truncate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="truncate"):
    """Let the service act, send half of its answer, then close the connection."""


Action = Respond | Delay | AnswerLate | Drop | DropAfter | Truncate


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault as it is ordered.

    Attributes:
        action: What happens.
        service: Name of the service hit, None for all.
        method: HTTP method hit, None for all.
        path: Regular expression searched in the vendor's path (without the mount point), None for all.
        body: Regular expression searched in the request's body as text, None for all.
        times: How often it happens, None until it is cleared.
        skip: How many matching requests pass unharmed before the first hit.
    """

    action: Action
    service: str | None = None
    method: str | None = None
    path: str | None = None
    body: str | None = None
    times: int | None = 1
    skip: int = 0


@dataclass(slots=True)
class Fault:
    """An ordered fault and how often it met and hit a request."""

    identifier: int
    order: FaultOrder
    matched: int = 0
    hits: int = 0
    taken_down: asyncio.Event = field(default_factory=asyncio.Event)
    _path: re.Pattern[str] | None = field(init=False)
    _body: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        self._path = None if self.order.path is None else re.compile(self.order.path)
        self._body = None if self.order.body is None else re.compile(self.order.body)

    def strikes(self, service: str, method: str, path: str, body: str) -> bool:
        """Tell whether this request is hit, and count it."""
        order = self.order
        if (
            (order.times is not None and self.hits >= order.times)
            or order.service not in {None, service}
            or (order.method is not None and order.method.upper() != method)
            or (self._path is not None and not self._path.search(path))
            or (self._body is not None and not self._body.search(body))
        ):
            return False
        self.matched += 1
        if self.matched <= order.skip:
            return False
        self.hits += 1
        return True

    def as_data(self) -> dict[str, Any]:
        """Return the fault as JSON data."""
        data: dict[str, Any] = msgspec.to_builtins(self.order)
        return {"id": self.identifier, **data, "matched": self.matched, "hits": self.hits}


class FaultBoard:
    """The faults on order; the first one that strikes a request is the one applied."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._identifiers = itertools.count(1)

    def order(self, order: FaultOrder) -> Fault:
        """Put up a fault.

        Raises:
            re.error: If path or body is not a regular expression.
        """
        fault = Fault(next(self._identifiers), order)
        self._faults[fault.identifier] = fault
        return fault

    def clear(self, identifier: int | None = None) -> None:
        """Take down one fault, or all."""
        for fault in [fault for fault in self if identifier in {None, fault.identifier}]:
            del self._faults[fault.identifier]
            fault.taken_down.set()

    def clear_service(self, service: str) -> None:
        """Take down the faults that were ordered for one service."""
        for fault in list(self):
            if fault.order.service == service:
                self.clear(fault.identifier)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults.values())

    @property
    def reads_bodies(self) -> bool:
        """Whether a fault on order depends on what a request holds."""
        return any(fault.order.body is not None for fault in self)

    def strike(self, service: str, method: str, path: str, body: str) -> Fault | None:
        """Return the fault that hits this request, if one does."""
        return next((fault for fault in self if fault.strikes(service, method, path, body)), None)


class FaultMiddleware:
    """Applies the faults on order to the requests of the services.

    Args:
        application: The application that answers.
        board: The faults on order.
        services: Names of the services; other paths are never hit.
    """

    def __init__(self, application: ASGIApp, board: FaultBoard, services: Collection[str]) -> None:
        self._application = application
        self._board = board
        self._services = frozenset(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the service, or as the fault says."""
        service, path = split_service(scope["path"]) if scope["type"] == "http" else ("", "")
        if service not in self._services:
            await self._application(scope, receive, send)
            return
        body = b""
        if self._board.reads_bodies:
            body, receive = await _read_ahead(receive)
        fault = self._board.strike(service, scope["method"], path, body.decode(errors="replace"))
        if fault is None:
            await self._application(scope, receive, send)
            return
        action = fault.order.action
        scope[FAULT] = type(action).__struct_config__.tag
        if isinstance(action, Respond):
            await _read_to_the_end(receive)
            await _respond(action, send)
        elif isinstance(action, Delay):
            if await _happened(fault.taken_down, within=action.seconds):
                await _drop(scope, receive)
            else:
                await self._application(scope, receive, send)
        elif isinstance(action, AnswerLate):
            await self._answer_late(fault, action.seconds, scope, receive, send)
        elif isinstance(action, Drop):
            await _drop(scope, receive)
        elif isinstance(action, DropAfter):
            await self._application(scope, receive, _swallow)
            scope[OUTCOME] = "dropped after acting"
            await _close(scope, receive)
        else:
            await self._truncate(scope, receive, send)

    async def _answer_late(self, fault: Fault, seconds: float, scope: Scope, receive: Receive, send: Send) -> None:
        waited = False

        async def later(message: Message) -> None:
            nonlocal waited
            if not waited:
                await _happened(fault.taken_down, within=seconds)
                waited = True
            await send(message)

        await self._application(scope, receive, later)

    async def _truncate(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._application(scope, receive, collect)
        scope[OUTCOME] = "truncated"
        # The length promised is the whole one, so a client can tell that half of the answer is missing.
        headers = [(name, value) for name, value in head["headers"] if name.lower() != b"content-length"]
        await send({**head, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": bytes(body[: len(body) // 2]), "more_body": True})
        await _close(scope, receive, flush=True)


async def _happened(event: asyncio.Event, *, within: float) -> bool:
    """Wait for an event, at most so many seconds, and tell whether it has happened."""
    try:
        await asyncio.wait_for(event.wait(), within)
    except asyncio.TimeoutError:
        return False
    return True


async def _drop(scope: Scope, receive: Receive) -> None:
    await _read_to_the_end(receive)
    scope[OUTCOME] = "dropped"
    await _close(scope, receive)


async def _respond(action: Respond, send: Send) -> None:
    if isinstance(action.body, str):
        body, media_type = action.body.encode(), _media_type_of_text(action.body)
    elif action.body is None:
        body, media_type = b"", "text/plain; charset=utf-8"
    else:
        body, media_type = msgspec.json.encode(action.body), "application/json"
    headers = {"content-type": media_type, **{name.lower(): value for name, value in action.headers.items()}}
    headers["content-length"] = str(len(body))
    await send({"type": "http.response.start", "status": action.status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})


def _media_type_of_text(text: str) -> str:
    return "text/html; charset=utf-8" if text.lstrip().startswith("<") else "text/plain; charset=utf-8"


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


async def _read_to_the_end(receive: Receive) -> None:
    """Take the whole request, so that the client is not cut off while it still sends."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """Return the whole body, and what gives it to the next reader once more."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
    again = iter(messages)

    async def replay() -> Message:
        message = next(again, None)
        return await receive() if message is None else message

    return b"".join(message.get("body", b"") for message in messages), replay


async def _close(scope: Scope, receive: Receive, *, flush: bool = False) -> None:
    """Close the connection and wait until it is closed."""
    connection = connection_of(scope)
    if flush:
        connection.close()
    else:
        connection.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _swallow(message: Message) -> None:
    """Take an answer and send it nowhere."""
