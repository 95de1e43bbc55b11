"""Rows that are passed on untouched are the same records as rows that were taken apart."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_the_tap import page_of
from tap_commercetools.left_out import LeftOut
from tap_commercetools.message_writer import BufferedMessageWriter
from tap_commercetools.page import Page
from tap_commercetools.record_lines import RecordLines, fields_left_out, without
from typing_extensions import override

NOW = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
HEAD = {"id": "a", "version": 3, "createdAt": "2026-11-01T00:00:00.000Z", "lastModifiedAt": "2026-11-02T00:00:00.000Z"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


class Lines(BufferedMessageWriter):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.text = b""

    @override
    def flush(self) -> None:
        self.text += bytes(self._pending)
        self._pending.clear()


def written(page: Page, *left_out: tuple[str, ...], version: int | None = None) -> list[dict[str, Any]]:
    writer = Lines()
    rows = page.rows("lastModifiedAt").rows
    RecordLines(writer, "orders", version, left_out).write(rows, NOW, LeftOut("orders", logging.getLogger("orders")))
    writer.flush()
    lines = writer.text.split(b"\n")
    assert lines.pop() == b""
    return [json.loads(line, parse_float=Decimal) for line in lines]


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4).map(lambda fields: {**fields, **HEAD}), max_size=4))
def test_a_record_is_what_the_platform_sent(rows: list[dict[str, Any]]) -> None:
    messages = written(page_of(rows, 500))
    assert [message["record"] for message in messages] == rows
    assert all(message["type"] == "RECORD" and message["stream"] == "orders" for message in messages)
    assert all(message["time_extracted"] == "2026-11-21T10:00:00+00:00" for message in messages)


@pytest.mark.parametrize("indent", [0, 2])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_an_answer_over_many_lines_makes_one_line_per_record(indent: int, line_break: str) -> None:
    rows = [{**HEAD, "text": "two\nlines\r and more"}, {**HEAD, "id": "b"}]
    content = (
        json.dumps({"limit": 500, "offset": 0, "count": 2, "results": rows}, indent=indent)
        .replace("\n", line_break)
        .encode()
    )
    assert [message["record"] for message in written(Page.read(content))] == rows


def test_numbers_are_digit_for_digit_the_platforms() -> None:
    content = (
        b'{"limit":500,"count":1,"results":[{"id":"a","version":1,'
        b'"lastModifiedAt":"2026-11-02T00:00:00.000Z","n":0.10000000000000000000}]}'
    )
    (message,) = written(Page.read(content))
    assert str(message["record"]["n"]) == "0.10000000000000000000"


@pytest.mark.parametrize("time", ["2026-11-02T00:00:00Z", "2026-11-02T01:00:00.0+01:00", "2026-11-02T00:00:00.000000Z"])
def test_times_get_three_decimals(time: str) -> None:
    (message,) = written(page_of([{**HEAD, "createdAt": None, "lastModifiedAt": time, "other": [1.50]}], 500))
    assert message["record"] == {**HEAD, "createdAt": None, "other": [Decimal("1.5")]}


def test_secrets_and_deselected_fields_are_left_out_and_nothing_else() -> None:
    row = {**HEAD, "password": "x", "customer": {"password": "x", "email": "e"}, "email": "e", "n": 1}
    row |= {"none": None, "text": "password"}
    left_out = (("password",), ("customer", "password"), ("email",), ("none", "x"), ("text", "x"), ("absent", "x"))
    (message,) = written(page_of([row], 500), *left_out)
    assert message["record"] == {**HEAD, "customer": {"email": "e"}, "n": 1, "none": None, "text": "password"}
    for path in left_out:
        without(row, path)
    assert row == message["record"]


def test_a_table_read_whole_carries_its_version() -> None:
    (message,) = written(page_of([HEAD], 500), version=17)
    assert message["version"] == 17


def test_only_whole_fields_can_be_left_out_untouched() -> None:
    mask = {
        (): True,
        ("properties", "a"): True,
        ("properties", "b"): False,
        ("properties", "b", "properties", "x"): False,
    }
    assert fields_left_out(mask) == frozenset({"b"})
    assert fields_left_out({**mask, ("properties", "a", "properties", "x"): False}) is None


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"",
        b"{}",
        b"[]",
        b'{"limit":1,"count":1}',
        b'{"limit":1,"count":0,"results":{}}',
        b'{"limit":1,"results":[]}',
        b'{"limit":1,"count":"0","results":[]}',
        b'{"limit":1,"count":1,"results":[{"a":"\xff"}]}',
        b'{"limit":1,"count":1,"results":[{"a":1}',
        b'{"limit":1,"count":1,"results":[{"a":NaN}',
        b'{"limit":1,"count":1,"results":[{"a":NaN}]} and more',
    ],
)
def test_an_answer_that_is_not_the_json_expected_is_told_from_one_that_is(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Page.read(content)
