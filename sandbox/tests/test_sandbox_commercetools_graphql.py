from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.graphql_api.root_fields import ROOT_FIELDS
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.testing import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.commercetools.graphql_api.root_fields import RootField
    from commerce_sandbox.shop_client import Answer, ShopClient

SWEEP = """
query ($where: String, $sort: [String!], $limit: Int, $offset: Int) {
  page: customers(where: $where, sort: $sort, limit: $limit, offset: $offset) {
    offset count total results { id version createdAt lastModifiedAt key }
  }
}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(customers=120, orders=200, products=20) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: RunningSandbox) -> ShopClient:
    return sandbox.shop_client()


def post(client: ShopClient, body: object) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.request("POST", f"/{client.project_key}/graphql", body=content)


def ask(client: ShopClient, query: str, **variables: object) -> dict[str, Any]:
    answer = post(client, {"query": query, "variables": variables})
    assert answer.status == 200
    answered: dict[str, Any] = answer.json()
    return answered


def refusal(client: ShopClient, query: str, **variables: object) -> tuple[str, str]:
    answered = ask(client, query, **variables)
    assert answered["data"] is None
    (error,) = answered["errors"]
    assert error.keys() >= {"message", "locations", "extensions"}
    return error["extensions"]["code"], error["message"]


@pytest.mark.parametrize("field", ROOT_FIELDS, ids=lambda field: field.name)
def test_every_root_field_gives_what_the_http_api_gives(client: ShopClient, field: RootField) -> None:
    container = '(container: "branches", limit: 3, sort: ["id asc"])' if field.in_container else ""
    arguments = container or '(limit: 3, sort: ["id asc"])'
    key = "key" if field.has_key else ""
    members = f"id version createdAt lastModifiedAt {key}"
    answered = ask(client, f"{{ {field.name}{arguments} {{ offset count total results {{ {members} }} }} }}")
    path = "custom-objects/branches" if field.in_container else field.path
    page = client.get(f"/{path}", limit=3, sort="id asc").json()
    rows = [{name: row.get(name) for name in members.split()} for row in page["results"]]
    assert rows
    assert answered == {
        "data": {field.name: {"offset": 0, "count": len(rows), "total": page["total"], "results": rows}}
    }


def test_a_keyset_sweep_with_variables_reads_everything(client: ShopClient) -> None:
    read: list[str] = []
    where: str | None = None
    while True:
        page = ask(client, SWEEP, where=where, sort=["id asc"], limit=50)["data"]["page"]
        read += [row["id"] for row in page["results"]]
        if page["count"] < 50:
            break
        where = f'id > "{read[-1]}"'
    assert read == client.ids("/customers", sort="id asc", limit=500)


def test_arguments_mean_what_they_mean_in_the_http_api(client: ShopClient) -> None:
    where = 'email is defined and lastModifiedAt > "2020-01-01T00:00:00.000Z"'
    sort = ["lastModifiedAt desc", "id desc"]
    page = ask(client, SWEEP, where=where, sort=sort, limit=4, offset=7)["data"]["page"]
    assert [row["id"] for row in page["results"]] == client.ids("/customers", where=where, sort=sort, limit=4, offset=7)
    assert (page["offset"], page["count"], page["total"]) == (7, 4, 120)
    assert ask(client, "{ customers { count } }")["data"]["customers"]["count"] == 20
    assert ask(client, SWEEP, limit=0)["data"]["page"] == {"offset": 0, "count": 0, "total": 120, "results": []}


def test_several_root_fields_answer_at_once(client: ShopClient) -> None:
    answered = ask(client, "{ zones { count } a: stores { count } __typename }")
    assert answered["data"] == {"zones": {"count": 5}, "a": {"count": 4}, "__typename": "Query"}


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("{ customers(limit: 501) { count } }", "InvalidInput", "limit"),
        ("{ customers(offset: 10001) { count } }", "InvalidInput", "offset"),
        ('{ customers(where: "colour = 1") { count } }', "InvalidInput", "The field 'colour' does not exist."),
        ('{ customers(where: "id = ") { count } }', "InvalidInput", "where"),
        ('{ customers(sort: ["id"]) { count } }', "InvalidInput", "sort"),
        ("{ customers { count ", "SyntaxError", "Syntax Error"),
        ("{ customers { results { shoeSize } } }", "SemanticError", "Cannot query field 'shoeSize'"),
        ("{ orders { results { key } } }", "SemanticError", "Cannot query field 'key'"),
        ("{ customObjects { count } }", "SemanticError", "container"),
        ("mutation { deleteCustomer { id } }", "SemanticError", "mutation"),
        ("query ($n: Int!) { customers(limit: $n) { count } }", "InvalidInput", "$n"),
    ],
)
def test_errors_come_with_status_200_and_a_code(client: ShopClient, query: str, code: str, text: str) -> None:
    found, message = refusal(client, query)
    assert found == code
    assert text in message


def test_an_error_names_the_place_and_leaves_the_answer_without_data(client: ShopClient) -> None:
    answered = ask(client, "{ zones { count } page: customers(limit: 900) { count } }")
    assert answered["data"] is None
    assert answered["errors"][0]["path"] == ["page"]
    assert answered["errors"][0]["locations"] == [{"line": 1, "column": 19}]


def test_a_missing_scope_is_an_error_of_its_field(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox(commercetools=CommercetoolsSettings(scopes=("view_orders",)))
    client = sandbox.shop_client()
    assert ask(client, "{ orders { count } zones { count } }")["data"]["orders"]["count"] == 20
    code, message = refusal(client, "{ customers { count } }")
    assert code == "insufficient_scope"
    assert "view_customers" in message


def test_drafts_are_hidden_from_who_may_see_published_products_only(
    start_sandbox: Callable[..., RunningSandbox],
) -> None:
    settings = CommercetoolsSettings(scopes=("view_published_products",))
    sandbox = start_sandbox(products=60, commercetools=settings)
    client = sandbox.shop_client()
    total = ask(client, "{ products { total } }")["data"]["products"]["total"]
    assert total == client.get("/products").json()["total"] < 60


def test_tokens_projects_and_bodies_are_checked_before_the_query(client: ShopClient, sandbox: RunningSandbox) -> None:
    body = {"query": "{ customers { count } }"}
    assert post(client, b"{").status == 400
    assert post(client, b"{").json()["errors"][0]["code"] == "InvalidJsonInput"
    assert post(client, {"variables": {}}).json()["errors"][0]["code"] == "InvalidInput"
    other = client.request("POST", "/other-shop/graphql", body=json.dumps(body).encode())
    assert other.status == 404
    stranger = client.request(
        "POST", "/sandbox-shop/graphql", headers={"Authorization": "Bearer x"}, body=json.dumps(body).encode()
    )
    assert stranger.status == 401
    assert client.get("/graphql").status == 404
    assert client.request("POST", "/sandbox-shop/customers").status == 405
    paths = {entry["path"] for entry in sandbox.control("GET", "/requests/counts") if entry["method"] == "POST"}
    assert "/{projectKey}/graphql" in paths


def test_limits_and_late_rows_are_those_of_the_http_api(client: ShopClient, sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 100})
    assert refusal(client, SWEEP, limit=101)[0] == "QueryTimedOut"
    assert ask(client, SWEEP, limit=100)["data"]["page"]["count"] == 100
    sandbox.control("POST", "/commercetools/limits", {"max_response_bytes": 2000})
    assert refusal(client, SWEEP, limit=100)[0] == "ContentTooLarge"
    sandbox.control("POST", "/commercetools/limits", {"late_rows_seconds": 60})
    created = sandbox.control("POST", "/commercetools/customers", {"email": "late@shop.example"})
    late = f'id = "{created["id"]}"'
    assert ask(client, SWEEP, where=late)["data"]["page"]["count"] == 0
    sandbox.advance_clock(61)
    assert ask(client, SWEEP, where=late)["data"]["page"]["count"] == 1


def test_faults_strike_here_too(client: ShopClient, sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "respond", "status": 503, "body": {"message": "busy"}}, path="/graphql$")
    assert post(client, {"query": "{ zones { count } }"}).status == 503
    assert post(client, {"query": "{ zones { count } }"}).status == 200


def test_the_graphql_library_is_not_loaded_before_the_first_such_request() -> None:
    check = "import sys, commerce_sandbox.server; sys.exit('graphql' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
