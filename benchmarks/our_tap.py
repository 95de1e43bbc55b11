"""The tap's command, its settings, and the part of its catalog that a benchmark selects."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from measuring import BINARIES

TAP = str(BINARIES / "tap-commercetools")


def settings_for(url: str, **further: object) -> dict[str, Any]:
    """Return settings that read from an address.

    Args:
        url: Where the API and its tokens are.
        **further: Further settings.
    """
    credentials = {"project_key": "sandbox-shop", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    return {**credentials, "api_url": url, "auth_url": url, "settle_seconds": 0, **further}


def catalog_of(*streams: str) -> dict[str, Any]:
    """Return the tap's catalog with these streams and no others."""
    found = json.loads(subprocess.check_output([TAP, "--discover"], stderr=subprocess.DEVNULL))
    return {"streams": [stream for stream in found["streams"] if stream["tap_stream_id"] in streams]}
