"""The mapper as a process between a tap and a target."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import click
import pytest
from mapper_commercetools.mapper import MapperCommercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Record = dict[str, Any]
COMMAND = [sys.executable, "-c", "from mapper_commercetools.mapper import MapperCommercetools as M; M.cli()"]
SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}, "lastModifiedAt": {"type": "string"}}}
FOREIGN = {"type": "object", "properties": {"key": {"type": "string"}, "json": {"type": "object"}}}
EXTRACTED = "2026-11-21T12:00:00Z"


def schema_message(stream: str, schema: Record, keys: list[str]) -> Record:
    return {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": keys}


def record_message(stream: str, record: Record) -> Record:
    return {"type": "RECORD", "stream": stream, "record": record, "time_extracted": EXTRACTED}


def run(tmp_path: Path, config: Record, messages: list[Record] | str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    lines = messages if isinstance(messages, str) else "".join(json.dumps(message) + "\n" for message in messages)
    return subprocess.run(
        [*COMMAND, "--config", str(path)], input=lines, capture_output=True, text=True, timeout=60, check=False
    )


def messages_of(process: subprocess.CompletedProcess[str]) -> list[Record]:
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()]


def test_a_tap_s_messages_become_a_loader_s(tmp_path: Path, customer: Record, order: Record) -> None:
    state = {"type": "STATE", "value": {"bookmarks": {"orders": {"replication_key_value": "2026"}}}}
    process = run(
        tmp_path,
        {"destination": "dotdigital"},
        [
            schema_message("customers", SCHEMA, ["id"]),
            record_message("customers", customer),
            schema_message("orders", SCHEMA, ["id"]),
            record_message("orders", order),
            record_message("orders", {"id": "1"}),
            state,
        ],
    )
    found = messages_of(process)
    assert [(message["type"], message.get("stream")) for message in found] == [
        ("SCHEMA", "contacts"),
        ("RECORD", "contacts"),
        ("SCHEMA", "contacts"),
        ("SCHEMA", "orders"),
        ("RECORD", "contacts"),
        ("RECORD", "orders"),
        ("STATE", None),
    ]
    assert found[0] == found[2]
    assert found[3]["key_properties"] == ["key"]
    assert found[5]["record"]["json"]["order_total"] == 95.9
    assert '"order_total":95.90' in process.stdout
    assert found[5]["time_extracted"] == EXTRACTED
    assert found[6] == state
    assert "Mapped: contacts: 2 mapped, orders: 1 mapped, orders: 1 rejected" in process.stderr
    assert "1 of orders rejected because of totalPrice: missing" in process.stderr
    assert "shop.example" not in process.stderr


def test_a_stream_map_of_a_source_stream_is_refused_since_it_would_never_apply(tmp_path: Path) -> None:
    config = {"destination": "iterable", "stream_maps": {"customers": {"__filter__": "False"}}}
    process = run(tmp_path, config, [schema_message("customers", SCHEMA, ["id"])])
    assert process.returncode != 0
    assert (
        "stream_maps.customers: stream maps come after the mapping, which makes users of this stream" in process.stderr
    )
    assert "Traceback" not in process.stderr


def test_streams_of_others_pass_untouched_and_unmapped_ones_are_counted(tmp_path: Path) -> None:
    foreign = [
        schema_message("orders", FOREIGN, ["key"]),
        record_message("orders", {"key": "1", "json": {"amount": 12.50}}),
        {"type": "ACTIVATE_VERSION", "stream": "orders", "version": 7},
    ]
    unmapped = [
        schema_message("states", SCHEMA, ["id"]),
        record_message("states", {"id": "1"}),
        {"type": "ACTIVATE_VERSION", "stream": "states", "version": 7},
    ]
    process = run(tmp_path, {"destination": "iterable"}, foreign + unmapped)
    assert messages_of(process) == foreign
    assert '"amount":12.5' in process.stdout
    assert "states: 1 skipped (1 of states skipped because of no mapping for stream states)" in process.stderr


def test_stream_maps_apply_to_what_was_mapped(tmp_path: Path, customer: Record, order: Record) -> None:
    config = {
        "destination": "iterable",
        "stream_maps": {
            "users": {"__filter__": "dataFields.get('country') == 'FR'"},
            "purchases": {"__alias__": "bought", "orderNumber": "str(dataFields['orderNumber'])", "user": "__NULL__"},
        },
    }
    found = messages_of(
        run(
            tmp_path,
            config,
            [
                schema_message("customers", SCHEMA, ["id"]),
                record_message("customers", customer),
                schema_message("orders", SCHEMA, ["id"]),
                record_message("orders", order),
            ],
        )
    )
    assert [(message["type"], message["stream"]) for message in found] == [
        ("SCHEMA", "users"),
        ("SCHEMA", "bought"),
        ("RECORD", "bought"),
    ]
    assert found[2]["record"]["orderNumber"] == "DE-2026-004217"
    assert "user" not in found[2]["record"]


@pytest.fixture
def run_here(tmp_path: Path) -> Iterator[Callable[[Record, str], None]]:
    """Run the command in this process, which is quicker; what it would print as one line is raised."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run_command(config: Record, lines: str) -> None:
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (tmp_path / "input.jsonl").write_text(lines, encoding="utf-8")
        arguments = ["--config", str(tmp_path / "config.json"), "--input", str(tmp_path / "input.jsonl")]
        MapperCommercetools.get_singer_command().main(arguments, standalone_mode=False)

    yield run_command
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({}, "destination: missing"),
        ({"destination": "mailchimp"}, "destination: not known; choose one of dotdigital, iterable"),
        ({"destination": "iterable", "curency": "EUR"}, "curency: unknown setting; known here are locales"),
        ({"destination": "iterable", "product_url": "{sluq}"}, "product_url: has a variable that is not known"),
        ({"destination": "iterable", "catalog": {"nmae": "x"}}, "catalog.nmae: unknown setting; known here are name"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(
    run_here: Callable[[Record, str], None], config: Record, text: str
) -> None:
    with pytest.raises(click.ClickException) as caught:
        run_here(config, "")
    assert text in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("ada.kern@shop.example\n", "line 1 of the input is not a Singer message"),
        ('{"email": "ada.kern@shop.example"}\n', "line 1 of the input is not a Singer message"),
        (
            '{"type": "RECORD", "record": {"email": "ada.kern@shop.example"}}\n',
            "a RECORD message of the input lacks stream",
        ),
        ('{"type": "BATCH", "stream": "orders"}\n', "BATCH messages cannot be mapped: switch off batch_config"),
        ('{"type": "NONSENSE"}\n', "Unknown message type 'NONSENSE'"),
    ],
)
def test_wrong_input_is_told_in_one_line_that_shows_no_personal_data(
    run_here: Callable[[Record, str], None], caplog: pytest.LogCaptureFixture, lines: str, text: str
) -> None:
    with pytest.raises(click.ClickException) as caught:
        run_here({"destination": "iterable"}, lines)
    assert text in caught.value.message
    assert "\n" not in caught.value.message
    assert "ada.kern" not in caught.value.message + caplog.text


