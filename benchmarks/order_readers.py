"""The programs that read orders: the tap along each of its paths, and its peer."""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from measuring import BENCHMARKS, write_json
from order_table import END_OF_TABLE
from our_tap import TAP, catalog_of, settings_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ABSENT_FIELD = ("properties", "shippingInfo", "properties", "estimatedDelivery")
"""A field within a field that no order of the source has: leaving it out changes no record, only how they are made."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One way to read orders.

    Attributes:
        name: As it stands in the tables.
        rows: How many rows it is given to read.
        command: Makes the command that reads all orders at an address.
    """

    name: str
    rows: int
    command: Callable[[str], list[str]]


class OurTap:
    """The tap's commands; its settings and catalogs are files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        catalog = catalog_of("orders")
        self._catalogs = {
            False: write_json(folder / "fast.json", catalog),
            True: write_json(folder / "ordinary.json", _without_field(catalog)),
        }

    def reader(self, name: str, rows: int, *, parallel: int = 4, ordinary: bool = False) -> Reader:
        """Return a way to read with this tap.

        Args:
            name: As it stands in the tables.
            rows: How many rows it is given to read.
            parallel: How many requests at a time.
            ordinary: Ask for something that makes it take each record apart.
        """
        catalog = self._catalogs[ordinary]

        def command(url: str) -> list[str]:
            settings = settings_for(url, max_parallel_requests=parallel, end_date=END_OF_TABLE)
            path = self._folder / f"tap-{urlsplit(url).port}-{parallel}.json"
            return [TAP, "--config", write_json(path, settings), "--catalog", catalog]

        return Reader(name, rows, command)


def plain_tap(url: str, *options: str) -> list[str]:
    """Return the command of the plain tap.

    Args:
        url: Where the orders are.
        *options: Further options of it.
    """
    return [sys.executable, str(BENCHMARKS / "plain_tap.py"), url, *options]


def _without_field(catalog: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = copy.deepcopy(catalog)
    metadata = copied["streams"][0]["metadata"]
    entry = next(entry for entry in metadata if tuple(entry["breadcrumb"]) == _ABSENT_FIELD)
    entry["metadata"]["selected"] = False
    return copied
