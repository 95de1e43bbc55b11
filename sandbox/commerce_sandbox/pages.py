"""The pages for people: an overview, one page per service, and the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jinja2
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.routing import Route

from commerce_sandbox import cell_text
from commerce_sandbox.cell_text import ColouredWord
from commerce_sandbox.journal import REQUESTS_KEPT, RequestFilter
from commerce_sandbox.table_view import table_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from commerce_sandbox.cell_text import Tone
    from commerce_sandbox.journal import Journal, JournalEntry
    from commerce_sandbox.service import Service
    from commerce_sandbox.table_view import TableView

_REQUESTS_SHOWN = 20
_FIRST_ERROR_STATUS = 400
_ANSWERED = "answered"
_NOT_THERE = 404
_READING = frozenset({"GET", "HEAD"})
_LOOKED_FOR_FIRST = ("contacts", "mailable_contacts", "customers", "orders", "products", "carts", "payments")
_REQUEST_COLUMNS = (
    ("time", "Time"),
    ("status", "Status"),
    ("request", "Request"),
    ("service", "Service"),
    ("outcome", "Outcome"),
    ("fault", "Ordered fault"),
    ("bytes", "Bytes sent"),
    ("milliseconds", "Milliseconds"),
)


class Pages:
    """Draws the pages.

    Every template may use, besides its service's own context: ``services`` and ``path_shown`` (for the
    navigation), ``service`` (the one shown, or None), ``requests`` (a table of its last requests, newest first) and
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
        cell_text.register(self._templates)

    def routes(self) -> list[BaseRoute]:
        """Return the routes ``/``, ``/pages/requests`` and ``/pages/<name>``."""
        return [
            Route("/", self.overview),
            Route("/pages/requests", self.requests_page),
            Route("/pages/{name}", self.service_page),
        ]

    async def overview(self, request: Request) -> Response:
        """Show a card per service with its counts, and the last requests to any of them."""
        cards = [
            (service, _ordered(service.counts()), *self._requests_to(service)) for service in self._services.values()
        ]
        return self._draw("overview.html", request, service=None, cards=cards, requests=self._last_requests(None))

    async def service_page(self, request: Request) -> Response:
        """Show what one service holds and its last requests."""
        service = self._services.get(request.path_params["name"])
        if service is None:
            raise HTTPException(404, f"There is no such page; the services are {', '.join(self._services)}.")
        page = service.page(request.query_params)
        last = self._last_requests(service.name)
        return self._draw(page.template, request, **{**page.context, "service": service, "requests": last})

    async def requests_page(self, request: Request) -> Response:
        """Show the requests kept, newest first; of ``?service=`` only, and with ``?only=failed`` what went wrong."""
        arguments = request.query_params
        asked = arguments.get("service")
        shown = asked if asked in self._services else None
        only_failed = arguments.get("only") == "failed"
        entries = reversed(self._journal.latest(RequestFilter(service=shown), REQUESTS_KEPT))
        wanted = (entry for entry in entries if _went_wrong(entry)) if only_failed else entries
        view = self._table("requests", "Requests", wanted, arguments)
        return self._draw("requests.html", request, service=None, shown=shown, only_failed=only_failed, view=view)

    def _requests_to(self, service: Service) -> tuple[int, int]:
        """Return how many of the requests kept went to a service, and how many of these went wrong."""
        entries = self._journal.latest(RequestFilter(service=service.name), REQUESTS_KEPT)
        return len(entries), sum(map(_went_wrong, entries))

    def _last_requests(self, service: str | None) -> TableView:
        entries = self._journal.latest(RequestFilter(service=service), _REQUESTS_SHOWN)
        return self._table("last_requests", "Last requests", reversed(entries), {})

    def _table(self, name: str, title: str, entries: Iterable[JournalEntry], arguments: Mapping[str, str]) -> TableView:
        rows = ({**_request_row(entry), "service": self._services[entry.service].title} for entry in entries)
        return table_view(name, title, _REQUEST_COLUMNS, rows, arguments, only_table=True)

    def _draw(self, template: str, request: Request, **context: Any) -> Response:
        arguments = dict(request.query_params)

        def link(**changes: str | int | None) -> str:
            changed = {**arguments, **changes}
            query = urlencode({name: value for name, value in changed.items() if value not in {None, ""}})
            return f"{request.url.path}?{query}"

        content = self._templates.get_template(template).render(
            services=self._services.values(), path_shown=request.url.path, link=link, **context
        )
        return HTMLResponse(content)


def _request_row(entry: JournalEntry) -> dict[str, Any]:
    status = "no answer" if entry.status is None else str(entry.status)
    answered = entry.outcome == _ANSWERED
    return {
        "time": entry.time,
        "request": f"{entry.method} {entry.path}",
        "status": ColouredWord(status, _tone(entry)),
        "outcome": entry.outcome if answered else ColouredWord(entry.outcome, "bad"),
        "fault": entry.fault,
        "bytes": entry.request_bytes,
        "milliseconds": round(entry.milliseconds, 1),
    }


def _tone(entry: JournalEntry) -> Tone:
    if _went_wrong(entry):
        return "bad"
    return "quiet" if entry.status == _NOT_THERE else "good"


def _went_wrong(entry: JournalEntry) -> bool:
    """Tell whether a request had no good end; that something asked for is not there is an answer like any other."""
    if entry.status is None or entry.outcome != _ANSWERED:
        return True
    if entry.status == _NOT_THERE and entry.method in _READING:
        return False
    return entry.status >= _FIRST_ERROR_STATUS


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with those first that people look for first."""
    return {name: counts[name] for name in (*_LOOKED_FOR_FIRST, *counts) if name in counts}
