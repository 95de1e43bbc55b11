"""What the project holds after a run of the loader that nothing happened to: what all other runs must end in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivery.testing import LoaderProcess
from iterable_project import KEY, settings

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

PASSING_FAULTS: list[dict[str, Any]] = [
    {"kind": "drop"},
    {"kind": "drop_after"},
    {"kind": "truncate"},
    {"kind": "respond", "status": 503, "body": "<html>busy</html>"},
    {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}},
    {"kind": "respond", "status": 429, "body": "Too Many Requests"},
]
"""What a call can meet with that is over when it is tried again."""
TOO_LARGE: dict[str, Any] = {"kind": "respond", "status": 413, "body": ""}
"""Passes for a batch, which is halved."""


def fault_name(action: dict[str, Any]) -> str:
    """Return what to call a fault in the name of a test."""
    return f"{action['kind']} {action.get('status', '')}"


COMMAND = [str(Path(sys.executable).with_name("target-iterable"))]


def content(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return what the service holds, without when it came."""
    snapshot = dict(sandbox.snapshot("iterable"))
    snapshot.pop("received_at")
    return snapshot


def undisturbed_content(sandbox: RunningSandbox, folder: Path, lines: list[str]) -> dict[str, Any]:
    """Load lines into an empty project and return what it holds then."""
    sandbox.clear_faults()
    sandbox.control("POST", "/reset?service=iterable")
    settings(sandbox, rate_limits=False)
    loader = LoaderProcess(
        COMMAND,
        folder,
        {"api_key": KEY, "api_url": sandbox.service_url("iterable"), "commerce_requests_per_second": 2000},
    )
    assert loader.run(lines).code == 0
    return content(sandbox)
