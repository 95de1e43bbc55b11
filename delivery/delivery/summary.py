"""Tells people, and programs, what became of every record of a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from delivery.errors import NotKept
from delivery.private_files import make_private_folder, open_private_file

if TYPE_CHECKING:
    from pathlib import Path

    from delivery.ledger import Ledger, StreamCounts

LONGEST_REASON_LIST = 5


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What became of every record of a run.

    Attributes:
        loader: The loader's name.
        started_at: When the run began.
        ended_at: When it ended.
        complete: Whether the whole input was read and settled.
        streams: Counts by destination stream.
        rejects_file: Where rejected records are kept; None if there are none.
        dry_run: Whether nothing was sent on purpose.
    """

    loader: str
    started_at: datetime
    ended_at: datetime
    complete: bool
    streams: dict[str, StreamCounts]
    rejects_file: Path | None
    dry_run: bool

    def lines(self) -> list[str]:
        """Return the summary as lines of text, one a stream and one a reason."""
        if not self.streams:
            return ["no records were read"]
        width = max(len(name) for name in self.streams)
        lines = []
        for name, counts in self.streams.items():
            pending = f", {counts.pending} without an outcome" if counts.pending else ""
            lines.append(
                f"{name:<{width}}  read {counts.read}  delivered {counts.delivered}  "
                f"rejected {counts.rejected}  skipped {counts.skipped}{pending}"
            )
            for kind, reasons in counts.reasons.items():
                lines.extend(
                    f"{'':<{width}}  {kind} {count}: {reason}"
                    for reason, count in reasons.most_common(LONGEST_REASON_LIST)
                )
        if self.rejects_file is not None:
            lines.append(f"rejected records are kept in {self.rejects_file}; feed it to {self.loader} to replay them")
        return lines

    def as_data(self) -> dict[str, Any]:
        """Return the summary as JSON data."""
        return {
            "loader": self.loader,
            "started_at": _written(self.started_at),
            "ended_at": _written(self.ended_at),
            "complete": self.complete,
            "dry_run": self.dry_run,
            "rejects_file": None if self.rejects_file is None else str(self.rejects_file),
            "streams": {
                name: {
                    "read": counts.read,
                    "delivered": counts.delivered,
                    "rejected": counts.rejected,
                    "skipped": counts.skipped,
                    "pending": counts.pending,
                    "reasons": {kind: dict(reasons) for kind, reasons in counts.reasons.items()},
                }
                for name, counts in self.streams.items()
            },
        }

    def write(self, path: Path) -> None:
        """Write the summary as JSON to a file, whole or not at all.

        Raises:
            NotKept: If it cannot be written.
        """
        unfinished = path.with_name(path.name + ".unfinished")
        try:
            make_private_folder(path.parent)
            with os.fdopen(open_private_file(unfinished, os.O_TRUNC), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(self.as_data())))
            unfinished.replace(path)
        except OSError as error:
            message = f"setting summary_path: the summary cannot be written to {path} ({error.strerror})"
            raise NotKept(message) from None


def summarize(
    *,
    loader: str,
    started_at: datetime,
    complete: bool,
    ledger: Ledger,
    rejects_file: Path | None,
    dry_run: bool,
) -> RunSummary:
    """Return the summary of a run that ends now."""
    return RunSummary(
        loader=loader,
        started_at=started_at,
        ended_at=datetime.now(tz=timezone.utc),
        complete=complete,
        streams=ledger.streams,
        rejects_file=rejects_file,
        dry_run=dry_run,
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
