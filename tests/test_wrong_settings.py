"""Wrong settings of every command: one line that names the setting and what to do, and never what the setting holds."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from documented_commands import BINARIES

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "471108159926"
RIGHT: dict[str, dict[str, Any]] = {
    "tap-commercetools": {
        "project_key": "shop",
        "client_id": "client",
        "client_secret": "secret",
        "api_url": "http://127.0.0.1:9",
        "auth_url": "http://127.0.0.1:9",
    },
    "mapper-commercetools": {"destination": "iterable"},
    "target-iterable": {"api_key": "key", "api_url": "http://127.0.0.1:9"},
    "target-dotdigital": {"username": "user", "password": "password", "api_url": "http://127.0.0.1:9"},
}
WRONG = [
    ("tap-commercetools", "client_secret", int(SECRET)),
    ("tap-commercetools", "client_secret", [SECRET]),
    ("tap-commercetools", "api_url", f"https://user:{SECRET}@example.com"),
    ("tap-commercetools", "auth_url", f"http://{SECRET}.example.com"),
    ("tap-commercetools", "page_size", SECRET),
    ("tap-commercetools", "page_sise", SECRET),
    ("mapper-commercetools", "currency", int(SECRET)),
    ("mapper-commercetools", "currency", SECRET),
    ("mapper-commercetools", "markets", {"key": SECRET}),
    ("mapper-commercetools", "currencys", SECRET),
    ("target-iterable", "api_key", int(SECRET)),
    ("target-iterable", "api_key", {"value": SECRET}),
    ("target-iterable", "api_url", f"https://{SECRET}@example.com"),
    ("target-iterable", "data_center", SECRET),
    ("target-iterable", "api_kee", SECRET),
    ("target-dotdigital", "password", int(SECRET)),
    ("target-dotdigital", "username", [SECRET]),
    ("target-dotdigital", "api_url", f"http://example.com/{SECRET}"),
    ("target-dotdigital", "poll_seconds", SECRET),
]


@pytest.mark.parametrize(("command", "setting", "value"), WRONG)
def test_a_wrong_setting_is_named_and_not_shown(tmp_path: Path, command: str, setting: str, value: object) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**RIGHT[command], setting: value}))
    result = subprocess.run(
        [str(BINARIES / command), "--config", str(config)],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    told = result.stderr + result.stdout
    assert result.returncode != 0
    errors = [line for line in result.stderr.splitlines() if "| ERROR" in line or line.startswith("Error: ")]
    assert len(errors) == 1, told
    assert setting in errors[0]
    assert SECRET not in told
    assert "Traceback" not in told
