"""Stock, standalone prices, category paths and labels, from the shop to the destination and through a second run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pipeline
import pytest
from pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

Record = dict[str, Any]
REFERENCES = ("types", "product_types", "categories")
MAPPING: Record = {
    "custom_fields": {"customers": {"enum_labels": True}},
    "catalog": {"item": "variant", "category_paths": True, "attributes": {"color": {}, "tags": {}, "weightGrams": {}}},
}
SECONDS_FOR_THE_PRESENT_ONE_TO_PASS = 2


@pytest.fixture
def whole_references(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tap read the streams that others refer to whole in each run, as people write it into a catalog."""
    selected = pipeline.catalog_of

    def catalog_of(streams: Sequence[str]) -> Record:
        catalog = selected(streams)
        for entry in catalog["streams"]:
            if entry["tap_stream_id"] in REFERENCES:
                root = next(item for item in entry["metadata"] if item["breadcrumb"] == [])
                root["metadata"]["replication-method"] = "FULL_TABLE"
        return catalog

    monkeypatch.setattr(pipeline, "catalog_of", catalog_of)


def offering(sandbox: RunningSandbox, target: str, folder: Path, *streams: str) -> Pipeline:
    return Pipeline(sandbox, target, folder, streams=streams, mapping=MAPPING)


def entries_of(run: Pipeline) -> dict[str, Record]:
    """Return the catalogue at the destination: SKU → entry."""
    content = run.content()
    if run.service == "iterable":
        items: list[Record] = list(content["catalogs"]["products"].values())
    else:
        items = [row["json"] for row in content["collections"]["catalog_products"]["records"].values()]
    return {item["sku"]: item for item in items}


def stock_in_the_shop(sandbox: RunningSandbox) -> dict[str, int]:
    """Return SKU → units in the inventory entry of no supply channel."""
    entries = sandbox.snapshot("commercetools", "inventory")["inventory"]
    return {entry["sku"]: entry["availableQuantity"] for entry in entries if "supplyChannel" not in entry}


@pytest.mark.usefixtures("whole_references")
@pytest.mark.parametrize("target", ["target-iterable", "target-dotdigital"])
def test_stock_and_paths_arrive_and_stay_when_only_stock_moves(
    sandbox: RunningSandbox, tmp_path: Path, target: str
) -> None:
    run = offering(sandbox, target, tmp_path, *REFERENCES, "customers", "product_offers")
    first = run.run()
    assert (first.tap_code, first.code) == (0, 0), first.log
    first.assert_adds_up()
    categories = len(sandbox.snapshot("commercetools", "categories")["categories"])
    for stream, count in (("types", 2), ("categories", categories)):
        assert first.streams[stream]["skipped"] == count
    before = entries_of(run)
    assert {sku: entry.get("stock") for sku, entry in before.items()} == {
        sku: units for sku, units in stock_in_the_shop(sandbox).items() if sku in before
    }
    paths = "categoryPaths" if run.service == "iterable" else "category_paths"
    assert {path.count(" > ") for entry in before.values() for path in entry[paths]} == {0, 1, 2}
    sandbox.control("POST", "/commercetools/changes", {"move_stock": 5})
    sandbox.advance_clock(SECONDS_FOR_THE_PRESENT_ONE_TO_PASS)
    second = run.run(first.state)
    assert (second.tap_code, second.code) == (0, 0), second.log
    assert second.streams["categories"]["skipped"] == categories
    after, stock = entries_of(run), stock_in_the_shop(sandbox)
    moved = {sku for sku in before if stock[sku] != before[sku]["stock"]}
    assert moved
    assert {sku: entry["stock"] for sku, entry in after.items()} == {sku: stock[sku] for sku in after}
    same = [{name: entry.get(name) for name in (paths, "price", "name", "color")} for entry in before.values()]
    assert [{name: entry.get(name) for name in (paths, "price", "name", "color")} for entry in after.values()] == same


@pytest.mark.usefixtures("whole_references")
def test_people_have_labels_of_their_own_language(sandbox: RunningSandbox, tmp_path: Path) -> None:
    result = offering(sandbox, "target-iterable", tmp_path, "types", "customers").run()
    assert (result.tap_code, result.code) == (0, 0), result.log
    people = sandbox.snapshot("iterable", "users")["users"]
    tiers, colours = (
        {person["dataFields"].get(name) for person in people} - {None} for name in ("loyaltyTier", "favouriteColour")
    )
    assert tiers
    assert tiers <= {"Bronze", "Silver", "Gold", "Platinum"}
    assert {"Grün", "Blau", "Rot", "Schwarz"} & colours
    assert {"Green", "Blue", "Red", "Black"} & colours


@pytest.mark.parametrize(
    ("streams", "text"),
    [
        (("customers",), "mapper.config.custom_fields.customers.enum_labels: needs the stream types before customers"),
        (
            ("categories", "product_offers", "products"),
            "the streams products and product_offers both make the catalogue",
        ),
    ],
)
@pytest.mark.parametrize("target", ["target-iterable", "target-dotdigital"])
def test_streams_that_do_not_fit_end_the_run_with_one_line(
    sandbox: RunningSandbox, tmp_path: Path, target: str, streams: tuple[str, ...], text: str
) -> None:
    result = offering(sandbox, target, tmp_path, *streams).run()
    assert result.code == 1
    errors = [line for line in result.log.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert text in errors[0]
    assert "Traceback" not in result.log
