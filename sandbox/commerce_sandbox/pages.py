"""The pages for people: an overview, and one page per service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jinja2
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.routing import Route

from commerce_sandbox.journal import RequestFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from commerce_sandbox.journal import Journal
    from commerce_sandbox.service import Service

_REQUESTS_SHOWN = 20


class Pages:
    """Draws the pages.

    Every template may use, besides its service's own context: ``services`` (for the navigation), ``service`` (the
    one shown, or None), ``requests`` (its last requests, newest first), ``arguments`` (the query arguments) and
    ``link(**changes)`` (the address of the same page with some query arguments changed).

    Args:
        services: The services by name.
        journal: The requests so far.
    """

    def __init__(self, services: Mapping[str, Service], journal: Journal) -> None:
        self._services = services
        self._journal = journal
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("commerce_sandbox"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> list[BaseRoute]:
        """Return the routes ``/`` and ``/pages/<name>``."""
        return [Route("/", self.overview), Route("/pages/{name}", self.service_page)]

    async def overview(self, request: Request) -> Response:
        """Show a card per service with its counts, and the last requests to any of them."""
        cards = [(service, service.counts()) for service in self._services.values()]
        entries = self._journal.latest(RequestFilter(), _REQUESTS_SHOWN)[::-1]
        return self._draw("overview.html", request, service=None, cards=cards, requests=entries)

    async def service_page(self, request: Request) -> Response:
        """Show what one service holds and its last requests."""
        service = self._services.get(request.path_params["name"])
        if service is None:
            raise HTTPException(404, f"There is no such page; the services are {', '.join(self._services)}.")
        page = service.page(request.query_params)
        entries = self._journal.latest(RequestFilter(service=service.name), _REQUESTS_SHOWN)[::-1]
        return self._draw(page.template, request, **{**page.context, "service": service, "requests": entries})

    def _draw(self, template: str, request: Request, **context: Any) -> Response:
        arguments = dict(request.query_params)

        def link(**changes: str | int | None) -> str:
            changed = {**arguments, **changes}
            query = urlencode({name: value for name, value in changed.items() if value not in {None, ""}})
            return f"{request.url.path}?{query}"

        content = self._templates.get_template(template).render(
            services=self._services.values(), arguments=arguments, link=link, **context
        )
        return HTMLResponse(content)
