"""Reads answers that end: within a time and a size, whatever the other side does.

A time-out of the socket alone does not do it: it begins anew with each byte, so one byte every few seconds keeps a
client waiting for ever, in the head of an answer as well as in its body. And two megabytes of gzip can be a gigabyte.
"""

from __future__ import annotations

import http.client
import io
import time
from typing import TYPE_CHECKING, Any

import urllib3
from requests.adapters import HTTPAdapter
from typing_extensions import override

if TYPE_CHECKING:
    import socket

    import requests

PIECE_BYTES = 64 * 1024


class AnswerTooLarge(Exception):
    """An answer is larger, unpacked, than any call of a loader needs."""


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment, however slowly the bytes come."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._sock = sock
        self._pause = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            message = "the answer did not end within the time allowed"
            raise TimeoutError(message)
        self._sock.settimeout(left if self._pause is None else min(left, self._pause))
        return self._raw.readinto(buffer)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """What `http.client` wants of a socket to read an answer from it."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._seconds = seconds

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._seconds), PIECE_BYTES)


def _pool_classes(seconds: float) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Return connection pools whose answers end within so many seconds."""

    class Answer(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
            super().__init__(_TimedSocket(sock, seconds), *arguments, **options)  # type: ignore[arg-type]  # all it uses

    class PlainConnection(urllib3.connection.HTTPConnection):
        response_class = Answer

    class SecureConnection(urllib3.connection.HTTPSConnection):
        response_class = Answer

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": PlainPool, "https": SecurePool}


class TimedAdapter(HTTPAdapter):
    """Lets each answer, head and body, take only so long.

    Args:
        answer_seconds: Seconds from the sent request to the last byte of the answer.
    """

    def __init__(self, answer_seconds: float) -> None:
        self._pool_classes = _pool_classes(answer_seconds)
        super().__init__()

    @override
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    @override
    def proxy_manager_for(self, *arguments: Any, **options: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager


def read_whole(response: requests.Response, most_bytes: int) -> None:
    """Read the body of a streamed response, unpacked, so that `content` has it.

    Args:
        response: A response of which only the head was read.
        most_bytes: Most bytes of the unpacked body.

    Raises:
        AnswerTooLarge: If it is larger; the connection is closed then.
        requests.RequestException: If the body does not arrive whole.
    """
    body = io.BytesIO()
    for piece in response.iter_content(PIECE_BYTES):
        if body.tell() + len(piece) > most_bytes:
            response.close()
            raise AnswerTooLarge
        body.write(piece)
    response.close()
    # Whoever asks for the content, the text or the JSON reads it from here.
    response._content = body.getvalue()  # noqa: SLF001 - where requests keeps it
