"""How fast the tap reads, and in how little memory, against two peers and the limit of what it reads from."""

from __future__ import annotations

import contextlib
import http.client
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import incumbent
from measuring import BENCHMARKS, Measure, alternated, measure, server
from order_readers import OurTap, Reader, plain_tap
from report import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS = 3
SLOW_ROUNDS = 2
SLOW_SECONDS = 0.2
SLOW_ROWS = 100_000
SLOW_PARALLEL = (1, 2, 4, 8)
MEMORY_ROWS = (20_000, 100_000, 500_000)
MEMORY_ROWS_ORDINARY = (20_000, 100_000)
LIMIT_SECONDS = 2.0
TRIAL_ROWS = 1_200


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a reader is once it has started.

    Attributes:
        start_seconds: Wall time of a run that reads one row.
        rows_per_second: Rows by the wall time that they take on top of that.
        cpu_milliseconds: Processor time for a row, likewise.
        peak_megabytes: Largest resident size.
    """

    start_seconds: float
    rows_per_second: float
    cpu_milliseconds: float
    peak_megabytes: float

    @classmethod
    def of(cls, rows: int, whole: Measure, start: Measure) -> Rate:
        """Work out the rate.

        Args:
            rows: How many rows were read.
            whole: What that took.
            start: What reading one row took.
        """
        return cls(
            start.seconds,
            (rows - 1) / (whole.seconds - start.seconds),
            1000 * (whole.cpu_seconds - start.cpu_seconds) / (rows - 1),
            whole.peak_megabytes,
        )


def tables() -> Iterator[Table]:
    """Measure, and yield each table as soon as it is complete."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = OurTap(folder)
        yield _throughput(ours, folder)
        yield _slow_answers(ours)
        yield _memory(ours)


def _throughput(ours: OurTap, folder: Path) -> Table:
    plain = Reader("plain SDK tap", 10_000, plain_tap)
    readers = [
        plain,
        Reader("plain SDK tap, only the top level typed", 10_000, lambda url: plain_tap(url, "--typed-at-the-top")),
        ours.reader("tap-commercetools, ordinary path", 20_000, ordinary=True),
        ours.reader("tap-commercetools, fast path, 1 request at a time", 200_000, parallel=1),
        ours.reader("tap-commercetools, fast path, 4 requests at a time", 200_000),
    ]
    note = (
        "Rates are those of the reading itself: a run that reads one row is subtracted, and shown as start. Medians of "
        f"{ROUNDS} runs, in turn; output thrown away."
    )
    try:
        incumbent_command = incumbent.Incumbent.prepare(folder).command
    except incumbent.NotInstallable as reason:
        note += f" {incumbent.NAME} could not be installed and is missing: {reason}"
    else:
        readers.insert(0, Reader(incumbent.NAME, incumbent.MOST_ROWS, incumbent_command))
    for reader in readers:
        _try(reader, folder / "trial.jsonl")
    rates = _rates(readers, ROUNDS)
    bases = [rates[plain.name], rates.get(incumbent.NAME)]
    rows = [
        [
            reader.name,
            _count(reader.rows),
            _count(rate.rows_per_second),
            f"{rate.cpu_milliseconds:.3f}",
            f"{rate.peak_megabytes:.0f}",
            f"{rate.start_seconds:.1f}",
            *(f"{rate.rows_per_second / base.rows_per_second:.1f}" if base else "" for base in bases),
        ]
        for reader in readers
        for rate in [rates[reader.name]]
    ]
    for connections in (1, 4):
        name = f"limit: the pages alone, not decoded, {connections} at a time"
        rows.append([name, "", _count(_page_limit(connections)), "", "", "", "", ""])
    columns = (
        "",
        "rows",
        "records/s",
        "CPU ms/record",
        "peak MB",
        "start s",
        "times the plain tap",
        "times the incumbent",
    )
    return Table("Orders of 2 to 4 KB, answered at once", columns, rows, note)


