"""Answers without end, too large, from elsewhere, or none that the contract knows: each ends, and nothing counts."""

from __future__ import annotations

import logging
import socket
import threading
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests
from delivery.client import ApiClient, RetryPolicy, UnexpectedAnswer, retry_after_seconds
from delivery.errors import ServiceFailing, ServiceThrottled, ServiceUnavailable
from delivery.pace import Budget
from delivery.redaction import Redaction
from delivery.shutdown import Shutdown
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class RawService:
    """Writes to each connection what it is told, byte by byte if need be.

    Attributes:
        url: Where it is.
        requests: The heads of the requests that came.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.closing = threading.Event()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(connection.recv(65536))
            try:
                self._serve(connection)
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def service(serve: Callable[[socket.socket], None]) -> Iterator[RawService]:
    running = RawService(serve)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        yield running
    finally:
        running.close()
        thread.join()


def answer(head: str, body: bytes = b"") -> Callable[[socket.socket], None]:
    content = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    return lambda connection: connection.sendall(content)


def drip(head: bytes, drop: bytes, seconds: float = 0.02) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            time.sleep(seconds)
            connection.sendall(drop)

    return serve


class SmallAnswers(ApiClient):
    largest_answer_bytes: ClassVar[int] = 3_000_000


def caller(url: str, **policy: Any) -> ApiClient:
    patience = {"attempts": 2, "base_seconds": 0.001, "longest_wait_seconds": 0.01, **policy}
    return SmallAnswers(
        service="Example",
        base_url=url,
        headers={"Api-Key": "k3y"},
        redaction=Redaction(["k3y"]),
        shutdown=Shutdown(),
        retry=RetryPolicy(**patience),
        timeout=(1, 0.3),
        answer_seconds=0.4,
    )


def ask(url: str, read: Callable[[requests.Response], Any] = lambda response: response.content, **policy: Any) -> Any:  # noqa: ANN401
    return caller(url, **policy).call("POST", "/things", read=read, budget=Budget(10_000, Shutdown()), body=b"{}")


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"HTTP/1.1", b" "),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_comes_byte_by_byte_ends_with_the_time_allowed(head: bytes, drop: bytes) -> None:
    with service(drip(head, drop)) as running:
        began = time.monotonic()
        with pytest.raises(ServiceUnavailable, match="no whole answer within the time allowed"):
            ask(running.url)
        assert 0.8 <= time.monotonic() - began < 3
        assert len(running.requests) == 2


def test_an_answer_is_measured_unpacked() -> None:
    sizes: list[int] = []
    for size, fits in ((2_900_000, True), (3_100_000, False)):
        packer = zlib.compressobj(wbits=31)
        bomb = packer.compress(b" " * size) + packer.flush()
        assert len(bomb) < 10_000
        with service(answer("200 OK\r\nContent-Encoding: gzip", bomb)) as running:
            if fits:
                sizes.append(len(ask(running.url)))
            else:
                with pytest.raises(ServiceUnavailable, match="an answer of more than 2 MB"):
                    ask(running.url)
    assert sizes == [2_900_000]


def test_an_answer_that_cannot_be_unpacked_is_a_fault_of_the_service() -> None:
    with (
        service(answer("200 OK\r\nContent-Encoding: gzip", b"<html>not packed</html>")) as running,
        pytest.raises(ServiceUnavailable, match="cannot be unpacked"),
    ):
        ask(running.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with (
        service(answer("200 OK", b"{}")) as elsewhere,
        service(answer(f"{status} Moved\r\nLocation: {elsewhere.url}/things")) as running,
    ):
        with pytest.raises(ServiceUnavailable, match=f"HTTP {status}, a redirect, .*check the setting api_url"):
            ask(running.url)
        assert elsewhere.requests == []


def test_what_the_contract_does_not_know_is_tried_again_and_then_ends_the_run() -> None:
    def read(response: requests.Response) -> None:
        if response.content != b"{}":
            text = "HTTP 200 with something that is not JSON"
            raise UnexpectedAnswer(text)

    with service(answer("200 OK", b"<html>maintenance</html>")) as running:
        with pytest.raises(ServiceUnavailable, match="not JSON") as caught:
            ask(running.url, read, attempts=4)
        # Not a ServiceFailing: no narrowing is to find a record that is to blame for it.
        assert not isinstance(caught.value, ServiceFailing)
        assert len(running.requests) == 4
        assert "maintenance" not in str(caught.value)


def test_netrc_adds_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with service(answer("200 OK", b"{}")) as running:
        ask(running.url)
        assert b"k3y" in running.requests[0]
        assert b"Authorization" not in running.requests[0]


def test_no_log_of_the_library_names_who_a_request_is_about(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    with service(answer("200 OK\r\nbroken header", b"{}")) as running:
        caller(running.url).call(
            "GET",
            "/users/ana@example.org",
            read=lambda response: response.content,
            budget=Budget(10_000, Shutdown()),
            parameters={"email": "ana@example.org"},
        )
    assert "ana" not in caplog.text


class _Waits(Shutdown):
    """Notes how long it was to sleep, and lets the time pass at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.waited = 0.0
        before = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: before() + self.waited)

    @override
    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@pytest.mark.parametrize(
    "head", ["503 Busy\r\nRetry-After: 86400", "500 Broken\r\nRetry-After: 120", "502 Bad", "200 OK"]
)
def test_no_fault_of_the_service_holds_a_run_up_for_more_than_three_minutes(
    head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: requests.Response) -> None:
        text = "HTTP 200 with something that is not JSON"
        raise UnexpectedAnswer(text)

    waits = _Waits(monkeypatch)
    with service(answer(head)) as running:
        patient = ApiClient(
            service="Example", base_url=running.url, headers={}, redaction=Redaction([]), shutdown=waits
        )
        with pytest.raises(ServiceUnavailable, match="POST /things: HTTP"):
            patient.call("POST", "/things", read=read, budget=Budget(10_000, waits), body=b"{}")
        assert len(running.requests) >= 2
    assert waits.waited < 180


def test_a_refusal_for_a_day_is_believed_at_once() -> None:
    with service(answer("429 Slow\r\nRetry-After: 86400")) as running:
        with pytest.raises(ServiceThrottled, match="rate limit"):
            ask(running.url)
        assert len(running.requests) == 1


@given(
    st.one_of(st.text(max_size=40), st.sampled_from(["²", "١٢", "-1", "1e9", "9" * 400, "Mon, 99 Foo 2026", "0x10"]))
)
def test_no_retry_after_raises(value: str) -> None:
    response = requests.Response()
    response.headers["Retry-After"] = value
    seconds = retry_after_seconds(response)
    assert seconds is None or seconds >= 0
    assert seconds is None or value.strip().isascii()
