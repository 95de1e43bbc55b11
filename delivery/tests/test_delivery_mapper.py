"""A mapper inside the loader as a process: found by its entry point, and free to refuse streams that do not fit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from delivery.testing import LoaderProcess, record_line, schema_line, state_line

TARGET = Path(__file__).with_name("recording_target.py")
MAPPER = '''
"""Takes one stream of people only."""


class OneStreamOnly:
    def __init__(self):
        self.seen = set()

    def map_schema(self, stream, schema, key_properties):
        self.seen.add(stream)
        if len(self.seen) > 1:
            raise ValueError(f"the streams {' and '.join(sorted(self.seen))} make the same people; select one of them")
        return None

    def map_record(self, stream, record):
        raise AssertionError("nothing is mapped")


def create(config, destination):
    return OneStreamOnly()
'''


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoaderProcess:
    """Return the recording loader with a mapper installed beside it."""
    installed = tmp_path / "installed"
    (installed / "one_stream_only-1.0.dist-info").mkdir(parents=True)
    (installed / "one_stream_only.py").write_text(MAPPER, encoding="utf-8")
    metadata = installed / "one_stream_only-1.0.dist-info"
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: one-stream-only\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[delivery.mappers]\nonly = one_stream_only:create\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(installed))
    settings = {"sink": {"path": str(tmp_path / "delivered")}, "mapper": {"name": "only"}}
    return LoaderProcess([sys.executable, str(TARGET)], tmp_path, settings)


def test_streams_that_a_mapper_refuses_end_the_run_with_its_own_line(loader: LoaderProcess) -> None:
    properties = {"id": {"type": "string"}}
    people = [schema_line("people", properties, ["id"]), record_line("people", {"id": "1"}), state_line({"n": 1})]
    assert loader.run(people).code == 0
    result = loader.run([*people, schema_line("persons", properties, ["id"]), state_line({"n": 2})])
    assert result.code == 1
    errors = [line for line in result.log.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert "the streams people and persons make the same people; select one of them" in errors[0]
    assert "Traceback" not in result.log
    assert {"n": 2} not in result.states
