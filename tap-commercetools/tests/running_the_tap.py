"""Ways to run the tap in tests, and what a run has written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from tap_commercetools.page import Page
from tap_commercetools.retry import RetryPolicy
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.testing import RunningSandbox

IMPATIENT = RetryPolicy(tries=4, base_seconds=0.01, cap_seconds=0.02, asked_cap_seconds=2.0)
COMMAND = str(Path(sys.executable).with_name("tap-commercetools"))
IMPATIENT_COMMAND = [
    sys.executable,
    "-c",
    (
        "from tap_commercetools.tap import TapCommercetools as Tap; from tap_commercetools.retry import RetryPolicy; "
        f"Tap.retry_policy = {IMPATIENT!r}; Tap.cli()"
    ),
]


@dataclass(frozen=True)
class TapRun:
    """What a run of the tap has written and how it ended."""

    lines: list[str]
    errors: str = ""
    exit_code: int = 0

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The messages; a last line without its end, as a killed process leaves it, is none."""
        return [json.loads(line) for line in self.lines if line.endswith("\n")]

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    def ids(self, stream: str) -> list[str]:
        return [record["id"] for record in self.records(stream)]

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for message in self.messages:
            if message["type"] == "RECORD":
                counts[message["stream"]] += 1
        return dict(counts)

    @property
    def state(self) -> dict[str, Any]:
        return next(m["value"] for m in reversed(self.messages) if m["type"] == "STATE")

    @property
    def error_lines(self) -> list[str]:
        return [line for line in self.errors.splitlines() if "| ERROR" in line]


@lru_cache
def _fresh_catalog(containers: tuple[str, ...], deletions_enabled: bool) -> str:  # noqa: FBT001 - a key of the cache
    config = {"custom_object_containers": list(containers), "deletions_enabled": deletions_enabled}
    return json.dumps(TapCommercetools(config=config, validate_config=False).catalog_dict)


def catalog_of(*names: str, config: dict[str, Any] | None = None, selected: bool = True) -> dict[str, Any]:
    """Return a catalog that selects these streams and no others; with `selected` false the fresh one."""
    containers = tuple((config or {}).get("custom_object_containers", ()))
    catalog: dict[str, Any] = json.loads(_fresh_catalog(containers, (config or {}).get("deletions_enabled", False)))
    for entry in catalog["streams"] if selected else ():
        root = next(item for item in entry["metadata"] if item["breadcrumb"] == [])
        root["metadata"]["selected"] = entry["tap_stream_id"] in names
    return catalog


def page_of(rows: Sequence[dict[str, Any]], limit: int) -> Page:
    """Return rows as an answer of the platform."""
    return Page.read(answer_with(rows, limit))


def answer_with(rows: Sequence[dict[str, Any]], limit: int = 500) -> bytes:
    """Return the body of an answer of the platform that holds these rows."""
    return msgspec.json.encode({"limit": limit, "offset": 0, "count": len(rows), "results": rows})


CONTAINERS = ["branches", "loyalty-badges"]
"""The containers of custom objects that the sandbox's shop has."""

TRADE = ("customers", "orders", "products")
"""The streams that runs read unless a test asks for others."""


@dataclass(frozen=True)
class TapProcess:
    """Runs the tap as a process of its own."""

    folder: Path

    def start(
        self,
        config: dict[str, Any],
        *options: str,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        as_installed: bool = False,
    ) -> subprocess.Popen[str]:
        arguments = self.command(config, *options, state=state, catalog=catalog, as_installed=as_installed)
        with self._errors.open("w", encoding="utf-8") as errors:
            return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8")

    def command(
        self,
        config: dict[str, Any],
        *options: str,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        as_installed: bool = False,
    ) -> list[str]:
        arguments = [
            *([COMMAND] if as_installed else IMPATIENT_COMMAND),
            "--config",
            self._write("config.json", config),
            *options,
        ]
        if state is not None:
            arguments += ["--state", self._write("state.json", state)]
        if "--discover" not in options:
            arguments += ["--catalog", self._write("catalog.json", catalog or catalog_of(*TRADE))]
        return arguments

    def run(self, config: dict[str, Any], *options: str, **how: Any) -> TapRun:
        with self.start(config, *options, **how) as process:
            return self.finish(process)

    def finish(self, process: subprocess.Popen[str], *lines: str) -> TapRun:
        """Wait for the end of a process, of whose output some lines may have been taken already."""
        assert process.stdout is not None
        rest = [] if process.stdout.closed else process.stdout.readlines()
        exit_code = process.wait(timeout=60)
        return TapRun([*lines, *rest], self._errors.read_text(encoding="utf-8"), exit_code)

    @property
    def _errors(self) -> Path:
        return self.folder / "errors.log"

    def _write(self, name: str, content: dict[str, Any]) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def config_for(sandbox: RunningSandbox, **settings: Any) -> dict[str, Any]:
    """Return a configuration that reads from a sandbox, without a settle time unless asked for."""
    return {
        "project_key": "sandbox-shop",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "api_url": sandbox.service_url("commercetools"),
        "auth_url": sandbox.service_url("commercetools"),
        "settle_seconds": 0,
        **settings,
    }
