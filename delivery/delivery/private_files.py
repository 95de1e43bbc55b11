"""Files and folders that hold personal data, or tell of people: their owner alone can read them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it, as far as they are missing, for the owner only.

    Raises:
        OSError: If that is not possible.
    """
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def open_private_file(path: Path, flags: int) -> int:
    """Open a file for writing, for the owner only if it is made, and return its descriptor.

    Args:
        path: The file, in a folder that is there.
        flags: How to open it, such as `os.O_APPEND`.

    Raises:
        OSError: If that is not possible.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)


def can_be_written(folder: Path) -> bool:
    """Tell whether files can be made in a folder, which may be missing yet; nothing is made."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
