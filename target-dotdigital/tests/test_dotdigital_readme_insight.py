"""What the README shows about Insight data and programs, done as it stands there."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line
from target_dotdigital.iso_time import write_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown(section: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the messages and the settings that a section of the README shows."""
    text = README.split(f"\n### {section}\n", 1)[1].split("\n### ", 1)[0]
    messages: list[dict[str, Any]] = []
    settings: dict[str, Any] = {}
    for line in (line for block in BLOCKS.findall(text) for line in block.splitlines() if line):
        content = json.loads(line)
        if "type" in content:
            messages.append(content)
        else:
            settings |= content
    return messages, settings


def lines(messages: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(message) for message in messages]


@pytest.fixture(autouse=True)
def _ana(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "ana@shop.example"}}])


@pytest.mark.parametrize(
    ("section", "collection", "key", "gone"),
    [("orders", "Orders", "ORD-1001", "ORD-1000"), ("catalog", "catalog_de_eur", "hat", "cap")],
)
def test_records_and_deletions_as_shown(
    sandbox: RunningSandbox, loader: Loader, section: str, collection: str, key: str, gone: str
) -> None:
    messages, _ = shown(section)
    schema, written, deleted = messages
    there_before = {**written, "record": {**written["record"], "key": gone}}
    assert loader().run(lines([schema, there_before])).code == 0
    result = loader().run(lines([schema, written, deleted]))
    assert result.code == 0, result.log
    assert result.counts(section) == (2, 2, 0, 0)
    assert list(sandbox.snapshot("dotdigital")["collections"][collection]["records"]) == [key]


def test_a_cart_enrols_its_contact_as_shown(sandbox: RunningSandbox, loader: Loader) -> None:
    (schema, cart), settings = shown("cart_insight")
    assert settings == {"cart_insight_program": "Abandoned cart", "cart_insight_program_hours": 24}
    assert loader(**settings).run(lines([schema, cart])).code == 0
    # The cart as shown tells no time of its change, and so enrols nobody.
    assert sandbox.snapshot("dotdigital")["program_members"] == {}
    cart["record"]["json"]["modifiedDate"] = write_time(datetime.now(tz=timezone.utc) - timedelta(hours=1))
    assert loader(**settings).run(lines([schema, cart])).code == 0
    assert sandbox.snapshot("dotdigital")["program_members"] == {"1": ["ana@shop.example"]}


def test_an_enrolment_as_shown(sandbox: RunningSandbox, loader: Loader) -> None:
    messages, _ = shown("program_enrolments")
    result = loader().run(lines(messages))
    assert result.counts("program_enrolments") == (1, 1, 0, 0)
    assert sandbox.snapshot("dotdigital")["program_members"] == {"1": ["ana@shop.example"]}
    assert len(sandbox.snapshot("dotdigital")["collections"]["ProgramEnrolments"]["records"]) == 1


def test_another_stream_as_shown(sandbox: RunningSandbox, loader: Loader) -> None:
    _, settings = shown("Other streams")
    record = {"email": "ana@shop.example", "member": "m-1", "day": "2026-03-01", "points": 5}
    types = {"email": "string", "member": "string", "day": "string", "points": "integer"}
    stream = [schema_line("loyalty_points", {name: {"type": kind} for name, kind in types.items()})]
    result = loader(**settings).run([*stream, record_line("loyalty_points", record)])
    assert result.code == 0, result.log
    held = sandbox.snapshot("dotdigital")["collections"]["Loyalty"]
    assert (held["scope"], [item["owner"] for item in held["records"].values()]) == ("contact", ["ana@shop.example"])
    assert {column["name"]: column["type"] for column in held["schema"]}["day"] == "STRING"
