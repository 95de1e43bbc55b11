"""Each package installs by itself into an empty environment, with what it declares and nothing else, and runs."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from documented_commands import PROJECT
from empty_environment import install, make_environment

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = {
    "tap-commercetools": ["tap-commercetools"],
    "mapper-commercetools": ["transform"],
    "target-iterable": ["delivery", "target-iterable"],
    "target-dotdigital": ["delivery", "target-dotdigital"],
}


def folders(*names: str) -> list[str]:
    return [str(PROJECT / name) for name in names]


@pytest.mark.parametrize("plugin", PACKAGES)
def test_a_plugin_installs_alone_and_tells_about_itself(plugin: str, tmp_path: Path) -> None:
    make_environment(tmp_path)
    install(tmp_path, *folders(*PACKAGES[plugin]))
    command = [str(tmp_path / "bin" / plugin), "--about", "--format=json"]
    about = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert about["name"] == plugin
    assert about["settings"]["properties"]


def test_the_tap_lists_its_streams_without_credentials(tmp_path: Path) -> None:
    make_environment(tmp_path)
    install(tmp_path, *folders(*PACKAGES["tap-commercetools"]))
    command = [str(tmp_path / "bin" / "tap-commercetools"), "--discover"]
    catalog = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    names = {stream["tap_stream_id"] for stream in catalog["streams"]}
    assert {"customers", "orders", "products", "carts", "messages", "deletions"} < names


def test_the_sandbox_installs_alone_and_starts(tmp_path: Path) -> None:
    make_environment(tmp_path)
    install(tmp_path, *folders("sandbox"))
    command = [str(tmp_path / "bin" / "commerce-sandbox"), "serve", "--port", "0"]
    command += ["--customers", "3", "--orders", "3", "--products", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        line = sandbox.stdout.readline()
        sandbox.terminate()
        assert sandbox.wait(timeout=20) == 0
    assert line.startswith("commerce-sandbox is ready at http://127.0.0.1:")
