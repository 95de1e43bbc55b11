"""How many calls each loader needs for a whole shop, and what it costs."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from commerce_shop import CUSTOMERS, ORDERS, PRODUCTS, sandbox
from measuring import BINARIES, PROJECT, measure, write_json
from our_tap import TAP, catalog_of, settings_for
from report import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.testing import RunningSandbox

STREAMS = ("customers", "orders", "products")
LOADERS: dict[str, dict[str, Any]] = {
    "target-iterable": {"api_key": "sandbox-iterable-key-0123456789abcd", "commerce_requests_per_second": 5000},
    "target-dotdigital": {
        "username": "apiuser-sandbox@apiconnector.com",
        "password": "sandbox-password",
        "poll_seconds": 0.1,
    },
}
"""The loaders with the settings that sign them in at the sandbox."""


def tables() -> Iterator[Table]:
    """Measure, and yield the one table."""
    with tempfile.TemporaryDirectory() as name, sandbox() as running:
        folder = Path(name)
        singer = folder / "shop.singer.jsonl"
        config = write_json(folder / "tap.json", settings_for(running.service_url("commercetools")))
        catalog = write_json(folder / "catalog.json", catalog_of(*STREAMS))
        measure([TAP, "--config", config, "--catalog", catalog], output=singer)
        project = yaml.safe_load((PROJECT / "meltano.yml").read_text(encoding="utf-8"))
        mapper = project["plugins"]["loaders"][0]["config"]["mapper"]
        rows = [_row(running, folder, singer, loader, mapper) for loader in LOADERS]
    yield Table(
        f"A shop of {CUSTOMERS} customers, {ORDERS} orders, {PRODUCTS} products, mapped inside the loader",
        ("", "records", "calls per 1 000 records", "CPU ms/record", "peak MB"),
        rows,
    )


def _row(running: RunningSandbox, folder: Path, singer: Path, loader: str, mapper: object) -> list[str]:
    service = loader.removeprefix("target-")
    summary = folder / f"{loader}.summary.json"
    settings = {
        **LOADERS[loader],
        "mapper": mapper,
        "max_rejects": 10_000,
        "rejects_path": str(folder / "rejects"),
        "api_url": running.service_url(service),
        "summary_path": str(summary),
    }
    config = write_json(folder / f"{loader}.json", settings)
    measured = measure([str(BINARIES / loader), "--config", config], given=singer)
    streams = json.loads(summary.read_text(encoding="utf-8"))["streams"]
    records = sum(counts["read"] for counts in streams.values())
    calls = sum(each["count"] for each in running.control("GET", "/requests/counts") if each["service"] == service)
    return [
        f"{loader}: {', '.join(streams)}",
        str(records),
        f"{1000 * calls / records:.0f}",
        f"{1000 * measured.cpu_seconds / records:.2f}",
        f"{measured.peak_megabytes:.0f}",
    ]
