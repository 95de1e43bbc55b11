"""How long a whole answer may take, and how large it may be."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from delivery.errors import ServiceUnavailable
from delivery.shutdown import Shutdown
from target_dotdigital import client
from target_dotdigital.call_contracts import LISTS
from target_dotdigital.client import Budgets, DotdigitalClient
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = 40 * 1024 * 1024


class Answers(BaseHTTPRequestHandler):
    """Answers an empty list: piece by piece for two seconds, or after much white space."""

    def do_GET(self) -> None:
        pieces = [b" " * LARGE] if self.path == "/large" else [b" "] * 20
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(sum(map(len, pieces)) + 2))
        self.end_headers()
        try:
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(0.1)
            self.wfile.write(b"[]")
        except OSError:
            # The loader has stopped listening.
            return

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def account(host: str) -> DotdigitalClient:
    shutdown = Shutdown()
    budgets = Budgets.of_account(shutdown)
    made = DotdigitalClient(
        username="u-1", password="p-1", base_url=host, version="0", budgets=budgets, shutdown=shutdown
    )
    return made.trying_once()


def test_an_answer_that_comes_in_small_pieces_ends_in_the_time_for_a_whole_answer(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SECONDS_TO_ANSWER", 0.5)
    asked = account(host)
    with pytest.raises(ServiceUnavailable, match="time allowed"):
        asked.ask("GET", "/trickle", contract=LISTS, budget=asked.budgets.account)


def test_a_large_page_is_read(host: str) -> None:
    asked = account(host)
    assert asked.ask("GET", "/large", contract=LISTS, budget=asked.budgets.account).data == []
