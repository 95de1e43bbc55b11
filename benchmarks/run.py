"""Measures the connectors on this machine, each against a named peer or a limit computed in the same run.

Run by ``make bench``. Absolute times mean little on a busy machine; the ratios are what is reported. The data is the
sandbox's made-up shop, with the same seed each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import yaml
from commerce_sandbox.testing import RunningSandbox
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parent.parent
BINARIES = Path(sys.executable).parent
ORDERS = 6000
CUSTOMERS = 2000
PRODUCTS = 200
SLOW_SECONDS = 0.1
SLOW_ORDERS = 400
ITERABLE_KEY = "sandbox-iterable-key-0123456789abcd"
DOTDIGITAL = {"username": "apiuser-sandbox@apiconnector.com", "password": "sandbox-password", "poll_seconds": 0.1}

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 110)


@dataclass(frozen=True)
class Measure:
    """One process, measured.

    Attributes:
        seconds: Wall time.
        cpu_seconds: User and system time.
        peak_megabytes: Largest resident size.
    """

    seconds: float
    cpu_seconds: float
    peak_megabytes: float


@contextlib.contextmanager
def sandbox() -> Iterator[RunningSandbox]:
    """Run the sandbox in a process of its own, without compression, so that it is not what is measured."""
    sizes = ["--customers", str(CUSTOMERS), "--orders", str(ORDERS), "--products", str(PRODUCTS)]
    command = [str(BINARIES / "commerce-sandbox"), "serve", "--port", "0", "--no-commercetools-compress", *sizes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            yield RunningSandbox(line.rsplit(" ", 1)[-1].strip())
        finally:
            process.terminate()


def measure(command: list[str], *, output: Path | None = None, given: Path | None = None) -> Measure:
    """Run a command and return what it took."""
    with (
        (output or Path(os.devnull)).open("wb") as out,
        (given or Path(os.devnull)).open("rb") as source,
        Path(os.devnull).open("wb") as log,
    ):
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=source, stdout=out, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        message = f"{command[0]} ended with {process.returncode}"
        raise SystemExit(message)
    return Measure(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def page_limit(url: str) -> float:
    """Return how many orders a second the sandbox hands out to a client that does nothing with them."""
    session = requests.Session()
    answer = session.post(
        f"{url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
        timeout=60,
    )
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    began, rows, offset = time.monotonic(), 0, 0
    while offset < ORDERS:
        query = {"limit": "500", "offset": str(offset), "sort": "lastModifiedAt asc", "withTotal": "false"}
        rows += len(session.get(f"{url}/sandbox-shop/orders", params=query, timeout=60).content) and 500
        offset += 500
    return rows / (time.monotonic() - began)


def bench_tap(running: RunningSandbox, folder: Path) -> Table:
    """Measure the tap against a plain SDK tap and against the sandbox's own limit."""
    url = running.service_url("commercetools")
    config = write(folder / "tap.json", tap_settings(url))
    catalog = json.loads(
        subprocess.check_output([BINARIES / "tap-commercetools", "--discover"], stderr=subprocess.DEVNULL)
    )
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == "orders"
    chosen = write(folder / "catalog.json", catalog)
    ours = measure([str(BINARIES / "tap-commercetools"), "--config", config, "--catalog", chosen])
    peer = measure([sys.executable, str(PROJECT / "benchmarks" / "plain_tap.py"), url])
    limit = page_limit(url)
    table = Table(title=f"tap: {ORDERS} orders of about 9 KB", title_justify="left")
    for name in ("", "orders/s", "CPU ms/order", "peak MB", "times the plain tap"):
        table.add_column(name, justify="left" if not name else "right")
    for name, measured in (("tap-commercetools", ours), ("plain SDK tap", peer)):
        rate, cpu = ORDERS / measured.seconds, 1000 * measured.cpu_seconds / ORDERS
        table.add_row(
            name,
            f"{rate:.0f}",
            f"{cpu:.2f}",
            f"{measured.peak_megabytes:.0f}",
            f"{peer.seconds / measured.seconds:.1f} (CPU {peer.cpu_seconds / measured.cpu_seconds:.1f})",
        )
    table.add_row("limit: the pages alone, not decoded", f"{limit:.0f}", "", "", "")
    return table


