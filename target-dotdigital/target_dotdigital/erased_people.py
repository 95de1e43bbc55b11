"""The people who asked to be forgotten: known by hash, in a file that outlives the run, so that nobody revives them.

Dotdigital: a deleted contact stays in the recycle bin for thirty days, from which any later write of the same
identifier takes it out, and after that the same write makes a new one. It lists nobody who was deleted. So whoever is
to stay away must be remembered here.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from typing import TYPE_CHECKING, Any

from delivery.errors import SettingsError
from delivery.outcome import skipped
from delivery.private_files import make_private_folder

from target_dotdigital.contact_identity import identifier_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ERASED = skipped("is about a person who was deleted with 'forget': see the setting erased_people_path")
_LINE = re.compile(rb"[0-9a-f]{64}")


class ErasedPeople:
    """Remembers people by hash; safe to use from several threads.

    The file has one line an identifier: the SHA-256, in hexadecimal, of the identifier's name, a blank and its value
    (addresses in small letters, mobile numbers without `+`). Lines are only ever added, so several loaders may share
    a file on one machine; each reads it when it starts.

    Args:
        path: The file; made at the first person, readable by its owner only. None remembers nobody.

    Raises:
        SettingsError: If the file is there and cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._on_disk = _read(path) if path is not None else set()
        self._hashes = set(self._on_disk)

    @property
    def remembers(self) -> bool:
        """Whether there is a file to remember people in."""
        return self._path is not None

    def has(self, identifiers: Mapping[str, Any]) -> bool:
        """Tell whether any of a person's identifiers was remembered.

        Args:
            identifiers: Values by name, as a contact record has them.
        """
        return bool(self._hashes) and any(_hash(text) in self._hashes for text in identifier_texts(identifiers))

    def announce(self, identifiers: Mapping[str, Any]) -> None:
        """Take note, for this run alone, of a person who is about to be remembered.

        Called when the record is read: whatever is read after it must not overtake the deletion.
        """
        if self._path is not None:
            with self._lock:
                self._hashes.update(map(_hash, identifier_texts(identifiers)))

    def remember(self, people: Iterable[Mapping[str, Any]]) -> None:
        """Remember all identifiers of people; they are on disk when this returns.

        Args:
            people: The identifiers of each, by name.

        Raises:
            SettingsError: If the file cannot be written.
        """
        with self._lock:
            hashes = {_hash(text) for person in people for text in identifier_texts(person)} - self._on_disk
            if not hashes or self._path is None:
                return
            try:
                _append(self._path, b"".join(each.hex().encode() + b"\n" for each in sorted(hashes)))
            except OSError as error:
                message = f"setting erased_people_path: the file cannot be written ({error.strerror})"
                raise SettingsError(message) from None
            self._on_disk |= hashes
            self._hashes |= hashes


def _read(path: Path) -> set[bytes]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return set()
    except OSError as error:
        message = f"setting erased_people_path: the file cannot be read ({error.strerror})"
        raise SettingsError(message) from None
    # A line that a crash cut short is no hash; the deletion that was to follow it is done again.
    return {bytes.fromhex(line.decode()) for line in lines if _LINE.fullmatch(line)}


def _append(path: Path, lines: bytes) -> None:
    make_private_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+b") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            # What a crash cut short must not spoil the line that follows.
            lines = lines if file.read(1) == b"\n" else b"\n" + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
