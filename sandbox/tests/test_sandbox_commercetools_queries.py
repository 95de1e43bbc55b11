from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.resource_types import RESOURCE_TYPES, SELECTION_MEMBERS
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.testing import RunningSandbox, hand_made_shop, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import ShopClient

GOLD = {"id": "g1", "key": "gold", "name": "Gold", "custom": {"type": {"typeId": "type", "id": "t1"}, "fields": {}}}
CUSTOMERS = [
    {
        "id": f"c{number:02d}",
        "key": f"key/{number}",
        "email": f"buyer{number}@shop.example",
        "firstName": "Ada" if number % 2 else "Bo",
        "lastModifiedAt": f"2026-11-{1 + number % 5:02d}T10:00:00.000Z",
        "customerGroup": {"typeId": "customer-group", "id": "g1"},
        "stores": [{"typeId": "store", "key": "de-web"}],
        "customerGroupAssignments": [{"customerGroup": {"typeId": "customer-group", "id": "g1"}}],
    }
    for number in range(30)
]
ORDERS = [
    {"id": "o1", "orderNumber": "DE 1/2", "totalPrice": {"centAmount": 300}, "country": "DE"},
    {"id": "o2", "orderNumber": "DE-2", "totalPrice": {"centAmount": 100}},
    {"id": "o3", "totalPrice": {"centAmount": 200}, "country": "AT"},
]
RESOURCES: dict[str, list[dict[str, Any]]] = {
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "customer-groups": [GOLD],
    "types": [{"id": "t1", "key": "extra"}],
    "stores": [{"id": "s1", "key": "de-web"}],
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(shop=hand_made_shop(RESOURCES, languages=["de"])) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(running: RunningSandbox) -> ShopClient:
    return running.shop_client()


def refusal(client: ShopClient, path: str, **parameters: object) -> str:
    answer = client.get(path, **parameters)
    assert answer.status == 400
    error = answer.json()["errors"][0]
    assert error["code"] == "InvalidInput"
    assert error["message"] == answer.json()["message"]
    return str(error["message"])


def test_the_envelope_is_the_platforms(client: ShopClient) -> None:
    envelope = client.get("/customers").json()
    assert {name: envelope[name] for name in ("limit", "offset", "count", "total")} == {
        "limit": 20,
        "offset": 0,
        "count": 20,
        "total": 30,
    }
    assert len(envelope["results"]) == 20
    assert "total" not in client.get("/customers", withTotal="false").json()


def test_project_settings_are_served(client: ShopClient) -> None:
    assert client.get("").json() == {"key": "sandbox-shop", "messages": {"enabled": True}, "languages": ["de"]}


def test_without_sort_the_order_is_stable_but_neither_by_time_nor_by_id(client: ShopClient) -> None:
    found = client.results("/customers", limit=500)
    ids = [row["id"] for row in found]
    times = [row["lastModifiedAt"] for row in found]
    assert ids != sorted(ids)
    assert times not in (sorted(times), sorted(times, reverse=True))
    assert ids == client.ids("/customers", limit=500)
    assert sorted(ids) == [row["id"] for row in CUSTOMERS]


def test_rows_of_one_moment_come_in_no_helpful_order_unless_the_id_is_a_sort_key(client: ShopClient) -> None:
    where = 'lastModifiedAt = "2026-11-01T10:00:00.000Z"'
    by_time = client.ids("/customers", where=where, sort="lastModifiedAt asc")
    by_both = client.ids("/customers", where=where, sort=["lastModifiedAt asc", "id asc"])
    assert by_both == sorted(by_time) != by_time


def test_sort_takes_nested_fields_and_several_keys(client: ShopClient) -> None:
    assert client.ids("/orders", sort="totalPrice.centAmount asc") == ["o2", "o3", "o1"]
    assert client.ids("/orders", sort="totalPrice.centAmount desc") == ["o1", "o3", "o2"]
    assert client.ids("/orders", sort="country asc") == ["o2", "o3", "o1"]
    both = client.results("/customers", sort=["firstName desc", "id asc"], limit=500)
    keys = [(row["firstName"], row["id"]) for row in both]
    assert keys == sorted(sorted(keys), key=lambda key: key[0], reverse=True)


def test_all_where_parameters_must_hold(client: ShopClient) -> None:
    ids = client.ids("/customers", where=['firstName = "Ada"', 'id < "c04"'], sort="id asc")
    assert ids == ["c01", "c03"]


def test_variables_are_filled_in(client: ShopClient) -> None:
    found = client.ids(
        "/customers",
        where="id in :ids and lastModifiedAt >= :since",
        sort="id asc",
        **{"var.ids": ["c01", "c04", "c05"], "var.since": "2026-11-02T00:00:00.000Z"},
    )
    assert found == ["c01", "c04"]


def test_offset_and_limit_cut_out_a_page(client: ShopClient) -> None:
    assert client.ids("/customers", sort="id asc", offset=28, limit=5) == ["c28", "c29"]
    assert client.ids("/customers", limit=0) == []
    assert client.get("/customers", limit=500, offset=10_000).json()["count"] == 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"limit": 501}, "Malformed parameter: limit: The limit parameter must be in the range of [0..500]"),
        ({"limit": -1}, "[0..500]"),
        ({"limit": "many"}, "Malformed parameter: limit"),
        ({"offset": 10_001}, "Malformed parameter: offset: The offset parameter must be in the range of [0..10000]"),
        ({"withTotal": "no"}, "Malformed parameter: withTotal"),
        ({"sort": "id"}, "Malformed parameter: sort"),
        ({"sort": "id up"}, "Malformed parameter: sort"),
        ({"sort": "nonsense asc"}, "Malformed parameter: sort: The field 'nonsense' does not exist."),
        ({"where": 'nonsense = "x"'}, "Malformed parameter: where: The field 'nonsense' does not exist."),
        ({"where": "id ="}, "Malformed parameter: where: Syntax error while parsing 'where'. Unexpected end"),
        ({"where": 'lastModifiedAt > "2026-11-01"'}, "is not a timestamp"),
        ({"where": "id = :id"}, "'var.id' is missing"),
        ({"page": 1}, "The query parameter 'page' is not known here."),
        ({"var.bad-name": 1}, "var.bad-name"),
        ({"priceCurrency": "EUR"}, "priceCurrency"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused(client: ShopClient, parameters: dict[str, object], message: str) -> None:
    assert message in refusal(client, "/customers", **parameters)


def test_a_single_resource_is_found_by_id_key_and_order_number(client: ShopClient) -> None:
    assert client.get("/customers/c03").json()["email"] == "buyer3@shop.example"
    assert client.get("/customers/key=key%2F4").json()["id"] == "c04"
    assert client.get("/orders/order-number=DE%201%2F2").json()["id"] == "o1"
    for path in ("/customers/nobody", "/customers/key=nobody", "/orders/order-number=0"):
        missing = client.get(path)
        assert missing.status == 404
        assert missing.json()["errors"][0]["code"] == "ResourceNotFound"


def test_head_tells_whether_anything_matches_without_a_body(client: ShopClient) -> None:
    def head(path: str, **parameters: object) -> tuple[int, bytes]:
        answer = client.request("HEAD", f"/sandbox-shop{path}", parameters)
        return answer.status, answer.body

    assert head("/customers", where='firstName = "Ada"') == (200, b"")
    assert head("/customers", where='firstName = "Zoe"') == (404, b"")
    assert head("/customers/c01") == (200, b"")
    assert head("/customers/nobody") == (404, b"")
    assert head("/customers", where="nonsense") == (400, b"")


def test_references_are_expanded_where_asked(client: ShopClient) -> None:
    plain = client.get("/customers/c01").json()
    assert "obj" not in plain["customerGroup"]
    expanded = client.get("/customers/c01", expand=["customerGroup.custom.type", "nonsense.x", "stores[*]"]).json()
    assert expanded["customerGroup"]["obj"]["name"] == "Gold"
    assert expanded["customerGroup"]["obj"]["custom"]["type"]["obj"]["key"] == "extra"
    assert expanded["stores"] == plain["stores"]
    (row,) = client.results("/customers", where='id = "c02"', expand="customerGroupAssignments[*].customerGroup")
    assert row["customerGroupAssignments"][0]["customerGroup"]["obj"]["id"] == "g1"
    assert "obj" not in row["customerGroup"]


def test_messages_are_there_only_when_the_project_has_them(
    client: ShopClient, start_sandbox: Callable[..., RunningSandbox]
) -> None:
    assert client.results("/messages") == []
    without = start_sandbox(shop=hand_made_shop(RESOURCES, messages={"enabled": False})).shop_client()
    assert without.get("/messages").status == 404


def test_a_total_with_a_predicate_is_capped(start_sandbox: Callable[..., RunningSandbox]) -> None:
    many = [{"id": f"{number:05d}"} for number in range(10_050)]
    client = start_sandbox(shop=hand_made_shop({"orders": many})).shop_client()
    assert client.get("/orders", limit=1).json()["total"] == 10_050
    assert client.get("/orders", limit=1, where='id > ""').json()["total"] == 10_000
    assert client.get("/orders", limit=1, where='id < "00010"').json()["total"] == 10


def test_answers_are_compressed_when_asked_and_large(client: ShopClient) -> None:
    asked = {"Accept-Encoding": "gzip, deflate"}
    large = client.request("GET", "/sandbox-shop/customers", {"limit": 500}, asked)
    assert large.headers["content-encoding"] == "gzip"
    assert large.bytes_received < len(large.body) / 2
    assert large.json() == client.get("/customers", limit=500).json()
    small = client.request("GET", "/sandbox-shop/customers", {"limit": 0}, asked)
    assert "content-encoding" not in small.headers
    assert "content-encoding" not in client.get("/customers", limit=500).headers


def test_compression_can_be_switched_off(start_sandbox: Callable[..., RunningSandbox]) -> None:
    settings = CommercetoolsSettings(compress=False)
    client = start_sandbox(shop=hand_made_shop(RESOURCES), commercetools=settings).shop_client()
    answer = client.request("GET", "/sandbox-shop/customers", {"limit": 500}, {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


def test_every_answer_carries_a_correlation_id_the_callers_own_if_given(client: ShopClient) -> None:
    assert client.get("/customers").headers["x-correlation-id"].startswith("sandbox-shop/")
    assert client.get("/nonsense").headers["x-correlation-id"]
    own = client.request("GET", "/sandbox-shop", headers={"X-Correlation-ID": "mine"})
    assert own.headers["x-correlation-id"] == "mine"


def test_a_request_target_that_is_too_long_gets_413_and_a_page(client: ShopClient) -> None:
    def ids(count: int) -> str:
        return "id in (" + ",".join(f'"{n:08x}-0000-4000-8000-000000000000"' for n in range(count)) + ")"

    assert client.get("/customers", where=ids(300)).status == 200
    answer = client.get("/customers", where=ids(400))
    assert answer.status == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")


def test_a_keyset_walk_over_http_reads_the_generated_shop_whole(
    start_sandbox: Callable[..., RunningSandbox],
) -> None:
    sandbox = start_sandbox(customers=40, orders=230, products=20)
    client, (orders,) = sandbox.shop_client(), sandbox.snapshot("commercetools", "orders").values()
    assert len(orders) == 230
    assert len({order["lastModifiedAt"] for order in orders}) < 230
    seen: list[dict[str, Any]] = []
    moment, identifier = "1970-01-01T00:00:00.000Z", ""
    while True:
        page = client.results(
            "/orders",
            where="(lastModifiedAt > :t or (lastModifiedAt = :t and id > :i)) and lastModifiedAt <= :upper",
            sort=["lastModifiedAt asc", "id asc"],
            limit=50,
            withTotal="false",
            **{"var.t": moment, "var.i": identifier, "var.upper": "2100-01-01T00:00:00.000Z"},
        )
        seen += page
        if len(page) < 50:
            break
        moment, identifier = page[-1]["lastModifiedAt"], page[-1]["id"]
    assert seen == sorted(orders, key=lambda order: (order["lastModifiedAt"], order["id"]))


def test_every_kind_of_resource_of_the_shop_can_be_queried(
    start_sandbox: Callable[..., RunningSandbox],
) -> None:
    sandbox = start_sandbox()
    client = sandbox.shop_client()
    held = sandbox.snapshot("commercetools")
    assert held.pop(SELECTION_MEMBERS.path)  # read below a selection only
    for path, rows in held.items():
        found = client.ids(f"/{path}", limit=500, sort="id asc", where='lastModifiedAt > "2000-01-01T00:00:00.000Z"')
        assert found == [row["id"] for row in rows][:500]


def test_customers_are_found_by_their_address_in_lower_case_which_is_no_member(running: RunningSandbox) -> None:
    running.control("POST", "/commercetools/customers", {"id": "c-upper", "email": "Ada.Kern@Shop.example"})
    client = running.shop_client()
    found = client.get("/customers", where="lowercaseEmail in :values", **{"var.values": "ada.kern@shop.example"})
    assert [(row["id"], "lowercaseEmail" in row) for row in found.json()["results"]] == [("c-upper", False)]
    assert client.get("/customers", where='email = "ada.kern@shop.example"').json()["results"] == []
    assert client.get("/customers", where='lowercaseEmail = "Ada.Kern@Shop.example"').json()["results"] == []
    assert "lowercaseEmail" in refusal(client, "/orders", where='lowercaseEmail = "ada.kern@shop.example"')
    assert "lowercaseEmail" in refusal(client, "/customers", sort="lowercaseEmail asc")


def test_every_field_of_the_generated_shop_can_be_asked_for(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox()
    client = sandbox.shop_client()
    held = sandbox.snapshot("commercetools", *RESOURCE_TYPES)
    for path, rows in held.items():
        for field in {name for row in rows for name in row}:
            assert client.get(f"/{path}", where=f"{field} is defined", limit=1).json()["count"] == 1
