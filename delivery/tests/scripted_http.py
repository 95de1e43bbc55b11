"""A service that answers as a script says, for tests of the client."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

Step = int | tuple[int, dict[str, str]]


class ScriptedService:
    """Gives one answer after the other, then 200.

    Attributes:
        url: Where it is.
        seen: How many requests have come.
    """

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self.seen = 0
        self.url = ""

    def next_step(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of the next answer."""
        self.seen += 1
        step = self._steps.pop(0) if self._steps else 200
        return step if isinstance(step, tuple) else (step, {})


@contextmanager
def scripted_answers(*steps: Step) -> Iterator[ScriptedService]:
    """Run a service for the length of a `with` block."""
    service = ScriptedService(list(steps))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers = service.next_step()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        @override
        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
