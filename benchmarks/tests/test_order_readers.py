from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from order_readers import OurTap, plain_tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from order_source import OrderSource
    from order_table import OrderTable

    Serve = Callable[..., OrderSource]
    Decoded = Callable[[OrderTable], list[dict[str, Any]]]

ROWS = 6_000
"""A tenth of them are of one instant: more than a page."""


def records(command: list[str]) -> list[dict[str, Any]]:
    output = subprocess.run(command, check=True, capture_output=True).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    return [message["record"] for message in messages if message["type"] == "RECORD"]


@pytest.fixture(scope="module")
def our_tap(tmp_path_factory: pytest.TempPathFactory) -> OurTap:
    return OurTap(tmp_path_factory.mktemp("tap"))


@pytest.mark.parametrize(("parallel", "ordinary"), [(1, False), (4, False), (4, True)])
def test_the_tap_reads_each_order_once_in_order_and_unchanged(
    serve: Serve, decoded: Decoded, our_tap: OurTap, *, parallel: int, ordinary: bool
) -> None:
    source = serve(ROWS)
    reader = our_tap.reader("the tap", ROWS, parallel=parallel, ordinary=ordinary)
    assert records(reader.command(source.url)) == decoded(source.table)


@pytest.mark.parametrize("options", [(), ("--typed-at-the-top",)])
def test_the_plain_tap_reads_each_order_once_and_stops(
    serve: Serve, decoded: Decoded, options: tuple[str, ...]
) -> None:
    source = serve(1_000)
    assert records(plain_tap(source.url, *options)) == decoded(source.table)
