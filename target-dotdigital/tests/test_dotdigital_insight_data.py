from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

ORDER_SCHEMA = schema_line(
    "orders",
    {
        "json": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "order_total": {"type": "number"},
                "purchase_date": {"type": "string", "format": "date-time"},
                "products": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
                    },
                },
            },
        }
    },
)


def contact(email: str) -> str:
    return record_line("contacts", {"matchIdentifier": "email", "identifiers": {"email": email}})


def order(key: str, email: str = "ann@example.org", **members: Any) -> dict[str, Any]:
    json = {
        "id": key,
        "order_total": 59.9,
        "currency": "EUR",
        "purchase_date": "2026-03-01T12:00:00.000+01:00",
        "products": [{"sku": "HAT-9", "price": 25, "qty": 2, "categories": [{"Name": "Hats"}]}],
        **members,
    }
    return {"key": key, "contactIdentity": {"identifier": "email", "value": email}, "json": json}


def orders(*records: dict[str, Any]) -> list[str]:
    return [ORDER_SCHEMA, *(record_line("orders", record) for record in records)]


def people(*emails: str) -> list[str]:
    return [schema_line("contacts", {}), *(contact(email) for email in emails)]


def test_orders_arrive_after_their_contacts_whatever_came_first(sandbox: RunningSandbox, loader: Loader) -> None:
    lines = [*orders(order("O-1"), order("O-2", "bo@example.org")), *people("ann@example.org", "bo@example.org")]
    result = loader().run([*lines, state_line({"n": 1})])
    assert result.code == 0, result.log
    assert result.states == [{"n": 1}]
    collection = sandbox.snapshot("dotdigital")["collections"]["Orders"]
    assert (collection["scope"], collection["type"]) == ("contact", "orders")
    assert {key: record["owner"] for key, record in collection["records"].items()} == {
        "O-1": "ann@example.org",
        "O-2": "bo@example.org",
    }
    assert collection["records"]["O-1"]["json"] == {
        "id": "O-1",
        "order_total": 59.9,
        "currency": "EUR",
        "purchase_date": "2026-03-01T11:00:00Z",
        "products": [{"sku": "HAT-9", "price": 25, "qty": 2, "categories": [{"Name": "Hats"}]}],
    }


def test_the_same_key_again_replaces_the_record(sandbox: RunningSandbox, loader: Loader) -> None:
    first = [*people("ann@example.org"), *orders(order("O-1", order_status="Pending", note="x"))]
    assert loader().run(first).code == 0
    again = orders(order("O-1", order_status="Paid"), order("O-1", order_status="Completed"))
    result = loader().run(again)
    assert result.counts("orders") == (2, 2, 0, 0)
    (record,) = sandbox.snapshot("dotdigital")["collections"]["Orders"]["records"].values()
    assert record["json"]["order_status"] == "Completed"
    assert "note" not in record["json"]


def test_each_bad_record_is_rejected_alone(sandbox: RunningSandbox, loader: Loader) -> None:
    good = [order(f"G-{number}") for number in range(20)]
    bad = [
        (order("B-1", "nobody@example.org"), "its contact does not exist", "ContactEmailDoesNotExist"),
        (order("B-2", order_total="12,00"), "property 'order_total' must be a number", "json"),
        (order("B-3", matrix=[[1]]), "property 'matrix' is an array with an array directly inside", "json"),
        (order("B-4", clash={"a-b": 1, "a_b": 2}), "properties 'a-b' and 'clash.a_b' have names", "json"),
        ({**order("B-5"), "key": "not ok"}, "field key: breaks the rule 'pattern'", "schema"),
        (order("B-6", products={"sku": "x"}), "property 'products' must be an array of an object", "json"),
        (order("B-7", mixed=[1, "x"]), "property 'mixed' is an array of values of several types", "json"),
        (order("B-8", purchase_date="soon"), "property 'purchase_date' must be an ISO date", "json"),
        ({"key": "B-9", "json": {"id": "B-9"}}, "the record: lacks 'contactIdentity'", "schema"),
        (order("B-10", huge=1e16), "Dotdigital does not store it", "JsonNumberValueTooLarge"),
    ]
    lines = [*people("ann@example.org"), *orders(*good[:10], *(record for record, _, _ in bad), *good[10:])]
    result = loader().run(lines)
    assert result.code == 1
    assert result.counts("orders") == (30, 20, 10, 0)
    found = {
        item["record"]["key"]: (item["rejected"]["reason"], item["rejected"]["code"])
        for item in result.rejects
        if item["type"] == "RECORD"
    }
    for record, reason, code in bad:
        assert found[record["key"]][0].startswith(reason), found[record["key"]]
        assert found[record["key"]][1] == code
    assert len(sandbox.snapshot("dotdigital")["collections"]["Orders"]["records"]) == 20
    assert "12,00" not in result.log
    assert "example.org" not in result.log


def test_a_clash_with_what_the_account_holds_is_found_before_sending(sandbox: RunningSandbox, loader: Loader) -> None:
    untyped = schema_line("orders", {})
    first = [*people("ann@example.org"), untyped, record_line("orders", order("O-1", custom="text"))]
    assert loader().run(first).code == 0
    before = len(sandbox.requests(service="dotdigital", method="PUT", path="insightData/v3/import"))
    result = loader().run([untyped, record_line("orders", order("O-2", custom={"a": 1}))])
    assert list(result.reasons("orders")) == ["property 'custom' must be text: its type is fixed in the account"]
    assert len(sandbox.requests(service="dotdigital", method="PUT", path="insightData/v3/import")) == before


