"""Every answer of every call is what the contract says, or a fault that passes, or the end of the run."""

from __future__ import annotations

import gzip
import logging
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from running_the_tap import answer_with
from scripted_platform import GOOD, ROW, SECRET, TOKEN, ScriptedPlatform, json_answer, raw_answer, scripted_platform
from tap_commercetools.answer_body import LARGEST_ANSWER_BYTES, DamagedError, TooLargeError, read_body
from tap_commercetools.errors import AccessError, RequestRefusedError, TapError, UnavailableError
from tap_commercetools.live_ids import IdQuery
from tap_commercetools.retry import RetryPolicy
from tap_commercetools.transport import AnswerLimits

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tap_commercetools.client import CommercetoolsClient

HTML = b"<html><body>down for maintenance</body></html>"
IN_A_HURRY = AnswerLimits(connecting=2, pausing=0.3, answering=0.6)
ONE_TRY = RetryPolicy(tries=1)

CALLS: dict[str, Callable[[CommercetoolsClient], object]] = {
    "/oauth/token": lambda client: client.sign_in(),
    "/oauth/introspect": lambda client: client.granted_scopes(),
    "/shop": lambda client: client.fetch_project(),
    "/shop/orders": lambda client: client.fetch_page("orders", [("limit", "500")], 500),
    "/shop/graphql": lambda client: client.fetch_ids(IdQuery("categories")),
}

ANY_CALL: dict[str, bytes] = {
    "html": raw_answer(HTML, "Content-Type: text/html"),
    "html that says it is json": raw_answer(HTML, "Content-Type: application/json"),
    "empty": raw_answer(b""),
    "no content": raw_answer(b"", status="204 No Content"),
    "a part": GOOD["/shop/orders"].replace(b"200 OK", b"206 Partial Content"),
    "created": GOOD["/shop/orders"].replace(b"200 OK", b"201 Created"),
    "another object": json_answer({"status": "ok"}),
    "an empty object": json_answer({}),
    "a list": json_answer([]),
    "null": json_answer(None),
    "a text": json_answer("ok"),
    "an error with 200": json_answer({"statusCode": 503, "message": "later", "errors": [{"code": "General"}]}),
    "half": raw_answer(b'{"limit": 500, "count": 1, "results": [{"id": "a", "vers'),
    "no utf-8": raw_answer(b'{"limit": 500, "count": 1, "results": [{"id": "\xff\xfe"}]}'),
    "nested too deep": raw_answer(b"[" * 100_000),
    "packed, but not": raw_answer(b'{"limit": 500}', "Content-Encoding: gzip"),
    "packed, cut": raw_answer(gzip.compress(b'{"limit": 500}' * 9)[:-9], "Content-Encoding: gzip"),
    "packed in another way": raw_answer(zlib.compress(b"{}"), "Content-Encoding: deflate"),
    "503": raw_answer(HTML, status="503 Service Unavailable"),
    "500": raw_answer(b"", status="500 Internal Server Error"),
    "429": raw_answer(b"", status="429 Too Many Requests"),
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
}

