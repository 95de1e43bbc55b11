"""Setting up on a machine that lacks something: one line that says what to do, and nothing half made."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from documented_commands import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ("sh", "cat", "cksum", "dirname", "rm", "tail", "mkdir", "chmod")
FITTING = '#!/bin/sh\ncase "$1" in\n  -c) exit 0 ;;\n  --version) echo "Python 3.12.0" ;;\n'


class Machine:
    """A copy of the project's set-up with a search path of its own."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.binaries = folder / "bin"
        self.project.mkdir()
        self.binaries.mkdir()
        for name in ("scripts", "requirements"):
            shutil.copytree(PROJECT / name, self.project / name)
        shutil.copy(PROJECT / "pyproject.toml", self.project)
        (self.project / "tap").mkdir()
        shutil.copy(PROJECT / "pyproject.toml", self.project / "tap")
        for tool in TOOLS:
            place = shutil.which(tool)
            assert place is not None
            (self.binaries / tool).symlink_to(place)

    def add(self, name: str, text: str) -> None:
        program = self.binaries / name
        program.write_text(text)
        program.chmod(0o755)

    def set_up(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.binaries / "sh"), "scripts/set_up.sh"],
            cwd=self.project,
            env={"PATH": str(self.binaries), "HOME": os.environ.get("HOME", "/")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_python_it_says_which_to_install(machine: Machine) -> None:
    done = machine.set_up()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Python 3.10, 3.11, 3.12 or 3.13 is needed and was not found" in done.stderr


def test_a_python_that_is_too_old_counts_as_none(machine: Machine) -> None:
    machine.add("python3", '#!/bin/sh\n[ "$1" = -c ] && exit 1\nexit 0\n')
    assert "was not found" in machine.set_up().stderr


def test_without_the_venv_module_it_says_how_to_get_it(machine: Machine) -> None:
    machine.add("python3", FITTING + "  *) exit 1 ;;\nesac\n")
    done = machine.set_up()
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr.splitlines()[-1]
    assert not (machine.project / ".venv").exists()


def test_without_a_package_index_it_says_so_and_starts_anew_next_time(machine: Machine) -> None:
    failing = "printf '#!/bin/sh\\necho no index >&2\\nexit 1\\n' >.venv/bin/python"
    made = f"mkdir -p .venv/bin; {failing}; chmod +x .venv/bin/python"
    machine.add("python3", FITTING + f"  -m) {made} ;;\nesac\n")
    done = machine.set_up()
    assert done.returncode == 1
    assert "check that a Python package index can be reached" in done.stderr.splitlines()[-1]
    assert not (machine.project / ".venv" / ".fingerprint").exists()
