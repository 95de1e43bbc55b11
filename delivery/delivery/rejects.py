"""Keeps rejected records on disk, as Singer messages that can be fed to the loader again."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, Any

import msgspec

from delivery.errors import NotKept, SettingsError
from delivery.json_text import encode
from delivery.private_files import can_be_written, make_private_folder, open_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        told = {
            "stream": destination_stream,
            "reason": outcome.reason,
            "code": outcome.code,
            "at": datetime.now(tz=timezone.utc).isoformat(timespec="seconds"),
        }
        text = _with_member(line if isinstance(line, bytes) else line.encode(), "rejected", told)
        with self._lock, self._telling():
            file = self._open()
            if self._current_schemas.get(schema.stream) is not schema:
                self._current_schemas[schema.stream] = schema
                file.write(encode(schema.message) + b"\n")
            file.write(text + b"\n")

    def check(self) -> None:
        """Make sure that records could be kept; nothing is made.

        Raises:
            SettingsError: If they could not.
        """
        if not can_be_written(self.path.parent):
            message = (
                "setting rejects_path: rejected records could not be kept there: it must be a folder that this user "
                "may write to, or that can be made"
            )
            raise SettingsError(message)

    def sync(self) -> None:
        """Return when everything written so far is on disk.

        Raises:
            NotKept: If it cannot be written.
        """
        with self._lock, self._telling():
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; nothing may be written after.

        Raises:
            NotKept: If it cannot be written.
        """
        self.sync()
        with self._lock, self._telling():
            if self._file is not None:
                self._file.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = (
                f"setting rejects_path: rejected records cannot be kept in {self.path.parent} ({error.strerror}): make "
                "room or choose another folder; the next run reads these records again"
            )
            raise NotKept(message) from None

    def _open(self) -> IO[bytes]:
        if self._file is None:
            make_private_folder(self.path.parent)
            self._file = os.fdopen(open_private_file(self.path, os.O_APPEND), "ab")
        return self._file


def _with_member(line: bytes, name: str, value: dict[str, Any]) -> bytes:
    """Return a JSON object with one member more, or another in its place."""
    try:
        return msgspec.json.encode({**msgspec.json.decode(line, type=dict[str, msgspec.Raw]), name: value})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # It is nearly JSON only, and kept as it came: the cure is where it came from.
        return line.strip()[:-1] + b"," + msgspec.json.encode(name) + b":" + msgspec.json.encode(value) + b"}"
