"""Environments that hold nothing but what is installed into them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from documented_commands import BINARIES, PROJECT

if TYPE_CHECKING:
    from pathlib import Path

_UV = str(BINARIES / "uv")
_SECONDS_TO_INSTALL = 300


def make_environment(folder: Path) -> None:
    """Make an environment with nothing in it."""
    subprocess.run([_UV, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True, timeout=60)


def install(environment: Path, *packages: str, pinned: bool = True) -> None:
    """Install packages with what they declare.

    Args:
        environment: Where to.
        packages: Their folders or names.
        pinned: Whether to take what they need in the versions that this project is tested with.
    """
    command = [_UV, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")]
    if pinned:
        command += ["--constraint", str(PROJECT / "requirements" / "plugins.txt")]
    done = subprocess.run(
        [*command, *packages], capture_output=True, text=True, timeout=_SECONDS_TO_INSTALL, check=False
    )
    assert done.returncode == 0, done.stderr
