"""The types of an Insight collection's properties: those of the stream's SCHEMA, whatever order its values come in."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from target_dotdigital.target import TargetDotdigital

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random

    from commerce_sandbox.testing import RunningSandbox

CREDENTIALS = {"username": "apiuser-sandbox@apiconnector.com", "password": "sandbox-password"}
AT_ONCE = {"insight_import_seconds": 0.0, "import_polls_until_done": 0}

dates = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z")
days = st.dates().map(lambda day: day.isoformat())
words = st.sampled_from(["hat", "2026-13-45", "12", "1e5", "-", "today"])
texts = words | days | dates
numbers = st.integers(-1000, 1000) | st.floats(-1000, 1000, allow_nan=False).map(lambda number: round(number, 2))
DATE = {"type": "string", "format": "date-time"}

# What a SCHEMA may say of a property, values it allows, and the column they shall make.
PROPERTIES: list[tuple[dict[str, Any], st.SearchStrategy[Any], Any]] = [
    ({"type": "string"}, texts, "STRING"),
    ({"type": ["null", "string"]}, texts | st.none(), "STRING"),
    (DATE, dates, "TIMESTAMP"),
    ({"anyOf": [DATE, {"type": "null"}]}, dates | st.none(), "TIMESTAMP"),
    ({"anyOf": [DATE, {"type": "string"}]}, texts, "STRING"),
    ({"type": "string", "format": "date"}, days, "TIMESTAMP"),
    ({"type": ["integer", "number", "null"]}, numbers | st.none(), "FLOAT"),
    ({"type": "boolean"}, st.booleans(), "BOOLEAN"),
    ({"type": ["integer", "string"]}, texts | st.integers(0, 99), "STRING"),
    ({"oneOf": [{"type": "boolean"}, {"type": "string"}]}, texts | st.booleans(), "STRING"),
    ({"type": "array", "items": {"type": "string"}}, st.lists(texts, max_size=3), ["STRING"]),
    ({"type": ["array", "null"], "items": {"type": "number"}}, st.lists(numbers, max_size=2) | st.none(), ["FLOAT"]),
    (
        {"type": "object", "properties": {"note": {"type": "string"}, "on": DATE}},
        st.fixed_dictionaries({}, optional={"note": texts, "on": dates}),
        {"note": "STRING", "on": "TIMESTAMP"},
    ),
    (
        {"type": "array", "items": {"type": "object", "properties": {"size": {"type": ["string", "number"]}}}},
        st.lists(st.fixed_dictionaries({"size": texts | numbers}), max_size=2),
        [{"size": "STRING"}],
    ),
]
NAMES = [f"p{number}" for number in range(len(PROPERTIES))]
SCHEMA = {"id": {"type": "string"}, **{name: schema for name, (schema, _, _) in zip(NAMES, PROPERTIES, strict=True)}}
WANTED = {"id": "STRING", **{name: column for name, (_, _, column) in zip(NAMES, PROPERTIES, strict=True)}}

documents = st.lists(
    st.fixed_dictionaries({}, optional={name: values for name, (_, values, _) in zip(NAMES, PROPERTIES, strict=True)}),
    min_size=2,
    max_size=5,
)


@dataclass(frozen=True)
class Account:
    """A sandbox account that the loader writes to from inside the test's process, which takes milliseconds."""

    sandbox: RunningSandbox
    folder: Path

    def empty(self) -> None:
        self.sandbox.control("POST", "/reset?service=dotdigital")
        self.sandbox.control("POST", "/dotdigital/settings", AT_ONCE)

    def load(self, records: Sequence[dict[str, Any]], rows: int) -> dict[str, Any]:
        """Load records of the stream `things`; return the outcomes of the run."""
        summary = self.folder / "summary.json"
        config = {
            **CREDENTIALS,
            "api_url": self.sandbox.service_url("dotdigital"),
            "poll_seconds": 0.005,
            "batch_size_rows": rows,
            "rejects_path": str(self.folder / "rejects"),
            "summary_path": str(summary),
            "max_rejects": 1000,
        }
        lines = [schema_line("things", SCHEMA, ["id"]), *(record_line("things", record) for record in records)]
        TargetDotdigital(config=config).listen(io.StringIO("".join(line + "\n" for line in lines)))
        counts: dict[str, Any] = json.loads(summary.read_text())["streams"]["things"]
        return counts

    def columns(self) -> dict[str, Any]:
        held = self.sandbox.snapshot("dotdigital", "collections")["collections"]["things"]
        return {column["name"]: shape(column) for column in held["schema"]}

    def records(self) -> dict[str, Any]:
        records = self.sandbox.snapshot("dotdigital", "collections")["collections"]["things"]["records"]
        return {key: record["json"] for key, record in records.items()}


