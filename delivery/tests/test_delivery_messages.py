from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from delivery.errors import InvalidInput
from delivery.messages import MessageReader


def read(text: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    MessageReader().process_lines(io.StringIO(text), {"RECORD": messages.append, "STATE": messages.append})
    return messages


def test_numbers_stay_exact() -> None:
    (message,) = read('{"type": "RECORD", "record": {"amount": 1234567890123456.789012345}}\n')
    assert message["record"]["amount"] == Decimal("1234567890123456.789012345")


def test_blank_lines_are_passed_over() -> None:
    assert len(read('\n{"type": "STATE", "value": {}}\n   \n')) == 1


@pytest.mark.parametrize(
    "line",
    ["this is ada@example.org, not JSON", '["ada@example.org"]', '{"type": "RECORD", "record": {"email": "ada@exam'],
)
def test_a_malformed_line_is_named_by_number_and_never_shown(line: str) -> None:
    with pytest.raises(InvalidInput, match="line 2 of the input") as caught:
        read('{"type": "STATE", "value": {}}\n' + line + "\n")
    assert "ada" not in str(caught.value)


def test_an_unknown_message_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown message type"):
        read('{"type": "HELLO"}\n')


def test_the_line_is_kept_as_it_was_read() -> None:
    kept: list[bytes] = []
    reader = MessageReader()
    line = '{"type": "RECORD", "record": {"name": "Größe 38 € 日本"}}\n'
    reader.process_lines(io.StringIO(line), {"RECORD": lambda _: kept.append(reader.line)})
    assert kept == [line.encode()]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_file_is_utf_8_whatever_the_system_takes_it_for(encoding: str) -> None:
    line = '{"type": "RECORD", "record": {"name": "Größe 38 €"}}\n'
    names: list[str] = []
    file = io.TextIOWrapper(io.BytesIO(line.encode()), encoding=encoding)
    MessageReader().process_lines(file, {"RECORD": lambda message: names.append(message["record"]["name"])})
    assert names == ["Größe 38 €"]


def test_a_text_that_is_not_utf_8_is_left_out_rather_than_guessed_at() -> None:
    line = b'{"type": "RECORD", "record": {"name": "Gr\xf6\xdfe", "size": 38}}\n'
    records: list[dict[str, Any]] = []
    reader = MessageReader()
    reader.process_lines(io.BytesIO(line), {"RECORD": lambda message: records.append(message["record"])})
    assert records == [{"size": 38}]
    assert reader.faults == ["record.name: a text that is not UTF-8"]
