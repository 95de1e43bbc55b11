"""Runs the whole pipeline against a sandbox: tap and loader as processes, joined as a shell joins them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from documented_commands import BINARIES, PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

SECONDS_FOR_A_RUN = 240
CREDENTIALS = {
    "target-iterable": {"api_key": "sandbox-iterable-key-0123456789abcd", "commerce_requests_per_second": 2000},
    "target-dotdigital": {
        "username": "apiuser-sandbox@apiconnector.com",
        "password": "sandbox-password",
        "poll_seconds": 0.05,
        "list": "Shop customers",
    },
}
SERVICES = {"target-iterable": "iterable", "target-dotdigital": "dotdigital"}


def shop_mapping() -> dict[str, Any]:
    """Return the mapping of meltano.yml: the tests run what people run."""
    mapping: dict[str, Any] = loader_settings("target-iterable")["mapper"]["config"]
    return mapping


def loader_settings(name: str) -> dict[str, Any]:
    """Return the settings that meltano.yml gives a loader in every environment."""
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    loaders = project["plugins"]["loaders"]
    settings: dict[str, Any] = next(loader["config"] for loader in loaders if loader["name"] == name)
    return settings


def tap_settings(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return settings with which the tap reads the sandbox's shop."""
    url = sandbox.service_url("commercetools")
    return {
        "project_key": "sandbox-shop",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "api_url": url,
        "auth_url": url,
        "settle_seconds": 0,
    }


@dataclass(frozen=True)
class PipelineResult:
    """How a run of the pipeline ended.

    Attributes:
        tap_code: The tap's exit code.
        code: The loader's exit code.
        log: What the loader wrote to standard error.
        streams: Counts by stream of the loader.
        state: The last STATE the loader put out, if any.
    """

    tap_code: int
    code: int
    log: str
    streams: dict[str, dict[str, Any]]
    state: dict[str, Any] | None

    def read(self) -> dict[str, int]:
        """Return how many records each stream of the loader has read."""
        return {stream: counts["read"] for stream, counts in self.streams.items()}

    def assert_adds_up(self) -> None:
        """Make sure that every record read has its outcome."""
        for stream, counts in self.streams.items():
            assert counts["read"] == counts["delivered"] + counts["rejected"] + counts["skipped"], stream
            assert counts["pending"] == 0, stream


SELECTED_STREAMS = ("customers", "orders", "products")
"""What meltano.yml selects."""


@cache
def discovered() -> str:
    """Return the tap's catalog."""
    command = [str(BINARIES / "tap-commercetools"), "--discover"]
    return subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True)


def catalog_of(streams: Sequence[str]) -> dict[str, Any]:
    """Return a catalog that selects some streams."""
    catalog: dict[str, Any] = json.loads(discovered())
    for stream in catalog["streams"]:
        root = next(entry for entry in stream["metadata"] if entry["breadcrumb"] == [])
        root["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return catalog


class Pipeline:
    """A tap and a loader, with a folder for settings, state, rejects and summary.

    Args:
        sandbox: Where the shop and the destination are.
        target: The loader's command.
        folder: The folder.
        streams: The tap's streams.
        mapping: Settings of the mapping, besides those of meltano.yml.
        loader_settings: Settings of the loader, besides its credentials.
    """

    def __init__(
        self,
        sandbox: RunningSandbox,
        target: str,
        folder: Path,
        *,
        streams: Sequence[str] = SELECTED_STREAMS,
        mapping: Mapping[str, Any] | None = None,
        **loader_settings: Any,
    ) -> None:
        self.sandbox = sandbox
        self.target = target
        self.folder = folder
        self.service = SERVICES[target]
        self.streams = streams
        self.tap_settings = tap_settings(sandbox)
        self.loader_settings = {
            **CREDENTIALS[target],
            "api_url": sandbox.service_url(self.service),
            "mapper": {"name": "commercetools", "config": {**shop_mapping(), **(mapping or {})}},
            "max_rejects": 100,
            "rejects_path": str(folder / "rejects"),
            "summary_path": str(folder / "summary.json"),
            **loader_settings,
        }

    def start(self, state: dict[str, Any] | None = None) -> tuple[subprocess.Popen[bytes], subprocess.Popen[str]]:
        """Start tap and loader and return both."""
        tap = self._start_tap(state)
        loader = self._start([self.target, "--config", self._file("loader.json", self.loader_settings)], tap)
        if tap.stdout:
            tap.stdout.close()
        return tap, loader

    def finish(self, processes: tuple[subprocess.Popen[bytes], subprocess.Popen[str]]) -> PipelineResult:
        """Wait for both and return how they ended."""
        tap, loader = processes
        out, log = loader.communicate(timeout=SECONDS_FOR_A_RUN)
        tap.wait(timeout=30)
        summary = self.folder / "summary.json"
        states = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        return PipelineResult(
            tap_code=tap.returncode,
            code=loader.returncode,
            log=log,
            streams=json.loads(summary.read_text())["streams"] if summary.exists() else {},
            state=states[-1] if states else None,
        )

    def run(self, state: dict[str, Any] | None = None) -> PipelineResult:
        """Run the pipeline from a state, or from the beginning."""
        return self.finish(self.start(state))

    def run_through_mapper(self) -> PipelineResult:
        """Run it with the mapper as a process of its own between tap and loader."""
        tap = self._start_tap(None)
        mapping = {"destination": self.service, **shop_mapping()}
        mapper = self._start(["mapper-commercetools", "--config", self._file("mapper.json", mapping)], tap)
        settings = {name: value for name, value in self.loader_settings.items() if name != "mapper"}
        loader = self._start([self.target, "--config", self._file("loader.json", settings)], mapper)
        for process in (tap, mapper):
            if process.stdout:
                process.stdout.close()
        result = self.finish((tap, loader))
        assert mapper.wait(timeout=30) == 0
        return result

    def content(self) -> dict[str, Any]:
        """Return what the service holds, without what differs between any two runs."""
        return comparable(self.sandbox.snapshot(self.service))

    def _start_tap(self, state: dict[str, Any] | None) -> subprocess.Popen[bytes]:
        command = [str(BINARIES / "tap-commercetools"), "--config", self._file("tap.json", self.tap_settings)]
        command += ["--catalog", self._file("catalog.json", catalog_of(self.streams))]
        if state is not None:
            command += ["--state", self._file("state.json", state)]
        with (self.folder / "tap.log").open("wb") as log:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)

    def _start(self, command: list[str], source: subprocess.Popen[Any]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(BINARIES / command[0]), *command[1:]],
            stdin=source.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if command[0] == self.target else subprocess.DEVNULL,
            text=True,
        )

    def _file(self, name: str, content: dict[str, Any]) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)


VOLATILE = ("received_at", "contact_ids", "list_ids", "status_history", "imports", "jobs")


def comparable(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot without times of receipt, ids the service has given, and the order columns came in."""
    parts = {name: part for name, part in snapshot.items() if name not in VOLATILE}
    if "collections" in parts:
        parts["collections"] = {
            name: {**collection, "schema": sorted_columns(collection["schema"])}
            for name, collection in parts["collections"].items()
        }
    return parts


def sorted_columns(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the columns of an Insight collection by name, nested ones too."""
    ordered = sorted(columns, key=lambda column: str(column["name"]))
    return [{**column, "fields": sorted_columns(column.get("fields") or [])} for column in ordered]