def shape(column: dict[str, Any]) -> Any:  # noqa: ANN401 - a type, or types in a list or an object
    kind: Any = column["type"]
    if kind == "RECORD":
        kind = {field["name"]: shape(field) for field in column["fields"]}
    return [kind] if column["mode"] == "REPEATED" else kind


@pytest.fixture
def account(running: RunningSandbox, tmp_path: Path) -> Account:
    return Account(running, tmp_path)


def fits(found: Any, wanted: Any) -> bool:  # noqa: ANN401 - as above
    """Tell whether a column is the wanted one; an object need not have had all its properties."""
    if isinstance(wanted, list):
        return isinstance(found, list) and fits(found[0], wanted[0])
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(fits(found[name], wanted[name]) for name in found)
    return bool(found == wanted)


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents, st.randoms(use_true_random=False), st.sampled_from([1, 2, 1000]), st.booleans())
def test_the_same_stream_in_any_order_makes_the_same_types(
    account: Account,
    given_documents: list[dict[str, Any]],
    shuffle: Random,
    rows: int,
    in_two_runs: bool,  # noqa: FBT001
) -> None:
    records = [{"id": str(number), **document} for number, document in enumerate(given_documents)]
    account.empty()
    counts = account.load(records, rows)
    assert counts["delivered"] == len(records), counts
    columns, stored = account.columns(), account.records()
    for name, column in columns.items():
        assert fits(column, WANTED[name]), (name, column)

    shuffle.shuffle(records)
    account.empty()
    middle = len(records) // 2 if in_two_runs else 0
    for part in filter(None, (records[:middle], records[middle:])):
        counts = account.load(part, rows)
        assert counts["delivered"] == len(part), counts
    assert account.columns() == columns
    assert account.records() == stored


def test_a_text_that_looks_like_a_date_is_stored_as_it_is(account: Account) -> None:
    account.empty()
    assert account.load([{"id": "1", "p0": "2026-03-01"}], 1000)["delivered"] == 1
    assert account.columns()["p0"] == "STRING"
    assert account.records() == {"1": {"id": "1", "p0": "2026-03-01"}}


def test_making_sure_of_a_text_costs_one_import_more_and_only_the_first_time(account: Account) -> None:
    def imports() -> int:
        path = "insightData/v3/import$"
        return len(account.sandbox.requests(service="dotdigital", method="PUT", path=path))

    account.empty()
    for wanted in (2, 1):
        before = imports()
        account.load([{"id": str(number), "p0": "2026-03-01"} for number in range(10)], 1000)
        assert imports() - before == wanted


def test_a_record_refused_while_a_text_is_made_sure_of_is_rejected_alone(account: Account) -> None:
    account.empty()
    records: list[dict[str, Any]] = [
        {"id": "1", "p0": "2026-03-01", "p6": 1e16},
        {"id": "2", "p0": "2026-03-02"},
        {"id": "3", "p0": "plain"},
    ]
    counts = account.load(records, 1000)
    assert (counts["delivered"], counts["rejected"]) == (2, 1)
    assert account.columns()["p0"] == "STRING"
    assert sorted(account.records()) == ["2", "3"]
