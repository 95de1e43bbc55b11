"""The paths beyond customers, orders and products: all answer, and as the reference says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from commerce_sandbox.commercetools.resource_types import MESSAGES, RESOURCE_TYPES, VARIANTS
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.commercetools.targets import read_target
from commerce_sandbox.testing import RunningSandbox, hand_made_shop, running_sandbox
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import ShopClient

IN_STORE = [path for path, resource_type in RESOURCE_TYPES.items() if resource_type.in_store]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(customers=300, orders=600, products=80) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(running: RunningSandbox) -> ShopClient:
    return running.shop_client()


@pytest.mark.parametrize("path", [path for path in RESOURCE_TYPES if path != VARIANTS])
def test_every_kind_of_resource_has_rows_that_a_keyset_reads_completely(client: ShopClient, path: str) -> None:
    sort = ["lastModifiedAt asc", "id asc"]
    whole = client.results(f"/{path}", limit=500, sort=sort)
    assert whole
    read, where = [], "version > 0"
    while page := client.results(f"/{path}", limit=7, sort=sort, where=where, withTotal="false"):
        read += page
        if len(read) >= min(len(whole), 60):
            break
        last, moment = page[-1]["id"], page[-1]["lastModifiedAt"]
        where = f'lastModifiedAt > "{moment}" or (lastModifiedAt = "{moment}" and id > "{last}")'
    assert [row["id"] for row in read] == [row["id"] for row in whole][: len(read)]


def test_the_page_for_people_shows_every_kind(running: RunningSandbox) -> None:
    for path, count in running.control("GET", "/counts")["commercetools"].items():
        shown = requests.get(f"{running.url}/pages/commercetools", params={"table": path}, timeout=10)
        assert shown.status_code == 200, path
        assert count == 0 or "<td" in shown.text, path


@given(
    st.lists(
        st.sampled_from([*RESOURCE_TYPES, "in-store", "key=a", "key=", "", "x", "products", "edits", "%2F"]),
        min_size=1,
        max_size=5,
    )
)
def test_any_path_leads_somewhere_or_nowhere(segments: list[str]) -> None:
    segments = [part for segment in segments for part in segment.split("/")]
    target = read_target(segments)
    if target is not None:
        assert target.template.count("/") == len(segments) - 1


@pytest.mark.parametrize("path", [path for path in RESOURCE_TYPES if path not in {MESSAGES, VARIANTS}])
def test_every_kind_refuses_fields_that_it_does_not_have(client: ShopClient, path: str) -> None:
    assert client.get(f"/{path}", where='colour = "red"').status == 400
    assert client.get(f"/{path}", sort="colour asc").status == 400


@pytest.mark.parametrize("path", [path for path in IN_STORE if path not in {"cart-discounts", "discount-codes"}])
def test_in_store_paths_answer_with_the_stores_own_rows_and_all_of_them(
    running: RunningSandbox, client: ShopClient, path: str
) -> None:
    own = client.ids(f"/in-store/key=de-web/{path}", limit=500, sort="id asc")
    everything = running.snapshot("commercetools", path)[path]
    assert 0 < len(own) < len(everything)
    assert own == [row["id"] for row in everything if "de-web" in stores_of(row)][:500]


def stores_of(row: dict[str, Any]) -> list[str]:
    stores = [row.get("store"), *row.get("stores", ()), *row.get("inheritedStores", ())]
    return [store["key"] for store in stores if store]


def test_discounts_are_in_a_store_that_they_name(running: RunningSandbox, client: ShopClient) -> None:
    for path in ("cart-discounts", "discount-codes"):
        identifier = client.ids(f"/{path}", limit=1)[0]
        assert client.ids(f"/in-store/key=de-web/{path}") == []
        running.control(
            "PUT", f"/commercetools/{path}/{identifier}", {"stores": [{"typeId": "store", "key": "de-web"}]}
        )
        assert client.ids(f"/in-store/key=de-web/{path}") == [identifier]


@pytest.mark.parametrize("path", ["payments", "products", "product-selections", "reviews", "custom-objects"])
def test_other_kinds_have_no_in_store_path(client: ShopClient, path: str) -> None:
    assert client.get(f"/in-store/key=de-web/{path}").status == 404


def test_custom_objects_are_read_by_container(client: ShopClient) -> None:
    branches = client.results("/custom-objects/branches", sort="key asc")
    assert {row["container"] for row in branches} == {"branches"}
    assert len(branches) == 6
    assert client.get("/custom-objects/branches/branch-2").json() == branches[1]
    assert client.get("/custom-objects/loyalty-badges/branch-2").status == 404
    assert client.get("/custom-objects/nothing-here").json()["results"] == []
    assert client.get("/custom-objects/a/b/c").status == 404


def test_listing_custom_objects_of_all_containers_is_deprecated(client: ShopClient) -> None:
    everything = client.get("/custom-objects")
    assert {row["container"] for row in everything.json()["results"]} == {"branches", "loyalty-badges"}
    assert "deprecated" in everything.headers["x-deprecation-notice"]
    assert "x-deprecation-notice" not in client.get("/custom-objects/branches").headers


def test_products_of_a_selection_are_read_below_it(client: ShopClient) -> None:
    selections = client.results("/product-selections")
    for selection in selections:
        page = client.get(f"/product-selections/{selection['id']}/products", limit=500).json()
        assert page["count"] == page["total"] == selection["productCount"]
        assert all({"product"} <= row.keys() <= {"product", "variantSelection"} for row in page["results"])
        by_key = client.results(f"/product-selections/key={selection['key']}/products", limit=500)
        assert by_key == page["results"]
    assert client.get("/product-selections/unknown/products").status == 404
    assert client.get("/product-selections/products").status == 404
    assert (
        "obj" in client.results(f"/product-selections/{selections[0]['id']}/products", expand="product")[0]["product"]
    )


def test_assignments_of_a_store_are_those_of_its_active_selections(running: RunningSandbox, client: ShopClient) -> None:
    path = "/in-store/key=fr-web/product-selection-assignments"
    assert client.results(path) == []
    first, second, _ = client.results("/product-selections")
    store = client.get("/stores/key=fr-web").json()
    settings = [
        {"productSelection": {"typeId": "product-selection", "id": selection["id"]}, "active": active}
        for selection, active in ((first, True), (second, False))
    ]
    running.control("PUT", f"/commercetools/stores/{store['id']}", {"productSelections": settings})
    assignments = client.results(path, limit=500)
    assert {row["productSelection"]["id"] for row in assignments} == {first["id"]}
    assert len(assignments) == first["productCount"]
    assert all("id" not in row and "version" not in row for row in assignments)
    product = assignments[0]["product"]["id"]
    assert len(client.results(path, where=f'product(id = "{product}")')) == 1


def test_custom_objects_need_one_of_the_scopes_that_see_them(start_sandbox: Callable[..., RunningSandbox]) -> None:
    shop = hand_made_shop({"custom-objects": [{"id": "x", "container": "c", "key": "k", "value": 1}]})
    refused = start_sandbox(shop=shop, commercetools=CommercetoolsSettings(scopes=("view_stores",)))
    assert refused.shop_client().get("/custom-objects/c").status == 403
    allowed = start_sandbox(shop=shop, commercetools=CommercetoolsSettings(scopes=("view_customers",)))
    assert allowed.shop_client().ids("/custom-objects/c") == ["x"]