def bench_loaders(running: RunningSandbox, folder: Path) -> Table:
    """Count the calls each loader needs, and measure what it costs."""
    config = write(folder / "tap.json", tap_settings(running.service_url("commercetools")))
    singer = folder / "shop.singer.jsonl"
    measure([str(BINARIES / "tap-commercetools"), "--config", config], output=singer)
    mapping = yaml.safe_load((PROJECT / "meltano.yml").read_text())["plugins"]["loaders"][0]["config"]["mapper"]
    shared = {"mapper": mapping, "max_rejects": 10_000, "rejects_path": str(folder / "rejects")}
    table = Table(title="loaders: the whole shop, mapped inside the loader", title_justify="left")
    for name in ("", "records", "calls per 1 000 records", "CPU ms/record", "peak MB"):
        table.add_column(name, justify="left" if not name else "right")
    settings: dict[str, dict[str, Any]] = {
        "target-iterable": {"api_key": ITERABLE_KEY, "commerce_requests_per_second": 5000},
        "target-dotdigital": DOTDIGITAL,
    }
    running.control("POST", "/iterable/settings", {"rate_limits": False})
    for target, own in settings.items():
        service = target.removeprefix("target-")
        summary = folder / f"{target}.json"
        given = {**shared, **own, "api_url": running.service_url(service), "summary_path": str(summary)}
        config = write(folder / "loader.json", given)
        measured = measure([str(BINARIES / target), "--config", config], given=singer)
        streams = json.loads(summary.read_text())["streams"]
        records = sum(counts["read"] for counts in streams.values())
        calls = sum(each["count"] for each in running.control("GET", "/requests/counts") if each["service"] == service)
        table.add_row(
            f"{target}: {', '.join(streams)}",
            str(records),
            f"{1000 * calls / records:.0f}",
            f"{1000 * measured.cpu_seconds / records:.2f}",
            f"{measured.peak_megabytes:.0f}",
        )
    return table


def bench_purchases(running: RunningSandbox, folder: Path) -> Table:
    """Measure purchases at a latency of 100 ms against a serial sender, which is what public destinations do."""
    running.control("POST", "/reset?service=iterable")
    running.control("POST", "/iterable/settings", {"rate_limits": False})
    running.order_fault(
        {"kind": "delay", "seconds": SLOW_SECONDS}, service="iterable", path="trackPurchase", times=None
    )
    item = {"id": "hat", "name": "Wool hat", "price": 19.95, "quantity": 1}
    bodies = [
        {"id": f"o-{n}", "total": 19.95, "user": {"email": f"b{n}@shop.example"}, "items": [item]}
        for n in range(SLOW_ORDERS)
    ]
    singer = folder / "purchases.singer.jsonl"
    schema = {"type": "SCHEMA", "stream": "purchases", "key_properties": ["id"], "schema": {"properties": {}}}
    lines = [schema, *({"type": "RECORD", "stream": "purchases", "record": body} for body in bodies)]
    singer.write_text("".join(json.dumps(line) + "\n" for line in lines))
    url = running.service_url("iterable")
    config = write(
        folder / "purchases.json",
        {"api_key": ITERABLE_KEY, "api_url": url, "commerce_requests_per_second": 5000, "rejects_path": str(folder)},
    )
    ours = measure([str(BINARIES / "target-iterable"), "--config", config], given=singer)
    session = requests.Session()
    session.headers["Api-Key"] = ITERABLE_KEY
    began = time.monotonic()
    for body in bodies[: SLOW_ORDERS // 8]:
        session.post(f"{url}/api/commerce/trackPurchase", json=body, timeout=30).raise_for_status()
    serial = (time.monotonic() - began) * 8
    table = Table(title=f"purchases: {SLOW_ORDERS} at 100 ms a call", title_justify="left")
    for name in ("", "purchases/s", "times the serial sender"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_row(
        "target-iterable, start included", f"{SLOW_ORDERS / ours.seconds:.0f}", f"{serial / ours.seconds:.1f}"
    )
    table.add_row("one after the other", f"{SLOW_ORDERS / serial:.0f}", "1.0")
    return table


def tap_settings(url: str) -> dict[str, Any]:
    """Return settings for the sandbox's shop."""
    credentials = {"project_key": "sandbox-shop", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    return {**credentials, "api_url": url, "auth_url": url, "settle_seconds": 0}


def write(path: Path, content: object) -> str:
    """Write JSON to a file and return its path."""
    path.write_text(json.dumps(content))
    return str(path)


def main() -> None:
    """Run all benchmarks and print a table of each."""
    with tempfile.TemporaryDirectory() as name, sandbox() as running:
        folder = Path(name)
        for bench in (bench_tap, bench_loaders, bench_purchases):
            console.print(bench(running, folder))
            console.print()


if __name__ == "__main__":
    main()
