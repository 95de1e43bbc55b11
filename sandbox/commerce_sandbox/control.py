"""The control routes under ``/_sandbox``: faults, journal, clock, reset and what each service holds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount, Route

from commerce_sandbox.clock import timestamp
from commerce_sandbox.faults import FaultOrder
from commerce_sandbox.journal import REQUESTS_KEPT, RequestFilter
from commerce_sandbox.json_response import JsonResponse, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.faults import FaultBoard
    from commerce_sandbox.journal import Journal
    from commerce_sandbox.service import Service

Endpoint = Callable[["Request"], Awaitable["Response"]]
"""Answers one control request."""

_DEFAULT_LIMIT = 100


class _ClockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advance_seconds: float


class Control:
    """Answers the control requests.

    Args:
        services: The services by name.
        clock: The sandbox's clock.
        journal: The requests so far.
        faults: The faults on order.
    """

    def __init__(self, services: Mapping[str, Service], clock: Clock, journal: Journal, faults: FaultBoard) -> None:
        self._services = services
        self._clock = clock
        self._journal = journal
        self._faults = faults

    def routes(self) -> list[BaseRoute]:
        """Return the routes, to be mounted at ``/_sandbox``."""
        own: list[BaseRoute] = [
            Route("/health", self.health),
            Route("/counts", self.held_counts),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/clock", self.read_clock),
            Route("/clock", self.advance_clock, methods=["POST"]),
            Route("/requests", self.requests),
            Route("/requests/counts", self.request_counts),
            Route("/faults", self.read_faults),
            Route("/faults", self.order_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
        ]
        for service in self._services.values():
            own.append(Route(f"/{service.name}", self.snapshot_of(service)))
            own.append(Mount(f"/{service.name}", routes=service.control_routes()))
        return own

    async def health(self, _request: Request) -> Response:
        """Tell that the sandbox is up and what it serves."""
        return JsonResponse({"status": "ready", "services": list(self._services)})

    async def held_counts(self, _request: Request) -> Response:
        """Tell how much each service holds, by kind."""
        return JsonResponse({service.name: dict(service.counts()) for service in self._services.values()})

    async def reset(self, request: Request) -> Response:
        """Return all services, or ``?service=``, to their start, and forget their requests and faults."""
        wanted = request.query_params.get("service")
        for service in self._services.values() if wanted is None else [self._service(wanted)]:
            service.reset()
        self._journal.clear(wanted)
        if wanted is None:
            self._faults.clear()
        else:
            self._faults.clear_service(wanted)
        return Response(status_code=204)

    async def read_clock(self, _request: Request) -> Response:
        """Tell the sandbox's time."""
        return JsonResponse({"now": timestamp(self._clock.now())})

    async def advance_clock(self, request: Request) -> Response:
        """Push the clock forward by ``advance_seconds``."""
        change = await read_json(request, _ClockChange)
        try:
            now = self._clock.advance(change.advance_seconds)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        return JsonResponse({"now": timestamp(now)})

    async def requests(self, request: Request) -> Response:
        """List the last requests, oldest first, filtered by ``service``, ``method``, ``path`` and ``limit``."""
        arguments = request.query_params
        path = arguments.get("path")
        wanted = RequestFilter(
            service=arguments.get("service"),
            method=arguments.get("method"),
            path=None if path is None else _regular_expression(path),
        )
        limit = _whole_number("limit", arguments.get("limit", str(_DEFAULT_LIMIT)))
        entries = self._journal.latest(wanted, min(limit, REQUESTS_KEPT))
        return JsonResponse([entry.as_data() for entry in entries])

    async def request_counts(self, _request: Request) -> Response:
        """Count all requests by service, method, path template and status."""
        return JsonResponse(list(self._journal.counts()))

    async def read_faults(self, _request: Request) -> Response:
        """List the faults on order with their hits."""
        return JsonResponse([fault.as_data() for fault in self._faults])

    async def order_fault(self, request: Request) -> Response:
        """Put up a fault."""
        order = await read_json(request, FaultOrder)
        if order.service is not None:
            self._service(order.service)
        for expression in (order.path, order.body):
            if expression is not None:
                _regular_expression(expression)
        return JsonResponse(self._faults.order(order).as_data(), status_code=201)

    async def clear_faults(self, request: Request) -> Response:
        """Take down all faults, or ``?id=``."""
        identifier = request.query_params.get("id")
        self._faults.clear(None if identifier is None else _whole_number("id", identifier))
        return Response(status_code=204)

    def snapshot_of(self, service: Service) -> Endpoint:
        """Return the endpoint that shows all that a service holds, or the parts named by ``?path=``."""

        async def snapshot(request: Request) -> Response:
            parts = service.snapshot()
            wanted = request.query_params.getlist("path")
            return JsonResponse({name: parts[name] for name in wanted if name in parts} if wanted else parts)

        return snapshot

    def _service(self, name: str) -> Service:
        if name not in self._services:
            raise HTTPException(400, f"there is no service {name!r}; there are {', '.join(self._services)}")
        return self._services[name]


def _regular_expression(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise HTTPException(400, f"path is not a regular expression: {error}") from error


def _whole_number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise HTTPException(400, f"{name} must be a whole number")
    return int(text)
