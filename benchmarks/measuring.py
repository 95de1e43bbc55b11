"""Runs commands and measures what they take."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from typing import TypeVar

    Name = TypeVar("Name", bound=Hashable)

BENCHMARKS = Path(__file__).resolve().parent
PROJECT = BENCHMARKS.parent
BINARIES = Path(sys.executable).parent
"""Where the project's commands are."""

_OBSERVER = BENCHMARKS / "process_observer.py"
_SECONDS_TO_END = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """One process, measured.

    Attributes:
        seconds: Wall time.
        cpu_seconds: User and system time.
        peak_megabytes: Largest resident size, in units of 1024 times 1024 bytes.
    """

    seconds: float
    cpu_seconds: float
    peak_megabytes: float


def measure(command: Sequence[str], *, output: Path | None = None, given: Path | None = None) -> Measure:
    """Run a command to its end and return what it took.

    Args:
        command: The command.
        output: Where its standard output goes; nowhere if None.
        given: What it reads from standard input; nothing if None.

    Raises:
        SystemExit: If it fails; the text carries the end of what it wrote to standard error.
    """
    nothing = Path(os.devnull)
    with (output or nothing).open("wb") as out, (given or nothing).open("rb") as source:
        observed = subprocess.run(
            [sys.executable, "-I", "-S", str(_OBSERVER), *command],
            stdin=source,
            stdout=out,
            stderr=subprocess.PIPE,
            check=True,
        )
    log, _, last_line = observed.stderr.rstrip(b"\n").rpartition(b"\n")
    found = json.loads(last_line)
    if found["exit_code"] != 0:
        message = f"{' '.join(command)}\nended with {found['exit_code']}:\n{log[-2000:].decode(errors='replace')}"
        raise SystemExit(message)
    return Measure(found["seconds"], found["cpu_seconds"], found["peak_megabytes"])


def median(measures: Sequence[Measure]) -> Measure:
    """Return the median of each figure."""
    return Measure(
        statistics.median(each.seconds for each in measures),
        statistics.median(each.cpu_seconds for each in measures),
        statistics.median(each.peak_megabytes for each in measures),
    )


def alternated(runs: Mapping[Name, Callable[[], Measure]], times: int) -> dict[Name, Measure]:
    """Run several things in turn, several times over, so that a busy minute of the machine hits all alike.

    Args:
        runs: What to run, by name.
        times: How often to run each.

    Returns:
        The medians, by name.
    """
    measures: dict[Name, list[Measure]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            measures[name].append(run())
    return {name: median(found) for name, found in measures.items()}


@contextlib.contextmanager
def server(command: Sequence[str]) -> Iterator[str]:
    """Run a server that ends its first line of output with its address.

    Yields:
        The address.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.split()[-1]
        finally:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()


def write_json(path: Path, content: object) -> str:
    """Write JSON to a file and return its path."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)
