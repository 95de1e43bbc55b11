"""The project's plugins, as commands and folders."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
BINARIES = Path(sys.executable).parent


@dataclass(frozen=True)
class Plugin:
    """A plugin of the project.

    Attributes:
        name: Its command and its name in Meltano.
        folder: Where its package is.
        kind: Its section in meltano.yml.
    """

    name: str
    folder: str
    kind: str

    @property
    def readme(self) -> Path:
        """Its README."""
        return PROJECT / self.folder / "README.md"

    def about(self, form: str) -> str:
        """Return what the command says about itself, as ``json`` or ``markdown``."""
        command = [str(BINARIES / self.name), "--about", f"--format={form}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def settings(self) -> dict[str, Any]:
        """Return the JSON Schema of each setting."""
        settings: dict[str, Any] = json.loads(self.about("json"))["settings"]["properties"]
        return settings


PLUGINS = (
    Plugin("tap-commercetools", "tap-commercetools", "extractors"),
    Plugin("mapper-commercetools", "transform", "mappers"),
    Plugin("target-iterable", "target-iterable", "loaders"),
    Plugin("target-dotdigital", "target-dotdigital", "loaders"),
)
