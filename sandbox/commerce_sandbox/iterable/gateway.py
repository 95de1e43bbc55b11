"""The way from an HTTP request to an endpoint and back: key, rate limit, size, JSON, shape, answer."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from commerce_sandbox.iterable.answers import Answer, RefusalError, refusal
from commerce_sandbox.iterable.body_shape import find_faults
from commerce_sandbox.iterable.endpoint import Call
from commerce_sandbox.journal import PATH_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from commerce_sandbox.iterable.body_shape import Faults
    from commerce_sandbox.iterable.endpoint import Endpoint
    from commerce_sandbox.iterable.json_value import JsonValue
    from commerce_sandbox.iterable.limits import RateLimits
    from commerce_sandbox.iterable.project import Project
    from commerce_sandbox.iterable.settings import IterableSettings

_KEY_HEADERS: Final = ("api-key", "api_key")
_TYPED_PARAMETER: Final = re.compile(r":(?:path|int)(?=\})")
_ALL_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_UNKNOWN_PAGE: Final = (
    '<!doctype html><html><head><meta charset="utf-8"><title>Action not found</title></head>'
    '<body><div class="error-content"><h2>Oh no- that url doesn\'t exist.</h2>'
    "<p>Double check that the url is correct and try again.</p></div></body></html>"
)
_TOO_LARGE_PAGE: Final = (
    "<html><head><title>413 Request Entity Too Large</title></head>"
    "<body><center><h1>413 Request Entity Too Large</h1></center></body></html>"
)


class Gateway:
    """Serves endpoints for one project.

    Args:
        current_project: Gives the project as it is now; a reset replaces it.
        limits: Counts calls.
    """

    def __init__(self, current_project: Callable[[], Project], limits: RateLimits) -> None:
        self._current_project = current_project
        self._limits = limits

    def routes(self, endpoints: Iterable[Endpoint]) -> Sequence[Route]:
        """Return the routes; anything else is the vendor's HTML page with status 404."""
        known = [Route(endpoint.path, self._serve(endpoint), methods=[endpoint.method]) for endpoint in endpoints]
        return [*known, Route("/{path:path}", _answer_unknown, methods=_ALL_METHODS)]

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        template = _TYPED_PARAMETER.sub("", endpoint.path)

        async def serve(request: Request) -> Response:
            started = time.perf_counter()
            request.scope[PATH_TEMPLATE] = template
            content = await request.body()
            try:
                answer = self._call(endpoint, request, content)
            except RefusalError as error:
                answer = error.answer
            return _response(answer, started)

        return serve

    def _call(self, endpoint: Endpoint, request: Request, content: bytes) -> Answer:
        project = self._current_project()
        settings = project.settings
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        _check_key(request, path, settings)
        self._limits.check(f"{endpoint.method} {endpoint.path}", path, endpoint.limit, settings)
        if len(content) > settings.max_body_bytes:
            raise RefusalError(Answer(_TOO_LARGE_PAGE, 413, "text/html"))
        body = None if endpoint.body is None else _read_body(endpoint, request, path, content, settings)
        call = Call(project, project.clock.now(), request.path_params, dict(request.query_params), body)
        return endpoint.handler(call)


async def _answer_unknown(_request: Request) -> Response:
    return _response(Answer(_UNKNOWN_PAGE, 404, "text/html"), time.perf_counter())


def _check_key(request: Request, path: str, settings: IterableSettings) -> None:
    if not any(request.headers.get(header) == settings.api_key for header in _KEY_HEADERS):
        client = request.client.host if request.client else ""
        code = "Success" if settings.errors_carry_success_code else "BadApiKey"
        raise refusal(401, code, "Invalid API key", {"ip": client, "endpoint": path})


def _read_body(
    endpoint: Endpoint, request: Request, path: str, content: bytes, settings: IterableSettings
) -> JsonValue:
    assert endpoint.body is not None  # noqa: S101 - only called for endpoints with a body
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _bad_json(request, path, content, None, settings) from None
    faults = find_faults(endpoint.body, body)
    if faults:
        raise _bad_json(request, path, content, faults, settings)
    return body


def _bad_json(
    request: Request, path: str, content: bytes, faults: Faults | None, settings: IterableSettings
) -> RefusalError:
    """Return 400 ``BadJsonBody``.

    Recordings of 2017 and 2022 repeat the body and every header, the key included, in ``msg``; one of 2024
    does not.
    """
    if not settings.echo_secret_in_bad_json:
        short = None if faults is None else {place: fault.sentence for place, fault in faults.items()}
        return refusal(400, "BadJsonBody", f"[{path}] Invalid JSON body", short)
    params: Mapping[str, Any] | None = None
    if faults is not None:
        params = {place: [{"msg": [fault.word], "args": []}] for place, fault in faults.items()}
    headers = ", ".join(f"({name.title()},{value})" for name, value in request.headers.items())
    echo = f"[{path}] body: {content.decode(errors='replace')}, hdrs: List({headers})"
    return refusal(400, "BadJsonBody", echo, params)


def _response(answer: Answer, started: float) -> Response:
    document = answer.document
    content = document.encode() if isinstance(document, str) else msgspec.json.encode(document)
    took = str(round((time.perf_counter() - started) * 1000))
    return Response(content, answer.status, {**answer.headers, "Request-Time": took}, media_type=answer.media_type)
