from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.testing import RunningSandbox, running_sandbox
from delivery.testing import LoaderProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = [str(Path(sys.executable).with_name("target-dotdigital"))]
CREDENTIALS = {"username": "apiuser-sandbox@apiconnector.com", "password": "sandbox-password"}


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    running.control("POST", "/reset?service=dotdigital")
    running.clear_faults()
    return running


@pytest.fixture
def settings(sandbox: RunningSandbox) -> dict[str, Any]:
    return {**CREDENTIALS, "api_url": sandbox.service_url("dotdigital"), "poll_seconds": 0.05}


@pytest.fixture(scope="session")
def loader_in(running: RunningSandbox) -> Callable[..., LoaderProcess]:
    """Return what makes a loader with a folder of its own, for fixtures that outlive a test."""

    def make(folder: Path, **changes: Any) -> LoaderProcess:
        return LoaderProcess(
            COMMAND,
            folder,
            {**CREDENTIALS, "api_url": running.service_url("dotdigital"), "poll_seconds": 0.05, **changes},
        )

    return make


@pytest.fixture
def loader(settings: dict[str, Any], tmp_path: Path) -> Callable[..., LoaderProcess]:
    def make(**changes: Any) -> LoaderProcess:
        return LoaderProcess(COMMAND, tmp_path, {**settings, **changes})

    return make
