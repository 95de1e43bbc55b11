"""Faults on order: which requests they hit."""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from commerce_sandbox.fault_actions import Action  # noqa: TC001 - msgspec reads it at run time
from commerce_sandbox.fault_exchange import Exchange
from commerce_sandbox.journal import FAULT, split_service

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
        every: Of the matching requests after those, the n-th, 2n-th, 3n-th, … is hit.
    """

    action: Action
    service: str | None = None
    method: str | None = None
    path: str | None = None
    body: str | None = None
    times: int | None = 1
    skip: int = 0
    every: Annotated[int, msgspec.Meta(ge=1)] = 1


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
        beyond = self.matched - order.skip
        if beyond <= 0 or beyond % order.every != 0:
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
        await action.happen(Exchange(self._application, scope, receive, send, fault.taken_down))


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
