"""Lets the tests beside the benchmarks import them as they import one another, and gives the tests a source."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from order_source import OrderSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from order_table import OrderTable


@pytest.fixture
def serve() -> Iterator[Callable[..., OrderSource]]:
    """Run sources of orders, as many as a test asks for, until it ends."""
    with contextlib.ExitStack() as stack:

        def start(orders: int, latency: float = 0.0) -> OrderSource:
            source = stack.enter_context(OrderSource(orders, latency))
            thread = threading.Thread(target=source.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(source.shutdown)
            return source

        yield start


@pytest.fixture(scope="session")
def decoded() -> Callable[[OrderTable], list[dict[str, Any]]]:
    """Take all rows of a table apart."""

    def rows(table: OrderTable) -> list[dict[str, Any]]:
        pieces = table.documents(range(len(table)))
        found: list[dict[str, Any]] = msgspec.json.decode(b"[" + b"".join(pieces) + b"]")
        return found

    return rows
