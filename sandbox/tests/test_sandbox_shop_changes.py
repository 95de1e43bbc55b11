from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from commerce_sandbox.clock import timestamp
from commerce_sandbox.shop import ShopPlan, generate_shop
from commerce_sandbox.shop.changes import CHANGES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORY_END = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 20, 13, 0, tzinfo=timezone.utc)
INVALID_EMAILS = {"no-at-sign.example", "two@@shop.example", "blank in@shop.example"}


def _copy(value: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    return msgspec.json.decode(msgspec.json.encode(value))


class MemoryStore:
    """A store with the platform's rules about versions and timestamps; its clock ticks with every write."""

    def __init__(self, resources: dict[str, dict[str, dict[str, Any]]]) -> None:
        self.resources = {path: dict(rows) for path, rows in resources.items()}  # rows are replaced, never changed
        self.writes = 0
        self.erased: list[str] = []

    def _now(self) -> str:
        self.writes += 1
        return timestamp(datetime.fromtimestamp(NOW.timestamp() + self.writes / 1000, tz=timezone.utc))

    def get(self, path: str, identifier: str, /) -> dict[str, Any] | None:
        found: dict[str, Any] | None = _copy(self.resources[path].get(identifier))
        return found

    def all(self, path: str, /) -> Iterable[dict[str, Any]]:
        return [_copy(self.resources[path][identifier]) for identifier in sorted(self.resources[path])]

    def create(self, path: str, resource: dict[str, Any], /) -> dict[str, Any]:
        assert resource["id"] not in self.resources[path], "an id was made up twice"
        now = self._now()
        made: dict[str, Any] = _copy(resource) | {"version": 1, "createdAt": now, "lastModifiedAt": now}
        self.resources[path][made["id"]] = _copy(made)
        return made

    def update(self, path: str, resource: dict[str, Any], /) -> dict[str, Any]:
        old = self.resources[path][resource["id"]]
        head = {
            "version": old["version"] + 1 + old["version"] % 4,
            "createdAt": old["createdAt"],
            "lastModifiedAt": self._now(),
        }
        written: dict[str, Any] = _copy(resource) | head
        self.resources[path][resource["id"]] = _copy(written)
        return written

    def delete(self, path: str, identifier: str, /, *, data_erasure: bool = False) -> dict[str, Any]:
        if data_erasure:
            self.erased.append(identifier)
        return self.resources[path].pop(identifier)


GENERATED = generate_shop(ShopPlan(customers=60, orders=300, products=40, history_end=HISTORY_END)).resources


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(GENERATED)


def _fields(customer: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = customer.get("custom", {}).get("fields", {})
    return fields


def _cents(money: dict[str, Any]) -> int:
    cents: int = money["centAmount"]
    return cents


def _sum(payment: dict[str, Any], kind: str) -> int:
    return sum(
        _cents(entry["amount"])
        for entry in payment["transactions"]
        if entry["type"] == kind and entry["state"] == "Success"
    )


def _payments(store: MemoryStore, order: dict[str, Any]) -> list[dict[str, Any]]:
    return [store.resources["payments"][entry["id"]] for entry in order.get("paymentInfo", {}).get("payments", [])]


PATH_OF_CHANGE = {
    "place_orders": "orders",
    "cancel_orders": "orders",
    "refund_orders": "orders",
    "ship_orders": "orders",
    "edit_customers": "customers",
    "register_customers": "customers",
    "delete_customers": "customers",
    "opt_in_customers": "customers",
    "opt_out_customers": "customers",
    "change_emails": "customers",
    "unpublish_products": "products",
    "change_prices": "products",
    "abandon_carts": "carts",
    "expire_carts": "carts",
    "expire_shopping_lists": "shopping-lists",
    "erase_customers": "customers",
    "delete_orders": "orders",
    "delete_categories": "categories",
    "delete_products": "products",
    "remove_variants": "products",
    "move_stock": "inventory",
    "change_standalone_prices": "standalone-prices",
    "delete_stock": "inventory",
    "delete_standalone_prices": "standalone-prices",
}


def test_every_change_of_the_contract_is_offered() -> None:
    assert set(CHANGES) == set(PATH_OF_CHANGE)


@pytest.mark.parametrize("name", CHANGES)
def test_change_touches_the_rows_it_names_and_moves_them_past_the_history(store: MemoryStore, name: str) -> None:
    path = PATH_OF_CHANGE[name]
    before = _copy(store.resources[path])
    identifiers = CHANGES[name](store, 3, 11)
    assert len(set(identifiers)) == 3
    changed = {
        identifier
        for identifier in before.keys() | store.resources[path].keys()
        if before.get(identifier) != store.resources[path].get(identifier)
    }
    if name in ("place_orders", "abandon_carts"):
        assert set(identifiers) <= changed
        assert not set(identifiers) & set(before)
    else:
        assert changed == set(identifiers)
    for identifier in identifiers:
        row = store.resources[path].get(identifier)
        if row is not None:
            assert row["lastModifiedAt"] > "2026-11-20T13:00:00"
            assert row["version"] > before.get(identifier, {"version": 0})["version"]


@pytest.mark.parametrize("name", CHANGES)
def test_change_is_the_same_for_the_same_content_and_seed(name: str) -> None:
    one, other = MemoryStore(GENERATED), MemoryStore(GENERATED)
    assert CHANGES[name](one, 4, 5) == CHANGES[name](other, 4, 5)
    assert one.resources == other.resources
    assert {path: list(rows) for path, rows in one.resources.items()} == {
        path: list(rows) for path, rows in other.resources.items()
    }


@pytest.mark.parametrize("name", CHANGES)
def test_change_repeated_with_the_same_seed_makes_nothing_up_twice(store: MemoryStore, name: str) -> None:
    first, second = CHANGES[name](store, 5, 5), CHANGES[name](store, 5, 5)
    assert first != second


@pytest.mark.parametrize("name", CHANGES)
def test_change_asked_for_more_than_there_is_does_what_it_can(name: str) -> None:
    store = MemoryStore(generate_shop(ShopPlan(customers=2, orders=4, products=2, history_end=HISTORY_END)).resources)
    assert len(CHANGES[name](store, 20, 1)) <= 20


@pytest.mark.parametrize("name", CHANGES)
def test_change_of_nothing_changes_nothing(store: MemoryStore, name: str) -> None:
    assert CHANGES[name](store, 0, 1) == []
    assert store.writes == 0


@pytest.mark.parametrize("name", CHANGES)
def test_change_leaves_customers_with_unusable_addresses_alone(store: MemoryStore, name: str) -> None:
    CHANGES[name](store, 100, 2)
    left = [row for row in store.resources["customers"].values() if row["email"] in INVALID_EMAILS]
    assert len(left) == 3
    assert all(row["version"] == 1 for row in left)
    ids = {row["id"] for row in left}
    assert not [row for row in store.resources["orders"].values() if row.get("customerId") in ids]


def test_placed_orders_leave_a_cart_payments_and_less_stock(store: MemoryStore) -> None:
    stock_before = _copy(store.resources["inventory"])
    identifiers = CHANGES["place_orders"](store, 10, 3)
    guests = 0
    sold: Counter[str] = Counter()
    for identifier in identifiers:
        order = store.resources["orders"][identifier]
        guests += "customerId" not in order
        assert order["customerEmail"]
        cart = store.resources["carts"][order["cart"]["id"]]
        assert cart["cartState"] == "Ordered"
        assert cart["lineItems"] == order["lineItems"]
        planned = sum(_cents(payment["amountPlanned"]) for payment in _payments(store, order))
        assert planned == _cents(order["taxedPrice"]["totalGross"])
        for line in order["lineItems"]:
            sold[line["variant"]["sku"]] += line["quantity"]
        for payment in _payments(store, order):
            assert all(entry["timestamp"] <= order["createdAt"] for entry in payment["transactions"])
    assert guests == 5
    for identifier, entry in store.resources["inventory"].items():
        before = stock_before[identifier]
        expected = 0 if "supplyChannel" in entry else sold[entry["sku"]]
        assert entry["quantityOnStock"] == max(0, before["quantityOnStock"] - expected)
        assert entry["availableQuantity"] == max(0, before["availableQuantity"] - expected)


def test_orders_are_placed_for_published_products_only(store: MemoryStore) -> None:
    unpublished = set(CHANGES["unpublish_products"](store, 30, 1))
    assert len(unpublished) == 30
    assert not any(store.resources["products"][identifier]["masterData"]["published"] for identifier in unpublished)
    for identifier in CHANGES["place_orders"](store, 20, 1):
        lines = store.resources["orders"][identifier]["lineItems"]
        assert not {line["productId"] for line in lines} & unpublished


def test_cancelled_orders_give_money_back_or_let_it_go(store: MemoryStore) -> None:
    identifiers = CHANGES["cancel_orders"](store, 50, 1)
    charged = voided = 0
    for identifier in identifiers:
        order = store.resources["orders"][identifier]
        assert (order["orderState"], order["shipmentState"]) == ("Cancelled", "Canceled")
        for payment in _payments(store, order):
            assert _sum(payment, "Charge") == _sum(payment, "Refund")
            charged += _sum(payment, "Charge") > 0
            assert _sum(payment, "Charge") or _sum(payment, "Authorization") == _sum(payment, "CancelAuthorization")
            voided += _sum(payment, "CancelAuthorization") > 0
    assert charged
    assert not CHANGES["cancel_orders"](store, 50, 1)


def test_refunded_orders_take_back_goods_and_pay_for_them(store: MemoryStore) -> None:
    before = _copy(store.resources["payments"])
    identifiers = CHANGES["refund_orders"](store, 30, 1)
    kinds = set()
    for identifier in identifiers:
        order = store.resources["orders"][identifier]
        items = order["returnInfo"][-1]["items"]
        assert {(item["shipmentState"], item["paymentState"]) for item in items} == {("BackInStock", "Refunded")}
        lines = {line["id"]: line["quantity"] for line in order["lineItems"]}
        assert all(1 <= item["quantity"] <= lines[item["lineItemId"]] for item in items)
        payments = _payments(store, order)
        given_back = sum(_sum(payment, "Refund") - _sum(before[payment["id"]], "Refund") for payment in payments)
        charged = sum(_sum(payment, "Charge") for payment in payments)
        assert 0 <= given_back <= charged
        kinds.add(given_back == charged)
    assert kinds == {True, False}


def test_shipped_orders_get_a_delivery_for_what_was_left(store: MemoryStore) -> None:
    for identifier in CHANGES["ship_orders"](store, 20, 1):
        order = store.resources["orders"][identifier]
        assert order["shipmentState"] == "Shipped"
        deliveries = order["shippingInfo"]["deliveries"]
        assert deliveries[-1]["createdAt"] >= "2026-11-20T13:00:00.000Z"
        sent = Counter(item["id"] for delivery in deliveries for item in delivery["items"])
        assert sent == Counter(line["id"] for line in order["lineItems"])


def test_opting_in_writes_full_evidence_with_a_new_time(store: MemoryStore) -> None:
    for identifier in CHANGES["opt_in_customers"](store, 20, 1):
        customer, before = store.resources["customers"][identifier], GENERATED["customers"][identifier]
        assert _fields(before).get("NEWSLETTER_SUBSCRIBE") != "YES"
        fields = _fields(customer)
        assert fields["NEWSLETTER_SUBSCRIBE"] == "YES"
        assert "2026-11-20T13:00:00.000Z" < fields["newsletterConsentAt"] <= customer["lastModifiedAt"]
        for evidence in ("Url", "Ip", "UserAgent", "Text"):
            assert fields[f"newsletterConsent{evidence}"]
        kept = {name: value for name, value in _fields(before).items() if not name.lower().startswith("newsletter")}
        assert kept.items() <= fields.items()


def test_opting_out_leaves_a_refusal_with_its_time_and_no_evidence(store: MemoryStore) -> None:
    for identifier in CHANGES["opt_out_customers"](store, 20, 1):
        customer, before = store.resources["customers"][identifier], GENERATED["customers"][identifier]
        assert _fields(before)["NEWSLETTER_SUBSCRIBE"] == "YES"
        consent = {name for name in _fields(customer) if name.lower().startswith("newsletter")}
        assert consent == {"NEWSLETTER_SUBSCRIBE", "newsletterConsentAt"}
        assert _fields(customer)["NEWSLETTER_SUBSCRIBE"] == "NO"
        assert _fields(customer)["newsletterConsentAt"] > "2026-11-20T13:00:00.000Z"


def test_registered_customers_are_new_and_consent_after_registering(store: MemoryStore) -> None:
    identifiers = CHANGES["register_customers"](store, 40, 1)
    emails = Counter(row["email"].lower() for row in store.resources["customers"].values())
    answers = set()
    for identifier in identifiers:
        customer = store.resources["customers"][identifier]
        assert emails[customer["email"].lower()] == 1
        assert customer["createdAt"] > "2026-11-20T13:00:00.000Z"
        assert customer["password"] == "****"
        answers.add(_fields(customer).get("NEWSLETTER_SUBSCRIBE"))
        moment = _fields(customer).get("newsletterConsentAt")
        assert moment is None or customer["createdAt"] <= moment <= customer["lastModifiedAt"]
    assert answers == {"YES", "NO", None}


def test_edited_customers_keep_their_address_and_consent(store: MemoryStore) -> None:
    edited = set()
    for identifier in CHANGES["edit_customers"](store, 30, 1):
        customer, before = store.resources["customers"][identifier], GENERATED["customers"][identifier]
        assert customer["email"] == before["email"]
        for name in ("NEWSLETTER_SUBSCRIBE", "newsletterConsentAt"):
            assert _fields(customer).get(name) == _fields(before).get(name)
        names = {name for name in customer if customer[name] != before.get(name)}
        edited |= names - {"version", "lastModifiedAt"}
        assert names - {"version", "lastModifiedAt"}
    assert {"firstName", "addresses", "custom"} <= edited


def test_deleted_customers_are_gone_and_their_orders_stay(store: MemoryStore) -> None:
    orders = len(store.resources["orders"])
    for identifier in CHANGES["delete_customers"](store, 5, 1):
        assert identifier not in store.resources["customers"]
    assert len(store.resources["orders"]) == orders


def test_changed_prices_move_by_the_same_rate_in_draft_and_on_sale(store: MemoryStore) -> None:
    for identifier in CHANGES["change_prices"](store, 10, 1):
        master = store.resources["products"][identifier]["masterData"]
        before = GENERATED["products"][identifier]["masterData"]
        prices = master["current"]["masterVariant"]["prices"]
        old = before["current"]["masterVariant"]["prices"]
        assert prices != old
        assert prices == master["staged"]["masterVariant"]["prices"]
        assert [price["id"] for price in prices] == [price["id"] for price in old]
        assert all(4 * _cents(a["value"]) <= 5 * _cents(b["value"]) + 4 for a, b in zip(prices, old, strict=True))
        assert all(price["value"]["type"] == then["value"]["type"] for price, then in zip(prices, old, strict=True))


@pytest.mark.parametrize("name", [name for name in CHANGES if name.startswith(("delete_", "expire_", "erase_"))])
def test_what_is_deleted_or_expires_is_gone(store: MemoryStore, name: str) -> None:
    gone = CHANGES[name](store, 3, 4)
    assert len(gone) == 3
    assert not set(gone) & store.resources[PATH_OF_CHANGE[name]].keys()
    assert store.erased == (gone if name == "erase_customers" else [])


@pytest.mark.parametrize("name", ["expire_carts", "expire_shopping_lists"])
def test_what_was_left_alone_longest_expires_first(store: MemoryStore, name: str) -> None:
    path = PATH_OF_CHANGE[name]
    gone = CHANGES[name](store, 2, 1)
    oldest_left = min(row["lastModifiedAt"] for row in store.resources[path].values())
    assert all(GENERATED[path][identifier]["lastModifiedAt"] <= oldest_left for identifier in gone)


def test_deleted_categories_have_none_below_them(store: MemoryStore) -> None:
    gone = CHANGES["delete_categories"](store, 4, 1)
    assert not {row["parent"]["id"] for row in GENERATED["categories"].values() if "parent" in row} & set(gone)


def test_removed_variants_are_gone_from_draft_and_sale_and_the_master_stays(store: MemoryStore) -> None:
    for identifier in CHANGES["remove_variants"](store, 10, 1):
        master, before = (rows["products"][identifier]["masterData"] for rows in (store.resources, GENERATED))
        for part in ("current", "staged"):
            assert len(master[part]["variants"]) == len(before[part]["variants"]) - 1
            assert master[part]["masterVariant"] == before[part]["masterVariant"]


def test_moved_stock_is_another_and_what_is_reserved_stays_reserved(store: MemoryStore) -> None:
    for identifier in CHANGES["move_stock"](store, 30, 1):
        entry, before = (rows["inventory"][identifier] for rows in (store.resources, GENERATED))
        assert entry["availableQuantity"] != before["availableQuantity"]
        assert 0 <= entry["availableQuantity"] <= entry["quantityOnStock"]
        reserved = [each["quantityOnStock"] - each["availableQuantity"] for each in (entry, before)]
        assert reserved[0] == reserved[1]
    assert store.resources["products"] == GENERATED["products"]


def test_changed_standalone_prices_cost_otherwise(store: MemoryStore) -> None:
    changed = CHANGES["change_standalone_prices"](store, 20, 1)
    switched = 0
    for identifier in changed:
        price, before = (rows["standalone-prices"][identifier] for rows in (store.resources, GENERATED))
        assert price["value"] != before["value"]
        assert price["sku"] == before["sku"]
        switched += price["active"] is not before["active"]
    assert 0 < switched < len(changed)


def test_abandoned_carts_are_active_filled_and_reachable(store: MemoryStore) -> None:
    for identifier in CHANGES["abandon_carts"](store, 10, 1):
        cart = store.resources["carts"][identifier]
        assert cart["cartState"] == "Active"
        assert cart["lineItems"]
        assert cart["customerEmail"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
    count=st.integers(0, 4),
)
def test_any_sequence_of_changes_keeps_the_money_right(names: list[str], seed: int, count: int) -> None:
    plan = ShopPlan(seed=seed, customers=6, orders=15, products=4, history_end=HISTORY_END)
    store = MemoryStore(generate_shop(plan).resources)
    for name in names:
        CHANGES[name](store, count, seed)
    for payment in store.resources["payments"].values():
        assert 0 <= _sum(payment, "Refund") <= _sum(payment, "Charge") <= _cents(payment["amountPlanned"])
    for document in (*store.resources["orders"].values(), *store.resources["carts"].values()):
        total = sum(_cents(line["totalPrice"]) for line in document["lineItems"] + document["customLineItems"])
        shipping = document.get("shippingInfo", {})
        if shipping:
            total += _cents(shipping.get("discountedPrice", {}).get("value", shipping["price"]))
        assert total == _cents(document["totalPrice"])
