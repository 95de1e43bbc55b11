"""How fast purchases go out when each call takes its time, against sending one after the other."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from commerce_shop import sandbox
from loader_benchmark import LOADERS
from measuring import BINARIES, measure, write_json
from report import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CALL_SECONDS = 0.1
PURCHASES = 3_200
SERIAL_SHARE = 64
"""The serial sender sends one in so many, and its time is multiplied: it takes the same for each."""


def tables() -> Iterator[Table]:
    """Measure, and yield the one table."""
    bodies = [_purchase(number) for number in range(PURCHASES)]
    with tempfile.TemporaryDirectory() as name, sandbox() as running:
        folder = Path(name)
        running.order_fault(
            {"kind": "delay", "seconds": CALL_SECONDS}, service="iterable", path="trackPurchase", times=None
        )
        url = running.service_url("iterable")
        settings = {**LOADERS["target-iterable"], "api_url": url, "rejects_path": str(folder)}
        config = write_json(folder / "purchases.json", settings)
        singer = folder / "purchases.singer.jsonl"
        singer.write_text(_messages(bodies), encoding="utf-8")
        ours = measure([str(BINARIES / "target-iterable"), "--config", config], given=singer).seconds
        serial = _seconds_one_after_the_other(url, bodies)
    yield Table(
        f"{PURCHASES} purchases at {1000 * CALL_SECONDS:.0f} ms a call",
        ("", "purchases/s", "times the serial sender"),
        [
            ["target-iterable, start included", f"{PURCHASES / ours:.0f}", f"{serial / ours:.1f}"],
            ["one after the other", f"{PURCHASES / serial:.0f}", "1.0"],
        ],
    )


def _purchase(number: int) -> dict[str, Any]:
    item = {"id": "hat", "name": "Wool hat", "price": 19.95, "quantity": 1}
    return {"id": f"o-{number}", "total": 19.95, "user": {"email": f"b{number}@shop.example"}, "items": [item]}


def _messages(bodies: Sequence[dict[str, Any]]) -> str:
    schema = {"type": "SCHEMA", "stream": "purchases", "key_properties": ["id"], "schema": {"properties": {}}}
    messages = [schema, *({"type": "RECORD", "stream": "purchases", "record": body} for body in bodies)]
    return "".join(json.dumps(message) + "\n" for message in messages)


def _seconds_one_after_the_other(url: str, bodies: Sequence[dict[str, Any]]) -> float:
    with requests.Session() as session:
        session.headers["Api-Key"] = LOADERS["target-iterable"]["api_key"]
        began = time.monotonic()
        for body in bodies[::SERIAL_SHARE]:
            session.post(f"{url}/api/commerce/trackPurchase", json=body, timeout=30).raise_for_status()
        return (time.monotonic() - began) * SERIAL_SHARE
