"""What the tests of the sandbox share: running sandboxes that are stopped in the end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.testing import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    """Return the sandbox of a module's tests, which may replace it by one with another shop."""
    with running_sandbox(customers=2, orders=2, products=2) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    """Return the module's sandbox as it was in the beginning."""
    running.control("POST", "/reset")
    return running


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Return a function that starts a sandbox (options of `running_sandbox`), stopped after the test."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> RunningSandbox:
            return stack.enter_context(running_sandbox(**options))

        yield start
