"""The door of the API: host, credentials, call limits and sizes, the same for every operation."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, get_args

from starlette.requests import Request
from starlette.responses import Response

from commerce_sandbox.dotdigital.answer import Answer, Refusal
from commerce_sandbox.dotdigital.call import Call
from commerce_sandbox.dotdigital.rate_limits import Tier
from commerce_sandbox.dotdigital.settings import Region
from commerce_sandbox.journal import PATH_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.path_table import Match, PathTable
    from commerce_sandbox.dotdigital.settings import DotdigitalSettings

ACCOUNT_INFO = "/v2/account-info"
_REGIONS: tuple[str, ...] = get_args(Region)
_NOT_AUTHORISED = {"message": "Authorization has been denied for this request."}


class Gateway:
    """An ASGI application that lets calls in and hands them to their handlers.

    Args:
        paths: The operations.
        account: Returns the account as it is now.
    """

    def __init__(self, paths: PathTable, account: Callable[[], Account]) -> None:
        self._paths = paths
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        request = Request(scope, receive)
        account = self._account()
        body = await _read_body(request, account.settings.max_body_bytes)
        account.catch_up()
        region, path = _host_and_path(scope)
        match = self._paths.match(request.method, path)
        tier = match.endpoint.tier if match and match.endpoint else Tier.HIGH
        if match and match.endpoint:
            scope[PATH_TEMPLATE] = match.endpoint.template
        answer = self._refuse(account, request, tier, region=region, path=path)
        if answer is None:
            answer = self._serve(account, request, match, body, region=region, path=path)
        await _response(answer, account, tier)(scope, receive, send)

    def _serve(
        self, account: Account, request: Request, match: Match | None, body: bytes | None, *, region: str, path: str
    ) -> Answer:
        """Return what a call is answered that was let in."""
        if match is None:
            return Answer(404, {"message": "No resource was found at this address."} if _is_version_2(path) else None)
        if match.endpoint is None:
            return Answer(405, headers={"Allow": ", ".join(sorted(match.allowed))})
        if body is None:
            return Answer(413)
        mounted_at = request.scope.get("root_path", "")
        host = f"{request.url.scheme}://{request.url.netloc}{mounted_at}"
        call = Call(
            account=account,
            cause=f"{match.endpoint.method} {match.endpoint.template}",
            path=match.values,
            query=dict(request.query_params),
            body=body,
            base_url=f"{host}/{region}" if region else host,
        )
        try:
            return match.endpoint.handler(call)
        except Refusal as refused:
            return refused.answer

    def _refuse(self, account: Account, request: Request, tier: Tier, *, region: str, path: str) -> Answer | None:
        """Return the error for a call that is not let in, or None."""
        settings, version_2 = account.settings, _is_version_2(path)
        if not _authorised(request.headers.get("authorization", ""), settings):
            headers = {"WWW-Authenticate": 'Basic realm="apiconnector"'}
            return Answer(401, _NOT_AUTHORISED if version_2 else None, headers=headers)
        if region not in {"", settings.region} and path.lower() != ACCOUNT_INFO:
            text = "Forbidden: Access is denied"
            return Answer(403, {"message": text}) if version_2 else Answer(403, text, media_type="text/plain")
        content_type = request.headers.get("content-type", "application/json")
        if request.method in {"POST", "PUT", "PATCH"} and "json" not in content_type:
            return Answer(415, {"message": "The request entity's media type is not supported."} if version_2 else None)
        return account.rate_limits.refuse(tier, account.clock.seconds(), settings)


def _is_version_2(path: str) -> bool:
    return path.lower().startswith("/v2/")


def _host_and_path(scope: Scope) -> tuple[str, str]:
    """Return the regional host that was called (empty for the account's own) and the vendor's path, still encoded."""
    raw_path = scope["raw_path"].decode("ascii", errors="replace").partition("?")[0]
    path = raw_path[len(scope.get("root_path", "")) :]
    first, _, rest = path.lstrip("/").partition("/")
    return (first, f"/{rest}") if first in _REGIONS else ("", path)


def _authorised(header: str, settings: DotdigitalSettings) -> bool:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        sent = base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(sent, f"{settings.username}:{settings.password}".encode())


async def _read_body(request: Request, most: int) -> bytes | None:
    """Return the body, or None if it is larger than allowed; such a body is read to its end all the same."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= most:
            parts.append(part)
    return b"".join(parts) if size <= most else None


def _response(answer: Answer, account: Account, tier: Tier) -> Response:
    body = answer.body()
    headers = {**account.rate_limits.headers(tier, account.clock.seconds(), account.settings), **answer.headers}
    return Response(body, answer.status, headers, answer.media_type if body else None)
