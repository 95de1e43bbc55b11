"""The emulated commercetools project, as the sandbox mounts it."""

from __future__ import annotations

import uuid
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount

from commerce_sandbox.clock import timestamp
from commerce_sandbox.commercetools.api import Api
from commerce_sandbox.commercetools.authorization import Authorization
from commerce_sandbox.commercetools.control import ShopControl
from commerce_sandbox.commercetools.errors import ApiError, refuse_missing
from commerce_sandbox.commercetools.key_range import EVERYTHING
from commerce_sandbox.commercetools.limits import Limits
from commerce_sandbox.commercetools.messages.document import ResourceKey
from commerce_sandbox.commercetools.messages.history import message_history
from commerce_sandbox.commercetools.messages.log import MessageLog
from commerce_sandbox.commercetools.page import shop_page
from commerce_sandbox.commercetools.project import Project
from commerce_sandbox.commercetools.resource_types import MESSAGES
from commerce_sandbox.commercetools.store import Store
from commerce_sandbox.commercetools.variants import VariantMirror
from commerce_sandbox.journal import PATH_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.commercetools.settings import CommercetoolsSettings
    from commerce_sandbox.service import Page
    from commerce_sandbox.shop import Shop

_SMALLEST_COMPRESSED = 1024
_FASTEST = 1
_GZIP_WINDOW = 31


class CommercetoolsService:
    """commercetools: the token service and the reading half of the HTTP API of one project.

    Args:
        clock: The sandbox's clock.
        settings: The project, its API client and its limits.
        shop: What the project holds at start.
        with_history: The project begins with the messages that the shop's last days would have left, if it keeps
            messages and its settings do not say otherwise.
    """

    name = "commercetools"
    title = "commercetools"

    def __init__(
        self, clock: Clock, settings: CommercetoolsSettings, shop: Shop, *, with_history: bool = False
    ) -> None:
        self._settings = settings
        self._authorization = Authorization(clock, settings)
        self._project = Project(shop.project, settings)
        resources, numbered = shop.resources, dict[ResourceKey, int]()
        if with_history and settings.message_history and self._project.features.messages_enabled:
            kept = timedelta(days=self._project.features.messages_delete_days_after_creation)
            messages, numbered = message_history(
                resources, timestamp(clock.now() - kept), modular=self._project.is_modular
            )
            resources = {**resources, MESSAGES: messages}
        self._store = Store(clock, resources)
        self._log = MessageLog(self._store, clock, self._project, numbered)
        self._api = Api(clock, self._authorization, self._store, self._project, settings.project_key)
        self._variants = VariantMirror(self._store, self._project)
        self._control = ShopControl(self._store, self._project, self._variants.refresh)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the one route that takes every path."""
        return [Mount("/", app=self._answer)]

    def control_routes(self) -> Sequence[BaseRoute]:
        """Return the routes that change the shop and its limits."""
        return self._control.routes()

    def snapshot(self) -> Mapping[str, Any]:
        """Return all resources by path, ordered by id, as JSON ready to be embedded."""
        return {
            path: [msgspec.Raw(row.json) for row in self._store.table(path).by_id(EVERYTHING)]
            for path in self._store.paths()
        }

    def counts(self) -> Mapping[str, int]:
        """Return the number of resources by path."""
        return {path: len(self._store.table(path)) for path in self._store.paths()}

    def reset(self) -> None:
        """Return to the shop and the limits at start; tokens given out so far are invalid."""
        self._project.reset()
        self._store.reset()
        self._log.reset()
        self._variants.refresh()
        self._control.limits = Limits()
        self._authorization.forget_tokens()

    def page(self, arguments: Mapping[str, str]) -> Page:
        """Return the page for people."""
        return shop_page(self._store, arguments)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # The encoded path: an id or key may contain an encoded slash.
        path = scope["raw_path"].decode("latin-1")[len(scope["root_path"]) :]
        try:
            response = await self._response(request, path)
        except ApiError as error:
            response = self._json(request, msgspec.json.encode(error.body()), error.status)
        response.headers["X-Correlation-ID"] = request.headers.get(
            "x-correlation-id", f"{self._settings.project_key}/{uuid.uuid4()}"
        )
        await response(scope, receive, send)

    async def _response(self, request: Request, path: str) -> Response:
        query_string = request.scope["query_string"].decode("latin-1")
        if len(path) + len(query_string) > self._settings.max_url_bytes:
            request.scope[PATH_TEMPLATE] = "(request target too long)"
            page = "<html><head><title>413 Request Entity Too Large</title></head><body></body></html>"
            return HTMLResponse(page, status_code=413)
        if path.startswith("/oauth/"):
            return await self._oauth(request, path, query_string)
        request.scope[PATH_TEMPLATE] = self._api.template_of(path)
        if request.method == "HEAD":
            return self._head(request, path, query_string)
        if request.method == "POST" and self._api.is_graphql(path):
            return self._json(request, await self._graphql(request, path))
        if request.method != "GET":
            raise ApiError(
                405, "InvalidOperation", "This sandbox serves reading requests only: GET, HEAD and GraphQL queries."
            )
        answer = self._api.answer(path, query_string, request.headers, self._control.limits)
        response = self._json(request, answer.body)
        response.headers.update(answer.headers)
        return response

    def _head(self, request: Request, path: str, query_string: str) -> Response:
        try:
            found = self._api.has_match(path, query_string, request.headers, self._control.limits)
        except ApiError as error:
            return Response(status_code=error.status)
        return Response(status_code=200 if found else 404)

    async def _graphql(self, request: Request, path: str) -> bytes:
        from commerce_sandbox.commercetools.graphql_api.execution import answer  # noqa: PLC0415 - large, seldom needed
        from commerce_sandbox.commercetools.graphql_api.rows import Reader  # noqa: PLC0415 - goes with it

        granted = self._api.granted(path, request.headers)
        return answer(await request.body(), Reader(self._api, granted, self._control.limits))

    async def _oauth(self, request: Request, path: str, query_string: str) -> Response:
        body = (await request.body()).decode("utf-8", errors="replace")
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "/oauth/token": lambda: self._authorization.give_token(request.headers, query_string, body),
            "/oauth/introspect": lambda: self._authorization.introspect(request.headers, body),
        }
        if path not in answers or request.method != "POST":
            refuse_missing(f"URI not found: {path}")
        return self._json(request, msgspec.json.encode(answers[path]()))

    def _json(self, request: Request, body: bytes, status: int = 200) -> Response:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if (
            self._settings.compress
            and len(body) > _SMALLEST_COMPRESSED
            and "gzip" in request.headers.get("accept-encoding", "")
        ):
            compressor = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP_WINDOW)
            body = compressor.compress(body) + compressor.flush()
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(body, status_code=status, headers=headers)
