from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests
from delivery.client import ApiClient, RetryPolicy, retry_after_seconds
from delivery.errors import ServiceUnavailable
from delivery.pace import Budget
from delivery.redaction import Redaction
from delivery.shutdown import Shutdown
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "k3y-0f-th3-pr0j3ct"


class Scripted(BaseHTTPRequestHandler):
    """Answers as a script says; `None` closes the connection without an answer."""

    script: ClassVar[list[tuple[int, dict[str, str]] | None]] = []
    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append(self.headers.get("Api-Key", ""))
        step = self.script.pop(0) if self.script else (200, {})
        if step is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        status, headers = step
        body = b"{}" if status == 200 else f"key {KEY} of ana@example.org".encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_arguments: Any) -> None:
        pass


@contextmanager
def scripted_service(*script: tuple[int, dict[str, str]] | None) -> Iterator[str]:
    Scripted.script, Scripted.seen = list(script), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client(url: str, attempts: int = 4) -> ApiClient:
    return ApiClient(
        service="Example",
        base_url=url,
        headers={"Api-Key": KEY},
        redaction=Redaction([KEY]),
        shutdown=Shutdown(),
        retry=RetryPolicy(attempts, base_seconds=0.001, longest_wait_seconds=0.01, throttled_seconds=0.5),
        timeout=(1, 2),
    )


def call(url: str, attempts: int = 4) -> requests.Response:
    return client(url, attempts).call(
        "POST", "/things", read=lambda response: response, budget=Budget(10_000, Shutdown()), body=b"{}"
    )


def test_faults_that_pass_are_tried_again() -> None:
    with scripted_service((503, {}), None, (500, {})) as url:
        assert call(url).status_code == 200
        assert Scripted.seen == [KEY] * 4


def test_faults_that_stay_end_in_one_line_without_secrets() -> None:
    with scripted_service(*[(503, {})] * 10) as url:
        with pytest.raises(ServiceUnavailable, match=r"POST /things: HTTP 503") as caught:
            call(url)
        assert len(Scripted.seen) == 4
    assert KEY not in str(caught.value)
    assert "ana" not in str(caught.value)


def test_a_call_that_is_tried_again_says_so_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    with scripted_service((503, {}), (429, {"Retry-After": "0"}), (429, {"Retry-After": "0"})) as url:
        call(url)
    first, second = (entry.getMessage() for entry in caplog.records if entry.name == "delivery.client")
    assert first.startswith("Example, POST /things: HTTP 503; trying again in ")
    assert second == "Example, POST /things: the service asks for fewer calls; slowing down"
    assert KEY not in first


def test_being_throttled_does_not_use_up_the_tries() -> None:
    with scripted_service(*[(429, {"Retry-After": "0"})] * 6, (503, {}), (503, {})) as url:
        assert call(url).status_code == 200


def test_being_throttled_for_too_long_is_an_error_about_the_rate_limit() -> None:
    with (
        scripted_service(*[(429, {"Retry-After": "0"})] * 100_000) as url,
        pytest.raises(ServiceUnavailable, match="rate limit"),
    ):
        call(url)


def test_the_retry_after_of_a_fault_is_honoured() -> None:
    with scripted_service((503, {"Retry-After": "1"})) as url:
        began = datetime.now(tz=timezone.utc)
        call(url)
        assert (datetime.now(tz=timezone.utc) - began).total_seconds() >= 1


def test_refusals_are_returned_as_they_are() -> None:
    with scripted_service((400, {})) as url:
        assert call(url).status_code == 400
        assert len(Scripted.seen) == 1


def test_an_unreachable_host_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServiceUnavailable, match=f"127.0.0.1:{port}.*refused"):
        call(f"http://127.0.0.1:{port}", attempts=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    response = requests.Response()
    response.headers["Retry-After"] = value
    assert retry_after_seconds(response, lambda: datetime(2026, 11, 21, 10, tzinfo=timezone.utc)) == seconds
