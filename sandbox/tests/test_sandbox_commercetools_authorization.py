from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.shop_client import ShopClient, basic
from commerce_sandbox.testing import RunningSandbox, hand_made_shop, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import Answer

PRODUCT_DATA = {"name": {"en": "Shoe"}, "masterVariant": {"id": 1}, "variants": []}


def product(identifier: str, *, published: bool) -> dict[str, Any]:
    draft = {**PRODUCT_DATA, "name": {"en": "Shoe, draft"}}
    data = {"published": published, "hasStagedChanges": True, "current": PRODUCT_DATA, "staged": draft}
    return {"id": identifier, "masterData": data}


SHOP = hand_made_shop(
    {
        "customers": [{"id": "c1", "stores": [{"typeId": "store", "key": "de-web"}]}, {"id": "c2", "stores": []}],
        "orders": [{"id": "o1", "store": {"typeId": "store", "key": "de-web"}}, {"id": "o2"}],
        "products": [product("p1", published=True), product("p2", published=False)],
        "stores": [{"id": "s1", "key": "de-web"}],
    },
    languages=["en"],
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(shop=SHOP) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> ShopClient:
    return ShopClient(sandbox.service_url("commercetools"))


@pytest.fixture
def client_with(start_sandbox: Callable[..., RunningSandbox]) -> Callable[..., ShopClient]:
    def start(*scopes: str) -> ShopClient:
        settings = CommercetoolsSettings(scopes=scopes)
        return start_sandbox(shop=SHOP, commercetools=settings).shop_client()

    return start


def code(answer: Answer) -> tuple[int, str]:
    """Return status and error code, after checking that the platform's error shape is whole."""
    body = answer.json()
    assert body["statusCode"] == answer.status
    assert body["message"] == body["errors"][0]["message"]
    return answer.status, body["errors"][0]["code"]


def test_a_token_carries_every_scope_of_the_client_when_none_is_asked_for(client: ShopClient) -> None:
    body = client.token().json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 172_800
    assert {"view_orders:sandbox-shop", "view_products:sandbox-shop"} <= set(body["scope"].split())
    assert "manage" not in body["scope"]


def test_a_token_may_be_asked_for_in_the_query_string(client: ShopClient) -> None:
    parameters = {"grant_type": "client_credentials", "scope": "view_orders:sandbox-shop"}
    answer = client.request("POST", "/oauth/token", parameters, basic("sandbox-client", "sandbox-secret"))
    assert answer.json()["scope"] == "view_orders:sandbox-shop"


def test_wrong_credentials_are_refused_in_both_error_shapes(client: ShopClient) -> None:
    for answer in (client.token(client_secret="wrong"), client.token(client_id="wrong")):
        assert code(answer) == (401, "invalid_client")
        assert answer.json()["error"] == "invalid_client"
        assert answer.json()["error_description"] == answer.json()["message"]


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x"])
def test_credentials_that_cannot_be_read_are_refused(client: ShopClient, header: str) -> None:
    answer = client.request("POST", "/oauth/token", headers={"Authorization": header})
    assert code(answer) == (401, "invalid_client")


def test_other_grant_types_are_refused(client: ShopClient) -> None:
    assert code(client.token(grant_type="password")) == (400, "unsupported_grant_type")
    answer = client.request("POST", "/oauth/token", headers=basic("sandbox-client", "sandbox-secret"))
    assert code(answer) == (400, "invalid_request")


@pytest.mark.parametrize(
    "scope", ["manage_orders:sandbox-shop", "view_orders:other-shop", "view_orders:sandbox-shop nonsense"]
)
def test_a_scope_the_client_lacks_is_refused_and_named(client: ShopClient, scope: str) -> None:
    answer = client.token(scope=scope)
    assert code(answer) == (400, "invalid_scope")
    assert scope.rsplit(maxsplit=1)[-1] in answer.json()["message"]


def test_a_client_with_a_wide_scope_may_ask_for_a_narrow_one(client_with: Callable[..., ShopClient]) -> None:
    client = client_with("manage_project")
    assert client.token(scope="view_orders:sandbox-shop").json()["scope"] == "view_orders:sandbox-shop"
    assert client.token(scope="view_orders:sandbox-shop:de-web").status == 200


def test_introspection_tells_scope_and_end_of_a_token(sandbox: RunningSandbox, client: ShopClient) -> None:
    token = client.token(scope="view_orders:sandbox-shop").json()["access_token"]

    def introspect(text: str) -> dict[str, Any]:
        credentials = basic("sandbox-client", "sandbox-secret")
        body = f"token={text}".encode()
        told: dict[str, Any] = client.request("POST", "/oauth/introspect", headers=credentials, body=body).json()
        return told

    active = introspect(token)
    assert (active["active"], active["scope"]) == (True, "view_orders:sandbox-shop")
    assert isinstance(active["exp"], int)
    assert introspect("unknown") == {"active": False}
    sandbox.advance_clock(172_801)
    assert introspect(token) == {"active": False}


def test_introspection_needs_the_clients_credentials(client: ShopClient) -> None:
    assert code(client.request("POST", "/oauth/introspect", body=b"token=x")) == (401, "invalid_client")


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic eDp5"])
def test_an_api_call_without_a_good_token_is_refused(client: ShopClient, header: str | None) -> None:
    if header is not None:
        client.headers["Authorization"] = header
    assert code(client.get("/orders")) == (401, "invalid_token")


def test_a_token_expires_by_the_sandboxs_clock(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox(shop=SHOP, commercetools=CommercetoolsSettings(token_seconds=60))
    client = sandbox.shop_client()
    assert client.token().json()["expires_in"] == 60
    assert client.get("/orders").status == 200
    sandbox.advance_clock(61)
    assert code(client.get("/orders")) == (401, "invalid_token")
    assert client.sign_in().get("/orders").status == 200


def test_a_missing_scope_is_named(client_with: Callable[..., ShopClient]) -> None:
    client = client_with("view_customers")
    assert client.get("/customers").status == 200
    answer = client.get("/orders")
    assert code(answer) == (403, "insufficient_scope")
    assert answer.json()["message"] == "Insufficient scope. One of the following scopes is missing: view_orders."
    assert code(client.get("")) == (403, "insufficient_scope")
    either = client.get("/categories")
    assert "view_categories, view_products" in either.json()["message"]


@pytest.mark.parametrize("scope", ["view_orders", "manage_orders", "manage_project"])
def test_view_manage_and_project_scopes_all_let_read(client_with: Callable[..., ShopClient], scope: str) -> None:
    assert client_with(scope).get("/orders").status == 200


def test_a_scope_for_one_store_works_on_its_in_store_path_only(client_with: Callable[..., ShopClient]) -> None:
    client = client_with("view_orders:de-web")
    assert code(client.get("/orders")) == (403, "insufficient_scope")
    assert client.ids("/in-store/key=de-web/orders") == ["o1"]
    assert code(client.get("/in-store/key=de-web/customers")) == (403, "insufficient_scope")


def test_in_store_paths_show_the_stores_rows_only(client: ShopClient) -> None:
    client.sign_in()
    assert client.ids("/in-store/key=de-web/customers") == ["c1"]
    assert client.ids("/customers", sort="id asc") == ["c1", "c2"]
    assert client.get("/in-store/key=de-web/customers/c1").status == 200
    assert code(client.get("/in-store/key=de-web/customers/c2")) == (404, "ResourceNotFound")
    assert code(client.get("/in-store/key=unknown/customers")) == (404, "ResourceNotFound")
    assert code(client.get("/in-store/key=de-web/products")) == (404, "ResourceNotFound")


def test_drafts_and_unpublished_products_need_view_products(client_with: Callable[..., ShopClient]) -> None:
    client = client_with("view_published_products")
    (only,) = client.results("/products")
    assert only["id"] == "p1"
    assert "draft" not in str(only)
    assert client.ids("/product-projections") == ["p1"]
    assert code(client.get("/products/p2")) == (404, "ResourceNotFound")
    answer = client.get("/product-projections", staged="true")
    assert code(answer) == (403, "insufficient_scope")
    assert "view_products" in answer.json()["message"]


def test_another_project_key_or_path_is_not_found(client: ShopClient) -> None:
    client.sign_in()
    assert code(client.request("GET", "/other-shop/orders")) == (404, "ResourceNotFound")
    assert code(client.get("/nonsense")) == (404, "ResourceNotFound")
    assert code(client.get("/orders/o1/lines")) == (404, "ResourceNotFound")
    assert code(client.get("/orders/key=x")) == (404, "ResourceNotFound")


def test_writing_through_the_api_is_not_served(client: ShopClient) -> None:
    assert client.sign_in().request("POST", "/sandbox-shop/customers", body=b"{}").status == 405


def test_a_reset_makes_tokens_invalid(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox(shop=SHOP)
    client = sandbox.shop_client()
    sandbox.control("POST", "/reset")
    assert code(client.get("/orders")) == (401, "invalid_token")