def test_nothing_poisons_a_collection(sandbox: RunningSandbox, loader: Loader) -> None:
    record = order("O-1", custom=[], nothing=None, empty={}, nested={"also": {}, "kept": 1}, **{"my name": "x"})
    assert loader().run([*people("ann@example.org"), *orders(record)]).code == 0
    columns = {column["name"] for column in sandbox.snapshot("dotdigital")["collections"]["Orders"]["schema"]}
    assert columns == {"id", "order_total", "currency", "purchase_date", "products", "nested", "my_name"}


@pytest.mark.parametrize("word", ["Finished", "Complete"])
def test_both_words_for_a_finished_import_are_understood(sandbox: RunningSandbox, loader: Loader, word: str) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"insight_finished_word": word})
    assert loader().run([*people("ann@example.org"), *orders(order("O-1"))]).code == 0


def test_the_catalogue_goes_where_each_record_says(sandbox: RunningSandbox, loader: Loader) -> None:
    item = {"id": "p-1", "name": "Wool hat", "price": 25.5, "sku": "HAT-9", "url": "https://shop.example/hat"}
    lines = [
        schema_line("catalog", {}),
        record_line("catalog", {"key": "p-1", "json": item}),
        record_line("catalog", {"key": "p-1", "collectionName": "catalog_de", "json": {**item, "name": "Hut"}}),
        record_line("catalog", {"key": "p-2", "collectionName": "catalog_de", "json": item}),
    ]
    result = loader().run(lines)
    assert result.code == 0, result.log
    collections = sandbox.snapshot("dotdigital")["collections"]
    assert {name: sorted(held["records"]) for name, held in collections.items()} == {
        "catalog_products": ["p-1"],
        "catalog_de": ["p-1", "p-2"],
    }
    assert all((held["scope"], held["type"]) == ("account", "catalog") for held in collections.values())
    assert collections["catalog_de"]["records"]["p-1"]["json"]["name"] == "Hut"


def test_the_settings_say_where_orders_go(sandbox: RunningSandbox, loader: Loader) -> None:
    lines = [*people("ann@example.org"), *orders(order("O-1"))]
    assert loader(collections={"orders": {"collection": "Shop_Orders"}}).run(lines).code == 0
    assert list(sandbox.snapshot("dotdigital")["collections"]) == ["Shop_Orders"]


def test_carts_are_stored_for_their_contact(sandbox: RunningSandbox, loader: Loader) -> None:
    cart = {"cartId": "c-1", "cartPhase": "ORDER_COMPLETE", "lineItems": [{"sku": "HAT-9", "quantity": 1}]}
    identity = {"identifier": "email", "value": "ann@example.org"}
    lines = [
        *people("ann@example.org"),
        schema_line("cart_insight", {}),
        record_line("cart_insight", {"key": "c-1", "contactIdentity": identity, "json": cart}),
    ]
    assert loader().run(lines).code == 0
    held = sandbox.snapshot("dotdigital")["collections"]["CartInsight"]
    assert (held["type"], held["records"]["c-1"]["owner"]) == ("cartInsight", "ann@example.org")


def test_any_other_stream_becomes_a_collection_of_its_own(sandbox: RunningSandbox, loader: Loader) -> None:
    properties = {
        "id": {"type": "integer"},
        "day": {"type": "string", "format": "date"},
        "mail": {"type": "string"},
        "points": {"type": ["number", "null"]},
    }
    record = {"id": 7, "day": "2026-03-01", "mail": "Ann@example.org", "points": None}
    lines = [*people("ann@example.org")]
    for stream, keys in (("2_store visits", ["id", "day"]), ("loyalty", ["id"]), ("keyless", [])):
        lines += [schema_line(stream, properties, keys), record_line(stream, record)]
    bound = {"to": "insight", "collection": "Loyalty", "scope": "contact", "key": ["day"], "contact": "mail"}
    result = loader(streams={"loyal*": bound}).run(lines)
    assert result.code == 0, result.log
    collections = sandbox.snapshot("dotdigital")["collections"]
    json = {"id": 7, "day": "2026-03-01T00:00:00Z", "mail": "Ann@example.org"}
    ((key, visit),) = collections["_2_store_visits"]["records"].items()
    assert key.startswith("7-2026-03-01-")
    assert visit == {"owner": None, "json": json}
    assert collections["Loyalty"]["records"] == {"2026-03-01": {"owner": "ann@example.org", "json": json}}
    assert [len(key) for key in collections["keyless"]["records"]] == [64]


def test_a_record_of_another_stream_must_fit_its_own_schema(sandbox: RunningSandbox, loader: Loader) -> None:
    lines = [
        schema_line("visits", {"id": {"type": "integer"}, "n": {"type": "integer"}}, ["id"]),
        record_line("visits", {"id": 1, "n": "many"}),
        record_line("visits", {"id": 2, "n": 5}),
        record_line("visits", {"id": None, "n": 5}),
    ]
    result = loader().run(lines)
    assert result.counts("visits") == (3, 1, 2, 0)
    assert sandbox.snapshot("dotdigital")["collections"]["visits"]["records"].keys() == {"2"}


def test_a_schema_that_is_none_ends_in_one_line(loader: Loader) -> None:
    result = loader().run([schema_line("visits", {"id": {"type": "nonsense"}}, ["id"])])
    assert result.code == 1
    (error,) = result.errors
    assert "the SCHEMA of stream 'visits' is no JSON Schema" in error
