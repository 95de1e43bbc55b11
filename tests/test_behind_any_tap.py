"""The loaders alone behind a tap from PyPI that knows nothing of shops, as their READMEs show it."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from documented_commands import PROJECT
from empty_environment import install, make_environment

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

TAP = "tap-jsonl==0.3.1"


@pytest.fixture(scope="module")
def tap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment = tmp_path_factory.mktemp("tap")
    make_environment(environment)
    install(environment, TAP, pinned=False)
    return environment / "bin" / "tap-jsonl"


def load_as_documented(loader: str, tap: Path, sandbox: RunningSandbox, folder: Path, **settings: Any) -> None:
    """Do what the section of a loader's README shows, with a loader installed by itself."""
    readme = (PROJECT / loader / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## Behind any tap\n")[1].split("\n## ")[0]
    people, tap_config, config = re.findall(r"```json\n(.*?)```", section, flags=re.DOTALL)
    (folder / "people.jsonl").write_text(people, encoding="utf-8")
    (folder / "tap.json").write_text(tap_config, encoding="utf-8")
    api_url = sandbox.service_url(loader.removeprefix("target-"))
    (folder / "config.json").write_text(json.dumps({**json.loads(config), "api_url": api_url, **settings}))
    environment = folder / "environment"
    make_environment(environment)
    install(environment, str(PROJECT / "delivery"), str(PROJECT / loader))
    (command,) = re.findall(r"^tap-jsonl .*$", section, flags=re.MULTILINE)
    command = command.replace("tap-jsonl", str(tap), 1).replace(loader, str(environment / "bin" / loader), 1)
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_iterable_takes_a_file_of_people(tap: Path, sandbox: RunningSandbox, tmp_path: Path) -> None:
    load_as_documented(
        "target-iterable", tap, sandbox, tmp_path, api_key="sandbox-iterable-key-0123456789abcd", project_type="hybrid"
    )
    held = sandbox.snapshot("iterable")
    assert {person["email"]: person["dataFields"] for person in held["users"]} == {
        "ana@shop.example": {"firstName": "Ana", "points": 120, "newsletter": True},
        "bo@shop.example": {"firstName": "Bo", "points": 3, "newsletter": False},
    }
    left = {email: choices["unsubscribedChannelIds"] for email, choices in held["subscriptions"].items()}
    assert set(left) == {"bo@shop.example"}
    assert left["bo@shop.example"]


def test_dotdigital_takes_a_file_of_people(tap: Path, sandbox: RunningSandbox, tmp_path: Path) -> None:
    settings = {"username": "apiuser-sandbox@apiconnector.com", "password": "sandbox-password"}
    load_as_documented("target-dotdigital", tap, sandbox, tmp_path, **settings)
    contacts = sandbox.snapshot("dotdigital")["contacts"]
    assert {contact["identifiers"]["email"]: (contact["status"], contact["dataFields"]) for contact in contacts} == {
        "ana@shop.example": ("subscribed", {"FIRSTNAME": "Ana", "POINTS": 120}),
        "bo@shop.example": ("unsubscribed", {"FIRSTNAME": "Bo", "POINTS": 3}),
        "cy@shop.example": ("unsubscribed", {"FIRSTNAME": "Cy", "POINTS": 15}),
    }
