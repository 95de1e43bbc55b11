"""How fast profiles and events go to Iterable inside its limits, what they cost, and whether memory grows."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commerce_shop import sandbox
from loader_benchmark import LOADERS
from measuring import BENCHMARKS, BINARIES, alternated, measure, write_json
from report import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.testing import RunningSandbox
    from measuring import Measure

TARGET = str(BINARIES / "target-iterable")
RECORDS = {"users": 60_000, "events": 100_000}
PROFILES = {"ours": 50_000, "plain": 10_000}
"""So many that what varies in the start of a process, some tenths of a second, does not count."""
RUNS = 3
MEMORY_RECORDS = (20_000, 100_000, 500_000)
THROTTLED = 429
_WORDS = "Trailschuh Fels mit Membran, wasserdicht, für Damen und Herren, Größe 36 bis 48. "

Record = dict[str, Any]


def tables() -> Iterator[Table]:
    """Measure, and yield one table after the other."""
    with tempfile.TemporaryDirectory() as name, sandbox() as running:
        folder = Path(name)
        running.control("POST", "/iterable/settings", {"rate_limits": True})
        yield _inside_the_limits(running, folder)
        running.control("POST", "/iterable/settings", {"rate_limits": False})
        yield _against_a_plain_target(running, folder)
        yield _memory(running, folder)


def _inside_the_limits(running: RunningSandbox, folder: Path) -> Table:
    rows = []
    for stream, count in RECORDS.items():
        start = _load(running, folder, stream, 1).seconds
        calls, refused = _calls(running, stream)
        seconds = _load(running, folder, stream, count).seconds - start
        calls_after, refused_after = _calls(running, stream)
        rows.append(
            [
                stream,
                f"{count / seconds:.0f}",
                f"{10_000 * (calls_after - calls) / count:.1f}",
                str(refused_after - refused),
            ]
        )
    return Table(
        "Small records inside the documented limits: 5 calls a second for users, 10 for events",
        ("", "records/s", "calls per 10 000", "refused for going too fast"),
        rows,
        note=f"{RECORDS['users']} users, {RECORDS['events']} events. The time of a run with one record is subtracted.",
    )


def _against_a_plain_target(running: RunningSandbox, folder: Path) -> Table:
    ours = [TARGET, "--config", _config(running, folder)]
    settings = {name: LOADERS["target-iterable"][name] for name in ("api_key",)}
    peer_config = write_json(folder / "plain.json", {**settings, "api_url": running.service_url("iterable")})
    plain = [sys.executable, str(BENCHMARKS / "plain_target.py"), "--config", peer_config]

    def run(command: list[str], count: int) -> Callable[[], Measure]:
        singer = folder / f"{count}.singer.jsonl"
        _write(singer, "users", (_profile(number) for number in range(count)), _PROFILE_SCHEMA)
        return lambda: measure(command, given=singer)

    found = alternated(
        {
            (name, count): run(command, count)
            for name, command in (("ours", ours), ("plain", plain))
            for count in (1, PROFILES[name])
        },
        RUNS,
    )
    cpu = {
        name: (found[name, count].cpu_seconds - found[name, 1].cpu_seconds) / count for name, count in PROFILES.items()
    }
    size = len(json.dumps(_profile(1))) / 1000
    rows = [
        ["target-iterable", f"{1_000_000 * cpu['ours']:.0f}", f"1/{cpu['plain'] / cpu['ours']:.1f}"],
        ["plain SDK target (BatchSink)", f"{1_000_000 * cpu['plain']:.0f}", "1"],
    ]
    return Table(
        f"Profiles of {size:.1f} KB, fully typed, without limits",
        ("", "CPU microseconds/record", "of the plain target's"),
        rows,
        note=f"{PROFILES['ours']} and {PROFILES['plain']} profiles; the time of a run with one is subtracted.",
    )


def _memory(running: RunningSandbox, folder: Path) -> Table:
    row = [f"{_load(running, folder, 'events', count).peak_megabytes:.0f}" for count in MEMORY_RECORDS]
    return Table(
        "Memory by number of events, without limits",
        ("peak MB", *(f"{count} records" for count in MEMORY_RECORDS)),
        [["target-iterable", *row]],
    )


def _load(running: RunningSandbox, folder: Path, stream: str, count: int) -> Measure:
    singer = folder / f"{stream}.singer.jsonl"
    make = _user if stream == "users" else _event
    _write(singer, stream, (make(number) for number in range(count)), {"properties": {}})
    return measure([TARGET, "--config", _config(running, folder)], given=singer)


def _config(running: RunningSandbox, folder: Path) -> str:
    settings = {
        **LOADERS["target-iterable"],
        "api_url": running.service_url("iterable"),
        "rejects_path": str(folder / "rejects"),
    }
    return write_json(folder / "target.json", settings)


def _calls(running: RunningSandbox, stream: str) -> tuple[int, int]:
    """Return how many calls of a stream's endpoint were taken and how many were refused for going too fast."""
    path = {"users": "bulkUpdate", "events": "trackBulk"}[stream]
    counts = [each for each in running.control("GET", "/requests/counts") if path in each["path"]]
    refused = sum(each["count"] for each in counts if each["status"] == THROTTLED)
    return sum(each["count"] for each in counts) - refused, refused


def _write(path: Path, stream: str, records: Iterator[Record], schema: Record) -> None:
    with path.open("w", encoding="utf-8") as file:
        message = {"type": "SCHEMA", "stream": stream, "key_properties": [], "schema": {"type": "object", **schema}}
        file.write(json.dumps(message) + "\n")
        for record in records:
            file.write(json.dumps({"type": "RECORD", "stream": stream, "record": record}) + "\n")


def _user(number: int) -> Record:
    return {"userId": f"customer-{number}", "dataFields": {"firstName": "Ada", "orderCount": number % 40}}


def _event(number: int) -> Record:
    return {
        "userId": f"customer-{number % 5_000}",
        "eventName": "orderPlaced",
        "id": f"order-{number}-placed",
        "createdAt": 1_772_442_900 + number,
        "dataFields": {"orderId": f"order-{number}", "total": 59.9, "currency": "EUR"},
    }


def _profile(number: int) -> Record:
    texts = {f"text{place}": _WORDS for place in range(24)}
    figures = {f"figure{place}": float(number + place) for place in range(20)}
    lists = {f"list{place}": [f"value {place}", "another"] for place in range(10)}
    address = {"street": "Königstraße 1", "city": "Köln", "country": "DE", "postalCode": "50667"}
    return {
        "userId": f"profile-{number}",
        "mergeNestedObjects": True,
        "dataFields": {**texts, **figures, **lists, "address": address, "createdAt": "2026-03-02 09:15:00 +00:00"},
    }


def _schema_of(value: object) -> Record:
    if isinstance(value, dict):
        return {
            "type": ["object", "null"],
            "properties": {name: _schema_of(part) for name, part in value.items()},
            "additionalProperties": True,
        }
    if isinstance(value, list):
        return {"type": ["array", "null"], "items": _schema_of(value[0])}
    if isinstance(value, bool):
        return {"type": ["boolean", "null"]}
    return {"type": ["number" if isinstance(value, float) else "string", "null"]}


_PROFILE_SCHEMA = {"properties": _schema_of(_profile(0))["properties"]}
