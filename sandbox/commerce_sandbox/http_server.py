"""The HTTP server around the application: its socket, its settings, its way to stop."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.types import ASGIApp, Scope

_CONNECTION = "commerce_sandbox.connection"
_SECONDS_TO_FINISH = 2


class AddressTakenError(Exception):
    """The address cannot be listened on."""


class _Protocol(HttpToolsProtocol):
    """Uvicorn's protocol, which also shows the application its connection, so that a fault can break it."""

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[_CONNECTION] = self.transport


def connection_of(scope: Scope) -> asyncio.Transport:
    """Return the connection a request came over."""
    return cast("asyncio.Transport", scope[_CONNECTION])


class SandboxServer(uvicorn.Server):
    """A uvicorn server that says when it accepts connections.

    Args:
        application: What to serve.
        on_ready: Called once, as soon as connections are accepted.
    """

    def __init__(self, application: ASGIApp, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=_Protocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                date_header=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
            )
        )
        self._on_ready = on_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; port 0 takes any free port.

    Raises:
        AddressTakenError: If the address is taken or does not exist; the text is fit for people.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's delay off only on sockets that say they are TCP; without
    # that, each request on a kept connection takes forty milliseconds longer than it should.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Listening already here: a second server on the port must fail now, not after its shop is generated.
        listener.listen()
    except OSError as error:
        listener.close()
        message = f"cannot listen on {host}:{port} ({error.strerror}); choose another --port, or 0 for any free one"
        raise AddressTakenError(message) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
