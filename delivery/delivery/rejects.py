"""Keeps rejected records on disk, as Singer messages that can be fed to the loader again."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

    from delivery.outcome import Outcome


@dataclass(frozen=True, slots=True)
class SchemaMessage:
    """A SCHEMA message as it was read.

    Attributes:
        stream: The stream it describes.
        message: The whole message.
    """

    stream: str
    message: dict[str, Any]


class RejectsFile:
    """Writes rejected records of one run, with their reasons; safe to use from several threads.

    The file holds the records as the loader read them, before mapping and renaming, each stream's SCHEMA before
    its first record. Replay is: feed the file to the same loader, with the cause mended. It is made at the first
    reject, readable by its owner only, because it holds personal data.
    """

    def __init__(self, folder: Path, loader: str, started_at: datetime) -> None:
        run = started_at.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        self.path = folder / f"{loader}-{run}.singer.jsonl"
        self._file: IO[bytes] | None = None
        self._current_schemas: dict[str, SchemaMessage] = {}
        self._lock = threading.Lock()

    def write(self, schema: SchemaMessage, line: str | bytes, destination_stream: str, outcome: Outcome) -> None:
        """Keep one record.

        Args:
            schema: The SCHEMA that was in force when the record was read.
            line: The RECORD message as it was read.
            destination_stream: The stream of the loader's vocabulary that could not take it.
            outcome: Why.
        """
        message = {
            **msgspec.json.decode(line, type=dict[str, msgspec.Raw]),
            "rejected": {
                "stream": destination_stream,
                "reason": outcome.reason,
                "code": outcome.code,
                "at": datetime.now(tz=timezone.utc).isoformat(timespec="seconds"),
            },
        }
        with self._lock:
            file = self._open()
            if self._current_schemas.get(schema.stream) is not schema:
                self._current_schemas[schema.stream] = schema
                file.write(msgspec.json.encode(schema.message) + b"\n")
            file.write(msgspec.json.encode(message) + b"\n")

    def sync(self) -> None:
        """Return when everything written so far is on disk."""
        with self._lock:
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; nothing may be written after."""
        self.sync()
        with self._lock:
            if self._file is not None:
                self._file.close()

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(descriptor, "ab")
        return self._file
