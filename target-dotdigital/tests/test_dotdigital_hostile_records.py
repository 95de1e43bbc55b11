"""Records with anything in them: each is ready to be sent or rejected with a reason, and no reason shows a value."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from delivery.outcome import Outcome, OutcomeKind
from delivery.redaction import Redaction
from delivery.testing import record_line, schema_line
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from in_process_loader import OpenTarget, run
from target_dotdigital.answers import TOO_LONG, is_busy, without_values
from target_dotdigital.data_field_values import FieldType, ValueMismatch, fitted
from target_dotdigital.identifier_form import identifier_refusal
from target_dotdigital.insight_json import MOST_LEVELS, JsonRefused, cleaned_name, storable
from target_dotdigital.iso_time import parse_time
from target_dotdigital.region import is_vendors_host

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox
    from delivery.sink import Sink

VALUE = "the-value-7c1f"
NAMES = st.sampled_from(
    ["id", "name", "isOptedIn", "status", "email", "sms", "text", "a b", "größe", "", "SIZE", "size"]
)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([10**18, 2**63, -(2**64), 10**399]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.sampled_from([Decimal("1E+400"), Decimal("1E-400")]),
)
TEXTS = st.sampled_from([VALUE, "", " ", "2026-01-02", "false", "subscribed", "unsubscribed"])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANYTHING = st.recursive(
    SCALARS, lambda some: st.lists(some, max_size=3) | st.dictionaries(NAMES, some, max_size=3), max_leaves=8
)
MEMBERS: dict[str, dict[str, Any]] = {
    "contacts": {
        "matchIdentifier": "email",
        "identifiers": {"email": f"{VALUE}@example.org"},
        "dataFields": {"FIRSTNAME": VALUE, "POINTS": 1, "NEWS": False},
        "consentFields": ["NEWS"],
        "lists": ["VIP", 1],
        "preferences": [{"name": "Sale", "isOptedIn": False}],
        "consentRecords": [{"text": VALUE}],
        "channelProperties": {"email": {"status": "unsubscribed"}},
        "consentedAt": "2026-01-01T00:00:00Z",
    },
    "orders": {
        "key": "O-1",
        "contactIdentity": {"identifier": "email", "value": f"{VALUE}@example.org"},
        "json": {"id": VALUE, "order_total": 1},
    },
    "cart_insight": {
        "key": "C-1",
        "contactIdentity": {"identifier": "email", "value": f"{VALUE}@example.org"},
        "json": {"cartPhase": "OPEN", "modifiedDate": "2026-01-01T00:00:00Z", "lineItems": [{}]},
    },
    "catalog": {"key": "p-1", "json": {"id": VALUE}, "collectionName": "catalog_de"},
    "program_enrolments": {"program": 1, "email": f"{VALUE}@example.org", "key": VALUE},
    "deleted_contacts": {"email": f"{VALUE}@example.org", "forget": True},
    "visits": {"id": 1, "page": VALUE},
}


def spoilt(stream: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return records of a stream in which anything may stand in the place of anything."""
    right = MEMBERS[stream]
    return st.fixed_dictionaries({}, optional={name: st.just(value) | ANYTHING for name, value in right.items()})


@pytest.fixture(scope="module")
def sink_of(running: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Sink]:
    running.control("POST", "/reset?service=dotdigital")
    running.clear_faults()
    folder = tmp_path_factory.mktemp("hostile")
    target = OpenTarget(
        config={
            "username": "apiuser-sandbox@apiconnector.com",
            "password": "sandbox-password",
            "api_url": running.service_url("dotdigital"),
            "rejects_path": str(folder),
            "erased_people_path": str(folder / "erased"),
            "cart_insight_program": "Abandoned cart",
            "field_ownership": {"POINTS": "first_write"},
        }
    )
    sinks: dict[str, Sink] = {}

    def sink(stream: str) -> Sink:
        if stream not in sinks:
            sinks[stream] = target.make_sink(stream)
            sinks[stream].describe({"properties": {}}, ["id", "page"])
        return sinks[stream]

    return sink


@pytest.mark.parametrize("stream", MEMBERS)
@given(data=st.data())
@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_is_ready_or_rejected_with_a_reason_that_shows_nothing(
    sink_of: Callable[[str], Sink], stream: str, data: st.DataObject
) -> None:
    sink, record = sink_of(stream), data.draw(spoilt(stream))
    prepared = sink.prepare(record)
    if isinstance(prepared, Outcome):
        assert prepared.reason
        assert VALUE not in prepared.reason
        return
    kept = sink.retained(prepared)
    msgspec.json.decode(sink.element(prepared))
    sink.identify(prepared)
    sink.merge(kept, kept)


@pytest.mark.parametrize("stream", ["contacts", "deleted_contacts"])
@given(data=st.data())
@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_noes_of_any_record_are_a_record_that_can_be_sent_and_says_the_same_noes(
    sink_of: Callable[[str], Sink], stream: str, data: st.DataObject
) -> None:
    sink = sink_of(stream)
    opt_out = sink.opt_out(data.draw(spoilt(stream)))
    if opt_out is None:
        return
    prepared = sink.prepare(opt_out)
    assert not isinstance(prepared, Outcome) or prepared.reason.startswith("is about a person who was deleted"), (
        prepared
    )
    assert sink.opt_out(opt_out) == opt_out


