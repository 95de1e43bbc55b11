"""What the README shows about contacts, done as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown(section: str) -> tuple[list[str], dict[str, Any]]:
    """Return the messages and the settings that a section of the README shows."""
    text = README.split(f"\n### {section}\n", 1)[1].split("\n### ", 1)[0]
    lines = [line for block in BLOCKS.findall(text) for line in block.splitlines() if line]
    messages = [line for line in lines if line.startswith('{"type"')]
    settings: dict[str, Any] = {}
    for line in lines:
        if line not in messages:
            settings |= json.loads(line)
    return messages, settings


def test_contacts_as_shown(sandbox: RunningSandbox, loader: Loader) -> None:
    messages, settings = shown("contacts")
    assert settings.keys() == {"match_by", "field_ownership"}
    result = loader(**settings).run(messages)
    assert result.code == 0, result.log
    assert result.counts("contacts")[:2] == (4, 4)
    people = {item["identifiers"]["email"]: item for item in sandbox.snapshot("dotdigital")["contacts"]}
    assert people.keys() == {"ana@shop.example", "bo@shop.example", "cy.lee@shop.example"}
    assert people["ana@shop.example"]["status"] == "subscribed"
    assert people["bo@shop.example"]["lists"] == ["Germany", "VIP"]
    assert people["bo@shop.example"]["preferences"] == {"Sale": True, "New arrivals": False}


def test_deleted_contacts_as_shown(sandbox: RunningSandbox, loader: Loader, tmp_path: Path) -> None:
    messages, settings = shown("deleted_contacts")
    assert settings.keys() == {"erased_people_path"}
    path = tmp_path / "erased-people"
    result = loader(erased_people_path=str(path)).run(messages)
    assert result.code == 0, result.log
    assert result.counts("deleted_contacts") == (2, 1, 0, 1)
    assert sandbox.snapshot("dotdigital")["contacts"] == []
    (command,) = re.findall(r"^printf .*$", README, re.MULTILINE)
    found = subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True, text=True)
    assert found.stdout.split()[0] in path.read_text().splitlines()