ONE_CALL: list[tuple[str, object]] = [
    ("/oauth/token", {"access_token": "x"}),
    ("/oauth/token", {"expires_in": 172_800}),
    ("/oauth/token", {**TOKEN, "access_token": ""}),
    ("/oauth/token", {**TOKEN, "access_token": None}),
    ("/oauth/token", {**TOKEN, "access_token": 17}),
    ("/oauth/token", {**TOKEN, "access_token": "a\r\nX-Injected: 1"}),
    ("/oauth/token", {**TOKEN, "access_token": "tökén"}),
    ("/oauth/token", {**TOKEN, "expires_in": "172800"}),
    ("/oauth/token", {**TOKEN, "expires_in": 0}),
    ("/oauth/token", {**TOKEN, "expires_in": -1}),
    ("/oauth/token", {**TOKEN, "expires_in": True}),
    ("/oauth/token", {**TOKEN, "token_type": "mac"}),
    ("/oauth/token", {**TOKEN, "scope": ["view_orders:shop"]}),
    ("/oauth/introspect", {"scope": "view_orders:shop"}),
    ("/oauth/introspect", {"active": "yes"}),
    ("/shop", {"key": "another-shop", "messages": {"enabled": True}}),
    ("/shop", {"key": "shop"}),
    ("/shop", {"key": "shop", "messages": {}}),
    ("/shop", {"key": "shop", "messages": {"enabled": True, "deleteDaysAfterCreation": 10**12}}),
    ("/shop/orders", {"limit": 500, "count": 500, "results": [ROW] * 300}),
    ("/shop/orders", {"limit": 500, "count": 0, "results": [ROW]}),
    ("/shop/orders", {"limit": 20, "count": 1, "results": [ROW]}),
    ("/shop/orders", {"limit": 501, "count": 1, "results": [ROW]}),
    ("/shop/orders", {"limit": 500, "results": [ROW]}),
    ("/shop/orders", {"limit": 500, "count": 1}),
    ("/shop/orders", {"limit": 500, "count": 1, "results": {"0": ROW}}),
    ("/shop/graphql", {"data": None}),
    ("/shop/graphql", {"data": {}}),
    ("/shop/graphql", {"data": {"products": {"results": []}}}),
    ("/shop/graphql", {"data": {"categories": {"results": [{"key": "a"}]}}}),
    ("/shop/graphql", {"data": {"categories": {"results": []}}, "errors": [{"message": "internal"}]}),
]


@pytest.fixture
def platform() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as running:
        running.answer("/oauth/token", json_answer(TOKEN))  # without scopes, so that they are asked for
        yield running


def tries_until_the_end(platform: ScriptedPlatform, path: str) -> None:
    with pytest.raises(UnavailableError) as ended:
        CALLS[path](platform.client())
    assert "4 times in a row" in str(ended.value)
    assert "\n" not in str(ended.value)
    assert SECRET not in str(ended.value)
    assert platform.count(path) == 4


@pytest.mark.parametrize("kind", ANY_CALL)
@pytest.mark.parametrize("path", CALLS)
def test_what_no_contract_says_is_tried_again_and_then_ends_the_run(
    platform: ScriptedPlatform, path: str, kind: str
) -> None:
    platform.answer(path, ANY_CALL[kind])
    tries_until_the_end(platform, path)


@pytest.mark.parametrize(("path", "content"), ONE_CALL, ids=str)
def test_what_the_contract_of_the_call_does_not_say_is_tried_again_and_then_ends_the_run(
    platform: ScriptedPlatform, path: str, content: object
) -> None:
    platform.answer(path, json_answer(content))
    tries_until_the_end(platform, path)


@pytest.mark.parametrize("kind", ANY_CALL)
@pytest.mark.parametrize("path", CALLS)
def test_such_a_fault_that_passes_costs_nothing_but_time(platform: ScriptedPlatform, path: str, kind: str) -> None:
    platform.answer(path, ANY_CALL[kind], ANY_CALL[kind], GOOD[path])
    CALLS[path](platform.client())
    assert platform.count(path) == 3


# Answers without end.


