"""The loader as a process: what goes in on standard input, what comes out, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from delivery.rejects_report import count_reasons, read_rejections
from delivery.testing import LoaderProcess, LoaderResult, record_line, schema_line, state_line

TARGET = Path(__file__).with_name("recording_target.py")


def schema(stream: str, **properties: Any) -> str:
    return schema_line(stream, {"id": {"type": "string"}, **properties}, ["id"])


def record(stream: str, identifier: str, **more: Any) -> str:
    return record_line(stream, {"id": identifier, **more})


def state(position: int) -> str:
    return state_line({"position": position})


class Loader(LoaderProcess):
    """The recording loader, and what it has delivered."""

    def __init__(self, folder: Path) -> None:
        super().__init__([sys.executable, str(TARGET)], folder, {"sink": {"path": str(folder / "delivered")}})

    def feed(self, *lines: str) -> LoaderResult:
        return self.run(lines)

    @property
    def delivered(self) -> list[tuple[str, dict[str, Any]]]:
        path = self.folder / "delivered"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(line.split(" ", 1)[0], json.loads(line.split(" ", 1)[1])) for line in lines]

    @property
    def delivered_ids(self) -> list[tuple[str, str]]:
        return [(stream, entry["id"]) for stream, entry in self.delivered]


def wait_for(path: Path) -> None:
    for _ in range(1500):
        if path.exists():
            return
        time.sleep(0.02)
    pytest.fail(f"{path.name} never appeared")


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    return Loader(tmp_path)


def test_everything_is_delivered_and_the_last_state_comes_out(loader: Loader) -> None:
    result = loader.feed(schema("people"), *(record("people", str(n)) for n in range(25)), state(25))
    assert result.code == 0
    assert result.states[-1] == {"position": 25}
    assert [identifier for _, identifier in loader.delivered_ids] == [str(n) for n in range(25)]
    assert result.counts("people") == (25, 25, 0, 0)


def test_rejected_records_are_kept_the_rest_is_delivered_and_the_run_fails(loader: Loader) -> None:
    lines = [schema("people"), record("people", "bad-1"), *(record("people", str(n)) for n in range(30)), state(31)]
    result = loader.feed(*lines)
    assert result.code == 1
    assert "1 records were rejected, more than max_rejects allows (0)" in result.log
    assert result.states[-1] == {"position": 31}
    assert len(loader.delivered_ids) == 30
    assert result.rejects[1]["record"] == {"id": "bad-1"}
    assert result.rejects[1]["rejected"]["reason"] == "is bad"
    assert result.summary["streams"]["people"]["rejected"] == 1


def test_rejects_within_the_limit_are_no_failure(loader: Loader) -> None:
    loader.settings["max_rejects"] = 1
    assert loader.feed(schema("people"), record("people", "bad-1"), state(1)).code == 0


def test_the_rejects_file_can_be_fed_in_again(loader: Loader, tmp_path: Path) -> None:
    first = loader.feed(schema("people"), record("people", "1", amount="not a number"))
    assert first.code == 1
    mended = [
        line | ({"record": {"id": "1", "amount": 12.5}} if line["type"] == "RECORD" else {}) for line in first.rejects
    ]
    (tmp_path / "replay").mkdir()
    second = Loader(tmp_path / "replay")
    assert second.run(json.dumps(line) for line in mended).code == 0
    assert second.delivered == [("people", {"id": "1", "amount": 12.5})]


def test_people_are_delivered_before_what_mentions_them(loader: Loader) -> None:
    loader.settings["sink"] |= {"batch": 3, "seconds": 0.02}
    lines = [schema("people"), schema("facts")]
    for number in range(20):
        lines += [record("people", f"p{number}"), record("facts", f"p{number}")]
    loader.feed(*lines)
    order = {entry: place for place, entry in enumerate(loader.delivered_ids)}
    assert len(order) == 40
    assert all(order["people", f"p{number}"] < order["facts", f"p{number}"] for number in range(20))


def test_one_persons_records_keep_their_order(loader: Loader) -> None:
    result = loader.feed(schema("people"), *(record("people", "same", amount=n) for n in range(5)))
    amounts = [
        json.loads(line.split(" ", 1)[1])["amount"] for line in (loader.folder / "delivered").read_text().splitlines()
    ]
    assert amounts == [0, 1, 2, 3, 4]
    assert result.summary["streams"]["people"]["delivered"] == 5


def test_merged_records_share_their_outcome(loader: Loader) -> None:
    loader.settings["sink"]["merging"] = True
    result = loader.feed(schema("people"), record("people", "same", amount=1), record("people", "same", amount=2))
    assert loader.delivered_ids == [("people", "same")]
    assert result.summary["streams"]["people"]["delivered"] == 2


def test_amounts_arrive_exactly(loader: Loader) -> None:
    line = '{"type":"RECORD","stream":"people","record":{"id":"1","amount":12345678901234567.10}}'
    loader.feed(schema("people"), line)
    assert "12345678901234567.10" in (loader.folder / "delivered").read_text()


def test_filtered_records_are_skipped_with_the_reason(loader: Loader) -> None:
    loader.settings["stream_maps"] = {"people": {"__filter__": "id != 'x'"}}
    result = loader.feed(schema("people"), record("people", "x"), record("people", "y"))
    assert result.counts("people") == (2, 1, 0, 1)
    assert result.reasons("people", "skipped") == {"filtered by stream_maps.people": 1}


def test_a_failing_expression_rejects_one_record_without_showing_it(loader: Loader) -> None:
    loader.settings["stream_maps"] = {"people": {"initial": "name[0]"}}
    result = loader.feed(
        schema("people", name={"type": "string"}), record("people", "1", name=""), record("people", "2", name="Ana")
    )
    assert result.counts("people") == (2, 1, 1, 0)
    assert "Ana" not in result.log


def test_a_record_without_its_key_is_rejected_alone(loader: Loader) -> None:
    line = '{"type":"RECORD","stream":"people","record":{"amount":1}}'
    result = loader.feed(schema("people"), line, record("people", "2"))
    assert result.code == 1
    assert loader.delivered_ids == [("people", "2")]
    assert result.summary["streams"]["people"]["reasons"]["rejected"] == {
        "lacks the key property that the stream's SCHEMA announces: id": 1
    }


def test_a_dry_run_sends_nothing_and_keeps_the_bookmark(loader: Loader) -> None:
    loader.settings["dry_run"] = True
    result = loader.feed(schema("people"), record("people", "1"), record("people", "2", amount="x"), state(2))
    assert loader.delivered_ids == []
    assert result.states == []
    assert result.counts("people") == (2, 0, 1, 1)


def test_a_fatal_refusal_ends_the_run_without_moving_past_it(loader: Loader) -> None:
    lines = [
        schema("people"),
        *(record("people", str(n)) for n in range(10)),
        state(10),
        record("people", "fatal"),
        state(11),
    ]
    result = loader.feed(*lines, *(record("people", f"after-{n}") for n in range(500)), state(511))
    assert result.code == 1
    assert result.log.strip().splitlines()[-1].endswith("the service refuses the credentials")
    assert all(emitted["position"] <= 10 for emitted in result.states)
    assert result.summary["complete"] is False


def test_an_end_signal_lets_the_request_finish_and_no_state_runs_ahead(loader: Loader) -> None:
    loader.settings["sink"] |= {"batch": 2, "seconds": 2.0}
    process = loader.start()
    assert process.stdin is not None
    lines = [schema("people"), record("people", "1"), record("people", "2"), state(2), record("people", "3"), state(3)]
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.flush()
    wait_for(loader.folder / "delivered.begun")
    time.sleep(0.5)  # for the reader to come to the state behind the batch that is being sent
    process.send_signal(signal.SIGTERM)
    result = loader.finish(process)
    assert result.code == 128 + signal.SIGTERM
    assert "stopped before the end of the input" in result.log
    assert [identifier for _, identifier in loader.delivered_ids] == ["1", "2"]
    assert result.states == [{"position": 2}]


def test_an_end_signal_after_the_input_has_ended_is_no_success(loader: Loader) -> None:
    loader.settings["sink"] |= {"batch": 1, "seconds": 0.5}
    process = loader.start()
    assert process.stdin is not None
    lines = [schema("people"), *(record("people", str(number)) for number in range(2)), state(2)]
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.close()
    process.stdin = None
    wait_for(loader.folder / "delivered.begun")
    process.send_signal(signal.SIGTERM)
    result = loader.finish(process)
    assert result.code == 128 + signal.SIGTERM
    assert result.states == []
    assert len(loader.delivered) < 2
    assert result.summary["complete"] is False


def test_killed_and_run_again_ends_in_the_same_data(loader: Loader) -> None:
    loader.settings["sink"] |= {"batch": 5, "seconds": 0.05}
    lines = [schema("people")]
    for number in range(200):
        lines += [record("people", str(number)), state(number)]
    text = "".join(line + "\n" for line in lines)
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()
    wait_for(loader.folder / "delivered")
    process.kill()
    first = loader.finish(process)
    reached = first.states[-1]["position"] if first.states else -1
    assert reached < 199
    rest = [schema("people"), *(record("people", str(number)) for number in range(reached + 1, 200))]
    loader.feed(*rest)
    assert {identifier for _, identifier in loader.delivered_ids} == {str(number) for number in range(200)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong"}, "check the setting password"),
        ({"max_rejects": -1}, "max_rejects"),
        ({"max_reject": 5}, "unknown settings are not allowed: 'max_reject'"),
        ({"sink": None}, "sink"),
        ({"mapper": {"name": "nowhere"}}, "setting mapper.name: no mapper 'nowhere' is installed"),
    ],
)
def test_wrong_settings_are_one_line_that_names_them(loader: Loader, change: dict[str, Any], said: str) -> None:
    loader.settings |= change
    result = loader.feed(schema("people"))
    assert result.code == 1
    errors = [line for line in result.log.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert said in errors[0]
    assert "Traceback" not in result.log


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ana@example.org is not JSON", "line 2 of the input is not a Singer message"),
        ('{"stream": "people"}', "line 2 of the input is a Singer message without 'type'"),
        ('{"type": "RECORD", "stream": "people"}', "line 2 of the input is a Singer message without 'record'"),
        (record("strangers", "1"), "a record of stream 'strangers' came before its SCHEMA"),
        ('{"type": "SCHEMA", "stream": "x", "schema": {}}', "the SCHEMA of stream 'x' has no properties"),
        ('{"type": "BATCH", "stream": "people"}', "BATCH messages are not supported"),
    ],
)
def test_malformed_input_is_one_line_and_a_failure(loader: Loader, line: str, said: str) -> None:
    result = loader.feed(schema("people"), line)
    assert result.code == 1
    errors = [entry for entry in result.log.splitlines() if "ERROR" in entry]
    assert len(errors) == 1
    assert said in errors[0]
    assert "ana@" not in result.log
    assert "Traceback" not in result.log


def test_check_tells_whether_the_credentials_work(loader: Loader) -> None:
    result = loader.run([], "--check")
    assert (result.code, result.output) == (0, "target-recording: the credentials work\n")


HALF = '{"type":"RECORD","stream":"people","record":{"id":"half","name":"\\ud83d"}}'
HOSTILE = [
    '{"type":"RECORD","stream":"people","record":{"id":"nan","amount":NaN}}',
    '{"type":"RECORD","stream":"people","record":{"id":"infinity","amount":-Infinity}}',
    '{"type":"RECORD","stream":"people","record":{"id":"deep","amount":' + "[" * 5_000 + "]" * 5_000 + "}}",
    '{"type":"RECORD","stream":"people","record":{"id":"long","amount":' + "7" * 5_000 + "}}",
    '{"type":"RECORD","stream":"people","record":{"id":"power","amount":1e999999999}}',
    '{"type":"RECORD","stream":"people","record":{"id":{"an":"object"}}}',
    '{"type":"RECORD","stream":"people","record":["no","object"]}',
    '{"type":"RECORD","stream":"people","record":null}',
]


def test_records_that_cannot_be_read_are_rejected_alone_and_can_be_replayed(loader: Loader, tmp_path: Path) -> None:
    result = loader.feed(
        schema("people"), record("people", "first"), *HOSTILE, HALF, record("people", "last"), state(9)
    )
    assert result.code == 1
    assert result.counts("people") == (11, 3, 8, 0)
    assert loader.delivered_ids == [("people", "first"), ("people", "half"), ("people", "last")]
    assert dict(loader.delivered[1][1]) == {"id": "half", "name": "\ufffd"}
    assert result.states[-1] == {"position": 9}
    assert result.reasons("people", "noticed") == {
        "half surrogate pairs, which are no characters, were replaced by U+FFFD": 1
    }
    reasons = result.reasons("people")
    assert reasons["cannot be read: record.amount: NaN, which is no number in JSON"] == 1
    assert reasons["cannot be read: record.amount: a number of more than 400 digits"] == 2
    assert reasons["the record is no JSON object"] == 2
    assert "Traceback" not in result.log
    assert [line for line in result.kept if '"nan","amount":NaN' in line and '"rejected":{' in line]
    assert len(result.kept) == 1 + 8
    (tmp_path / "replay").mkdir()
    again = Loader(tmp_path / "replay").feed(*result.kept)
    assert again.counts("people") == (8, 0, 8, 0)
    (rejects,) = (loader.folder / "rejects").iterdir()
    counted = count_reasons(read_rejections(rejects))
    assert counted["people", "cannot be read: record.amount: NaN, which is no number in JSON"] == 1
    assert counted.total() == 8


def test_what_was_read_before_a_broken_line_is_delivered(loader: Loader) -> None:
    result = loader.feed(
        schema("people"), record("people", "1"), record("people", "2"), state(2), '{"type":"RECORD", "st'
    )
    assert result.code == 1
    assert result.counts("people") == (2, 2, 0, 0)
    assert result.states[-1] == {"position": 2}
    assert [line.split("| ")[-1][:40] for line in result.errors] == ["line 5 of the input is not a Singer mess"]


def test_files_of_a_run_are_for_their_owner_only(loader: Loader) -> None:
    loader.settings["summary_path"] = str(loader.folder / "new" / "summary.json")
    loader.settings["rejects_path"] = str(loader.folder / "kept" / "rejects")
    loader.feed(schema("people"), record("people", "bad-1"))
    paths = [*(loader.folder / "new").rglob("*"), *(loader.folder / "kept").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    folders = [loader.folder / "new", loader.folder / "kept", *(path for path in paths if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


def test_a_folder_that_rejects_cannot_be_kept_in_is_found_before_anything_is_sent(loader: Loader) -> None:
    (loader.folder / "file").touch()
    loader.settings["rejects_path"] = str(loader.folder / "file")
    for result in (loader.feed(schema("people"), record("people", "1")), loader.run([], "--check")):
        assert result.code == 1
        assert [line for line in result.errors if "setting rejects_path" in line] == result.errors
        assert len(result.errors) == 1
    assert loader.delivered == []


def test_rejects_that_can_no_longer_be_kept_end_the_run_in_one_line(loader: Loader) -> None:
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("\n".join([schema("people"), *(record("people", str(n)) for n in range(10)), ""]))
    process.stdin.flush()
    wait_for(loader.folder / "delivered.begun")
    (loader.folder / "rejects").write_text("somebody has put a file here")
    result = loader.finish(process, "\n".join([record("people", "bad-1"), state(1), ""]))
    assert result.code == 1
    assert result.states == []
    assert len(result.errors) == 1
    assert "rejected records cannot be kept in" in result.errors[0]
    assert "Traceback" not in result.log


def test_an_output_that_nobody_reads_any_more_ends_the_run_in_one_line(loader: Loader) -> None:
    process = loader.start()
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = Path(os.devnull).open()  # noqa: SIM115 - for `communicate`, which reads it
    result = loader.finish(process, "\n".join([schema("people"), record("people", "1"), state(1), ""]))
    assert result.code == 1
    assert len(result.errors) == 1
    assert "standard output is closed" in result.errors[0]
    assert "Traceback" not in result.log
    assert loader.delivered_ids == [("people", "1")]


@pytest.mark.parametrize("content", ['{"password": "s3cret"', '["s3cret"]', "s3cret"])
def test_a_file_of_settings_that_is_none_is_one_line_that_shows_nothing_of_it(loader: Loader, content: str) -> None:
    (loader.folder / "wrong.json").write_text(content)
    result = loader.run([], "--config", str(loader.folder / "wrong.json"))
    assert result.code == 1
    assert len(result.errors) == 1
    assert "the file given with --config" in result.errors[0]
    assert "s3cret" not in result.log
    assert "Traceback" not in result.log
