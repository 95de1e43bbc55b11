from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.testing import RunningSandbox, running_sandbox
from delivery.testing import LoaderProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sandbox-iterable-key-0123456789abcd"
COMMAND = [str(Path(sys.executable).with_name("target-iterable"))]


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[RunningSandbox]:
    with running_sandbox(customers=1, orders=1, products=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: RunningSandbox) -> RunningSandbox:
    sandbox_process.control("POST", "/reset?service=iterable")
    sandbox_process.control("POST", "/iterable/settings", {"rate_limits": False, "forgotten_emails": []})
    sandbox_process.clear_faults()
    return sandbox_process


@pytest.fixture
def loader(sandbox: RunningSandbox, tmp_path: Path) -> LoaderProcess:
    settings: dict[str, Any] = {
        "api_key": KEY,
        "api_url": sandbox.service_url("iterable"),
        "commerce_requests_per_second": 2000,
    }
    return LoaderProcess(COMMAND, tmp_path, settings)
