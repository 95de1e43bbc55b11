"""Runs a loader as people run it, as a process, for the tests of any loader."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LONGEST_RUN_SECONDS = 120


def schema_line(stream: str, properties: dict[str, Any], key_properties: Sequence[str] = ()) -> str:
    """Return a SCHEMA message."""
    schema = {"type": "object", "properties": properties}
    return json.dumps({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(key_properties)})


def record_line(stream: str, record: dict[str, Any]) -> str:
    """Return a RECORD message."""
    return json.dumps({"type": "RECORD", "stream": stream, "record": record})


def state_line(value: dict[str, Any]) -> str:
    """Return a STATE message."""
    return json.dumps({"type": "STATE", "value": value})


@dataclass(frozen=True)
class LoaderResult:
    """How a loader ended.

    Attributes:
        code: Exit code.
        output: What it wrote to standard output.
        states: The STATE values it put out, in order.
        log: What it wrote to standard error.
        summary: The run summary; empty if none was written.
        kept: The lines of the rejects file; empty if there is none.
    """

    code: int
    output: str
    states: list[dict[str, Any]]
    log: str
    summary: dict[str, Any]
    kept: list[str]

    @property
    def rejects(self) -> list[dict[str, Any]]:
        """The messages of the rejects file."""
        return [json.loads(line) for line in self.kept]

    def counts(self, stream: str) -> tuple[int, int, int, int]:
        """Return how many records of a stream were read, delivered, rejected and skipped."""
        counts = self.summary["streams"][stream]
        return counts["read"], counts["delivered"], counts["rejected"], counts["skipped"]

    def reasons(self, stream: str, kind: str = "rejected") -> dict[str, int]:
        """Return how often each reason was given for a stream."""
        reasons: dict[str, int] = self.summary["streams"][stream]["reasons"][kind]
        return reasons

    @property
    def errors(self) -> list[str]:
        """The lines of the log that are errors."""
        return [line for line in self.log.splitlines() if "| ERROR" in line]


class LoaderProcess:
    """A loader's command with a folder for its settings, rejects and summary."""

    def __init__(self, command: Sequence[str], folder: Path, settings: dict[str, Any]) -> None:
        """Prepare to run a loader.

        Args:
            command: The command without options.
            folder: An existing folder of its own.
            settings: The loader's settings; where rejects and summary go is added.
        """
        self.command = list(command)
        self.folder = folder
        self.settings = {
            "rejects_path": str(folder / "rejects"),
            "summary_path": str(folder / "summary.json"),
            **settings,
        }

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start the loader; it waits for its input."""
        config = self.folder / "config.json"
        config.write_text(json.dumps(self.settings))
        return subprocess.Popen(  # noqa: S603 - the command is the test's own
            [*self.command, "--config", str(config), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str], text: str | None = None) -> LoaderResult:
        """Give a started loader its input, or the rest of it, and return how it ended."""
        out, log = process.communicate(text, timeout=LONGEST_RUN_SECONDS)
        summary = self.folder / "summary.json"
        folder = self.folder / "rejects"
        newest = max(folder.iterdir(), default=None) if folder.is_dir() else None
        return LoaderResult(
            code=process.returncode,
            output=out,
            states=[json.loads(line) for line in out.splitlines() if line.startswith("{")],
            log=log,
            summary=json.loads(summary.read_text()) if summary.exists() else {},
            kept=newest.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if newest else [],
        )

    def run(self, lines: Iterable[str], *options: str) -> LoaderResult:
        """Run the loader on lines of input and return how it ended."""
        return self.finish(self.start(*options), "".join(line + "\n" for line in lines))
