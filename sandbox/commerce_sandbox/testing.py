"""A sandbox for tests: in a thread of the test's process, on a free port, small, ready within a second."""

from __future__ import annotations

import contextlib
import http.client
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec

from commerce_sandbox.http_server import SandboxServer, listening_socket, url_of
from commerce_sandbox.server import create_application
from commerce_sandbox.service_list import SandboxSettings
from commerce_sandbox.shop import Shop
from commerce_sandbox.shop_client import ShopClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from commerce_sandbox.shop import Document

HAND_MADE_AT = "2026-11-01T10:00:00.000Z"
"""When the resources of a hand-made shop were created and modified, unless they say otherwise."""

_SMALL_SHOP = {"customers": 30, "orders": 60, "products": 20}
_SECONDS_TO_START = 60
_FIRST_ERROR_STATUS = 400


class ControlError(Exception):
    """The sandbox refused a control request; the text is its answer."""


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that accepts connections.

    Attributes:
        url: Base URL without a slash at the end, for example ``http://127.0.0.1:40123``.
    """

    url: str

    def service_url(self, service: str) -> str:
        """Return the base URL of one service, what a connector takes for the vendor's host."""
        return f"{self.url}/{service}"

    def shop_client(self, **sign_in: str) -> ShopClient:
        """Return a client of the shop with a token; fields as of `ShopClient.token`."""
        return ShopClient(self.service_url("commercetools")).sign_in(**sign_in)

    def snapshot(self, service: str, *parts: str) -> dict[str, Any]:
        """Return all that a service holds, or only the named parts of it."""
        query = f"?{urlencode([('path', part) for part in parts])}" if parts else ""
        held: dict[str, Any] = self.control("GET", f"/{service}{query}")
        return held

    def requests(self, **filters: str | int) -> list[dict[str, Any]]:
        """Return the journalled requests, oldest first; filters: service, method, path (regex), limit."""
        entries: list[dict[str, Any]] = self.control("GET", f"/requests?{urlencode({'limit': 20_000, **filters})}")
        return entries

    def order_fault(self, action: dict[str, Any], **where: Any) -> int:
        """Put up a fault and return its id; where: service, method, path, body (regexes), times, skip, every."""
        fault: dict[str, Any] = self.control("POST", "/faults", {"action": action, **where})
        return int(fault["id"])

    def clear_faults(self) -> None:
        """Take down all faults."""
        self.control("DELETE", "/faults")

    def advance_clock(self, seconds: float) -> None:
        """Push the sandbox's clock forward."""
        self.control("POST", "/clock", {"advance_seconds": seconds})

    def control(self, method: str, path: str, json: object = None) -> Any:  # noqa: ANN401 - whatever JSON the route answers
        """Send a control request and return the decoded answer (None if it is empty).

        Args:
            method: HTTP method.
            path: Path below ``/_sandbox``, for example ``/faults``.
            json: What to send as the body.

        Raises:
            ControlError: If the answer is an error.
        """
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        with contextlib.closing(connection):
            body = None if json is None else msgspec.json.encode(json)
            connection.request(method, f"/_sandbox{path}", body=body, headers={"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        if answer.status >= _FIRST_ERROR_STATUS:
            message = f"{method} /_sandbox{path}: {answer.status} {content.decode(errors='replace')}"
            raise ControlError(message)
        return msgspec.json.decode(content) if content else None


def hand_made_shop(resources: Mapping[str, Sequence[Document]], **project: object) -> Shop:
    """Return a shop of hand-made resources.

    Args:
        resources: API path to resources. What a resource lacks of ``version``, ``createdAt`` and ``lastModifiedAt``
            is added: 1, and 2026-11-01T10:00:00.000Z.
        **project: Further members of the project's settings.
    """
    head = {"version": 1, "createdAt": HAND_MADE_AT, "lastModifiedAt": HAND_MADE_AT}
    return Shop(
        project={"key": "sandbox-shop", "messages": {"enabled": True}, **project},
        resources={path: {row["id"]: {**head, **row} for row in rows} for path, rows in resources.items()},
    )


@contextlib.contextmanager
def running_sandbox(*, shop: Shop | None = None, **options: Any) -> Iterator[RunningSandbox]:
    """Run a sandbox for the length of a ``with`` block.

    Args:
        shop: A shop to serve instead of a generated one.
        **options: Fields of `SandboxSettings`; the shop is small unless they say otherwise
            (30 customers, 60 orders, 20 products).

    Yields:
        The running sandbox.

    Raises:
        RuntimeError: If it does not start within a minute.
    """
    application = create_application(SandboxSettings(**{**_SMALL_SHOP, **options}), shop)
    ready = threading.Event()
    listener = listening_socket("127.0.0.1", 0)
    server = SandboxServer(application, on_ready=ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        if not ready.wait(_SECONDS_TO_START):
            message = "the sandbox did not start"
            raise RuntimeError(message)
        yield RunningSandbox(url_of(listener))
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
