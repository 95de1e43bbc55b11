"""Serves orders at next to no cost, so that what is measured is the client.

It speaks as much of the commercetools HTTP API as readers of orders need: a token, and queries of ``/orders`` with
keyset predicates or offsets. Any credentials and any project key are accepted; answers are not compressed. A thread
for each connection: those that wait do not hold up the others, and large bodies go to the network without copies.

    python benchmarks/order_source.py --orders 20000 --latency-seconds 0.2
"""

from __future__ import annotations

import argparse
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec
from order_query import QueryRefused, find_page
from order_table import OrderTable
from typing_extensions import override

_TOKEN_SECONDS = 172_800


class OrderSource(ThreadingHTTPServer):
    """The server, on a free port of this machine unless told otherwise.

    Args:
        orders: How many orders there are.
        latency: Seconds that each page takes longer; pages asked for side by side wait side by side.
        port: Where to listen; 0 takes any free port.
    """

    daemon_threads = True

    def __init__(self, orders: int, latency: float = 0.0, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.table = OrderTable(orders)
        self.latency = latency

    @property
    def url(self) -> str:
        """Base URL without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, query: str) -> tuple[int, list[bytes]]:
        """Answer a query of orders.

        Args:
            query: The query string.

        Returns:
            HTTP status and body, in pieces.
        """
        try:
            page = find_page(self.table, parse_qs(query, keep_blank_values=True))
        except QueryRefused as refused:
            return _refusal(400, "InvalidInput", str(refused))
        total = "" if page.total is None else f'"total":{page.total},'
        head = f'{{"limit":{page.limit},"offset":{page.offset},"count":{len(page.rows)},{total}"results":['
        return 200, [head.encode(), *self.table.documents(page.rows), b"]}"]


class _Handler(BaseHTTPRequestHandler):
    server: OrderSource
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a query."""
        address = urlsplit(self.path)
        if not address.path.endswith("/orders"):
            self._send(*_refusal(404, "ResourceNotFound", f"{address.path} is not served here"))
            return
        time.sleep(self.server.latency)
        self._send(*self.server.answer(address.query))

    def do_POST(self) -> None:
        """Give a token to anyone."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._send(200, _token())

    def _send(self, status: int, body: list[bytes]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(sum(map(len, body))))
        self.end_headers()
        # The pieces of the largest page are just few enough for one system call, which spares putting them together.
        sent = self.connection.sendmsg(body)
        if sent < sum(map(len, body)):
            self.wfile.write(b"".join(body)[sent:])

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def _token() -> list[bytes]:
    answer = {"access_token": "made-up", "token_type": "Bearer", "expires_in": _TOKEN_SECONDS}
    return [msgspec.json.encode({**answer, "scope": "manage_project:sandbox-shop"})]


def _refusal(status: int, code: str, message: str) -> tuple[int, list[bytes]]:
    error = {"code": code, "message": message}
    return status, [msgspec.json.encode({"statusCode": status, "message": message, "errors": [error]})]


def main() -> None:
    """Serve until stopped; the first line of output is the address."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, required=True, help="how many orders there are")
    parser.add_argument("--latency-seconds", type=float, default=0.0, help="how much longer each page takes")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free one")
    options = parser.parse_args()
    with OrderSource(options.orders, options.latency_seconds, options.port) as source:
        print(source.url, flush=True)
        source.serve_forever()


if __name__ == "__main__":
    main()
