"""The settings in the README are the loader's own. `UPDATE_README=1` writes them there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"
README = Path(__file__).resolve().parents[1] / "README.md"
COMMAND = [str(Path(sys.executable).with_name("target-dotdigital")), "--about", "--format=markdown"]


def settings_table() -> str:
    about = subprocess.run(COMMAND, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line for line in about.splitlines() if line.startswith("|")]
    return "\n".join(rows)


def test_the_readme_lists_the_settings() -> None:
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    wanted = f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"
    if os.environ.get("UPDATE_README"):
        README.write_text(wanted, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == wanted, "run this test with UPDATE_README=1"
