"""A platform whose every answer a test writes, down to the last byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from running_the_tap import IMPATIENT, answer_with
from tap_commercetools.client import CommercetoolsClient
from tap_commercetools.settings import Settings
from tap_commercetools.transport import AnswerLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_commercetools.retry import RetryPolicy

NOW = "Date: Tue, 01 Dec 2026 12:00:00 GMT"
SECRET = "a-very-secret-secret"
ROW = {"id": "a", "version": 1, "lastModifiedAt": "2026-11-01T00:00:00.000Z"}


def json_answer(content: object, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer that is JSON."""
    return raw_answer(msgspec.json.encode(content), "Content-Type: application/json", *headers, status=status)


def raw_answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer, head and body."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", NOW, *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


TOKEN: dict[str, Any] = {"access_token": "token-0123456789", "expires_in": 172_800, "token_type": "Bearer"}
GOOD = {
    "/oauth/token": json_answer({**TOKEN, "scope": "view_orders:shop"}),
    "/oauth/introspect": json_answer({"active": True, "scope": "view_orders:shop"}),
    "/shop": json_answer({"key": "shop", "messages": {"enabled": True, "deleteDaysAfterCreation": 15}}),
    "/shop/orders": raw_answer(answer_with([ROW])),
    "/shop/graphql": json_answer({"data": {"categories": {"results": [{"id": "a"}]}}}),
}


@dataclass
class ScriptedPlatform:
    """What is answered to each path: the next of its scripts, the last again and again, and what is right by itself.

    Attributes:
        scripts: By path: bytes to send, or what to do with the connection.
        asked: The requests so far: their heads.
    """

    scripts: dict[str, list[bytes | Callable[[socket.socket], None]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    connections: int = 0

    def count(self, path: str) -> int:
        return sum(head.split(" ")[1].partition("?")[0] == path for head in self.asked)

    def answer(self, path: str, *scripts: bytes | Callable[[socket.socket], None]) -> None:
        self.scripts[path] = list(scripts)

    def client(
        self,
        *,
        policy: RetryPolicy = IMPATIENT,
        limits: AnswerLimits | None = None,
        **settings: Any,
    ) -> CommercetoolsClient:
        return CommercetoolsClient(
            Settings.from_config(
                {
                    "project_key": "shop",
                    "client_id": "client",
                    "client_secret": SECRET,
                    "api_url": self.url,
                    "auth_url": self.url,
                    "max_parallel_requests": 4,
                    "page_size": 500,
                    "settle_seconds": 60,
                    "overlap_seconds": 300,
                    "max_left_out": 0,
                    **settings,
                }
            ),
            policy,
            "test",
            limits or AnswerLimits(),
        )

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while head := _head(connection):
                self.asked.append(head)
                path = head.split(" ")[1].partition("?")[0]
                scripts = self.scripts.get(path) or [GOOD[path]]
                script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
                if callable(script):
                    script(connection)
                    return
                connection.sendall(script)


def _head(connection: socket.socket) -> str:
    """Return the head of the next request; its body is read too."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return ""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    wanted = next((int(line[15:]) for line in text.split("\r\n") if line.lower().startswith("content-length:")), 0)
    while len(body) < wanted:
        body += connection.recv(65536)
    return text


@contextlib.contextmanager
def scripted_platform() -> Iterator[ScriptedPlatform]:
    """Run such a platform."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        platform = ScriptedPlatform(url=f"http://127.0.0.1:{listening.getsockname()[1]}")

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                platform.connections += 1
                threading.Thread(target=platform.serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield platform
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)
