"""Purchases and carts of the emulated Iterable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.iterable.testing import InProcessIterable

if TYPE_CHECKING:
    from commerce_sandbox.iterable.json_value import JsonValue

ANA = {"email": "ana@example.org", "userId": "cust-1"}
HAT = {"id": "sku-1", "name": "Wool hat", "price": 20, "quantity": 2, "categories": ["hats"], "sku": None}


@pytest.fixture
def iterable() -> InProcessIterable:
    return InProcessIterable()


def buy(iterable: InProcessIterable, **members: Any) -> JsonValue:
    return iterable.post(
        "commerce/trackPurchase",
        {"id": "ct-order-1", "createdAt": 1772442900, "user": ANA, "items": [HAT], "total": 40, **members},
    )


def test_a_purchase_is_stored_and_its_user_created_with_fields(iterable: InProcessIterable) -> None:
    user = {**ANA, "dataFields": {"firstName": "Ana"}}
    reply = buy(iterable, user=user, dataFields={"currency": "EUR", "note": None}, campaignId=5)
    assert reply.json == {"msg": "", "code": "Success", "params": {"id": "ct-order-1"}}
    snapshot = iterable.service.snapshot()
    assert snapshot["purchases"] == [
        {
            "id": "ct-order-1",
            "email": "ana@example.org",
            "userId": "cust-1",
            "createdAt": "2026-03-02T09:15:00.000Z",
            "total": 40.0,
            "items": [{"id": "sku-1", "name": "Wool hat", "price": 20.0, "quantity": 2, "categories": ["hats"]}],
            "dataFields": {"currency": "EUR"},
            "campaignId": 5,
            "templateId": None,
        }
    ]
    assert snapshot["users"][0]["dataFields"] == {"firstName": "Ana"}
    [event] = iterable.get("events/byUserId/cust-1").json["events"]
    assert (event["eventType"], event["total"], event["shoppingCartItems"][0]["id"]) == ("purchase", 40.0, "sku-1")


def test_the_same_id_replaces_the_purchase(iterable: InProcessIterable) -> None:
    buy(iterable)
    buy(iterable, total=10.5, items=[], user={"userId": "cust-2"})
    [purchase] = iterable.service.snapshot()["purchases"]
    assert (purchase["total"], purchase["items"], purchase["userId"]) == (10.5, [], "cust-2")
    assert iterable.get("events/byUserId/cust-1").json["events"] == []


def test_without_an_id_every_purchase_is_another_one(iterable: InProcessIterable) -> None:
    ids = {buy(iterable, id=None).json["params"]["id"] for _ in range(2)}
    assert len(ids) == 2
    assert [one["id"] for one in iterable.service.snapshot()["purchases"]] == [None, None]


def test_a_purchase_empties_the_cart(iterable: InProcessIterable) -> None:
    iterable.post("commerce/updateCart", {"user": ANA, "items": [HAT]})
    assert len(iterable.service.snapshot()["users"][0]["shoppingCartItems"]) == 1
    buy(iterable)
    assert iterable.service.snapshot()["users"][0]["shoppingCartItems"] == []


def test_a_cart_replaces_the_one_before_and_leaves_an_event_each_time(iterable: InProcessIterable) -> None:
    scarf = {**HAT, "id": "sku-2", "dataFields": {"cartId": "c-9"}}
    assert iterable.post("commerce/updateCart", {"user": ANA, "items": [HAT]}).status == 200
    assert iterable.post("commerce/updateCart", {"user": ANA, "items": [scarf]}).status == 200
    snapshot = iterable.service.snapshot()
    assert [item["id"] for item in snapshot["users"][0]["shoppingCartItems"]] == ["sku-2"]
    carts = [event["dataFields"]["updatedShoppingCartItems"] for event in snapshot["events"]]
    assert sorted(items[0]["id"] for items in carts) == ["sku-1", "sku-2"]
    assert {event["eventName"] for event in snapshot["events"]} == {"updateCart"}
    assert iterable.post("commerce/updateCart", {"user": ANA, "items": []}).status == 200
    assert iterable.service.snapshot()["users"][0]["shoppingCartItems"] == []


def test_a_user_without_identifier_is_bad_params(iterable: InProcessIterable) -> None:
    reply = buy(iterable, user={})
    assert (reply.status, reply.json["code"]) == (400, "BadParams")


def test_data_fields_of_purchases_and_of_items_are_typed_once(iterable: InProcessIterable) -> None:
    buy(iterable, dataFields={"tax": 1.5}, items=[{**HAT, "dataFields": {"tax": "high"}}])
    clash = buy(iterable, id="2", dataFields={"tax": "high"}, user={"userId": "new", "dataFields": {"x": 1}})
    assert clash.json["code"] == "RequestFieldsTypesMismatched"
    assert clash.json["params"]["validationErrors"]["tax"]["category"] == "purchase"
    assert buy(iterable, id="3", items=[{**HAT, "dataFields": {"tax": 1.5}}]).status == 400
    assert iterable.service.counts()["users"] == 1, "nothing of a refused purchase is written"
    assert "x" not in iterable.get("users/getFields").json["fields"]


def test_conflicting_identities_are_409(iterable: InProcessIterable) -> None:
    iterable.post("users/update", {"email": "ana@example.org"})
    iterable.post("users/update", {"userId": "cust-1"})
    reply = buy(iterable)
    assert (reply.status, reply.json["code"]) == (409, "Conflict")
    assert iterable.service.counts()["purchases"] == 0


@pytest.mark.parametrize("purchase_id", ["x" * 513, "ü" * 257])
def test_purchase_ids_have_at_most_512_bytes(iterable: InProcessIterable, purchase_id: str) -> None:
    assert buy(iterable, id=purchase_id).json["code"] == "BadParams"
    assert buy(iterable, id="order_1.2/3").status == 200, "no alphabet is documented for purchases"


@pytest.mark.parametrize("missing", ["id", "name", "price", "quantity"])
def test_items_need_their_required_members(iterable: InProcessIterable, missing: str) -> None:
    item = {name: value for name, value in HAT.items() if name != missing}
    assert list(buy(iterable, items=[HAT, item]).json["params"]) == [f"obj.items[1].{missing}"]