@pytest.mark.parametrize("key", [{}, {"a": 1}, [], [1], None, "", True, 2**63], ids=repr)
def test_a_key_that_is_no_text_or_number_rejects_its_record_alone(
    settings: dict[str, Any], tmp_path: Path, key: object
) -> None:
    lines = [schema_line("visits", {}, ["id"])]
    lines += [record_line("visits", {"id": identifier, "page": "p"}) for identifier in (1, key, 2)]
    ended = run(settings, tmp_path, lines)
    assert ended.error is None
    assert ended.delivered == {"visits": 2}
    (reason,) = ended.reasons
    assert "id" in reason


ODD_VALUES = [".", "..", " .. ", "a\nb", "\x00", "a\u2028b", "   ", "x" * 257]
NO_ADDRESSES = ["a\nb@shop.example", "a b@shop.example", "a@b@shop.example", "@shop.example", "ann@", "ann", "ann@b\n"]


def naming(stream: str, name: str, value: str) -> dict[str, Any]:
    """Return a record of a stream that names its contact by one identifier."""
    if stream == "contacts":
        said = {"channelProperties": {"email": {"status": "unsubscribed"}}}
        return {"matchIdentifier": name, "identifiers": {name: value}, **said}
    if stream in {"orders", "cart_insight"}:
        return {**MEMBERS[stream], "contactIdentity": {"identifier": name, "value": value}}
    return {"forget": True, name: value} if stream == "deleted_contacts" else {"program": "Welcome", name: value}


@pytest.mark.parametrize("stream", ["contacts", "orders", "cart_insight", "program_enrolments", "deleted_contacts"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("email", value) for value in [*ODD_VALUES, *NO_ADDRESSES]),
        *((name, value) for name in ("shop-id", "mobileNumber") for value in ODD_VALUES),
        *((name, VALUE) for name in ("..", ".", "a/b", "a b", "")),
    ],
    ids=repr,
)
def test_what_cannot_be_an_identifier_is_rejected_before_anybody_is_asked(
    sink_of: Callable[[str], Sink], stream: str, name: str, value: str
) -> None:
    sink, record = sink_of(stream), naming(stream, name, value)
    prepared = sink.prepare(record)
    assert isinstance(prepared, Outcome)
    assert prepared.kind is OutcomeKind.REJECTED
    assert value.strip() in {"", ".", ".."} or value not in prepared.reason
    assert not isinstance(sink.opt_out(record), dict) or value == "ann@b\n"


@pytest.mark.parametrize("deletes", [False, True])
@pytest.mark.parametrize("value", ["..", "a\nb@shop.example"])
def test_the_owner_of_a_deleted_insight_record_is_looked_at_too(
    sink_of: Callable[[str], Sink], value: str, *, deletes: bool
) -> None:
    record = {**naming("orders", "email", value), **({"json": None} if deletes else {})}
    assert isinstance(sink_of("orders").prepare(record), Outcome)


def test_the_no_of_an_address_with_white_space_around_it_is_carried_out(sink_of: Callable[[str], Sink]) -> None:
    sink = sink_of("contacts")
    record = naming("contacts", "email", " ann@shop.example\n")
    assert sink.opt_out(record) == naming("contacts", "email", "ann@shop.example")


@pytest.mark.parametrize("address", ["..", ".", "a\nb@shop.example"])
@pytest.mark.parametrize("stream", ["contacts", "orders", "program_enrolments", "deleted_contacts"])
def test_a_record_of_nobody_does_not_keep_the_others_back(
    settings: dict[str, Any], tmp_path: Path, stream: str, address: str
) -> None:
    lines = [schema_line("contacts", {}), record_line("contacts", naming("contacts", "email", "ann@shop.example"))]
    lines += [schema_line(stream, {}), record_line(stream, naming(stream, "email", address))]
    ended = run(settings, tmp_path, lines, erased_people_path=str(tmp_path / "erased"))
    assert ended.error is None
    assert ended.delivered["contacts"] == 1
    assert list(ended.rejected) == [stream]


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"a": 1}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**63, 10**4999, nested(5_000), [nested(MOST_LEVELS)]], ids=type
)
def test_json_that_cannot_be_stored_is_refused(value: object) -> None:
    with pytest.raises(JsonRefused):
        storable({"id": 1, "value": value})


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), 10**4999, Decimal("Infinity"), Decimal("1E+5000")], ids=type
)
@pytest.mark.parametrize("kind", FieldType)
def test_a_number_that_cannot_be_written_fits_no_field(value: object, kind: FieldType) -> None:
    assert not fits(value, kind)


def fits(value: object, kind: FieldType) -> bool:
    try:
        fitted(value, kind)
    except ValueMismatch:
        return False
    return True


REDACTION = Redaction(["s3cret"])
FOREIGN: dict[str, Callable[[str], object]] = {
    "an address": lambda text: identifier_refusal({"email": text}),
    "a number": lambda text: fits(text, FieldType.NUMERIC),
    "a date": parse_time,
    "what an answer quotes": lambda text: without_values(text, REDACTION),
    "words of the hourly limit": lambda text: is_busy(400, "", text),
    "a host": is_vendors_host,
    "the name of a property": cleaned_name,
}
PIECES = ["1", "'", "\"'", "excess ", "api exceed", "https://a.", " .", "ERROR_", "-", "2026-01-02T", "é"]


@pytest.mark.parametrize("reader", FOREIGN)
@pytest.mark.parametrize("piece", PIECES)
def test_the_time_to_read_foreign_text_grows_with_its_length_at_most(reader: str, piece: str) -> None:
    began = time.process_time()
    FOREIGN[reader](piece * 200_000 + "!")
    assert time.process_time() - began < 1.0


def test_a_long_text_of_the_service_is_not_shown_in_part() -> None:
    assert without_values("'Ann Lee' " * 2_000, REDACTION) == TOO_LONG