def drip(first: bytes, seconds: float = 0.05) -> Callable[[socket.socket], None]:
    """Send something, and then a byte now and then for ever: too often for a time-out of pauses."""

    def send(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(b" ")
            time.sleep(seconds)

    return send


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def flood(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """Send something, and then the same piece as fast as it goes."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return send


WITHOUT_END: dict[str, Callable[[socket.socket], None]] = {
    "nothing": silence,
    "a head that drips": drip(b"HTTP/1.1 200 OK\r\nX-Long: "),
    "a body that drips": drip(b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"limit"'),
    "a body of unknown length that drips": drip(b'HTTP/1.1 200 OK\r\n\r\n{"limit"'),
    "a chunk that drips": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"),
    "a head as fast as it goes": flood(b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 4_000 + b"\r\n"),
}


@pytest.mark.parametrize("kind", WITHOUT_END)
@pytest.mark.parametrize("path", CALLS)
def test_an_answer_without_end_is_given_up_in_time(platform: ScriptedPlatform, path: str, kind: str) -> None:
    platform.answer(path, WITHOUT_END[kind])
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="cannot be reached or broke off"):
        CALLS[path](platform.client(policy=ONE_TRY, limits=IN_A_HURRY))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /moved\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\n",
    ],
)
@pytest.mark.parametrize("path", CALLS)
def test_no_more_of_an_answer_is_taken_than_its_limit(platform: ScriptedPlatform, path: str, head: bytes) -> None:
    platform.answer(path, flood(head + b"\r\n", b" " * 100_000))
    with pytest.raises(TapError, match="more than 5000000 bytes, unpacked"):
        CALLS[path](platform.client(policy=ONE_TRY, limits=AnswerLimits(size=5_000_000)))


def test_what_a_few_bytes_unpack_to_does_not_take_the_memory(platform: ScriptedPlatform) -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(packing.compress(b" " * 1_000_000) for _ in range(500)) + packing.flush()
    assert len(bomb) < 1_000_000
    platform.answer("/shop/orders", raw_answer(bomb, "Content-Encoding: gzip"))
    client = platform.client(policy=ONE_TRY, limits=AnswerLimits(size=10_000_000))
    client.sign_in()
    tracemalloc.start()
    try:
        with pytest.raises(RequestRefusedError) as refused:
            CALLS["/shop/orders"](client)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code == "ContentTooLarge"  # so a page is asked for in parts
    assert peak < 40_000_000


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_answer_is_held_once_and_not_in_pieces_besides(encoding: str) -> None:
    content = bytes(1_000_000) * 20
    body = gzip.compress(content) if encoding else content
    pieces = [body[begin : begin + 1_000_000] for begin in range(0, len(body), 1_000_000)]
    arriving = Arriving(*pieces)
    tracemalloc.start()
    try:
        assert len(read_body(arriving, encoding, LARGEST_ANSWER_BYTES)) == len(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * len(content)


def test_four_answers_at_once_of_the_largest_size_do_not_take_the_memory() -> None:
    assert 4 * LARGEST_ANSWER_BYTES <= 128 * 1024 * 1024


class Arriving:
    """A body on its way."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [*pieces, b""]

    def read(self, amt: int, decode_content: bool) -> bytes:  # noqa: FBT001 - urllib3's
        assert amt > 0
        assert not decode_content
        return self._pieces.pop(0)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 3_000_000], ids=len)
def test_a_body_is_the_same_packed_or_not(content: bytes, size: int) -> None:
    packed = gzip.compress(content[:1000]) + gzip.compress(content[1000:])
    pieces = [packed[begin : begin + size] for begin in range(0, len(packed), size)]
    assert read_body(Arriving(*pieces), "gzip", 3_000_000) == content
    assert read_body(Arriving(content) if content else Arriving(), "", 3_000_000) == content
    if len(content) > 2:
        with pytest.raises(TooLargeError):
            read_body(Arriving(*pieces), "gzip", 2_999_999)
    with pytest.raises(DamagedError):
        read_body(Arriving(packed[:-1]), "gzip", 3_000_000)


