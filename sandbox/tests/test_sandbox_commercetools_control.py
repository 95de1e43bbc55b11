from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.control import merged
from commerce_sandbox.shop.changes import CHANGES
from commerce_sandbox.testing import ControlError, RunningSandbox, hand_made_shop, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import Answer, ShopClient

CUSTOMERS = [{"id": f"c{number:03d}", "email": f"buyer{number}@shop.example"} for number in range(20)]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(shop=hand_made_shop({"customers": CUSTOMERS})) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: RunningSandbox) -> ShopClient:
    return sandbox.shop_client()


def error_code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["errors"][0]["code"]


def test_a_patch_is_an_update_that_clients_see(sandbox: RunningSandbox, client: ShopClient) -> None:
    before = client.get("/customers/c001").json()
    patched = sandbox.control("PUT", "/commercetools/customers/c001", {"firstName": "Ada", "email": None})
    assert client.get("/customers/c001").json() == patched
    assert patched["firstName"] == "Ada"
    assert "email" not in patched
    assert 1 <= patched["version"] - before["version"] <= 4
    assert patched["lastModifiedAt"] > before["lastModifiedAt"]
    assert client.ids("/customers", sort=["lastModifiedAt desc", "id asc"], limit=1) == ["c001"]


def test_a_patch_may_set_the_time_itself_to_make_ties_and_late_rows(
    sandbox: RunningSandbox, client: ShopClient
) -> None:
    early = {"lastModifiedAt": "2026-01-01T00:00:00.000Z"}
    sandbox.control("PUT", "/commercetools/customers/c007", early)
    assert client.ids("/customers", sort=["lastModifiedAt asc", "id asc"], limit=1) == ["c007"]
    assert client.get("/customers/c007").json()["version"] == 1


def test_resources_are_created_one_by_one_or_many_at_once(sandbox: RunningSandbox, client: ShopClient) -> None:
    one = sandbox.control("POST", "/commercetools/customers", {"email": "new@shop.example"})
    assert client.get(f"/customers/{one['id']}").json() == one
    moment = "2026-11-20T10:00:00.000Z"
    tied = [{"id": f"t{number}", "lastModifiedAt": moment} for number in range(5)]
    assert len(sandbox.control("POST", "/commercetools/customers", tied)) == 5
    assert client.ids("/customers", where=f'lastModifiedAt = "{moment}"', sort="id asc") == [r["id"] for r in tied]
    assert client.get("/customers/t0").json() == {
        "version": 1,
        "createdAt": moment,
        "id": "t0",
        "lastModifiedAt": moment,
    }


def test_a_deleted_resource_is_gone_from_lists_and_by_id(sandbox: RunningSandbox, client: ShopClient) -> None:
    gone = sandbox.control("DELETE", "/commercetools/customers/c003")
    assert gone["email"] == "buyer3@shop.example"
    assert client.get("/customers/c003").status == 404
    assert "c003" not in client.ids("/customers", limit=500)


def test_a_reset_brings_the_shop_back(sandbox: RunningSandbox) -> None:
    before = sandbox.snapshot("commercetools")
    sandbox.control("DELETE", "/commercetools/customers/c003")
    sandbox.control("PUT", "/commercetools/customers/c004", {"firstName": "Ada"})
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 1})
    sandbox.control("POST", "/reset?service=commercetools")
    assert sandbox.snapshot("commercetools") == before
    assert sandbox.control("GET", "/commercetools/limits")["query_timeout_above_limit"] is None