def _slow_answers(ours: OurTap) -> Table:
    readers = [ours.reader(str(parallel), SLOW_ROWS, parallel=parallel) for parallel in SLOW_PARALLEL]
    rates = _rates(readers, SLOW_ROUNDS, SLOW_SECONDS)
    serial = rates[readers[0].name].rows_per_second
    rows = [
        [name, _count(rate.rows_per_second), f"{rate.rows_per_second / serial:.1f}", f"{rate.peak_megabytes:.0f}"]
        for name, rate in rates.items()
    ]
    return Table(
        f"{_count(SLOW_ROWS)} orders, each page answered after {1000 * SLOW_SECONDS:.0f} ms (fast path)",
        ("requests at a time", "records/s", "times one at a time", "peak MB"),
        rows,
        f"Possible at most, with pages of 500: {500 / SLOW_SECONDS:.0f} records/s for each request at a time.",
    )


def _memory(ours: OurTap) -> Table:
    peaks: dict[bool, dict[int, float]] = {False: {}, True: {}}
    for ordinary, sizes in ((False, MEMORY_ROWS), (True, MEMORY_ROWS_ORDINARY)):
        for size in sizes:
            with _source(size) as url:
                command = ours.reader("", size, ordinary=ordinary).command(url)
                peaks[ordinary][size] = measure(command).peak_megabytes
    rows = [
        [name, *(f"{peaks[ordinary][size]:.0f}" if size in peaks[ordinary] else "" for size in MEMORY_ROWS)]
        for name, ordinary in (("fast path", False), ("ordinary path", True))
    ]
    columns = ("peak MB, 4 requests at a time", *(f"{_count(size)} rows" for size in MEMORY_ROWS))
    return Table("Memory by number of orders, answered at once", columns, rows)


def _try(reader: Reader, output: Path) -> None:
    """Make sure that a reader reads all there is, once, before its speed counts for anything."""
    with _source(TRIAL_ROWS) as url:
        measure(reader.command(url), output=output)
    with output.open("rb") as lines:
        read = sum(json.loads(line)["type"] == "RECORD" for line in lines)
    if read != TRIAL_ROWS:
        message = f"{reader.name} read {read} of {TRIAL_ROWS} rows: its speed would mean nothing"
        raise SystemExit(message)


def _rates(readers: Sequence[Reader], rounds: int, latency: float = 0) -> dict[str, Rate]:
    """Measure readers in turn, each with its rows and with one row that is answered at once."""
    with contextlib.ExitStack() as sources:
        one_row = sources.enter_context(_source(1))
        urls = {rows: sources.enter_context(_source(rows, latency)) for rows in {reader.rows for reader in readers}}
        runs = {}
        for reader in readers:
            runs[reader.name, True] = partial(measure, reader.command(urls[reader.rows]))
            runs[reader.name, False] = partial(measure, reader.command(one_row))
        found = alternated(runs, rounds)
    return {r.name: Rate.of(r.rows, whole=found[r.name, True], start=found[r.name, False]) for r in readers}


def _page_limit(connections: int) -> float:
    """Return how many rows a second the source hands out to a client that does nothing with them."""
    with _source(MEMORY_ROWS[-1]) as url:
        until = time.monotonic() + LIMIT_SECONDS
        counts = [0] * connections

        def read(number: int) -> None:
            connection = http.client.HTTPConnection(urlsplit(url).netloc)
            with contextlib.closing(connection):
                while time.monotonic() < until:
                    offset = counts[number] % incumbent.MOST_ROWS
                    query: dict[str, Any] = {"limit": 500, "offset": offset, "sort": "lastModifiedAt asc"}
                    connection.request("GET", f"/sandbox-shop/orders?{urlencode(query)}")
                    connection.getresponse().read()
                    counts[number] += 500

        threads = [threading.Thread(target=read, args=(number,)) for number in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sum(counts) / LIMIT_SECONDS


def _source(rows: int, latency: float = 0) -> contextlib.AbstractContextManager[str]:
    path = str(BENCHMARKS / "order_source.py")
    return server([sys.executable, path, "--orders", str(rows), "--latency-seconds", str(latency)])


def _count(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")
