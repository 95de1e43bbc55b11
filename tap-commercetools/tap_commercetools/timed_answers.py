"""Connections on which a whole answer must arrive within some time, head and body.

A time-out of a socket is for the pause between two pieces: a service that sends a byte now and then would hold a run
for ever.
"""

from __future__ import annotations

import http.client
import io
import time
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    from typing_extensions import Buffer


class _TimedReader(io.RawIOBase):
    """Reads what arrives on a socket, and gives up when the time is over."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        self._longest_pause = sock.gettimeout()
        self._deadline = deadline
        self._arriving = sock.makefile("rb", buffering=0)  # keeps the socket open for as long as it is read

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            message = "the answer took too long"
            raise TimeoutError(message)
        self._sock.settimeout(left if self._longest_pause is None else min(self._longest_pause, left))
        return self._arriving.readinto(buffer)

    @override
    def close(self) -> None:
        self._arriving.close()
        super().close()


class _TimedSocket:
    """As much of a socket as an answer wants: a file to read."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))


class TimedAdapter(HTTPAdapter):
    """Connections of `requests` whose answers must be complete within some time.

    Args:
        answer_seconds: How long an answer may take from the moment that its request has been sent.
        connections: How many connections to keep open.
    """

    def __init__(self, answer_seconds: float, connections: int) -> None:
        self._answer_seconds = answer_seconds
        super().__init__(pool_connections=2, pool_maxsize=connections)

    @override
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._answer_seconds)

    @override
    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = _pools(self._answer_seconds)
        return manager


def _pools(answer_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    class TimedResponse(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            timed: Any = _TimedSocket(sock, time.monotonic() + answer_seconds)
            super().__init__(timed, *args, **kwargs)

    class TimedConnection(HTTPConnection):
        response_class = TimedResponse

    class TimedSecureConnection(HTTPSConnection):
        response_class = TimedResponse

    class TimedPool(HTTPConnectionPool):
        ConnectionCls = TimedConnection

    class TimedSecurePool(HTTPSConnectionPool):
        ConnectionCls = TimedSecureConnection

    return {"http": TimedPool, "https": TimedSecurePool}
