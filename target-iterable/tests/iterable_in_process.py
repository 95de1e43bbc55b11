"""The loader in the process of the tests, without limits and with short waits: for many runs in little time."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from delivery.errors import DeliveryError
from delivery.pace import Budget
from delivery.shutdown import Shutdown
from iterable_project import KEY
from target_iterable.client import Budgets
from target_iterable.target import TargetIterable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

_patient_sleep = Shutdown.sleep


@dataclass(frozen=True)
class Run:
    """How a run ended.

    Attributes:
        error: The line that it ended with; None if it came to its end.
        states: The STATE values it put out.
        summary: The run summary.
        rejects: The rejected records with their reasons.
    """

    error: str | None
    states: list[dict[str, Any]]
    summary: dict[str, Any]
    rejects: list[dict[str, Any]]

    def counts(self, stream: str) -> tuple[int, int, int, int]:
        """Return how many records of a stream were read, delivered, rejected and skipped."""
        counts = self.summary["streams"][stream]
        return counts["read"], counts["delivered"], counts["rejected"], counts["skipped"]

    def reasons(self, stream: str, kind: str = "rejected") -> list[str]:
        """Return the reasons given for a stream."""
        return list(self.summary["streams"][stream]["reasons"][kind])


@contextlib.contextmanager
def short_waits() -> Iterator[None]:
    """Make every wait of the loader a thousand times as short."""

    def sleep(self: Shutdown, seconds: float) -> None:
        _patient_sleep(self, seconds / 1000)

    Shutdown.sleep = sleep  # type: ignore[method-assign]  # that is the point
    try:
        yield
    finally:
        Shutdown.sleep = _patient_sleep  # type: ignore[method-assign]


def load(sandbox: RunningSandbox, folder: Path, lines: Sequence[str], **settings: Any) -> Run:
    """Run the loader on lines of input; any number of records may be rejected unless a setting says otherwise."""
    summary = folder / "summary.json"
    config = {
        "api_key": KEY,
        "api_url": sandbox.service_url("iterable"),
        "commerce_requests_per_second": 2000,
        "rejects_path": str(folder / "rejects"),
        "summary_path": str(summary),
        "max_rejects": 1_000_000,
        **settings,
    }
    for old in (folder / "rejects").glob("*"):
        old.unlink()
    output = io.StringIO()
    error = None
    with contextlib.redirect_stdout(output), short_waits():
        target = TargetIterable(config=config, validate_config=True)
        budgets = {limit.name: Budget(1_000_000, target.shutdown) for limit in fields(Budgets)}
        target._client.budgets = Budgets(**budgets)
        try:
            target.ensure_connected()
            target.listen(io.BytesIO("".join(line + "\n" for line in lines).encode()))  # type: ignore[arg-type]
        except DeliveryError as failure:
            error = str(failure)
            target.abandon()
    kept = [json.loads(line) for path in (folder / "rejects").glob("*") for line in path.read_text().splitlines()]
    return Run(
        error=error,
        states=[json.loads(line) for line in output.getvalue().splitlines()],
        summary=json.loads(summary.read_text()),
        rejects=kept,
    )
