"""Items that are no more: removed from their catalogs by a value of null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import state_line
from iterable_contract import contract_faults, needs_contract
from iterable_project import writes
from iterable_records import catalog_items
from iterable_runs import PASSING_FAULTS, TOO_LARGE, content, fault_name, undisturbed_content

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

ITEMS = "/catalogs/[^/]+/items"


def item(number: int, value: dict[str, Any] | None = None, catalog: str = "products") -> dict[str, Any]:
    return {"catalogName": catalog, "itemId": f"i-{number}", "value": {"n": number} if value is None else value}


def gone(number: int, catalog: str = "products") -> dict[str, Any]:
    return {"catalogName": catalog, "itemId": f"i-{number}", "value": None}


def held(sandbox: RunningSandbox, catalog: str = "products") -> set[str]:
    return set(sandbox.snapshot("iterable")["catalogs"][catalog])


def test_items_are_removed_a_thousand_a_call_and_the_others_stay(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.run(catalog_items(*(item(number) for number in range(1500))))
    result = loader.run([*catalog_items(*(gone(number) for number in range(1200))), state_line({"at": 1})])
    assert result.code == 0
    assert result.counts("catalog_items") == (1200, 1200, 0, 0)
    assert result.states[-1] == {"at": 1}
    assert held(sandbox) == {f"i-{number}" for number in range(1200, 1500)}
    assert len(sandbox.requests(service="iterable", method="DELETE", path=ITEMS)) == 2


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_of_writing_and_removing_an_item_the_later_wins(
    loader: LoaderProcess, sandbox: RunningSandbox, batch_size: int
) -> None:
    loader.settings["batch_size_rows"] = batch_size
    records = [item(1), item(2), gone(1), gone(3), item(3), gone(2), item(2), item(4)]
    assert loader.run(catalog_items(*records)).counts("catalog_items") == (8, 8, 0, 0)
    assert held(sandbox) == {"i-2", "i-3", "i-4"}


def test_each_catalog_is_asked_for_its_own_items(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.run(catalog_items(item(1), item(2), item(1, catalog="products-de")))
    loader.run(catalog_items(gone(1), item(3), item(2, catalog="products-de")))
    assert held(sandbox) == {"i-2", "i-3"}
    assert held(sandbox, "products-de") == {"i-1", "i-2"}


def test_where_there_is_nothing_to_remove_nothing_is_made(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run(catalog_items(gone(1), gone(2, "stock")))
    assert result.code == 0
    assert result.counts("catalog_items") == (2, 2, 0, 0)
    assert sandbox.snapshot("iterable")["catalogs"] == {}
    assert writes(sandbox) == ["DELETE catalogs/products/items", "DELETE catalogs/stock/items"]
    loader.run(catalog_items(item(1)))
    assert loader.run(catalog_items(gone(2))).counts("catalog_items") == (1, 1, 0, 0)
    assert held(sandbox) == {"i-1"}


def test_an_answer_that_the_catalog_is_not_there_is_no_failure(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    body = {"error": "NotFound", "message": "Catalog not found: products", "code": "error.catalogs.notFound"}
    action = {"kind": "respond", "status": 404, "body": body}
    sandbox.order_fault(action, service="iterable", method="DELETE", path=ITEMS, times=None)
    assert loader.run(catalog_items(gone(1), gone(2))).counts("catalog_items") == (2, 2, 0, 0)


def test_a_page_that_nothing_is_there_is_no_word_about_a_catalog(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    action = {"kind": "respond", "status": 404, "body": "<html>not found</html>"}
    sandbox.order_fault(action, service="iterable", method="DELETE", path=ITEMS, times=None)
    result = loader.run([*catalog_items(gone(1), gone(2)), state_line({"at": 1})])
    assert result.code == 1
    assert result.states == []
    assert "check the settings api_url" in result.errors[0]


def test_a_bad_id_is_rejected_alone(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.run(catalog_items(item(1), item(2)))
    result = loader.run(catalog_items(gone(1), {**gone(2), "itemId": "a/b"}, {"catalogName": "p", "itemId": "x"}))
    assert result.counts("catalog_items") == (3, 1, 2, 0)
    assert set(result.reasons("catalog_items")) == {
        "field itemId: breaks the rule 'pattern' of the schema",
        "the record: lacks 'value'",
    }
    assert held(sandbox) == {"i-2"}


def test_a_removal_the_service_refuses_is_found_among_the_others(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.run(catalog_items(*(item(number) for number in range(8))))
    loader.settings["max_rejects"] = 8
    body = {"code": "BadParams", "msg": "", "params": None}
    action = {"kind": "respond", "status": 400, "body": body}
    # All eight, the first four, the first two and the first.
    sandbox.order_fault(action, service="iterable", method="DELETE", path=ITEMS, times=4)
    result = loader.run(catalog_items(*(gone(number) for number in range(8))))
    assert result.counts("catalog_items") == (8, 7, 1, 0)
    assert list(result.reasons("catalog_items")) == ["Iterable refuses it (BadParams)"]
    assert held(sandbox) == {"i-0"}


def everything() -> list[str]:
    written = [item(number) for number in range(40)]
    return [*catalog_items(*written, *(gone(number) for number in range(0, 40, 2))), state_line({"at": "end"})]


@pytest.fixture(scope="module")
def undisturbed(sandbox_process: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    kept = undisturbed_content(sandbox_process, tmp_path_factory.mktemp("undisturbed"), everything())
    assert len(kept["catalogs"]["products"]) == 20
    return kept


@pytest.mark.parametrize("action", [*PASSING_FAULTS, TOO_LARGE], ids=fault_name)
def test_a_passing_fault_changes_nothing_in_the_end(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any], action: dict[str, Any]
) -> None:
    sandbox.order_fault(action, service="iterable", method="DELETE", path=ITEMS, times=2)
    result = loader.run(everything())
    assert result.code == 0
    assert result.states[-1] == {"at": "end"}
    assert content(sandbox) == undisturbed


@needs_contract
def test_every_request_fits_the_vendors_contract(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    assert loader.run(everything()).code == 0
    checked, faults = contract_faults(sandbox, "DELETE", ITEMS)
    assert (checked, faults) == (1, [])
