"""The loader in the test's own process, trying twice and waiting for nothing: a run takes parts of a second."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.client import RetryPolicy
from delivery.errors import DeliveryError
from target_dotdigital.target import TargetDotdigital

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NO_PATIENCE = RetryPolicy(attempts=2, base_seconds=0.001, patience_seconds=1.0)


class OpenTarget(TargetDotdigital):
    """A loader whose patience the tests may choose."""

    def be_as_patient_as(self, retry: RetryPolicy) -> None:
        self._client._retry = retry


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        error: What ended it before its time; None if all was read and not too much rejected.
        delivered: How many records of each stream were delivered.
        rejected: Why records of each stream were rejected, and how often.
        target: The loader.
    """

    error: DeliveryError | None
    delivered: dict[str, int]
    rejected: dict[str, dict[str, int]]
    target: TargetDotdigital

    @property
    def reasons(self) -> list[str]:
        """Why records were rejected, once each."""
        return [reason for reasons in self.rejected.values() for reason in reasons]


def run(
    settings: dict[str, Any], folder: Path, lines: Iterable[str], *, retry: RetryPolicy = NO_PATIENCE, **changes: Any
) -> Ended:
    """Run the loader on lines of input.

    Args:
        settings: Its settings.
        folder: Where rejects go.
        lines: Singer messages.
        retry: How often it tries.
        **changes: Further settings.
    """
    config = {
        "rejects_path": str(folder / "rejects"),
        "max_rejects": 1000,
        **settings,
        "poll_seconds": 0.01,
        **changes,
    }
    target = OpenTarget(config=config, validate_config=True)
    target.be_as_patient_as(retry)
    error: DeliveryError | None = None
    try:
        target.ensure_connected()
        target.listen(io.StringIO("".join(line + "\n" for line in lines)))
    except DeliveryError as ended:
        error = ended
        target.abandon()
    counts = target.ledger.streams
    return Ended(
        error,
        {stream: count.delivered for stream, count in counts.items()},
        {stream: dict(count.reasons["rejected"]) for stream, count in counts.items() if count.rejected},
        target,
    )
