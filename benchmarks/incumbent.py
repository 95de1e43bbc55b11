"""The incumbent: Airbyte's commercetools source as it is on PyPI, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from measuring import BENCHMARKS, BINARIES, write_json

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "airbyte-source-commercetools==0.3.11"
NAME = "airbyte-source-commercetools 0.3.11"
MOST_ROWS = 10_000
"""It pages by offset, and commercetools refuses offsets above 10 000."""

_PYTHON = ">=3.10,<3.12"
_ENVIRONMENT = BENCHMARKS / ".incumbent"
_INSTALLED = _ENVIRONMENT / ".installed"
_RUNNER = BENCHMARKS / "incumbent_runner.py"
_SECONDS_TO_INSTALL = 600


class NotInstallable(Exception):
    """The incumbent cannot be installed here; the text says why."""


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The installed incumbent, set up to read orders.

    Attributes:
        config: Path of its configuration.
        catalog: Path of its catalog, with nothing but orders.
    """

    config: str
    catalog: str

    @classmethod
    def prepare(cls, folder: Path) -> Incumbent:
        """Install it, unless that was done before, and write what it needs.

        Args:
            folder: Where its configuration and catalog go.

        Raises:
            NotInstallable: If it cannot be installed or does not start.
        """
        _install()
        config = {
            "region": "europe-west1",
            "host": "gcp",
            "project_key": "sandbox-shop",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
            "start_date": "2020-01-01",
        }
        config_path = write_json(folder / "incumbent.json", config)
        catalog_path = write_json(folder / "incumbent_catalog.json", _catalog(config_path))
        return cls(config_path, catalog_path)

    def command(self, url: str) -> list[str]:
        """Return the command that reads all orders of a source."""
        return _command(url, "read", "--config", self.config, "--catalog", self.catalog)


def _install() -> None:
    if _INSTALLED.is_file() and _INSTALLED.read_text(encoding="utf-8") == PACKAGE:
        return
    tool = str(BINARIES / "uv")
    _run([tool, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", _PYTHON, str(_ENVIRONMENT)])
    _run([tool, "pip", "install", "--quiet", "--python", str(_ENVIRONMENT / "bin" / "python"), PACKAGE])
    _INSTALLED.write_text(PACKAGE, encoding="utf-8")


def _catalog(config_path: str) -> dict[str, object]:
    answer = _run(_command("http://127.0.0.1", "discover", "--config", config_path))
    messages = [json.loads(line) for line in answer.splitlines()]
    found = next(message["catalog"] for message in messages if message["type"] == "CATALOG")
    orders = next(stream for stream in found["streams"] if stream["name"] == "orders")
    return {"streams": [{"stream": orders, "sync_mode": "incremental", "destination_sync_mode": "append"}]}


def _command(url: str, *arguments: str) -> list[str]:
    return [str(_ENVIRONMENT / "bin" / "python"), str(_RUNNER), url, *arguments]


def _run(command: list[str]) -> str:
    # The machine's own trust, and no setting of the environment that this process runs in.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ}
    environment.pop("VIRTUAL_ENV", None)
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=_SECONDS_TO_INSTALL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstallable(str(error)) from error
    except subprocess.CalledProcessError as error:
        message = f"{' '.join(command[:3])} failed: {error.stderr.strip()[-300:]}"
        raise NotInstallable(message) from error
    return done.stdout
