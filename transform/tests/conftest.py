"""Worked platform records, and mappers at a fixed instant."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mapper_commercetools.engine import create_record_mapper

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
RECORDS = Path(__file__).parent / "records"


def _read(name: str) -> Record:
    record: Record = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    return record


@pytest.fixture
def customer() -> Record:
    """A customer with everything, who said yes with full evidence."""
    return _read("customer")


@pytest.fixture
def order() -> Record:
    """162.00 of shoes (two pairs at 90.00 less 10 %) and 10.00 of socks, shipping 4.90; one pair came back."""
    return _read("order")


@pytest.fixture
def product() -> Record:
    """A published product of two variants."""
    return _read("product")


@pytest.fixture
def map_one() -> Callable[..., list[tuple[str, Any]]]:
    """Map a record: `(stream, record or reason)` for each outcome."""

    def run(destination: str, stream: str, record: Record, **config: Any) -> list[tuple[str, Any]]:
        mapper = create_record_mapper(config, destination, at=NOW)
        return [
            (outcome.stream, outcome.record if outcome.outcome == "mapped" else f"{outcome.outcome}: {outcome.reason}")
            for outcome in mapper.map_record(stream, record)
        ]

    return run
