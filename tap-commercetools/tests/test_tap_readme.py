from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator
from tap_commercetools.access import needed_scopes
from tap_commercetools.schemas.deletion import DELETION
from tap_commercetools.schemas.product_offer import PRODUCT_OFFER
from tap_commercetools.streams import stream_definitions

if TYPE_CHECKING:
    from tap_commercetools.stream_definition import StreamDefinition

README = Path(__file__).parents[1] / "README.md"
MARKED = re.compile(r"(?<=<!-- streams:begin -->\n).*?(?=<!-- streams:end -->)", re.DOTALL)
JSON_BLOCKS = re.compile(r"(?<=```json\n).*?(?=```)", re.DOTALL)
HEAD = (
    "| Stream | API path | Needs the scopes | Key | Replication key | Deletions show as |\n"
    "|:-------|:---------|:-----------------|:----|:----------------|:------------------|"
)


def code(text: str) -> str:
    return f"`{text}`"


def listed(definition: StreamDefinition) -> str:
    name = f"**{code(definition.name)}**" if definition.is_core else code(definition.name)
    path = code(f"/{definition.path}") + (", in-store" if definition.in_store else "")
    scopes = re.sub(r"\w+_\w+", lambda found: code(found[0]), needed_scopes(definition.scopes))
    key = ", ".join(map(code, definition.primary_keys))
    replication_key = code(definition.replication_key) if definition.replication_key else "none, read whole"
    return f"| {name} | {path} | {scopes} | {key} | {replication_key} | {deletions(definition)} |"


def deletions(definition: StreamDefinition) -> str:
    shown = []
    if definition.deleted_by:
        shown.append("message " + ", ".join(map(code, definition.deleted_by)))
        shown += ["ids compared if the project keeps no messages"] * bool(definition.id_collection)
    elif definition.id_collection:
        shown.append("ids compared")
    return "; ".join([*shown, *filter(None, [definition.how_deletions_show])])


@pytest.mark.parametrize(("field", "schema"), [("standalonePrices", PRODUCT_OFFER), ("emailIsFree", DELETION)])
def test_the_records_that_the_readme_shows_are_of_their_streams(field: str, schema: dict[str, Any]) -> None:
    shown = [json.loads(text) for text in JSON_BLOCKS.findall(README.read_text(encoding="utf-8"))]
    (record,) = (each for each in shown if field in each)
    Draft7Validator(schema).validate(record)
    assert record.keys() <= schema["properties"].keys()


def test_the_readme_lists_the_streams_as_declared() -> None:
    definitions = sorted(
        (each for each in stream_definitions({"custom_object_containers": ["container"]})), key=lambda each: each.name
    )
    wanted = "\n".join(["", HEAD, *map(listed, definitions), "", ""])
    text = README.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_README"):
        text = MARKED.sub(lambda _: wanted, text)
        README.write_text(text, encoding="utf-8")
    (found,) = MARKED.findall(text)
    assert found == wanted, "run this test with UPDATE_README=1 to rewrite the table"
