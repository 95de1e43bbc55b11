from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator
from tap_commercetools.streams import STREAMS, StreamDefinition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALWAYS_THERE = ["id", "version", "createdAt", "lastModifiedAt"]
BY_NAME = pytest.mark.parametrize("definition", STREAMS, ids=lambda definition: definition.name)


def parts(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through a schema: every sub-schema with the path to it."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from parts(schema[keyword], f"{path}[]")


@BY_NAME
def test_the_schema_is_a_schema(definition: StreamDefinition) -> None:
    Draft7Validator.check_schema(definition.schema)


@BY_NAME
def test_nothing_is_promised_but_what_every_row_has(definition: StreamDefinition) -> None:
    for path, part in parts(definition.schema):
        if path == "":
            assert part["required"] == ALWAYS_THERE
        elif path.removeprefix(".") not in ALWAYS_THERE:
            assert "null" in part["type"], path
            assert "required" not in part, path
        assert "enum" not in part, path


@BY_NAME
def test_every_object_is_open_to_new_fields(definition: StreamDefinition) -> None:
    for path, part in parts(definition.schema):
        if "object" in part["type"] and "array" not in part["type"]:
            assert part["additionalProperties"], path


@BY_NAME
def test_every_field_is_described(definition: StreamDefinition) -> None:
    for path, part in parts(definition.schema):
        for name, field in part.get("properties", {}).items():
            assert field["description"].endswith("."), f"{path}.{name}"


@BY_NAME
def test_the_sandboxs_rows_fit_and_use_known_fields_only(
    definition: StreamDefinition, rows: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    open_schema, closed_schema = Draft7Validator(definition.schema), Draft7Validator(closed(definition.schema))
    for row in rows(definition.name).values():
        open_schema.validate(row)
        closed_schema.validate(row)


def test_withheld_fields_are_in_no_schema() -> None:
    customers = next(definition for definition in STREAMS if definition.name == "customers")
    assert customers.withheld == ("password",)
    assert "password" not in customers.schema["properties"]


@BY_NAME
def test_unknown_fields_and_kinds_pass(
    definition: StreamDefinition, rows: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    row = next(iter(rows(definition.name).values()))
    custom = {"type": {"typeId": "type", "id": "x"}, "fields": {"any": [1, {"of": None}]}}
    row |= {"addedNextYear": {"x": 1}, "custom": custom, "key": None}
    Draft7Validator(definition.schema).validate(row)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that refuses fields it does not name, to find those that the tap does not describe."""
    result = {**schema}
    if "properties" in schema:
        result["properties"] = {name: closed(part) for name, part in schema["properties"].items()}
        result["additionalProperties"] = False
    for keyword in ("items", "additionalProperties"):
        if isinstance(result.get(keyword), dict):
            result[keyword] = closed(result[keyword])
    return result
