"""The sandbox as one application: its services, and around them journal, faults, control and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Router

from commerce_sandbox.clock import Clock
from commerce_sandbox.control import Control
from commerce_sandbox.faults import FaultBoard, FaultMiddleware
from commerce_sandbox.journal import Journal, JournalMiddleware
from commerce_sandbox.json_response import JsonResponse
from commerce_sandbox.pages import Pages
from commerce_sandbox.service_list import build_services

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from commerce_sandbox.service_list import SandboxSettings
    from commerce_sandbox.shop import Shop


def create_application(settings: SandboxSettings, shop: Shop | None = None) -> Starlette:
    """Build the whole sandbox.

    Args:
        settings: The size of the shop and how each service behaves.
        shop: A shop to serve instead of a generated one.
    """
    clock, journal, faults = Clock(), Journal(), FaultBoard()
    services = build_services(settings, clock, shop)
    control = Control(services, clock, journal, faults)
    pages = Pages(services, journal)
    return Starlette(
        routes=[
            Mount("/_sandbox", app=Router(control.routes(), redirect_slashes=False)),
            *(
                # The vendors do not redirect for a slash too many, so neither does the sandbox.
                Mount(f"/{service.name}", app=Router(service.routes(), redirect_slashes=False))
                for service in services.values()
            ),
            *pages.routes(),
        ],
        middleware=[
            Middleware(JournalMiddleware, journal=journal, clock=clock, services=services.keys()),
            Middleware(FaultMiddleware, board=faults, services=services.keys()),
        ],
        exception_handlers={HTTPException: _tell_error, ClientDisconnect: _pass_over},
    )


async def _tell_error(request: Request, error: Exception) -> Response:
    """Answer a refused request: in JSON where a program asked, in plain text where a person did."""
    if not isinstance(error, HTTPException):
        raise error
    if not request.scope["path"].startswith("/_sandbox"):
        return PlainTextResponse(error.detail, status_code=error.status_code, headers=error.headers)
    return JsonResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _pass_over(_request: Request, _error: Exception) -> Response:
    """Say nothing of a client that went away in the middle of its request: killed connectors do."""
    return PlainTextResponse("", status_code=400)
