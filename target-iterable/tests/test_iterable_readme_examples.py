"""The examples of the README: every record of them is taken."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from iterable_records import users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

README = Path(__file__).parents[1] / "README.md"


def example(stream: str) -> list[str]:
    """Return the Singer lines in the section of a stream."""
    section = README.read_text(encoding="utf-8").split(f"\n### {stream}\n", 1)[1].split("\n### ", 1)[0]
    blocks = re.findall(r"```json\n(.*?)```", section, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith('{"type"')]


STREAMS = [
    "users",
    "purchases",
    "carts",
    "events",
    "catalog_items",
    "subscriptions",
    "list_memberships",
    "deleted_users",
]


@pytest.mark.parametrize("stream", STREAMS)
def test_the_example_of_a_stream_is_taken(loader: LoaderProcess, stream: str) -> None:
    result = loader.run([*users({"userId": "c-17"}), *example(stream)])
    assert result.code == 0
    read, delivered, _, _ = result.counts(stream)
    assert read == delivered > 0


def test_the_example_of_new_profiles_does_what_is_said(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    (line,) = re.findall(r'^\{"unsubscribe_new_profiles".*$', README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    loader.settings |= json.loads(line)
    assert loader.run(example("New profiles")).counts("users") == (2, 2, 0, 0)
    (left,) = sandbox.snapshot("iterable")["subscriptions"].items()
    bo = {"unsubscribedChannelIds": [101], "unsubscribedMessageTypeIds": [57], "subscribedMessageTypeIds": []}
    assert left == ("bo@shop.example", bo)


def test_the_example_of_rules_about_fields_does_what_is_said(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    (line,) = re.findall(r'^\{"field_ownership".*$', README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    loader.settings |= json.loads(line)
    for value in ("first", "second"):
        fields = dict.fromkeys(("nickname", "acquisitionChannel", "city"), value)
        assert loader.run(users({"userId": "c-17", "dataFields": fields})).code == 0
    (profile,) = sandbox.snapshot("iterable")["users"]
    assert profile["dataFields"] == {"nickname": "first", "acquisitionChannel": "first", "city": "second"}