def test_an_error_ends_the_process_with_one_line_and_code_one(tmp_path: Path) -> None:
    process = run(tmp_path, {"destination": "iterable", "curency": "EUR"}, [])
    assert process.returncode == 1
    assert process.stdout == ""
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("Error: ")]
    assert line.startswith("Error: curency: unknown setting")
    assert "Traceback" not in process.stderr


def test_a_state_goes_out_at_once_and_a_stopped_mapper_does_not_report_success(
    tmp_path: Path, customer: Record
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"destination": "iterable"}), encoding="utf-8")
    with subprocess.Popen(
        [*COMMAND, "--config", str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        state = {"type": "STATE", "value": {"n": 1}}
        for message in (schema_message("customers", SCHEMA, ["id"]), record_message("customers", customer), state):
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        kinds = [json.loads(process.stdout.readline())["type"] for _ in range(3)]
        assert kinds == ["SCHEMA", "RECORD", "STATE"]
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 143


def test_a_target_that_stops_reading_is_one_line(tmp_path: Path, customer: Record) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"destination": "iterable"}), encoding="utf-8")
    lines = [schema_message("customers", SCHEMA, ["id"])] + [record_message("customers", customer)] * 2000
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = subprocess.run(
            [*COMMAND, "--config", str(config)],
            input="".join(json.dumps(line) + "\n" for line in lines),
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert process.returncode == 1
    assert "what runs after this mapper stopped reading" in process.stderr
    assert "Traceback" not in process.stderr
