"""What mapping an order costs, and what it costs to do so in a process of its own."""

from __future__ import annotations

import shlex
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from commerce_sandbox.shop import ShopPlan, generate_shop
from commerce_shop import ORDERS, sandbox
from loader_benchmark import LOADERS
from mapper_commercetools.engine import DESTINATIONS, create_record_mapper
from measuring import BINARIES, alternated, measure, write_json
from our_tap import TAP, catalog_of, settings_for
from report import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.testing import RunningSandbox
    from measuring import Measure

LINES = 4
REPETITIONS = 40
RUNS = 3
MAPPING: dict[str, Any] = {
    "locales": ["de", "en"],
    "currency": "EUR",
    "product_url": "https://shop.example/{locale}/p/{slug}",
}


def tables() -> Iterator[Table]:
    """Measure, and yield one table after the other."""
    yield _cost_of_an_order()
    with tempfile.TemporaryDirectory() as name, sandbox() as running:
        yield _inside_or_beside(running, Path(name))


def _cost_of_an_order() -> Table:
    orders = generate_shop(ShopPlan(customers=400, orders=3_000, products=150)).resources["orders"].values()
    documents = [msgspec.json.encode(order) for order in orders if len(order["lineItems"]) == LINES]
    records = [msgspec.json.decode(document) for document in documents]
    encode = msgspec.json.Encoder(decimal_format="number").encode

    def decode_and_encode() -> None:
        for document in documents:
            encode(msgspec.json.decode(document))

    def mapping_for(destination: str) -> Callable[[], None]:
        mapper = create_record_mapper(MAPPING, destination)

        def map_all() -> None:
            for record in records:
                mapper.map_record("orders", record)

        return map_all

    works = {"decode + encode": decode_and_encode, **{name: mapping_for(name) for name in DESTINATIONS}}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPETITIONS):
        # In turn, so that a busy moment of the machine hits all alike.
        for name, work in works.items():
            began = time.thread_time()
            work()
            taken[name].append(time.thread_time() - began)
    least = {name: min(seconds) for name, seconds in taken.items()}
    rows = [
        [
            "msgspec decode + encode" if name == "decode + encode" else f"mapping for {name}",
            f"{1_000_000 * least[name] / len(documents):.0f}",
            f"{least[name] / least['decode + encode']:.2f}",
        ]
        for name in works
    ]
    size = statistics.mean(map(len, documents)) / 1000
    return Table(
        f"{len(documents)} orders of {LINES} lines, {size:.0f} KB each on average",
        ("", "CPU microseconds/order", "times decode + encode"),
        rows,
    )


def _inside_or_beside(running: RunningSandbox, folder: Path) -> Table:
    singer = folder / "orders.singer.jsonl"
    tap = write_json(folder / "tap.json", settings_for(running.service_url("commercetools")))
    catalog = write_json(folder / "catalog.json", catalog_of("orders"))
    measure([TAP, "--config", tap, "--catalog", catalog], output=singer)
    rows = []
    for loader in LOADERS:
        found = alternated(_ways(running, folder, singer, loader), RUNS)
        inside, beside = found["inside"], found["beside"]
        rows.append(
            [
                loader,
                f"{1000 * inside.cpu_seconds / ORDERS:.2f}",
                f"{1000 * beside.cpu_seconds / ORDERS:.2f}",
                f"{beside.cpu_seconds / inside.cpu_seconds:.2f}",
                f"{beside.seconds / inside.seconds:.2f}",
            ]
        )
    return Table(
        f"{ORDERS} orders through a loader that sends nothing (dry run)",
        ("", "CPU ms/order, mapped inside", "mapped in a process before", "times the CPU", "times the wall time"),
        rows,
        note="Start of the processes included.",
    )


def _ways(running: RunningSandbox, folder: Path, singer: Path, loader: str) -> dict[str, Callable[[], Measure]]:
    destination = loader.removeprefix("target-")
    settings = {
        **LOADERS[loader],
        "api_url": running.service_url(destination),
        "dry_run": True,
        "max_rejects": 1_000_000,
        "rejects_path": str(folder / "rejects"),
    }
    alone = write_json(folder / f"{loader}.alone.json", settings)
    mapping = {"mapper": {"name": "commercetools", "config": MAPPING}}
    whole = write_json(folder / f"{loader}.whole.json", {**settings, **mapping})
    mapper = write_json(folder / f"{destination}.mapper.json", {"destination": destination, **MAPPING})
    pipe = " | ".join(
        shlex.join([str(BINARIES / command), "--config", config])
        for command, config in (("mapper-commercetools", mapper), (loader, alone))
    )
    return {
        "inside": lambda: measure([str(BINARIES / loader), "--config", whole], given=singer),
        "beside": lambda: measure(["sh", "-c", pipe], given=singer),
    }
