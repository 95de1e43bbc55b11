from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("singer-rejects"))
SCHEMA = {"type": "SCHEMA", "stream": "customers", "schema": {"properties": {}}, "key_properties": []}


def rejects_file(folder: Path) -> Path:
    lines = [SCHEMA]
    for number, reason in enumerate(["email is not an e-mail address"] * 2 + ["is bad"]):
        rejected = {"stream": "users", "reason": reason, "code": "", "at": "2026-11-21T08:00:00+00:00"}
        record = {"id": f"customer-{number}", "email": "ana@shop.example"}
        lines.append({"type": "RECORD", "stream": "customers", "record": record, "rejected": rejected})
    path = folder / "target-x.singer.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def report(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_it_counts_reasons_and_shows_no_record(tmp_path: Path) -> None:
    done = report(str(rejects_file(tmp_path)))
    assert done.returncode == 0
    assert done.stdout == "     2  users: email is not an e-mail address\n     1  users: is bad\n"


def test_it_answers_why_for_one_record(tmp_path: Path) -> None:
    path = str(rejects_file(tmp_path))
    assert report(path, "--containing", "customer-2").stdout == "     1  users: is bad\n"
    assert report(path, "--containing", "customer-9").stdout == "no rejected records\n"


@pytest.mark.parametrize("content", ["ana@shop.example is no message\n", "[1]\n"])
def test_another_file_is_one_line_that_names_the_place(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other"
    path.write_text(content)
    done = report(str(path))
    assert done.returncode == 1
    assert done.stderr == f"Error: {path}, line 1: not a Singer message; is this a file of rejected records?\n"
