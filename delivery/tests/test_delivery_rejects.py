from __future__ import annotations

import json
import stat
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from delivery.outcome import rejected
from delivery.rejects import RejectsFile, SchemaMessage

if TYPE_CHECKING:
    from pathlib import Path


def schema(stream: str) -> SchemaMessage:
    return SchemaMessage(
        stream, {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": []}
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_records_are_kept_as_read_behind_their_schema(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path / "rejects", "target-x", datetime(2026, 11, 21, 8, tzinfo=timezone.utc))
    orders, people = schema("orders"), schema("people")
    record = '{"type":"RECORD","stream":"orders","record":{"id":"1","total":10.10},"time_extracted":"2026"}'
    outcome = rejected("total must be text", "schema")
    rejects.write(orders, record, "purchases", outcome)
    rejects.write(orders, record, "purchases", outcome)
    rejects.write(people, '{"type":"RECORD","stream":"people","record":{}}', "users", outcome)
    rejects.close()
    kept = lines(rejects.path)
    assert [message["type"] for message in kept] == ["SCHEMA", "RECORD", "RECORD", "SCHEMA", "RECORD"]
    assert '"total":10.10' in rejects.path.read_text()
    assert kept[1]["rejected"]["reason"] == "total must be text"
    assert kept[1]["rejected"]["stream"] == "purchases"


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path, "target-x", datetime.now(tz=timezone.utc))
    rejects.write(schema("s"), '{"type":"RECORD","stream":"s","record":{}}', "s", rejected("r"))
    rejects.close()
    assert stat.S_IMODE(rejects.path.stat().st_mode) == 0o600


def test_a_run_without_rejects_leaves_no_file(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path / "rejects", "target-x", datetime.now(tz=timezone.utc))
    rejects.close()
    assert not (tmp_path / "rejects").exists()


def test_a_changed_schema_is_written_again(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path, "target-x", datetime.now(tz=timezone.utc))
    for version in (schema("s"), schema("s")):
        rejects.write(version, '{"type":"RECORD","stream":"s","record":{}}', "s", rejected("r"))
    rejects.close()
    assert [message["type"] for message in lines(rejects.path)] == ["SCHEMA", "RECORD", "SCHEMA", "RECORD"]