def test_the_snapshot_is_ordered_by_id_and_can_be_narrowed(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/commercetools/carts", {"id": "x"})
    assert set(sandbox.snapshot("commercetools")) == {"carts", "customers"}
    only = sandbox.snapshot("commercetools", "customers", "nonsense")
    assert [row["id"] for row in only["customers"]] == [row["id"] for row in CUSTOMERS]
    assert set(only) == {"customers"}


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("PUT", "/customers/nobody", {}, "'nobody'"),
        ("DELETE", "/customers/nobody", None, "'nobody'"),
        ("PUT", "/shoes/1", {}, "'shoes'"),
        ("POST", "/product-projections", {}, "'product-projections'"),
        ("POST", "/customers", {"id": "x", "lastModifiedAt": "yesterday"}, "lastModifiedAt"),
        ("POST", "/customers", 7, "Expected `object`"),
        ("POST", "/changes", {"paint_orders": 1}, "paint_orders"),
        ("POST", "/changes", {"place_orders": "many"}, "Expected `int`"),
        ("POST", "/changes?seed=x", {"place_orders": 1}, "seed"),
        ("POST", "/limits", {"max_bytes": 1}, "max_bytes"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_the_reason(
    sandbox: RunningSandbox, method: str, path: str, body: object, problem: str
) -> None:
    with pytest.raises(ControlError, match=problem):
        sandbox.control(method, f"/commercetools{path}", body)


def test_a_page_that_is_too_large_is_refused_until_it_shrinks(sandbox: RunningSandbox, client: ShopClient) -> None:
    size = len(client.get("/customers", limit=10, withTotal="false").body)
    sandbox.control("POST", "/commercetools/limits", {"max_response_bytes": size})
    assert error_code(client.get("/customers", limit=20, withTotal="false")) == (400, "ContentTooLarge")
    assert client.get("/customers", limit=10, withTotal="false").status == 200


def test_a_query_for_too_many_rows_times_out_as_400(sandbox: RunningSandbox, client: ShopClient) -> None:
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 100})
    assert error_code(client.get("/customers", limit=101)) == (400, "QueryTimedOut")
    assert client.get("/customers", limit=100).status == 200


def test_late_rows_can_be_queried_only_after_a_while(sandbox: RunningSandbox, client: ShopClient) -> None:
    sandbox.control("POST", "/commercetools/limits", {"late_rows_seconds": 120})
    patched = sandbox.control("PUT", "/commercetools/customers/c001", {"firstName": "Ada"})
    assert "c001" not in client.ids("/customers", limit=500)
    assert "c001" not in client.ids("/customers", limit=500, sort="lastModifiedAt asc")
    assert client.ids("/customers", where='id = "c001"') == []
    assert client.get("/customers", limit=1).json()["total"] == len(CUSTOMERS) - 1
    assert client.get("/customers/c001").json() == patched
    sandbox.advance_clock(121)
    assert "c001" in client.ids("/customers", limit=500)


def test_limits_not_named_are_lifted(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/commercetools/limits", {"late_rows_seconds": 120})
    sandbox.control("POST", "/commercetools/limits", {"max_response_bytes": 5})
    told = sandbox.control("GET", "/commercetools/limits")
    assert told == {"max_response_bytes": 5, "query_timeout_above_limit": None, "late_rows_seconds": 0}


def test_what_happens_in_a_shop_can_be_ordered_by_name(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox(customers=40, orders=80, products=20)
    client = sandbox.shop_client()
    before = len(client.ids("/orders", limit=500))
    changed = sandbox.control("POST", "/commercetools/changes", {"place_orders": 4, "edit_customers": 2})
    assert {name: len(ids) for name, ids in changed.items()} == {"place_orders": 4, "edit_customers": 2}
    assert len(client.ids("/orders", limit=500)) == before + 4
    for identifier in changed["edit_customers"]:
        assert client.get(f"/customers/{identifier}").json()["version"] > 1


def test_every_change_the_shop_knows_works_on_the_running_shop(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox(customers=60, orders=120, products=30)
    for name in CHANGES:
        # Fewer than asked for come back when fewer rows suit the change.
        assert 1 <= len(sandbox.control("POST", "/commercetools/changes?seed=3", {name: 2})[name]) <= 2


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
    ],
)
def test_a_merge_patch_follows_its_standard(
    value: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert merged(value, patch) == expected
