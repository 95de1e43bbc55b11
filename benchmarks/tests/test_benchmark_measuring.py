from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from measuring import Measure, alternated, measure
from report import Table, write_results

if TYPE_CHECKING:
    from pathlib import Path


def test_the_peak_is_that_of_the_command_alone_however_large_the_process_that_asks() -> None:
    ballast = bytearray(150_000_000)
    small = measure([sys.executable, "-I", "-S", "-c", "pass"])
    large = measure([sys.executable, "-I", "-S", "-c", "held = bytearray(b'x' * 80_000_000)"])
    assert len(ballast) > 1024 * 1024 * small.peak_megabytes
    assert small.peak_megabytes < 60
    assert large.peak_megabytes > 76


def test_time_is_told_as_wall_and_as_processor_time() -> None:
    idle = measure([sys.executable, "-c", "import time; time.sleep(0.3)"])
    busy = measure([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"])
    assert idle.seconds >= 0.3 > idle.cpu_seconds
    assert busy.cpu_seconds >= 0.3


def test_input_and_output_of_a_command_are_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("words")
    measure(["cat"], given=tmp_path / "in", output=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "words"


def test_a_command_that_fails_ends_the_benchmark_with_its_last_words() -> None:
    with pytest.raises(SystemExit, match=r"(?s)ended with 3:.*no such shop"):
        measure([sys.executable, "-c", "import sys; print('no such shop', file=sys.stderr); sys.exit(3)"])


def test_runs_alternate_and_their_medians_count() -> None:
    order: list[str] = []
    seconds = iter([9.0, 1.0, 2.0, 2.0, 3.0, 8.0])

    def run(name: str) -> Measure:
        order.append(name)
        return Measure(next(seconds), 0, 0)

    found = alternated({"one": lambda: run("one"), "other": lambda: run("other")}, 3)
    assert order == ["one", "other"] * 3
    assert (found["one"].seconds, found["other"].seconds) == (3.0, 2.0)


def test_results_of_one_subject_replace_its_own_only(tmp_path: Path) -> None:
    path = tmp_path / "results.md"

    def put(subject: str, figure: str) -> None:
        write_results(path, subject, [Table("Speed", ("", "rows/s"), [["it", figure]], "A note.")], ["tap", "loaders"])

    put("loaders", "111")
    put("tap", "222")
    before = path.read_text(encoding="utf-8")
    put("tap", "333")
    assert path.read_text(encoding="utf-8") == before.replace("222", "333")
    assert before.index("## tap") < before.index("## loaders")
    assert "| it | 111 |" in before
    assert "**Speed**" in before
    assert "A note." in before
