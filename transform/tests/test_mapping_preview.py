"""The preview shows what a run would send, and why."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.preview import reasons
from mapper_commercetools.preview.command import preview_command
from mapper_commercetools.preview.previewer import Previewer
from mapper_commercetools.preview.source import SourceError, SourceRecord, SourceSchema, is_called, read_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

Record = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}, "lastModifiedAt": {"type": "string"}}}


def singer(*messages: tuple[str, str, Record]) -> str:
    lines = []
    for kind, stream, content in messages:
        message = {"type": kind, "stream": stream, kind.lower(): content, "key_properties": ["id"]}
        lines.append(json.dumps(message) + "\n")
    return "".join(lines)


def run(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(preview_command, list(arguments), input=text)


def shown(text: str, *arguments: str) -> list[Record]:
    result = run(text, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def settings_file(tmp_path: Path) -> Callable[[object, str], str]:
    """Write a file of settings and return its path."""

    def write(config: object, name: str) -> str:
        path = tmp_path / name
        path.write_text(json.dumps(config), encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize("stream", ["customers", "orders", "products"])
def test_what_is_shown_is_what_the_mapper_sends(destination: str, stream: str, request: pytest.FixtureRequest) -> None:
    record = request.getfixturevalue(stream.removesuffix("s"))
    outcomes = create_record_mapper({}, destination, at=NOW).map_record(stream, record)
    preview = Previewer({}, destination, at=NOW).preview(stream, record)
    assert [(one.stream, one.record) for one in outcomes] == [
        (sent.stream, sent.record) for outcome in preview.outcomes for sent in outcome.sent
    ]


def test_both_destinations_are_shown_for_a_plain_record(order: Record) -> None:
    (preview,) = shown(json.dumps(order, indent=2), "--stream", "orders")
    assert (preview["stream"], preview["id"]) == ("orders", order["id"])
    sent = {
        destination["destination"]: [one["stream"] for outcome in destination["outcomes"] for one in outcome["sent"]]
        for destination in preview["destinations"]
    }
    assert sent == {"dotdigital": ["contacts", "orders"], "iterable": ["purchases"]}


def test_amounts_are_shown_as_they_are_sent(order: Record) -> None:
    result = run(json.dumps(order), "--stream", "orders", "--destination", "dotdigital")
    assert '"order_total": 95.90' in result.stdout
    assert '"order_total":95.90' in run(json.dumps(order), "--stream", "orders", "--format", "json").stdout


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("YES", "consent: yes, because custom.fields.NEWSLETTER_SUBSCRIBE holds one of consent.email.yes_values; all"),
        ("NO", "consent: no, because custom.fields.NEWSLETTER_SUBSCRIBE holds one of consent.email.no_values"),
        ("yes", "consent: unknown, because custom.fields.NEWSLETTER_SUBSCRIBE is absent or holds none"),
        (None, "consent: unknown, because custom.fields.NEWSLETTER_SUBSCRIBE is absent or holds none"),
    ],
)
def test_the_consent_that_applied_is_explained(customer: Record, value: str | None, text: str) -> None:
    customer["custom"]["fields"]["NEWSLETTER_SUBSCRIBE"] = value
    (why,) = Previewer({}, "dotdigital").preview("customers", customer).why
    assert why.startswith(text)


def test_missing_evidence_is_named_by_its_path(customer: Record) -> None:
    del customer["custom"]["fields"]["newsletterConsentIp"]
    (why,) = Previewer({}, "dotdigital").preview("customers", customer).why
    assert why.endswith("; no evidence in custom.fields.newsletterConsentIp")


def money(units: int, currency: str = "EUR") -> Record:
    return {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": 2}


def test_the_price_that_was_chosen_is_explained_for_each_variant() -> None:
    prices = [
        {"value": money(9900, "USD")},
        {"value": money(9500)},
        {"value": money(9000), "country": "DE", "discounted": {"value": money(7500)}},
    ]
    current = {"name": {"en": "Shoe"}, "masterVariant": {"id": 1, "prices": prices}, "variants": [{"id": 2}]}
    product = {"id": "p-1", "masterData": {"published": True, "current": current}}
    preview = Previewer({"currency": "EUR", "country": "DE"}, "iterable", at=NOW).preview("products", product)
    wanted = "currency EUR, country DE, at 2026-11-21T12:00:00+00:00"
    chosen = f"90.00 EUR, discounted 75.00 EUR, the most specific of 2 that fit {wanted}, of 3 in all (country DE)"
    assert preview.why == (f"price of variant 1: {chosen}", f"price of variant 2: none of 0 fits {wanted}")


def test_the_market_that_a_record_belongs_to_is_told(customer: Record, order: Record) -> None:
    markets = {"markets": [{"key": "everywhere", "default": True}]}
    for stream, record in (("customers", customer), ("orders", order)):
        assert "market: everywhere" in Previewer(markets, "iterable").preview(stream, record).why
        assert not any(why.startswith("market") for why in Previewer({}, "iterable").preview(stream, record).why)


def test_what_is_skipped_or_rejected_is_shown_with_its_reason(customer: Record) -> None:
    del customer["email"]
    (outcome,) = Previewer({}, "dotdigital").preview("customers", customer).outcomes
    assert (outcome.outcome, outcome.sent) == ("skipped", ())
    assert outcome.reason == "email: missing, and contacts are identified by it"
    (outcome,) = Previewer({}, "dotdigital").preview("orders", {"id": "1"}).outcomes
    assert (outcome.outcome, outcome.reason) == ("rejected", "totalPrice: missing")
    result = run(json.dumps({"id": "1"}), "--stream", "orders")
    assert "    orders: rejected, totalPrice: missing\n" in result.stdout


def test_what_stream_maps_do_is_shown(customer: Record, order: Record) -> None:
    stream_maps = {
        "users": {"__filter__": "dataFields.get('country') == 'FR'"},
        "purchases": {"__alias__": "bought", "orderNumber": "str(dataFields['orderNumber'])", "user": "__NULL__"},
    }
    previewer = Previewer({"stream_maps": stream_maps, "destination": "iterable"}, "iterable")
    (outcome,) = previewer.preview("customers", customer).outcomes
    assert (outcome.outcome, outcome.reason) == ("filtered", "stream_maps leave it out of users")
    (outcome,) = previewer.preview("orders", order).outcomes
    assert outcome.sent[0].stream == "bought"
    assert outcome.sent[0].record["orderNumber"] == "DE-2026-004217"
    (change,) = outcome.stream_maps
    assert change.startswith("stream_maps.bought: sent as bought; added orderNumber; removed ")
    # The settings are the caller's: asked again, they do the same.
    (again,) = Previewer({"stream_maps": stream_maps}, "iterable").preview("orders", order).outcomes
    assert again == outcome


def test_a_stream_map_that_cannot_be_used_is_named_without_its_expression(
    settings_file: Callable[[object, str], str], order: Record
) -> None:
    config = settings_file({"destination": "iterable", "stream_maps": {"purchases": {"x": "1 + 'a-secret"}}}, "m.json")
    result = run(json.dumps(order), "--stream", "orders", "--config", config)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "stream_maps: those for the stream purchases cannot be used" in line
    assert "a-secret" not in result.output


@pytest.mark.parametrize("expression", ["dataFields['nothing']['at all']", "nonsense(1)"])
def test_a_record_on_which_a_stream_map_fails_is_shown_as_rejected_as_in_a_run(
    customer: Record, order: Record, expression: str
) -> None:
    stream_maps = {"purchases": {"x": expression}, "users": {"x": expression}}
    previewer = Previewer({"stream_maps": stream_maps}, "iterable")
    (outcome,) = previewer.preview("orders", order).outcomes
    assert (outcome.outcome, outcome.sent) == ("rejected", ())
    assert (outcome.reason or "").startswith("an expression in stream_maps.purchases failed (")
    customer["custom"]["fields"]["NEWSLETTER_SUBSCRIBE"] = "NO"
    (outcome,) = previewer.preview("customers", customer).outcomes
    assert outcome.outcome == "rejected"
    assert [one.record["dataFields"] for one in outcome.sent] == [{"newsletterOptIn": False}]


def test_what_a_rejected_customer_says_no_to_is_shown(customer: Record) -> None:
    customer["custom"]["fields"] |= {"NEWSLETTER_SUBSCRIBE": "NO", "loyalty_tier": "gold"}
    text = json.dumps(customer)
    shown_text = run(text, "--stream", "customers", "--destination", "dotdigital").stdout
    assert "setting custom_fields.customers.fields; its opt-out is carried out:\n    contacts: sent\n" in shown_text
    assert '"status": "unsubscribed"' in shown_text
    (preview,) = shown(text, "--stream", "customers", "--destination", "iterable")
    (user,) = preview["destinations"][0]["outcomes"]
    assert user["outcome"] == "rejected"
    assert [one["record"]["consentFields"] for one in user["sent"]] == [["newsletterOptIn"]]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_record_that_cannot_be_shown_does_not_keep_the_next_from_being_shown(order: Record, form: str) -> None:
    foreign: tuple[str, str, Record] = ("SCHEMA", "others", {"properties": {"key": {}}})
    lines = singer(foreign, ("RECORD", "others", {"key": float("nan"), "id": "\ud83d"}), ("RECORD", "orders", order))
    result = run(lines, "--destination", "iterable", "--format", form)
    assert result.exit_code == 0, result.output
    assert "cannot be shown (TypeError)" in result.stdout
    assert "purchases" in result.stdout


def test_why_cannot_be_told_stops_no_preview(customer: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> NoReturn:
        raise KeyError

    monkeypatch.setattr(reasons, "people_reasons", broken)
    preview = Previewer({}, "iterable").preview("customers", customer)
    assert preview.why == ("the rest cannot be told: unexpected KeyError while the rules were asked",)


def test_a_stream_of_others_is_shown_as_it_is() -> None:
    foreign = singer(("SCHEMA", "orders", {"properties": {"key": {}}}), ("RECORD", "orders", {"key": "1"}))
    (preview,) = shown(foreign, "--destination", "iterable")
    (outcome,) = preview["destinations"][0]["outcomes"]
    assert (outcome["outcome"], outcome["sent"]) == ("passed", [{"stream": "orders", "record": {"key": "1"}}])


@pytest.mark.parametrize("name", ["order", "DE-2026-004217", "de-2026-004217 "])
def test_one_record_is_found_in_a_tap_s_output(customer: Record, order: Record, name: str) -> None:
    text = singer(
        ("SCHEMA", "customers", SCHEMA),
        ("RECORD", "customers", customer),
        ("SCHEMA", "orders", SCHEMA),
        ("RECORD", "orders", {**order, "id": "another", "orderNumber": None}),
        ("RECORD", "orders", order),
        ("STATE", "", {}),
    )
    previews = shown(text, "--id", order["id"] if name == "order" else name)
    assert [(preview["stream"], preview["id"]) for preview in previews] == [("orders", order["id"])]
    assert [preview["stream"] for preview in shown(text, "--stream", "customers")] == ["customers"]


def test_types_that_the_tap_s_schema_gives_are_used(customer: Record) -> None:
    previewer = Previewer(
        {"stream_maps": {"contacts": {"__else__": None, "email": "identifiers['email']"}}}, "dotdigital"
    )
    previewer.announce("customers", SCHEMA, ["id"])
    (outcome,) = previewer.preview("customers", customer).outcomes
    assert outcome.sent[0].record == {"email": "ada.kern@shop.example"}


def test_a_customer_s_summary_is_found_by_the_customer_s_id() -> None:
    assert is_called({"id": "customer/0B9D"}, "0b9d")
    assert is_called({"id": "1", "email": "Ada@Shop.example"}, "ada@shop.example")
    assert not is_called({"id": "customer/0b9d0"}, "0b9d")
    assert not is_called({"id": "1", "key": None}, "none")


def test_settings_of_each_destination_can_come_in_a_file_of_their_own(
    settings_file: Callable[[object, str], str], order: Record
) -> None:
    iterable = settings_file({"destination": "iterable", "stream_maps": {"purchases": None}}, "iterable.json")
    dotdigital = settings_file({"destination": "dotdigital", "order_key": "id"}, "dotdigital.json")
    (preview,) = shown(json.dumps(order), "--stream", "orders", "--config", iterable, "--config", dotdigital)
    by_name = {destination["destination"]: destination["outcomes"] for destination in preview["destinations"]}
    assert by_name["iterable"][0]["outcome"] == "filtered"
    assert by_name["dotdigital"][1]["sent"][0]["record"]["key"] == order["id"]


@pytest.mark.parametrize(
    ("configs", "arguments", "text"),
    [
        ([{"curency": "EUR"}], [], "curency: unknown setting"),
        ([{"destination": "mailchimp"}], [], "destination: not known"),
        ([{}, {"destination": "iterable"}], [], "two files of settings are for iterable"),
        ([{"destination": "iterable"}], ["--destination", "dotdigital"], "no file of settings is for dotdigital"),
        ([["x"]], [], "not a JSON object with settings"),
        ([{"stream_maps": {"__else__": "x"}}], [], "__else__"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(
    settings_file: Callable[[object, str], str], configs: list[Record], arguments: list[str], text: str
) -> None:
    files = [settings_file(config, f"{number}.json") for number, config in enumerate(configs)]
    result = run("{}", "--stream", "orders", *arguments, *(part for file in files for part in ("--config", file)))
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert text in line


@pytest.mark.parametrize(
    ("lines", "arguments", "text"),
    [
        ("", [], "the input is empty"),
        ('{"email": "ada@shop.example"}', [], "name the stream of the record with --stream"),
        ("ada@shop.example", ["--stream", "orders"], "neither Singer messages nor one JSON document"),
        ('["ada@shop.example"]', ["--stream", "orders"], "neither Singer messages nor one JSON document"),
        ('{"type": "STATE"}\nada@shop.example', [], "line 2 of the input is not a Singer message"),
        ('{"type": "RECORD", "record": {"email": "ada@shop.example"}}', [], "line 1 of the input is a RECORD message"),
        ('{"type": "STATE"}\n', [], "none of the 0 records read"),
        ('{"id": "1"}', ["--stream", "orders", "--id", "2"], "none of the 1 records read"),
    ],
)
def test_wrong_input_is_told_in_one_line_that_shows_nothing_of_it(lines: str, arguments: list[str], text: str) -> None:
    result = run(lines, *arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert text in line
    assert "ada@" not in result.output


def test_a_query_result_of_the_platform_is_its_records(order: Record) -> None:
    result = {"limit": 20, "offset": 0, "count": 1, "results": [order]}
    (preview,) = shown(json.dumps(result), "--stream", "orders")
    assert preview["id"] == order["id"]


def test_control_characters_of_a_record_do_not_reach_the_terminal() -> None:
    result = run(json.dumps({"id": "\x1b[2J", "firstName": "\x1b]0;x"}), "--stream", "customers")
    assert "\x1b" not in result.stdout


_LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.decimals(-1000, 1000, places=2) | st.text()
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def _exact(value: object) -> object:
    return json.dumps(value, default=float, sort_keys=True)


@given(records=st.lists(st.dictionaries(st.text(), _JSON), min_size=1, max_size=3), cut=st.booleans())
def test_records_are_read_as_they_were_written_in_either_form(records: list[Record], cut: bool) -> None:  # noqa: FBT001
    plain = json.dumps(records, default=float, indent=1 if cut else None).splitlines(keepends=True)
    messages = [json.dumps({"type": "RECORD", "stream": "orders", "record": one}, default=float) for one in records]
    for found in (read_source(plain, "orders"), read_source(messages, None)):
        read = [item.record for item in found if isinstance(item, SourceRecord)]
        assert _exact(read) == _exact(records)


@given(text=st.text(max_size=40) | _JSON.map(lambda value: json.dumps(value, default=float)))
def test_any_input_is_read_or_refused_in_words(text: str) -> None:
    try:
        items = list(read_source(text.splitlines(keepends=True), "orders"))
    except SourceError:
        return
    assert all(isinstance(item, (SourceRecord, SourceSchema)) for item in items)


def test_decimals_stay_exact() -> None:
    (item,) = read_source(['{"id": "1", "amount": 0.1}'], "orders")
    assert isinstance(item, SourceRecord)
    assert item.record["amount"] == Decimal("0.1")
