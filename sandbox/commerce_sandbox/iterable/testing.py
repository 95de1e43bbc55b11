"""The emulated API without a socket, for tests of its behaviour: a call takes well under a millisecond."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Mount

from commerce_sandbox.clock import Clock
from commerce_sandbox.in_process import Reply, call
from commerce_sandbox.iterable.service import IterableService
from commerce_sandbox.iterable.settings import IterableSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.iterable.json_value import JsonValue


@dataclass
class InProcessIterable:
    """An Iterable project that is called directly.

    Attributes:
        settings: The project's settings; rate limits are off unless they say otherwise.
        clock: The project's clock.
        service: The service behind it.
    """

    settings: IterableSettings = field(default_factory=lambda: IterableSettings(rate_limits=False))
    clock: Clock = field(default_factory=Clock)
    service: IterableService = field(init=False)

    def __post_init__(self) -> None:
        self.service = IterableService(self.clock, self.settings)
        self._application = Starlette(
            routes=[
                Mount("/_sandbox/iterable", routes=self.service.control_routes()),
                Mount("/iterable", routes=self.service.routes()),
            ]
        )

    def get(self, path: str) -> Reply:
        """Read ``/api/<path>``."""
        return self.call("GET", f"/iterable/api/{path}")

    def post(self, path: str, body: JsonValue) -> Reply:
        """Post to ``/api/<path>``."""
        return self.call("POST", f"/iterable/api/{path}", body)

    def put(self, path: str, body: JsonValue) -> Reply:
        """Put to ``/api/<path>``."""
        return self.call("PUT", f"/iterable/api/{path}", body)

    def patch(self, path: str, body: JsonValue = None) -> Reply:
        """Patch ``/api/<path>``."""
        return self.call("PATCH", f"/iterable/api/{path}", body)

    def delete(self, path: str, body: JsonValue = None) -> Reply:
        """Delete ``/api/<path>``."""
        return self.call("DELETE", f"/iterable/api/{path}", body)

    def change_settings(self, **changes: Any) -> None:
        """Change settings through the control route.

        Raises:
            ValueError: If it refuses them.
        """
        reply = self.call("POST", "/_sandbox/iterable/settings", changes)
        if reply.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise ValueError(reply.text)

    def call(
        self,
        method: str,
        path: str,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; bytes are sent as they are, anything else but None as JSON.

        Args:
            method: HTTP method.
            path: Path and query, percent-encoded.
            body: What to send.
            headers: Instead of the key and content type.
        """
        if headers is None:
            headers = {"Api-Key": self.settings.api_key, "Content-Type": "application/json"}
        return call(self._application, method, path, body, headers)
