"""The sandbox as the benchmarks run it: a made-up shop, the same each time."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from commerce_sandbox.testing import RunningSandbox
from measuring import BINARIES, server

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMERS = 2_000
ORDERS = 6_000
PRODUCTS = 200


@contextlib.contextmanager
def sandbox() -> Iterator[RunningSandbox]:
    """Run the sandbox in a process of its own, without compression, so that it is not what is measured."""
    sizes = ["--customers", str(CUSTOMERS), "--orders", str(ORDERS), "--products", str(PRODUCTS)]
    command = [str(BINARIES / "commerce-sandbox"), "serve", "--port", "0", "--no-commercetools-compress", *sizes]
    with server(command) as url:
        running = RunningSandbox(url)
        running.control("POST", "/iterable/settings", {"rate_limits": False})
        yield running