@pytest.mark.parametrize("asked", ["86400", "9" * 4_000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_however_long_the_platform_asks_to_wait_the_run_ends_within_its_patience(
    platform: ScriptedPlatform, asked: str
) -> None:
    platform.answer("/shop/orders", raw_answer(b"", f"Retry-After: {asked}", status="503 Service Unavailable"))
    policy = RetryPolicy(asked_cap_seconds=0.3, patience_seconds=0.5)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match=r"answered 503 .*2 times in a row: run again later"):
        CALLS["/shop/orders"](platform.client(policy=policy))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("asked", ["²", "-5", "soon", "nan", "1e99", ""])
def test_a_wait_that_cannot_be_read_is_none(platform: ScriptedPlatform, asked: str) -> None:
    busy = raw_answer(b"", status="503 Service Unavailable").replace(
        b"\r\n\r\n", b"\r\nRetry-After: " + asked.encode() + b"\r\n\r\n"
    )
    platform.answer("/shop/orders", busy, GOOD["/shop/orders"])
    CALLS["/shop/orders"](platform.client())


def test_the_default_ends_within_three_minutes() -> None:
    policy, limits = RetryPolicy(), AnswerLimits()
    assert policy.patience_seconds + limits.answering <= 180
    assert 2 * limits.answering <= 180


def test_a_connection_is_used_again(platform: ScriptedPlatform) -> None:
    client = platform.client()
    for _ in range(20):
        CALLS["/shop/orders"](client)
    assert platform.connections == 1


# Where credentials go.


def moved(location: str, status: str = "302 Found") -> bytes:
    return raw_answer(b"", f"Location: {location}", status=status)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("path", CALLS)
def test_credentials_follow_no_redirect_to_another_host(platform: ScriptedPlatform, path: str, status: str) -> None:
    with scripted_platform() as elsewhere:
        for location in (f"{elsewhere.url}/x", elsewhere.url.replace("127.0.0.1", "localhost"), "https://127.0.0.1:1/"):
            platform.answer(path, moved(location, status))
            with pytest.raises(UnavailableError, match=r"answered 30\d, a redirect that is not followed"):
                CALLS[path](platform.client())
        assert elsewhere.connections == 0
    assert platform.count(path) == 3  # a redirect is no fault that passes


@pytest.mark.parametrize(
    "location", ["", "//evil.example/", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "http://[::1"]
)
def test_a_redirect_to_nowhere_is_not_followed(platform: ScriptedPlatform, location: str) -> None:
    platform.answer("/shop/orders", moved(location))
    with pytest.raises(UnavailableError, match="a redirect that is not followed"):
        CALLS["/shop/orders"](platform.client())


def test_a_redirect_on_the_same_host_is_followed_with_the_credentials(platform: ScriptedPlatform) -> None:
    platform.answer("/shop/orders", moved("/shop/orders-moved"))
    platform.answer("/shop/orders-moved", raw_answer(answer_with([ROW])))
    CALLS["/shop/orders"](platform.client())
    assert "authorization: bearer token-0123456789" in platform.asked[-1].lower()


def test_redirects_in_a_circle_end(platform: ScriptedPlatform) -> None:
    platform.answer("/shop/orders", moved("/shop/orders"))
    with pytest.raises(UnavailableError, match="redirected 5 times"):
        CALLS["/shop/orders"](platform.client())


def test_a_form_is_not_sent_again_as_something_else(platform: ScriptedPlatform) -> None:
    platform.answer("/oauth/token", moved("/oauth/moved"))
    with pytest.raises(UnavailableError, match="by the same method"):
        CALLS["/oauth/token"](platform.client())
    platform.answer("/oauth/token", moved("/oauth/moved", "307 Temporary"))
    platform.answer("/oauth/moved", GOOD["/oauth/token"])
    CALLS["/oauth/token"](platform.client())
    assert any(head.startswith("POST /oauth/moved") for head in platform.asked)


@pytest.mark.parametrize("path", CALLS)
def test_a_netrc_file_neither_replaces_nor_adds_credentials(
    platform: ScriptedPlatform, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    CALLS[path](platform.client())
    sent = [line for head in platform.asked for line in head.split("\r\n") if line.lower().startswith("authorization")]
    assert {line.split(" ", 1)[1] for line in sent} <= {
        "Bearer token-0123456789",
        "Basic Y2xpZW50OmEtdmVyeS1zZWNyZXQtc2VjcmV0",
    }
    assert len(sent) == len(platform.asked)


# What is said.


def test_nothing_of_urllib3_is_logged_whatever_the_configuration(
    platform: ScriptedPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    client = platform.client()
    for name in ("", "urllib3", "urllib3.connectionpool", "urllib3.util.retry"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    client.fetch_page("orders", [("var.values", "ada@shop.example"), ("limit", "500")], 500)
    platform.answer("/shop/orders", b"nothing\r\n\r\n")
    with pytest.raises(UnavailableError):
        client.fetch_page("orders", [("var.values", "ada@shop.example"), ("limit", "500")], 500)
    assert not [record for record in caplog.records if record.name.startswith("urllib3")]
    assert "ada" not in caplog.text


def test_what_the_platform_says_is_cleaned(platform: ScriptedPlatform) -> None:
    said: dict[str, Any] = {
        "message": f"no {SECRET} token-0123456789 for ada@shop.example, +49 170 1234567\n" + "x" * 100_000,
        "errors": [{"code": "ada@shop.example"}],
    }
    platform.answer("/shop/orders", json_answer(said, "X-Correlation-ID: ada@shop.example", status="400 Bad Request"))
    with pytest.raises(RequestRefusedError) as refused:
        CALLS["/shop/orders"](platform.client())
    text = str(refused.value)
    assert "no [redacted] [redacted] for [address], [number]" in text
    assert "ada" not in text
    assert len(text) < 400
    assert refused.value.code == ""


@pytest.mark.parametrize("said", [SECRET, SECRET.upper(), "token-0123456789", "0170.1234567"])
@pytest.mark.parametrize("place", ["code", "error", "correlation"])
def test_nothing_the_platform_says_passes_the_redaction(platform: ScriptedPlatform, place: str, said: str) -> None:
    body: dict[str, Any] = {"errors": [{"code": said}]} if place == "code" else {}
    body |= {"error": said} if place == "error" else {}
    heads = [f"X-Correlation-ID: {said}"] if place == "correlation" else []
    platform.answer("/shop/orders", json_answer(body, *heads, status="400 Bad Request"))
    with pytest.raises(RequestRefusedError) as refused:
        CALLS["/shop/orders"](platform.client())
    assert said not in f"{refused.value} {refused.value.code}"


def test_a_token_told_as_a_scope_is_not_shown(platform: ScriptedPlatform) -> None:
    scope = f"view_orders:{TOKEN['access_token']} view_orders:{SECRET} view_orders:shop"
    platform.answer("/oauth/token", json_answer({**TOKEN, "scope": scope}))
    granted = platform.client().granted_scopes()
    assert granted is not None
    assert granted.scopes == {"view_orders:shop"}


@pytest.mark.parametrize("identifier", ["projects-0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01", "mine/12345678"])
def test_the_id_of_a_request_is_shown_for_the_platforms_support(platform: ScriptedPlatform, identifier: str) -> None:
    platform.answer("/shop/orders", json_answer({}, f"X-Correlation-ID: {identifier}", status="400 Bad Request"))
    with pytest.raises(RequestRefusedError, match=f"X-Correlation-ID {identifier}"):
        CALLS["/shop/orders"](platform.client())


@pytest.mark.parametrize("message", [{"a": 1}, 17, None, ["x"]])
def test_an_error_of_another_shape_is_an_error_all_the_same(platform: ScriptedPlatform, message: object) -> None:
    platform.answer("/oauth/token", json_answer({"message": message, "errors": message}, status="400 Bad Request"))
    with pytest.raises(AccessError, match="answered 400"):
        CALLS["/oauth/token"](platform.client())


def test_a_network_error_keeps_to_itself_what_was_asked_for(platform: ScriptedPlatform) -> None:
    platform.answer("/shop/orders", b"nothing\r\n\r\n")
    with pytest.raises(UnavailableError) as ended:
        platform.client().fetch_page("orders", [("var.values", "ada@shop.example"), ("limit", "500")], 500)
    error: BaseException | None = ended.value
    while error is not None:
        assert "ada" not in str(error)
        assert error.__suppress_context__ or error.__context__ is None
        error = error.__cause__


def test_a_damaged_page_is_not_taken_for_rows(platform: ScriptedPlatform) -> None:
    whole = msgspec.json.encode({"limit": 500, "count": 2, "results": [ROW, {**ROW, "id": "b"}]})
    for end in range(0, len(whole), 7):
        platform.answer("/shop/orders", raw_answer(whole[:end]))
        with pytest.raises(UnavailableError):
            CALLS["/shop/orders"](platform.client(policy=ONE_TRY))
