from __future__ import annotations

import contextlib
import io
import json
import sys
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage
from tap_commercetools.message_writer import BufferedMessageWriter
from typing_extensions import override

if TYPE_CHECKING:
    import pytest
    from typing_extensions import Buffer

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Output:
    """Standard output as the writer finds it, and what has come out so far."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self.stream = io.TextIOWrapper(self._bytes, encoding="utf-8")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_float=Decimal) for line in self._bytes.getvalue().splitlines()]


def record(value: object = 1) -> RecordMessage:
    return RecordMessage(stream="s", record={"v": value})


def test_records_are_gathered_and_a_state_brings_them_out_before_itself() -> None:
    output, writer = Output(), BufferedMessageWriter()
    with contextlib.redirect_stdout(output.stream):
        writer.write_message(record(1))
        writer.write_message(record(2))
        assert output.lines() == []
        writer.write_message(StateMessage(value={"bookmarks": {}}))
    assert [line["type"] for line in output.lines()] == ["RECORD", "RECORD", "STATE"]


def test_a_schema_comes_out_at_once() -> None:
    output, writer = Output(), BufferedMessageWriter()
    with contextlib.redirect_stdout(output.stream):
        writer.write_message(SchemaMessage(stream="s", schema={"properties": {}}, key_properties=["id"]))
    assert [line["type"] for line in output.lines()] == ["SCHEMA"]


def test_many_records_come_out_without_waiting_for_a_state() -> None:
    output, writer = Output(), BufferedMessageWriter()
    with contextlib.redirect_stdout(output.stream):
        for _ in range(200):
            writer.write_message(record("x" * 1_000))
        assert 100 < len(output.lines()) < 200
        writer.flush()
    assert len(output.lines()) == 200


@given(st.lists(VALUES, max_size=5))
def test_every_value_arrives_as_it_was(values: list[Any]) -> None:
    output, writer = Output(), BufferedMessageWriter()
    with contextlib.redirect_stdout(output.stream):
        for value in values:
            writer.write_message(record(value))
        writer.flush()
    assert [line["record"]["v"] for line in output.lines()] == values


@given(VALUES)
def test_one_message_serialised_alone_is_one_line(value: object) -> None:
    line = BufferedMessageWriter().serialize_message(record(value))
    assert line.count(b"\n") == 1
    assert json.loads(line, parse_float=Decimal)["record"] == {"v": value}


class Halting(io.RawIOBase):
    """An output that takes a part at a time, as unbuffered standard output does when signals come."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = b""

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, chunk: Buffer, /) -> int:
        taken = bytes(chunk)[:7]
        self.taken += taken
        return len(taken)


def test_a_write_that_takes_a_part_only_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Halting()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=output))
    writer = BufferedMessageWriter()
    for number in range(20):
        writer.write_record_line(b"<", b"record %d" % number, b">\n")
    writer.flush()
    assert output.taken == b"".join(b"<record %d>\n" % number for number in range(20))
    writer.flush()
    assert output.taken.count(b"\n") == 20
