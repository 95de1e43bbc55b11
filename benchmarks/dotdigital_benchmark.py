"""How many calls Dotdigital needs, how much of its import slots is used, what it costs, and whether memory grows."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commerce_shop import sandbox
from loader_benchmark import LOADERS
from measuring import BINARIES, measure, write_json
from report import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from commerce_sandbox.testing import RunningSandbox
    from measuring import Measure

TARGET = str(BINARIES / "target-dotdigital")
BATCH = 10_000
OWNERS = 1_000
SLOTS = 5
SLOT_IMPORTS = 60
SLOT_ROWS = 1_000
POLL_SECONDS = 0.5
POLLS_A_DURATION = (6, 12)
MEMORY_RECORDS = (40_000, 100_000, 500_000)
MEMORY_IMPORT_SECONDS = 4.0
"""Long enough that all slots are in use, and a batch waits for the next: the most that memory ever holds."""
KEYS = 60_000
"""Records repeat after so many keys: the sandbox keeps what it is sent, and it is the loader that is measured."""

# What the vendor's own software does, by its code: the module for Magento imports 2 000 contacts or 4 000 orders at a
# time (its settings' defaults), the app for Adobe Commerce sends each contact and each order by a call of its own.
_MODULE = ("vendor's module for Magento, by its settings", "5", "polls", "3", "polls")
_APP = ("vendor's app for Adobe Commerce, one call a record", "", "10 000", "", "10 000")

Record = dict[str, Any]


def tables() -> Iterator[Table]:
    """Measure, and yield one table after the other."""
    with tempfile.TemporaryDirectory() as name, sandbox() as running:
        load = _Loading(running, Path(name))
        yield _calls(load)
        yield _slots(load)
        yield _memory(load)


class _Loading:
    """Loads records of one stream into the sandbox, and tells what that took."""

    def __init__(self, running: RunningSandbox, folder: Path) -> None:
        self.running = running
        self._folder = folder

    def empty(self, **settings: object) -> None:
        """Begin anew with an empty account, but for those whom orders belong to."""
        self.running.control("POST", "/reset?service=dotdigital")
        self.running.control("POST", "/dotdigital/settings", settings)
        owners = [{"identifiers": {"email": _address(number)}} for number in range(OWNERS)]
        self.running.control("POST", "/dotdigital/contacts", owners)

    def load(
        self, stream: str, make: Callable[[int], Record], count: int, schema: Record, **settings: object
    ) -> Measure:
        singer = self._folder / f"{stream}.singer.jsonl"
        with singer.open("w", encoding="utf-8") as file:
            described = {"type": "object", "properties": schema}
            head = {"type": "SCHEMA", "stream": stream, "key_properties": [], "schema": described}
            file.write(json.dumps(head) + "\n")
            for number in range(count):
                file.write(json.dumps({"type": "RECORD", "stream": stream, "record": make(number)}) + "\n")
        url = self.running.service_url("dotdigital")
        fixed = {**LOADERS["target-dotdigital"], "api_url": url, "rejects_path": str(self._folder / "rejects")}
        config = write_json(self._folder / "target.json", {**fixed, **settings})
        return measure([TARGET, "--config", config], given=singer)

    def counts(self) -> tuple[int, int, int]:
        """Return how many imports were sent, how often they were looked at, and how many other calls there were."""
        found = [0, 0, 0]
        for each in self.running.control("GET", "/requests/counts"):
            if each["service"] == "dotdigital":
                kind = 0 if each["path"].endswith("/import") else 1 if "/import/" in each["path"] else 2
                found[kind] += each["count"]
        return found[0], found[1], found[2]


def _calls(loading: _Loading) -> Table:
    rows: list[list[str]] = [["target-dotdigital: new contacts of whom no consent is known"]]
    loading.empty()
    for stream, make, schema in (("contacts", _contact, {}), ("orders", _order, _ORDER_SCHEMA)):
        before = loading.counts()
        loading.load(stream, make, BATCH, schema)
        imports, polls, others = (after - each for after, each in zip(loading.counts(), before, strict=True))
        rows[0] += [str(imports), f"{polls} polls, {others} others"]
    return Table(
        f"Calls for {BATCH} contacts and for {BATCH} orders",
        ("", "imports of contacts", "other calls", "imports of orders", "other calls"),
        [*rows, list(_MODULE), list(_APP)],
        note="The peers' figures are computed. The module does not look whether somebody would become mailable.",
    )


def _slots(loading: _Loading) -> Table:
    rows = []
    for polls in POLLS_A_DURATION:
        seconds = polls * POLL_SECONDS
        loading.empty(insight_import_seconds=seconds, import_polls_until_done=0)
        measured = loading.load(
            "orders",
            _order,
            SLOT_IMPORTS * SLOT_ROWS,
            _ORDER_SCHEMA,
            batch_size_rows=SLOT_ROWS,
            poll_seconds=POLL_SECONDS,
        )
        imports = loading.running.requests(service="dotdigital", method="PUT", path="insightData/v3/import$")
        imports = imports[-SLOT_IMPORTS:]
        refused = sum(call["status"] != 202 for call in imports)  # noqa: PLR2004 - HTTP's own numbers
        begins = [datetime.fromisoformat(call["time"].replace("Z", "+00:00")).timestamp() for call in imports]
        rows.append(
            [
                str(polls),
                f"{100 * share_of_slots(begins, seconds):.0f} %",
                str(refused),
                f"{measured.peak_megabytes:.0f}",
            ]
        )
    return Table(
        f"Use of the {SLOTS} slots for imports of Insight data",
        ("an import lasts so many polls", "slots in use", "refused for want of a slot", "peak MB"),
        rows,
        note=f"{SLOT_IMPORTS} imports, between the start of the fifth and that of the last.",
    )


def share_of_slots(begins: Sequence[float], seconds: float) -> float:
    """Return how much of all slots was used between the first moment they could all be and the last start.

    Args:
        begins: When each import was sent, in order.
        seconds: How long each takes.
    """
    starts, ends = begins[SLOTS - 1], begins[-1]
    used = sum(max(0.0, min(begin + seconds, ends) - max(begin, starts)) for begin in begins)
    return used / (SLOTS * (ends - starts))


def _memory(loading: _Loading) -> Table:
    loading.empty(insight_import_seconds=MEMORY_IMPORT_SECONDS)
    start = loading.load("orders", _order, 1, _ORDER_SCHEMA)
    measures = [loading.load("orders", _order, count, _ORDER_SCHEMA) for count in MEMORY_RECORDS]
    cpu = [
        f"{100_000 * (each.cpu_seconds - start.cpu_seconds) / count:.0f}"
        for each, count in zip(measures, MEMORY_RECORDS, strict=True)
    ]
    size = len(json.dumps(_order(0)))
    return Table(
        f"Orders of {size / 1000:.1f} KB, by their number",
        ("", *(f"{count} orders" for count in MEMORY_RECORDS)),
        [
            ["peak MB", *(f"{each.peak_megabytes:.0f}" for each in measures)],
            ["CPU seconds per 100 000", *cpu],
        ],
        note=(
            f"With all {SLOTS} slots in use: an import takes {MEMORY_IMPORT_SECONDS:.0f} s. The processor time of a "
            "run with one record is subtracted."
        ),
    )


def _address(number: int) -> str:
    return f"buyer{number}@shop.example"


def _contact(number: int) -> Record:
    fields: Mapping[str, object] = {"FIRSTNAME": "Ana", "LASTNAME": "Lee", "POINTS": number % 90}
    return {
        "matchIdentifier": "email",
        "identifiers": {"email": f"new{number}@shop.example"},
        "dataFields": fields,
    }


def _order(number: int) -> Record:
    key = f"ORD-{number % KEYS}"
    address = {"street": f"Main street {number % 900}", "city": "Berlin", "postcode": "10115", "country": "DE"}
    products = [
        {"product_id": f"p-{place}", "sku": f"HAT-{place}", "name": "Wool hat", "price": 19.95, "qty": 1 + place}
        for place in range(1 + number % 3)
    ]
    return {
        "key": key,
        "contactIdentity": {"identifier": "email", "value": _address(number % OWNERS)},
        "json": {
            "id": key,
            "order_total": 59.9 + number % 100,
            "order_subtotal": 50.0,
            "currency": "EUR",
            "purchase_date": "2026-03-01T12:00:00Z",
            "order_status": "Paid",
            "store_name": "main",
            "products": products,
            "billing_address": address,
            "delivery_address": address,
        },
    }


_ORDER_SCHEMA: Record = {
    "json": {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "order_total": {"type": "number"},
            "order_subtotal": {"type": "number"},
            "purchase_date": {"type": "string", "format": "date-time"},
        },
    }
}
