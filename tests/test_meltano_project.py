"""The Meltano project as people run it: `meltano run`, with state in Meltano's database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from documented_commands import BINARIES, PROJECT
from pipeline import comparable

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

SECONDS_FOR_A_RUN = 240
SECONDS_TO_INSTALL = 900


class MeltanoProject:
    """The project with settings that point at a sandbox, and with a database and folders of its own."""

    def __init__(self, sandbox: RunningSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        commercetools = sandbox.service_url("commercetools")
        foreign = ("TAP_", "TARGET_", "MAPPER_", "MELTANO_")
        self.variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            "MELTANO_ENVIRONMENT": "sandbox",
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            "TAP_COMMERCETOOLS_API_URL": commercetools,
            "TAP_COMMERCETOOLS_AUTH_URL": commercetools,
            "TARGET_ITERABLE_API_URL": sandbox.service_url("iterable"),
            "TARGET_ITERABLE_SUMMARY_PATH": str(folder / "target-iterable.json"),
            "TARGET_ITERABLE_REJECTS_PATH": str(folder / "rejects"),
            "TARGET_DOTDIGITAL_API_URL": sandbox.service_url("dotdigital"),
            "TARGET_DOTDIGITAL_SUMMARY_PATH": str(folder / "target-dotdigital.json"),
            "TARGET_DOTDIGITAL_REJECTS_PATH": str(folder / "rejects"),
            "TARGET_JSONL_DESTINATION_PATH": str(folder),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(BINARIES / "meltano"), *arguments],
            cwd=PROJECT,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def meltano(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=SECONDS_FOR_A_RUN)
        return process.returncode, output

    def preview(self, job: str) -> dict[str, list[dict[str, Any]]]:
        """Run a preview job and return the records of each file it wrote, by stream."""
        code, output = self.meltano("run", job)
        assert code == 0, output
        paths = self.folder.glob("*.jsonl")
        return {path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in paths}

    def streams(self, target: str) -> dict[str, dict[str, Any]]:
        summary: dict[str, Any] = json.loads((self.folder / f"{target}.json").read_text())
        streams: dict[str, dict[str, Any]] = summary["streams"]
        return streams


@pytest.fixture(scope="module")
def installed() -> None:
    """Let Meltano make the plugins' environments, as `make demo` does."""
    command = [str(BINARIES / "meltano"), "install"]
    variables = {**os.environ, "MELTANO_CLI_DISABLE_VERSION_CHECK": "1"}
    done = subprocess.run(
        command, cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=SECONDS_TO_INSTALL, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def project(sandbox: RunningSandbox, tmp_path: Path, installed: None) -> MeltanoProject:
    del installed
    return MeltanoProject(sandbox, tmp_path)


@pytest.mark.timeout(SECONDS_TO_INSTALL)
@pytest.mark.parametrize("target", ["target-iterable", "target-dotdigital"])
def test_killed_half_way_and_run_again_equals_an_undisturbed_run(project: MeltanoProject, target: str) -> None:
    service = target.removeprefix("target-")
    code, output = project.meltano("run", "--no-state-update", "--force", "tap-commercetools", target)
    assert code == 0, output
    undisturbed = comparable(project.sandbox.snapshot(service))
    project.sandbox.control("POST", f"/reset?service={service}")
    project.sandbox.order_fault({"kind": "delay", "seconds": 0.2}, service=service, times=None)

    process = project.start("run", "tap-commercetools", target)
    for _ in range(6000):
        if any(project.sandbox.control("GET", "/counts")[service].get(kind) for kind in ("users", "contacts")):
            break
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert comparable(project.sandbox.snapshot(service)) != undisturbed

    project.sandbox.clear_faults()
    # Meltano takes a killed run for a running one for five minutes, unless told otherwise.
    code, output = project.meltano("run", "--force", "tap-commercetools", target)
    assert code == 0, output
    assert comparable(project.sandbox.snapshot(service)) == undisturbed
    code, output = project.meltano("run", "--force", "tap-commercetools", target)
    assert code == 0, output
    assert sum(counts["read"] for counts in project.streams(target).values()) == 0


@pytest.mark.timeout(SECONDS_TO_INSTALL)
def test_a_preview_shows_as_files_what_iterable_would_be_sent(project: MeltanoProject) -> None:
    files = project.preview("preview-iterable")
    assert files.keys() == {"users", "purchases", "catalog_items"}
    assert len(files["users"]) == 60
    assert len(files["purchases"]) == len(orders_with_a_buyer(project.sandbox))
    assert len(files["catalog_items"]) == 30
    assert {"userId", "dataFields"} <= files["users"][0].keys()
    assert {"id", "total", "user", "items"} <= files["purchases"][0].keys()
    assert files["catalog_items"][0].keys() == {"catalogName", "itemId", "value"}


@pytest.mark.timeout(SECONDS_TO_INSTALL)
def test_a_preview_shows_as_files_what_dotdigital_would_be_sent(project: MeltanoProject) -> None:
    files = project.preview("preview-dotdigital")
    assert files.keys() == {"contacts", "orders", "catalog"}
    orders = len(orders_with_a_buyer(project.sandbox))
    assert len(files["contacts"]) == 60 + orders
    assert len(files["orders"]) == orders
    assert len(files["catalog"]) == 30
    assert {"matchIdentifier", "identifiers"} <= files["contacts"][0].keys()
    assert files["orders"][0].keys() == {"key", "contactIdentity", "json"}


def orders_with_a_buyer(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = sandbox.snapshot("commercetools", "orders")["orders"]
    return [order for order in orders if order.get("customerEmail") or order.get("customerId")]


@pytest.mark.timeout(SECONDS_TO_INSTALL)
def test_wrong_credentials_are_one_line_in_meltanos_log_too(project: MeltanoProject) -> None:
    project.variables["TAP_COMMERCETOOLS_CLIENT_SECRET"] = "not-the-secret"
    code, output = project.meltano("run", "tap-commercetools", "target-iterable")
    assert code == 1
    said = [line for line in output.splitlines() if "client_secret" in line and "tap-commercetools" in line]
    assert said
    assert "Traceback" not in output
    assert "not-the-secret" not in output


@pytest.mark.timeout(SECONDS_TO_INSTALL)
def test_the_demo_adds_up_and_shows_only_the_changes_in_its_second_run(installed: None) -> None:
    del installed
    # Settings for real accounts that happen to be there must not be used.
    variables = {**os.environ, "TARGET_ITERABLE_API_URL": "http://127.0.0.1:9", "TARGET_ITERABLE_API_KEY": "real"}
    command = [sys.executable, str(PROJECT / "scripts" / "demo.py")]
    done = subprocess.run(
        command, cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=SECONDS_TO_INSTALL, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "First run: everything" in done.stdout
    assert "Second run: only the changes" in done.stdout
    assert "Every record read was delivered, rejected or skipped" in done.stdout
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    assert "commerce-sandbox serve --port 0" not in listed
