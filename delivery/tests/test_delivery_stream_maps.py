"""Stream maps that cannot do what they were written for are told, not passed over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivery.testing import LoaderProcess, record_line, schema_line

if TYPE_CHECKING:
    import pytest

TARGET = Path(__file__).with_name("recording_target.py")
MAPPER = '''
"""Makes people of customers."""


class PeopleOfCustomers:
    def map_schema(self, stream, schema, key_properties):
        return [type("Stream", (), {"stream": "people", "schema": schema, "key_properties": key_properties})()]

    def map_record(self, stream, record):
        return [type("Mapped", (), {"stream": "people", "outcome": "mapped", "record": record, "reason": None})()]


def create(config, destination):
    return PeopleOfCustomers()
'''


def lines(stream: str) -> list[str]:
    return [schema_line(stream, {"id": {"type": "string"}}, ["id"]), record_line(stream, {"id": "1"})]


def loader_with(tmp_path: Path, **settings: Any) -> LoaderProcess:
    return LoaderProcess(
        [sys.executable, str(TARGET)], tmp_path, {"sink": {"path": str(tmp_path / "delivered")}, **settings}
    )


def test_a_stream_map_of_what_the_mapper_has_renamed_is_refused_before_any_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"
    metadata = installed / "people_of_customers-1.0.dist-info"
    metadata.mkdir(parents=True)
    (installed / "people_of_customers.py").write_text(MAPPER, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: people-of-customers\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[delivery.mappers]\npeople = people_of_customers:create\n")
    monkeypatch.setenv("PYTHONPATH", str(installed))
    mapper = {"name": "people"}
    result = loader_with(tmp_path, mapper=mapper, stream_maps={"customers": {"__filter__": "False"}}).run(
        lines("customers")
    )
    assert result.code == 1
    assert "stream_maps.customers: stream maps come after the mapper, which makes people of this stream" in result.log
    assert not (tmp_path / "delivered").exists()
    right = loader_with(tmp_path, mapper=mapper, stream_maps={"people": {"__filter__": "False"}}).run(
        lines("customers")
    )
    assert (right.code, right.counts("people")) == (0, (1, 0, 0, 1))


def test_a_stream_map_that_no_stream_has_asked_for_is_told_at_the_end(tmp_path: Path) -> None:
    misspelt = loader_with(tmp_path, stream_maps={"poeple": {"__filter__": "False"}}).run(lines("people"))
    assert misspelt.code == 0
    assert "stream_maps: no stream came that is called poeple; there were people" in misspelt.log
    right = loader_with(tmp_path, stream_maps={"people": {"__filter__": "False"}, "__else__": None}).run(
        lines("people")
    )
    assert "no stream came" not in right.log


def test_a_no_of_a_record_on_which_a_stream_map_fails_is_carried_out_by_the_names_of_the_map(tmp_path: Path) -> None:
    record = record_line("people", {"id": "1", "mailable": False, "size": "many"})
    schema = schema_line("people", {"id": {}, "mailable": {"type": "boolean"}, "size": {"type": "string"}}, ["id"])
    maps = {"id": "id", "mailable": None, "opted": "record.get('mailable')", "size": "int(record.get('size', 0))"}
    result = loader_with(tmp_path, stream_maps={"people": maps}, max_rejects=1).run([schema, record])
    assert result.reasons("people") == {"an expression in stream_maps.people failed; its opt-out was carried out": 1}
    assert (tmp_path / "delivered").read_text() == 'people {"id":"1","opted":false}\n'


def test_a_no_that_a_stream_map_cannot_be_applied_to_is_carried_out_as_it_is_and_that_is_told(tmp_path: Path) -> None:
    record = record_line("people", {"id": "1", "mailable": False, "size": "many"})
    schema = schema_line("people", {"id": {}, "mailable": {"type": "boolean"}, "size": {"type": "string"}}, ["id"])
    result = loader_with(tmp_path, stream_maps={"people": {"size": "int(size)"}}, max_rejects=1).run([schema, record])
    assert result.reasons("people") == {
        "an expression in stream_maps.people failed; stream_maps.people could not be applied to what it says no to; "
        "its opt-out was carried out": 1
    }
    assert (tmp_path / "delivered").read_text() == 'people {"id":"1","mailable":false}\n'
