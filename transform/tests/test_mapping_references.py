"""Types, product types and categories, kept for the records that refer to them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.categories import Category, category_path
from mapper_commercetools.engine import CommercetoolsRecordMapper, create_record_mapper
from mapper_commercetools.enum_labels import read_enum_fields, with_labels
from mapper_commercetools.preview.command import preview_command
from mapper_commercetools.product_attributes import read_attribute_types
from mapper_commercetools.references import References

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_commercetools.outcomes import MappedRecord

Record = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}
COMMAND = [sys.executable, "-c", "from mapper_commercetools.mapper import MapperCommercetools as M; M.cli()"]
KEPT = "kept as a reference for the streams that follow"
LABELS: Record = {"custom_fields": {"customers": {"enum_labels": True}, "orders": {"enum_labels": True}}}
PREFERENCES: Record = {
    "id": "t-1",
    "fieldDefinitions": [
        {
            "name": "tier",
            "type": {"name": "Enum", "values": [{"key": "g", "label": "Gold"}, {"key": "s", "label": " "}]},
        },
        {
            "name": "colour",
            "type": {
                "name": "LocalizedEnum",
                "values": [{"key": "grn", "label": {"de": "Grün", "en": "Green"}}, {"key": "blu", "label": {}}],
            },
        },
        {
            "name": "interests",
            "type": {
                "name": "Set",
                "elementType": {
                    "name": "Enum",
                    "values": [{"key": "t", "label": "Trail"}, {"key": "c", "label": "Climb"}],
                },
            },
        },
        {"name": "nick", "type": {"name": "String"}},
    ],
}


def mapper(destination: str = "iterable", **config: Any) -> CommercetoolsRecordMapper:
    return create_record_mapper(config, destination, at=NOW)


def customer(**fields: Any) -> Record:
    return {
        "id": "c-1",
        "email": "ada.kern@shop.example",
        "custom": {"type": {"typeId": "type", "id": "t-1"}, "fields": fields},
    }


def fields_of(outcome: MappedRecord) -> Record:
    assert outcome.record is not None, outcome.reason
    fields: Record = outcome.record["dataFields"]
    return fields


# Labels of enums


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize(("locale", "green"), [("de-AT", "Grün"), ("en", "Green"), ("fr", "Green"), (None, "Green")])
def test_enums_travel_as_labels_in_the_customer_s_language(destination: str, locale: str | None, green: str) -> None:
    run = mapper(
        destination,
        custom_fields={"customers": {"enum_labels": True, "fields": {"interests": {"name": "LIKES", "type": "list"}}}},
    )
    run.map_record("types", PREFERENCES)
    record = customer(tier="g", colour="grn", interests=["t", "c"], nick="g") | ({"locale": locale} if locale else {})
    fields = fields_of(run.map_record("customers", record)[0])
    likes = ["Climb", "Trail"] if destination == "iterable" else "Climb, Trail"
    shown = {name.lower(): value for name, value in fields.items()}
    assert (shown["tier"], shown["colour"], shown["likes"], shown["nick"]) == ("Gold", green, likes, "g")


def test_without_the_setting_keys_travel_whether_or_not_types_were_read() -> None:
    record = customer(tier="g", colour="grn")
    alone, after_types = mapper(), mapper()
    (outcome,) = after_types.map_record("types", PREFERENCES)
    assert (outcome.stream, outcome.outcome) == ("types", "skipped")
    assert alone.map_record("customers", record) == after_types.map_record("customers", record)
    assert fields_of(alone.map_record("customers", record)[0])["tier"] == "g"


def test_consent_is_read_by_the_key_whatever_its_label_says() -> None:
    values = [{"key": "YES", "label": "NO"}, {"key": "NO", "label": "YES"}]
    definition = {
        "id": "t-1",
        "fieldDefinitions": [{"name": "NEWSLETTER_SUBSCRIBE", "type": {"name": "Enum", "values": values}}],
    }
    for key, status in (("YES", "subscribed"), ("NO", "unsubscribed")):
        run = mapper("dotdigital", **LABELS)
        run.map_record("types", definition)
        (outcome, *_) = run.map_record("customers", customer(NEWSLETTER_SUBSCRIBE=key))
        assert outcome.record is not None
        assert outcome.record["channelProperties"]["email"]["status"] == status


def test_orders_have_labels_by_a_setting_of_their_own(order: Record) -> None:
    order["custom"] = {"type": {"id": "t-1"}, "fields": {"tier": "g"}}
    for destination in ("iterable", "dotdigital"):
        of_orders = mapper(destination, custom_fields={"orders": {"enum_labels": True}})
        of_orders.map_record("types", PREFERENCES)
        record = of_orders.map_record("orders", order)[-1].record
        assert record is not None
        assert (record["dataFields"] if destination == "iterable" else record["json"]["custom"])["tier"] == "Gold"
        (customer_record, *_) = of_orders.map_record("customers", customer(tier="g"))
        shown = {name.lower(): value for name, value in fields_of(customer_record).items()}
        assert shown["tier"] == "g"


def test_a_key_without_a_label_stays_as_it_is() -> None:
    run = mapper(**LABELS)
    run.map_record("types", PREFERENCES)
    fields = fields_of(run.map_record("customers", customer(tier="s", colour="blu", interests="unheard of"))[0])
    assert (fields["tier"], fields["colour"], fields["interests"]) == ("s", "blu", "unheard of")


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize("read_before", [[], [{"id": "another", "fieldDefinitions": []}]])
def test_a_type_that_was_not_read_rejects_its_record_instead_of_sending_keys(
    destination: str, read_before: list[Record]
) -> None:
    run = mapper(destination, **LABELS)
    for definition in read_before:
        run.map_record("types", definition)
    (outcome,) = run.map_record("customers", customer(tier="g"))
    assert outcome.outcome == "rejected"
    assert outcome.reason == (
        "custom.type: not among the types read before; setting custom_fields.customers.enum_labels needs the stream "
        "types whole in each run"
    )
    (without_fields, *_) = run.map_record("customers", {"id": "c-1", "email": "ada.kern@shop.example"})
    assert without_fields.outcome == "mapped"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["g", "s", "grn", "x", "", " "]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "label", "de"]), inner),
    max_leaves=6,
)
LOCALES = st.sampled_from(["de", "de-AT", "en", "fr"])
ENUM_LABELS = st.none() | st.text(max_size=3) | st.dictionaries(LOCALES, st.text(max_size=3) | st.none())


@given(
    fields=st.dictionaries(st.sampled_from(["tier", "colour", "nick"]), JSON_VALUES),
    enums=st.dictionaries(st.sampled_from(["tier", "colour"]), st.dictionaries(st.text(max_size=3), ENUM_LABELS)),
    locales=st.lists(LOCALES, min_size=1, max_size=3),
)
def test_labels_change_nothing_but_keys_that_have_one(
    fields: Record, enums: dict[str, Record], locales: list[str]
) -> None:
    before = json.dumps(fields)
    labelled = with_labels(fields, enums, tuple(locales))
    assert json.dumps(fields) == before, "the record is not ours to change"
    assert list(labelled) == list(fields)
    for name, value in fields.items():
        label = enums.get(name, {}).get(value) if isinstance(value, str) else None
        if isinstance(label, str) and label.strip():
            assert labelled[name] == label
        elif isinstance(label, dict) and any(isinstance(text, str) and text.strip() for text in label.values()):
            best = next((label[locale] for locale in locales if (label.get(locale) or "").strip()), None)
            assert labelled[name] in ([best] if best else list(label.values()))
        elif not isinstance(value, list) or name not in enums:
            assert labelled[name] == value


@given(JSON_VALUES.map(lambda value: {"id": "1", "fieldDefinitions": value, "attributes": value, "ancestors": value}))
def test_whatever_a_reference_holds_it_is_kept(record: Record) -> None:
    run = mapper(catalog={"category_paths": True, "attributes": {"size": {}}}, **LABELS)
    for stream in ("types", "product_types", "categories"):
        (outcome,) = run.map_record(stream, record)
        assert (outcome.stream, outcome.outcome, outcome.reason) == (stream, "skipped", KEPT)
        (outcome,) = run.map_record(stream, {**record, "id": None})
        assert (outcome.stream, outcome.outcome, outcome.reason) == (stream, "rejected", "id: missing")


def test_only_fields_with_keys_of_enums_are_kept() -> None:
    assert set(read_enum_fields(PREFERENCES)) == {"tier", "colour", "interests"}


# What a setting needs, and what does not go together


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize(
    ("config", "first", "stream", "setting"),
    [
        (
            {"custom_fields": {"customers": {"enum_labels": True}}},
            "types",
            "customers",
            "custom_fields.customers.enum_labels",
        ),
        ({"custom_fields": {"orders": {"enum_labels": True}}}, "types", "orders", "custom_fields.orders.enum_labels"),
        ({"catalog": {"category_paths": True}}, "categories", "products", "catalog.category_paths"),
        ({"catalog": {"category_paths": True}}, "categories", "product_offers", "catalog.category_paths"),
    ],
)
def test_a_setting_refuses_to_go_on_without_the_stream_that_it_needs(
    destination: str, config: Record, first: str, stream: str, setting: str
) -> None:
    text = re.escape(
        f"mapper.config.{setting}: needs the stream {first} before {stream}; select it in the tap, with "
        "replication-method FULL_TABLE"
    )
    with pytest.raises(ValueError, match=f"^{text}$"):
        mapper(destination, **config).map_schema(stream, SCHEMA, ["id"])
    in_order = mapper(destination, **config)
    assert in_order.map_schema(first, SCHEMA, ["id"]) == []
    assert in_order.map_schema(stream, SCHEMA, ["id"])
    assert mapper(destination).map_schema(stream, SCHEMA, ["id"])


@pytest.mark.parametrize("order", [("products", "product_offers"), ("product_offers", "products")])
def test_two_streams_that_make_the_catalogue_are_refused(order: tuple[str, str]) -> None:
    for destination in ("iterable", "dotdigital"):
        run = mapper(destination)
        assert run.map_schema(order[0], SCHEMA, ["id"])
        assert run.map_schema(order[0], SCHEMA, ["id"]), "a tap may announce a stream again"
        text = "^the streams products and product_offers both make the catalogue; select only one of them in the tap$"
        with pytest.raises(ValueError, match=text):
            run.map_schema(order[1], SCHEMA, ["id"])


# Categories


def category(identifier: str, name: Record, *ancestors: str) -> Record:
    return {"id": identifier, "name": name, "ancestors": [{"typeId": "category", "id": one} for one in ancestors]}


TREE = [
    category("men", {"en": "Men", "de": "Herren"}),
    category("shoes", {"en": "Shoes", "de": "Schuhe"}, "men"),
    category("trail", {"en": "Trail"}, "men", "shoes"),
    category("lost", {"en": "Lost"}, "men", "deleted"),
]


def in_categories(product: Record, *categories: Record) -> Record:
    product["masterData"]["current"]["categories"] = list(categories)
    return product


def test_entries_tell_categories_by_name_and_path_in_the_market_s_language(product: Record) -> None:
    in_categories(
        product, {"id": "trail"}, {"id": "lost"}, {"id": "gone"}, {"id": "new", "obj": {"name": {"en": "New"}}}
    )
    config: Record = {"catalog": {"category_paths": True}, "locales": ["de", "en"]}
    told = {}
    for destination in ("iterable", "dotdigital"):
        run = mapper(destination, **config)
        for one in TREE:
            run.map_record("categories", one)
        (outcome,) = run.map_record("products", product)
        assert outcome.record is not None
        told[destination] = outcome.record["value" if destination == "iterable" else "json"]
    paths = ["Herren > Schuhe > Trail", "Herren > Lost", "New"]
    assert told["iterable"]["categoryIds"] == ["trail", "lost", "gone", "new"]
    assert told["iterable"]["categories"] == ["Trail", "Lost", "New"]
    assert told["iterable"]["categoryPaths"] == paths
    named = [
        {"Id": "trail", "Name": "Trail"},
        {"Id": "lost", "Name": "Lost"},
        {"Id": "gone"},
        {"Id": "new", "Name": "New"},
    ]
    assert told["dotdigital"]["categories"] == named
    assert told["dotdigital"]["category_paths"] == paths


def test_without_the_setting_categories_are_told_as_before_even_if_their_stream_is_read(product: Record) -> None:
    in_categories(product, {"id": "trail"}, {"id": "new", "obj": {"name": {"en": "New"}}})
    run = mapper()
    (outcome,) = run.map_record("categories", TREE[0])
    assert outcome.reason == "no mapping for stream categories"
    (outcome,) = run.map_record("products", product)
    assert outcome.record is not None
    assert outcome.record["value"]["categories"] == ["New"]
    assert "categoryPaths" not in outcome.record["value"]


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_a_product_is_rejected_if_no_category_was_read_at_all(destination: str, product: Record) -> None:
    run = mapper(destination, catalog={"category_paths": True})
    (outcome,) = run.map_record("products", product)
    assert outcome.outcome == "rejected"
    assert outcome.reason == (
        "masterData.current.categories: no categories were read before it; setting catalog.category_paths needs the "
        "stream categories whole in each run"
    )
    assert run.map_record("products", in_categories(product))[0].outcome == "mapped"


IDS = st.sampled_from(["a", "b", "c", "d"])


@given(
    tree=st.dictionaries(
        IDS,
        st.builds(
            Category, st.dictionaries(LOCALES, st.sampled_from(["x", "y", ""])) | st.none(), st.lists(IDS).map(tuple)
        ),
    ),
    own=IDS,
)
def test_paths_never_loop_or_fail_whatever_the_tree(tree: dict[str, Category], own: str) -> None:
    for one in tree.values():
        path = category_path(one, tree, ("de", "en"))
        steps = path.split(" > ") if path else []
        assert len(steps) <= len(tree) + 1
        named = [
            ancestor
            for ancestor in dict.fromkeys(one.ancestors)
            if ancestor in tree and any((tree[ancestor].name or {}).values())
        ]
        assert len(steps) == len(named) + any((one.name or {}).values())
    current = {"categories": [{"id": own}]}
    product = {"id": "p-1", "masterData": {"published": True, "current": current}}
    run = mapper(catalog={"category_paths": True})
    run.references.categories.update(tree)
    (outcome,) = run.map_record("products", product)
    assert outcome.outcome == ("mapped" if tree else "rejected")


# Types of attributes

FOOTWEAR: Record = {
    "id": "pt-1",
    "attributes": [
        {"name": "weight", "type": {"name": "number"}},
        {"name": "deposit", "type": {"name": "money"}},
        {"name": "vegan", "type": {"name": "boolean"}},
        {"name": "fit", "type": {"name": "lenum"}},
        {"name": "madeOn", "type": {"name": "date"}},
        {"name": "tags", "type": {"name": "set", "elementType": {"name": "enum"}}},
        {"name": "dimensions", "type": {"name": "nested"}},
    ],
}
ATTRIBUTES: Record = {
    name: {} for name in ("weight", "deposit", "vegan", "fit", "madeOn", "tags", "dimensions", "other")
}


def announced(run: CommercetoolsRecordMapper) -> Record:
    (stream,) = run.map_schema("products", SCHEMA, ["id"]) or ()
    if stream.stream == "catalog_items":
        properties: Record = stream.schema["properties"]["value"]["properties"]
    else:
        properties = stream.schema["properties"]["json"]["properties"]["attributes"]["properties"]
    return {name: schema for name, schema in properties.items() if name in ATTRIBUTES or name == "length"}


def test_product_types_announce_the_types_of_attributes() -> None:
    text, number, flag = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
    expected: dict[str, Record] = {
        "iterable": {
            "weight": number,
            "deposit": number,
            "vegan": flag,
            "fit": text,
            "tags": {"type": "array", "items": {"type": "string", "description": "Item"}},
        },
        "dotdigital": {
            "weight": number,
            "deposit": number,
            "vegan": flag,
            "fit": text,
            "madeOn": {"type": "string", "format": "date-time"},
            "tags": text,
        },
    }
    for destination, types in expected.items():
        run = mapper(destination, catalog={"attributes": ATTRIBUTES})
        assert announced(run) == {}
        run.map_record("product_types", FOOTWEAR)
        assert announced(run) == {name: {**one, "description": f"Attribute {name}"} for name, one in types.items()}


def test_a_rule_s_own_type_and_name_come_first_and_disagreeing_product_types_announce_nothing() -> None:
    attributes = {**ATTRIBUTES, "weight": {"name": "length", "type": "string"}, "fit": None}
    run = mapper(catalog={"attributes": attributes})
    assert announced(run) == {"length": {"type": "string", "description": "Attribute weight"}}
    run.map_record("product_types", FOOTWEAR)
    run.map_record("product_types", {"id": "pt-2", "attributes": [{"name": "vegan", "type": {"name": "text"}}]})
    assert set(announced(run)) == {"length", "deposit", "tags"}
    assert announced(run)["length"]["type"] == "string"
    run.map_record("product_types", FOOTWEAR)
    assert set(announced(run)) == {"length", "deposit", "tags"}, "once they disagreed, nothing decides"


def test_what_is_announced_is_what_comes(product: Record) -> None:
    values = {
        "weight": 285,
        "deposit": {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 500, "fractionDigits": 2},
        "vegan": True,
        "fit": {"key": "w", "label": {"en": "Wide"}},
        "madeOn": "2026-01-02",
        "tags": [{"key": "n", "label": "New"}],
    }
    product["masterData"]["current"]["masterVariant"]["attributes"] = [
        {"name": name, "value": value} for name, value in values.items()
    ]
    python_types: dict[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,), "array": (list,)}
    for destination in ("iterable", "dotdigital"):
        run = mapper(destination, catalog={"attributes": ATTRIBUTES})
        run.map_record("product_types", FOOTWEAR)
        (outcome,) = run.map_record("products", product)
        assert outcome.record is not None
        held = outcome.record["value"] if destination == "iterable" else outcome.record["json"]["attributes"]
        alone = mapper(destination, catalog={"attributes": ATTRIBUTES}).map_record("products", product)
        assert alone == [outcome], "product types decide on columns, not on values"
        for name, schema in announced(run).items():
            assert schema["type"] == "number" or isinstance(held[name], python_types[schema["type"]]), name


def test_a_nested_attribute_is_rejected_not_sent_as_the_names_of_its_parts(product: Record) -> None:
    nested = [{"name": "widthMm", "value": 30}, {"name": "heightMm", "value": 20}]
    product["masterData"]["current"]["masterVariant"]["attributes"] = [{"name": "dimensions", "value": nested}]
    (outcome,) = mapper(catalog={"attributes": ATTRIBUTES}).map_record("products", product)
    assert (outcome.outcome, outcome.reason) == (
        "rejected",
        "attributes.dimensions: cannot be read as a value; see setting catalog.attributes.fields",
    )


def test_product_types_that_no_setting_asks_for_are_not_kept() -> None:
    run = mapper()
    assert run.map_record("product_types", FOOTWEAR)[0].reason == "no mapping for stream product_types"
    assert run.references == References()
    assert read_attribute_types(FOOTWEAR)["dimensions"] is None


# In a preview


@pytest.mark.parametrize("arguments", [["--id", "ada.kern@shop.example"], ["--stream", "customers"]])
def test_a_preview_of_one_record_uses_references_that_it_does_not_show(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LABELS), encoding="utf-8")
    lines = _lines(
        _schema("types"), _record("types", PREFERENCES), _schema("customers"), _record("customers", customer(tier="g"))
    )
    options = ["--config", str(tmp_path / "config.json"), "--format", "json", *arguments]
    result = CliRunner().invoke(preview_command, options, input=lines)
    assert result.exit_code == 0, result.output
    (preview,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert preview["stream"] == "customers"
    for destination in preview["destinations"]:
        fields = destination["outcomes"][0]["sent"][0]["record"]["dataFields"]
        assert "Gold" in fields.values()
    nobody = CliRunner().invoke(preview_command, [*options[:2], "--stream", "customers", "--id", "nobody"], input=lines)
    assert "none of the 1 records read is called so" in nobody.stderr


# As a process


def _lines(*messages: Record) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)


def _schema(stream: str) -> Record:
    return {"type": "SCHEMA", "stream": stream, "schema": SCHEMA, "key_properties": ["id"]}


def _record(stream: str, record: Record) -> Record:
    return {"type": "RECORD", "stream": stream, "record": record}


def _run(tmp_path: Path, config: Record, lines: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"destination": "iterable", **config}), encoding="utf-8")
    return subprocess.run(
        [*COMMAND, "--config", str(path)], input=lines, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_process_keeps_references_and_counts_them(tmp_path: Path) -> None:
    lines = _lines(
        _schema("types"), _record("types", PREFERENCES), _schema("customers"), _record("customers", customer(tier="g"))
    )
    process = _run(tmp_path, LABELS, lines)
    assert process.returncode == 0, process.stderr
    found = [json.loads(line) for line in process.stdout.splitlines()]
    assert [(message["type"], message["stream"]) for message in found] == [("SCHEMA", "users"), ("RECORD", "users")]
    assert found[1]["record"]["dataFields"]["tier"] == "Gold"
    assert f"1 of types skipped because of {KEPT}" in process.stderr


@pytest.mark.parametrize(
    ("config", "streams", "text"),
    [
        (
            LABELS,
            ["customers", "types"],
            "custom_fields.customers.enum_labels: needs the stream types before customers",
        ),
        ({}, ["product_offers", "products"], "the streams products and product_offers both make the catalogue"),
    ],
)
def test_the_process_ends_with_one_line_if_the_streams_do_not_fit(
    tmp_path: Path, config: Record, streams: list[str], text: str
) -> None:
    process = _run(tmp_path, config, _lines(*(_schema(stream) for stream in streams)))
    assert process.returncode == 1
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("Error: ")]
    assert line.startswith(f"Error: {text}")
    assert "Traceback" not in process.stderr
