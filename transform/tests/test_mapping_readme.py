"""The examples that are shown are run."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mapper_commercetools.engine import create_record_mapper

PACKAGE = Path(__file__).resolve().parent.parent
PAGES = (PACKAGE / "README.md", PACKAGE.parent / "docs" / "events.md")
EXAMPLE = re.compile(
    r"<!-- example: (?P<destination>\w+) (?P<stream>\w+) -->\nSettings:\n\n```json\n(?P<settings>.*?)```\n\n"
    r"(?:Read before it, from the stream `(?P<reference>\w+)`:\n\n```json\n(?P<references>.*?)```\n\n)?"
    r"Input:\n\n```json\n(?P<input>.*?)```\n\nOutput:\n\n```json\n(?P<output>.*?)```\n",
    re.DOTALL,
)


def examples() -> list[dict[str, str]]:
    return [match.groupdict() for page in PAGES for match in EXAMPLE.finditer(page.read_text(encoding="utf-8"))]


def test_there_is_an_example_for_each_source_stream() -> None:
    assert {example["stream"] for example in examples()} == {
        "customers",
        "orders",
        "products",
        "product_offers",
        "carts",
        "customer_order_summaries",
        "deletions",
        "messages",
        "payments",
    }


def test_no_example_is_passed_over() -> None:
    shown = sum(page.read_text(encoding="utf-8").count("<!-- example: ") for page in PAGES)
    assert len(examples()) == shown


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example['destination']} {example['stream']}")
def test_a_worked_example_gives_the_output_it_shows(example: dict[str, str]) -> None:
    at = datetime(2026, 11, 21, tzinfo=timezone.utc)
    mapper = create_record_mapper(json.loads(example["settings"]), example["destination"], at=at)
    for reference in json.loads(example["references"] or "[]"):
        mapper.map_record(example["reference"], reference)
    outcomes = mapper.map_record(example["stream"], json.loads(example["input"]))
    shown = [{"stream": outcome.stream, "record": outcome.record} for outcome in outcomes]
    # Compared as text within numbers too: 81.00 is what is written, not 81.
    assert _exactly(msgspec.json.Encoder(decimal_format="number").encode(shown)) == _exactly(example["output"].encode())


def _exactly(document: bytes) -> Any:  # noqa: ANN401  any JSON document
    return json.loads(document, parse_float=lambda number: ("number", number))
