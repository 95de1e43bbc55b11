"""JSON in and out of the sandbox's own (not the vendors') endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import override

if TYPE_CHECKING:
    from starlette.requests import Request

Content = TypeVar("Content")


class JsonResponse(Response):
    """An answer whose content is written as JSON by msgspec."""

    media_type = "application/json"

    @override
    def render(self, content: Any) -> bytes:
        """Return the content as JSON bytes."""
        return msgspec.json.encode(content)


async def read_json(request: Request, content_type: type[Content]) -> Content:
    """Read the body of a control request as the type wanted.

    An empty body counts as ``{}``.

    Raises:
        HTTPException: 400 with the place and the reason, if the body does not fit the type.
    """
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=content_type)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise HTTPException(400, f"the body does not fit: {error}") from error
