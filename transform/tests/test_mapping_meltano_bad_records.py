"""One bad record never stops the Meltano mapper, and what it says no to is written all the same."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any, NoReturn

import click
import pytest
from mapper_commercetools.mapper import MapperCommercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., list["Record"]]

Record = dict[str, Any]
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}, "lastModifiedAt": {"type": "string"}}}
CUSTOMERS = json.dumps({"type": "SCHEMA", "stream": "customers", "schema": SCHEMA, "key_properties": ["id"]})
OTHERS = json.dumps(
    {"type": "SCHEMA", "stream": "others", "schema": {"properties": {"key": {}}}, "key_properties": ["key"]}
)
STATE = json.dumps({"type": "STATE", "value": {"n": 1}})
READ_FIELDS = "mapper_commercetools.iterable.users.read_custom_fields"
NO = '{"NEWSLETTER_SUBSCRIBE": "NO", "x": %s}'


def customer(number: int, fields: str = "{}", first_name: str = '"Ada"') -> str:
    return (
        f'{{"type": "RECORD", "stream": "customers", "record": {{"id": "c-{number}", "email": "ada@shop.example", '
        f'"firstName": {first_name}, "custom": {{"fields": {fields}}}}}}}'
    )


@pytest.fixture
def run(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Run]:
    """Run the command in this process and return the messages it wrote."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run_command(*lines: str, **config: Any) -> list[Record]:
        (tmp_path / "config.json").write_text(json.dumps({"destination": "iterable", **config}), encoding="utf-8")
        (tmp_path / "input.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        arguments = ["--config", str(tmp_path / "config.json"), "--input", str(tmp_path / "input.jsonl")]
        MapperCommercetools.get_singer_command().main(arguments, standalone_mode=False)
        return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]

    yield run_command
    for number, handler in handlers.items():
        signal.signal(number, handler)


def ids(messages: list[Record]) -> list[str]:
    return [message["record"]["userId"] for message in messages if message["type"] == "RECORD"]


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e400", '"\\ud83d"', "1" * 5000, "[" * 5000 + "]" * 5000])
def test_a_line_that_is_hard_to_read_leaves_the_others_alone(run: Run, value: str) -> None:
    messages = run(CUSTOMERS, customer(1), customer(2, NO % value), customer(3), STATE)
    assert [message["type"] for message in messages][-1] == "STATE"
    assert {"c-1", "c-3"} <= set(ids(messages))
    if value[0] != "[":
        (no,) = [message["record"] for message in messages if message.get("record", {}).get("userId") == "c-2"]
        assert no["dataFields"]["newsletterOptIn"] is False
    assert "NaN" not in json.dumps(messages)


def test_half_of_a_pair_is_mended_and_told(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    (_, message, _) = run(CUSTOMERS, customer(1, first_name='"Ada \\ud83d"'), STATE)
    assert message["record"]["dataFields"]["firstName"] == "Ada \ufffd"
    assert "1 lines of the input held half of a surrogate pair, which became U+FFFD" in caplog.text


def test_a_record_of_others_that_json_cannot_hold_is_left_out_and_told(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    row = '{"type": "RECORD", "stream": "others", "record": {"key": "%s", "x": %s}}'
    messages = run(OTHERS, row % ("a", "1.50"), row % ("b", "NaN"), row % ("c", "2"), STATE)
    assert [one["record"]["key"] for one in messages if one["type"] == "RECORD"] == ["a", "c"]
    assert "others: 1 rejected (1 of others rejected because of unexpected AttributeError while it was written)" in (
        caplog.text
    )


def test_what_a_rejected_customer_says_no_to_is_written_and_told(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    fields = '{"NEWSLETTER_SUBSCRIBE": "NO", "loyalty_tier": "a", "loyaltyTier": "b"}'
    messages = run(CUSTOMERS, customer(1, fields), customer(2), STATE)
    assert ids(messages) == ["c-1", "c-2"]
    assert messages[1]["record"]["dataFields"] == {"newsletterOptIn": False}
    assert "users: 1 mapped, users: 1 rejected" in caplog.text
    assert "; its opt-out was carried out" in caplog.text
    assert "ada@shop.example" not in caplog.text


def test_a_customer_on_whom_a_stream_map_fails_still_says_its_noes(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    stream_maps = {"users": {"__alias__": "people", "country": "dataFields['secret'] + 1"}}
    no, yes = '{"NEWSLETTER_SUBSCRIBE": "NO"}', '{"NEWSLETTER_SUBSCRIBE": "YES"}'
    messages = run(CUSTOMERS, customer(1, no), customer(2, yes), STATE, stream_maps=stream_maps)
    assert [(one["stream"], one["record"]["dataFields"]) for one in messages if one["type"] == "RECORD"] == [
        ("people", {"newsletterOptIn": False})
    ]
    assert "an expression in stream_maps.users failed (" in caplog.text
    assert "users: 2 rejected" in caplog.text


def test_stream_maps_rename_and_leave_out_noes_too(run: Run) -> None:
    fields = '{"NEWSLETTER_SUBSCRIBE": "NO", "loyalty_tier": "a", "loyaltyTier": "b"}'
    alias = {"users": {"__alias__": "people"}}
    assert [one["stream"] for one in run(CUSTOMERS, customer(1, fields), STATE, stream_maps=alias)[:-1]] == [
        "people"
    ] * 2
    assert ids(run(CUSTOMERS, customer(1, fields), STATE, stream_maps={"users": {"__filter__": "False"}})) == []


def test_a_no_without_the_key_of_its_stream_is_not_written_since_a_target_would_stop_at_it(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = customer(1, NO % "1").replace('"id": "c-1", ', "")
    assert ids(run(CUSTOMERS, nobody, customer(2), STATE)) == ["c-2"]
    assert "1 of users rejected because of id: missing)" in caplog.text


def fail(*_: object) -> NoReturn:
    value = "ada@shop.example"
    raise KeyError(value)


def test_more_than_a_hundred_faults_in_a_row_end_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(READ_FIELDS, lambda owner, *_: fail() if owner["id"] > "c-1" else {})
    bad = [customer(2)] * 100
    assert ids(run(CUSTOMERS, *bad, customer(1), *bad, customer(1), STATE)) == ["c-1", "c-1"]
    with pytest.raises(click.ClickException) as caught:
        run(CUSTOMERS, *bad, customer(2), STATE)
    assert caught.value.message == (
        "more than 100 records in a row cannot be mapped, the last in line 102 of the input: unexpected KeyError while "
        "it was mapped"
    )


def test_records_that_a_rule_rejects_never_end_the_run(run: Run) -> None:
    bad = customer(2, '{"loyalty_tier": "a", "loyaltyTier": "b"}')
    assert ids(run(CUSTOMERS, *[bad] * 150, customer(1), STATE)) == ["c-1"]


def test_what_was_read_before_a_broken_line_is_written(run: Run, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(click.ClickException, match="line 3 of the input is not a Singer message"):
        run(CUSTOMERS, customer(1), '{"type": "RECORD", "stream": "cust', customer(2))
    written = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert ids(written) == ["c-1"]


def test_a_deep_line_that_is_no_record_ends_the_run_in_one_line(run: Run) -> None:
    with pytest.raises(click.ClickException, match="line 2 of the input is not a Singer message"):
        run(CUSTOMERS, '{"type": "STATE", "value": ' + "[" * 5000 + "]" * 5000 + "}")
