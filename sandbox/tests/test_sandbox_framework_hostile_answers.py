from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from commerce_sandbox.inflating import SMALLEST, inflating
from commerce_sandbox.testing import ControlError, RunningSandbox
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

API_KEY = "sandbox-iterable-key-0123456789abcd"
UPDATE = "^/api/users/update$"


def update_user(sandbox: RunningSandbox, **options: Any) -> requests.Response:
    return requests.post(
        f"{sandbox.url}/iterable/api/users/update",
        headers={"Api-Key": API_KEY},
        json={"email": "ada@shop.example", "dataFields": {"a": 1}},
        timeout=10,
        **options,
    )


def users(sandbox: RunningSandbox) -> list[str]:
    return [user["email"] for user in sandbox.snapshot("iterable")["users"]]


def ended(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return what the journal says of the one request to Iterable, as soon as it is over."""
    for _ in range(500):
        entries = sandbox.requests(service="iterable")
        if entries:
            return entries[0]
        time.sleep(0.01)
    pytest.fail("the request is not over")


@pytest.mark.parametrize(
    ("body", "media_type", "text"),
    [
        ("<html>maintenance</html>", "text/html; charset=utf-8", "<html>maintenance</html>"),
        ("busy", "text/plain; charset=utf-8", "busy"),
        ({"code": "Success"}, "application/json", '{"code":"Success"}'),
        (None, "text/plain; charset=utf-8", ""),
    ],
)
def test_a_replaced_answer_hides_what_the_service_did(
    sandbox: RunningSandbox, body: object, media_type: str, text: str
) -> None:
    action = {"kind": "replace_answer", "status": 200, "headers": {"Via": "a proxy"}, "body": body}
    sandbox.order_fault(action, path=UPDATE)
    answer = update_user(sandbox)
    assert (answer.status_code, answer.text, answer.headers["Via"]) == (200, text, "a proxy")
    assert answer.headers["Content-Type"] == media_type
    assert users(sandbox) == ["ada@shop.example"]
    entry = ended(sandbox)
    assert (entry["fault"], entry["status"], entry["outcome"]) == ("replace_answer", 200, "answered")


@pytest.mark.parametrize("kind", ["respond", "replace_answer"])
def test_a_header_may_say_another_media_type(sandbox: RunningSandbox, kind: str) -> None:
    headers = {"content-type": "application/json"}
    sandbox.order_fault({"kind": kind, "status": 200, "headers": headers, "body": "<html>"}, path=UPDATE)
    assert update_user(sandbox).headers["Content-Type"] == "application/json"


def test_an_ordered_answer_can_redirect(sandbox: RunningSandbox) -> None:
    elsewhere = f"{sandbox.url}/iterable/api/lists"
    action = {"kind": "respond", "status": 307, "headers": {"Location": elsewhere}}
    sandbox.order_fault(action, path=UPDATE, times=None)
    stopped = update_user(sandbox, allow_redirects=False)
    assert (stopped.status_code, stopped.headers["Location"], stopped.content) == (307, elsewhere, b"")
    followed = update_user(sandbox)
    assert (followed.url, [step.status_code for step in followed.history]) == (elsewhere, [307])
    assert users(sandbox) == []


def test_every_nth_request_after_the_skipped_ones_is_hit(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "respond", "status": 503}, path=UPDATE, skip=1, every=3, times=2)
    assert [update_user(sandbox).status_code for _ in range(11)] == [
        *(200, 200, 200, 503),
        *(200, 200, 503),
        *(200, 200, 200, 200),
    ]


@contextlib.contextmanager
def raw_request(sandbox: RunningSandbox, method: str = "POST") -> Iterator[socket.socket]:
    """Send the update of a user over a connection of its own."""
    address = urlsplit(sandbox.url)
    body = b'{"email": "ada@shop.example"}'
    head = (
        f"{method} /iterable/api/users/update HTTP/1.1\r\nHost: x\r\nApi-Key: {API_KEY}\r\nContent-Length: {len(body)}"
    )
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        yield connection


def read_until(connection: socket.socket, part: bytes) -> bytes:
    received = b""
    while part not in received:
        piece = connection.recv(4096)
        assert piece, f"the connection ended after {received!r}"
        received += piece
    return received


@pytest.mark.parametrize("acts", [False, True])
def test_the_body_of_a_trickle_comes_byte_by_byte_until_the_client_goes(sandbox: RunningSandbox, acts: bool) -> None:  # noqa: FBT001 - a case
    action = {"kind": "trickle", "status": 201, "headers": {"X-A": "b"}, "seconds": 0.02, "acts": acts}
    sandbox.order_fault(action, path=UPDATE)
    with raw_request(sandbox) as connection:
        received = read_until(connection, b"1\r\n \r\n" * 5)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 ")
    assert b"\r\nx-a: b\r\n" in head
    assert b"\r\ncontent-type: application/json\r\n" in head
    assert set(body.split(b"1\r\n \r\n")) == {b""}
    entry = ended(sandbox)
    outcome = "endless after acting" if acts else "endless"
    assert (entry["fault"], entry["status"], entry["outcome"]) == ("trickle", 201, outcome)
    assert users(sandbox) == (["ada@shop.example"] if acts else [])


def test_the_body_of_a_trickle_may_promise_a_length(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "trickle", "headers": {"Content-Length": "1000000"}, "seconds": 0.02}, path=UPDATE)
    with raw_request(sandbox) as connection:
        received = read_until(connection, b"\r\n\r\n   ")
    assert b"\r\ncontent-length: 1000000\r\n" in received
    assert b"chunked" not in received


@pytest.mark.parametrize(("part", "method"), [("head", "POST"), ("body", "HEAD")])
def test_the_head_of_a_trickle_never_ends(sandbox: RunningSandbox, part: str, method: str) -> None:
    action = {"kind": "trickle", "status": 404, "headers": {"X-A": "b"}, "seconds": 0.02, "part": part}
    sandbox.order_fault(action, path=UPDATE)
    with raw_request(sandbox, method) as connection:
        received = read_until(connection, b"aaaaa")
    assert received.startswith(b"HTTP/1.1 404 \r\nX-A: b\r\n")
    assert b"\r\n\r\n" not in received
    entry = ended(sandbox)
    # No whole head has reached the client, so there is no status.
    assert (entry["fault"], entry["status"], entry["outcome"]) == ("trickle", None, "endless")


@pytest.mark.parametrize("part", ["head", "body"])
@pytest.mark.parametrize("end", ["clear", "reset"])
def test_a_trickle_ends_at_once_when_its_fault_is_taken_down(sandbox: RunningSandbox, part: str, end: str) -> None:
    sandbox.order_fault({"kind": "trickle", "seconds": 60, "part": part}, path=UPDATE)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(update_user, sandbox)
        while not sandbox.control("GET", "/faults")[0]["hits"]:
            time.sleep(0.01)
        started = time.monotonic()
        if end == "clear":
            sandbox.clear_faults()
        else:
            sandbox.control("POST", "/reset")
        # Python's http.client takes a head that is cut off for a whole one, and what follows for an empty body.
        with contextlib.suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            assert waiting.result(timeout=10).content == b""
    assert time.monotonic() - started < 5
    # What arrived before the reset belongs to the time before it, whenever it ends.
    assert len(sandbox.requests(service="iterable")) == (end == "clear")


def test_a_trickle_ends_at_once_when_the_client_goes_away(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "trickle", "seconds": 60}, path=UPDATE)
    with raw_request(sandbox) as connection:
        read_until(connection, b"\r\n\r\n")
    assert ended(sandbox)["milliseconds"] < 5_000


@pytest.mark.parametrize("acts", [False, True])
def test_an_inflated_answer_is_small_on_the_wire_and_large_unpacked(sandbox: RunningSandbox, acts: bool) -> None:  # noqa: FBT001 - a case
    sandbox.order_fault({"kind": "inflate", "status": 202, "bytes": 50_000_000, "acts": acts}, path=UPDATE)
    answer = update_user(sandbox, stream=True)
    packed = answer.raw.read(decode_content=False)
    assert answer.status_code == 202
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "application/json"
    assert len(packed) < 100_000
    unpacked = gzip.decompress(packed)
    assert len(unpacked) == 50_000_000
    assert json.loads(unpacked) == {"results": []}
    entry = ended(sandbox)
    assert (entry["fault"], entry["status"], entry["outcome"]) == ("inflate", 202, "answered")
    assert users(sandbox) == (["ada@shop.example"] if acts else [])


def test_an_inflated_answer_ends_when_the_client_goes_away(sandbox: RunningSandbox) -> None:
    # So large that it takes minutes to send.
    sandbox.order_fault({"kind": "inflate", "bytes": 1 << 40}, path=UPDATE)
    update_user(sandbox, stream=True).close()
    assert ended(sandbox)["outcome"] == "left by the client"


@given(st.integers(SMALLEST, 3 << 20))
def test_what_inflates_has_exactly_the_size_asked_for(size: int) -> None:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    unpacked = unpacker.decompress(b"".join(inflating(size)))
    assert unpacker.eof
    assert len(unpacked) == size
    assert json.loads(unpacked) == {"results": []}


PRODUCTS = "/products?limit=5&sort=id%20asc"


def read(sandbox: RunningSandbox, path: str, **headers: str) -> requests.Response:
    """Return what the shop answers to a client that is signed in."""
    token = requests.post(
        f"{sandbox.url}/commercetools/oauth/token",
        auth=("sandbox-client", "sandbox-secret"),
        data={"grant_type": "client_credentials"},
        timeout=10,
    ).json()["access_token"]
    return requests.get(
        f"{sandbox.url}/commercetools/sandbox-shop{path}",
        headers={"Authorization": f"Bearer {token}", **headers},
        timeout=10,
    )


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(("rows", "keep_count"), [(0, True), (1, True), (1, False), (9, False)])
def test_a_page_can_lack_its_last_rows(sandbox: RunningSandbox, encoding: str, rows: int, keep_count: bool) -> None:  # noqa: FBT001 - a case
    whole = read(sandbox, PRODUCTS).json()
    sandbox.order_fault({"kind": "cut_rows", "rows": rows, "keep_count": keep_count}, path="/products$")
    headers = {"Accept-Encoding": encoding}
    left = whole["results"][:rows]
    count = whole["count"] if keep_count else len(left)
    assert whole["count"] == 2
    assert read(sandbox, PRODUCTS, **headers).json() == {**whole, "results": left, "count": count}
    entry = sandbox.requests(path="/products$")[-1]
    assert (entry["fault"], entry["status"], entry["outcome"]) == ("cut_rows", 200, "answered")
    assert read(sandbox, PRODUCTS, **headers).json() == whole


def test_an_answer_that_is_no_page_stays_as_it_is(sandbox: RunningSandbox) -> None:
    product = read(sandbox, PRODUCTS).json()["results"][0]["id"]
    too_long = f"/products?where={'x' * 17_000}"
    for path, status in ((f"/products/{product}", 200), ("/products?sort=nonsense", 400), (too_long, 413)):
        whole = read(sandbox, path)
        sandbox.order_fault({"kind": "cut_rows", "rows": 0, "keep_count": False}, path="/products")
        cut = read(sandbox, path)
        assert (cut.status_code, cut.text) == (whole.status_code, whole.text) == (status, whole.text)
        assert sandbox.requests()[-1]["fault"] == "cut_rows"


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"action": {"kind": "trickle", "seconds": 0}}, "seconds"),
        ({"action": {"kind": "trickle", "part": "middle"}}, "part"),
        ({"action": {"kind": "inflate", "bytes": SMALLEST - 1}}, "bytes"),
        ({"action": {"kind": "cut_rows", "rows": -1}}, "rows"),
        ({"action": {"kind": "replace_answer", "status": 99}}, "status"),
        ({"action": {"kind": "drop"}, "every": 0}, "every"),
    ],
)
def test_a_figure_that_makes_no_sense_is_refused(sandbox: RunningSandbox, order: dict[str, Any], problem: str) -> None:
    with pytest.raises(ControlError, match=problem):
        sandbox.control("POST", "/faults", order)
