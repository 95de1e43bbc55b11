"""Messages: which are written for what, how they are numbered, kept, queried and erased."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.clock import Clock
from commerce_sandbox.commercetools.control import merged
from commerce_sandbox.commercetools.messages.history import message_history
from commerce_sandbox.commercetools.messages.log import MessageLog
from commerce_sandbox.commercetools.project import Project
from commerce_sandbox.commercetools.resource_types import MESSAGES, RESOURCE_TYPES
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.commercetools.store import Store
from commerce_sandbox.shop.changes import CHANGES
from commerce_sandbox.testing import ControlError, RunningSandbox, hand_made_shop, running_sandbox
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import ShopClient
    from commerce_sandbox.vendor_shapes import Shapes

Row = dict[str, Any]

CUSTOMER = {
    "id": "c1",
    "version": 8,
    "key": "cust-1",
    "customerNumber": "10042",
    "email": "ada@shop.example",
    "isEmailVerified": True,
    "stores": [],
    "addresses": [{"id": "a1", "country": "DE"}],
}
HEAD = {"createdAt": "2026-11-01T10:00:00.000Z", "lastModifiedAt": "2026-11-01T10:00:00.000Z"}
ORDER = {"id": "o1", "orderNumber": "DE-1", "orderState": "Open", "cart": {"typeId": "cart", "id": "x"}}
DELETIONS = {
    "associate-roles": "AssociateRoleDeleted",
    "business-units": "BusinessUnitDeleted",
    "cart-discounts": "CartDiscountDeleted",
    "customers": "CustomerDeleted",
    "discount-codes": "DiscountCodeDeleted",
    "discount-groups": "DiscountGroupDeleted",
    "inventory": "InventoryEntryDeleted",
    "orders": "OrderDeleted",
    "payment-methods": "PaymentMethodDeleted",
    "product-selections": "ProductSelectionDeleted",
    "product-tailoring": "ProductTailoringDeleted",
    "products": "ProductDeleted",
    "quote-requests": "QuoteRequestDeleted",
    "quotes": "QuoteDeleted",
    "recurring-orders": "RecurringOrderDeleted",
    "staged-quotes": "StagedQuoteDeleted",
    "standalone-prices": "StandalonePriceDeleted",
    "stores": "StoreDeleted",
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(shop=hand_made_shop({"customers": [CUSTOMER], "orders": [ORDER]})) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def whole_shop() -> Iterator[RunningSandbox]:
    with running_sandbox(customers=300, orders=800, products=80) as sandbox:
        yield sandbox


def read_all(client: ShopClient, where: str = "version = 1") -> list[Row]:
    """Read messages the way the vendor recommends: a keyset of createdAt and id."""
    sort = ["createdAt asc", "id asc"]
    rows = client.results("/messages", where=where, sort=sort, limit=500, withTotal="false")
    page = rows
    while len(page) == 500:
        last, moment = page[-1]["id"], page[-1]["createdAt"]
        after = f'createdAt > "{moment}" or (createdAt = "{moment}" and id > "{last}")'
        page = client.results("/messages", where=[where, after], sort=sort, limit=500, withTotal="false")
        rows += page
    return rows


def told(sandbox: RunningSandbox, identifier: str) -> list[Row]:
    """Return the messages about one resource in their order, without the members that all have."""
    base = {"id", "version", "createdAt", "lastModifiedAt", "sequenceNumber", "resource", "resourceVersion"}
    rows = read_all(sandbox.shop_client(), f'resource(id = "{identifier}")')
    rows.sort(key=lambda row: row["sequenceNumber"])
    return [{name: row[name] for name in row.keys() - base - {"resourceUserProvidedIdentifiers"}} for row in rows]


def change(sandbox: RunningSandbox, path: str, patch: Row) -> None:
    sandbox.control("PUT", f"/commercetools/{path}", patch)


def test_every_change_of_the_shop_writes_messages_of_the_platforms_shape(
    whole_shop: RunningSandbox, shapes: Shapes
) -> None:
    whole_shop.control("POST", "/commercetools/changes", dict.fromkeys(CHANGES, 6))
    messages = read_all(whole_shop.shop_client())
    assert len({message["type"] for message in messages}) > 25
    found = {defect for row in messages if len(row.keys()) > 8 for defect in shapes.of(f"{row['type']}Message", row)}
    assert not found


@pytest.mark.parametrize("path", [path for path in RESOURCE_TYPES if path not in {MESSAGES, "variants"}])
def test_deletions_tell_of_themselves_where_the_platform_has_a_message_and_nowhere_else(
    whole_shop: RunningSandbox, shapes: Shapes, path: str
) -> None:
    if path == "product-projections":
        return
    client = whole_shop.shop_client()
    gone = client.results(f"/{path}", limit=1)[0]
    whole_shop.control("DELETE", f"/commercetools/{path}/{gone['id']}")
    told = read_all(client, f'resource(id = "{gone["id"]}") and resourceVersion = {gone["version"]}')
    deletions = [message for message in told if message["type"].endswith("Deleted")]
    assert [message["type"] for message in deletions] == ([DELETIONS[path]] if path in DELETIONS else [])
    assert not [defect for row in deletions for defect in shapes.of(f"{row['type']}Message", row)]


def test_numbers_of_a_resources_messages_have_no_gaps(whole_shop: RunningSandbox) -> None:
    client = whole_shop.shop_client()
    by_resource = defaultdict(list)
    for message in read_all(client):
        by_resource[message["resource"]["typeId"], message["resource"]["id"]].append(message["sequenceNumber"])
    assert len(by_resource) > 50
    for numbers in by_resource.values():
        numbers.sort()
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_generated_shop_begins_with_the_messages_of_its_last_days(
    start_sandbox: Callable[..., RunningSandbox],
) -> None:
    sandbox = start_sandbox(customers=200, orders=1500, products=20)
    client = sandbox.shop_client()
    messages = read_all(client)
    created = {
        message["resource"]["id"] for message in messages if message["type"] in {"OrderCreated", "OrderImported"}
    }
    since = min(message["createdAt"] for message in messages)
    orders = [row for row in sandbox.snapshot("commercetools", "orders")["orders"] if row["createdAt"] >= since]
    assert created == {order["id"] for order in orders}
    assert len(created) > 20
    assert client.get("/messages", limit=1, where='type = "CustomerCreated"').json()["count"] == 1
    sandbox.control("POST", "/reset?service=commercetools")
    assert [message["id"] for message in read_all(sandbox.shop_client())] == [message["id"] for message in messages]


def test_the_history_tells_how_resources_came_to_what_they_are() -> None:
    def order(identifier: str, created: str, **members: Any) -> Row:
        head = {"id": identifier, "version": 5, "createdAt": created, "lastModifiedAt": "2026-11-10T00:00:00.000Z"}
        return {**head, "orderState": "Complete", **members}

    cart = {"cart": {"typeId": "cart", "id": "x"}}
    orders = {
        "new": order("new", "2026-11-09T00:00:00.000Z", shipmentState="Shipped", **cart),
        "old": order("old", "2026-01-01T00:00:00.000Z", **cart),
        "imported": order("imported", "2026-11-09T00:00:00.000Z"),
        "quiet": order("quiet", "2026-01-01T00:00:00.000Z") | {"lastModifiedAt": "2026-01-02T00:00:00.000Z"},
    }
    messages, numbered = message_history({"orders": orders}, "2026-11-01T00:00:00.000Z", modular=False)
    told = defaultdict(list)
    for message in messages.values():
        told[message["resource"]["id"]].append((message["sequenceNumber"], message["createdAt"][:10], message["type"]))
    assert told == {
        "new": [
            (1, "2026-11-09", "OrderCreated"),
            (2, "2026-11-10", "OrderStateChanged"),
            (3, "2026-11-10", "OrderShipmentStateChanged"),
        ],
        "old": [(5, "2026-11-10", "OrderStateChanged")],
        "imported": [(1, "2026-11-09", "OrderImported")],
    }
    assert numbered == {("orders", "new"): 3, ("orders", "old"): 5, ("orders", "imported"): 1}
    created = next(message for message in messages.values() if message["type"] == "OrderCreated")
    assert (created["order"]["orderState"], created["order"]["version"], created["resourceVersion"]) == ("Open", 1, 1)


def test_the_history_is_left_out_when_asked_and_never_made_up_for_a_shop_made_by_hand(
    start_sandbox: Callable[..., RunningSandbox], sandbox: RunningSandbox
) -> None:
    quiet = start_sandbox(orders=500, commercetools=CommercetoolsSettings(message_history=False))
    assert read_all(quiet.shop_client()) == []
    assert read_all(sandbox.shop_client()) == []


def test_a_change_of_email_is_told_with_both_addresses(sandbox: RunningSandbox) -> None:
    change(sandbox, "customers/c1", {"email": "ada.new@shop.example"})
    (message,) = read_all(sandbox.shop_client())
    assert message["type"] == "CustomerEmailChanged"
    assert (message["email"], message["oldEmail"]) == ("ada.new@shop.example", "ada@shop.example")
    assert message["resource"] == {"typeId": "customer", "id": "c1"}
    assert message["resourceUserProvidedIdentifiers"] == {"key": "cust-1", "customerNumber": "10042"}
    assert message["sequenceNumber"] == 9
    assert message["resourceVersion"] > 8
    assert message["createdAt"] == message["lastModifiedAt"]


def test_one_update_may_write_several_messages_in_one_millisecond(sandbox: RunningSandbox) -> None:
    address = {"id": "a2", "country": "AT"}
    group = {"typeId": "customer-group", "id": "g"}
    change(sandbox, "customers/c1", {"firstName": "Ada", "customerGroup": group, "addresses": [address]})
    messages = read_all(sandbox.shop_client())
    assert len({message["createdAt"] for message in messages}) == 1
    assert sorted(message["sequenceNumber"] for message in messages) == [9, 10, 11, 12]
    assert told(sandbox, "c1") == [
        {"type": "CustomerFirstNameSet", "firstName": "Ada"},
        {"type": "CustomerGroupSet", "customerGroup": group},
        {"type": "CustomerAddressAdded", "address": address},
        {"type": "CustomerAddressRemoved", "address": {"id": "a1", "country": "DE"}, "addressRoles": []},
    ]


def test_custom_fields_are_told_one_by_one(sandbox: RunningSandbox) -> None:
    kind = {"typeId": "type", "id": "t"}
    change(sandbox, "customers/c1", {"custom": {"type": kind, "fields": {"points": 1, "tier": "gold"}}})
    change(sandbox, "customers/c1", {"custom": {"fields": {"points": 2, "tier": None, "vip": True}}})
    change(sandbox, "customers/c1", {"custom": None})
    assert told(sandbox, "c1") == [
        {"type": "CustomerCustomTypeSet", "customFields": {"type": kind, "fields": {"points": 1, "tier": "gold"}}},
        {"type": "CustomerCustomFieldChanged", "name": "points", "value": 2, "previousValue": 1},
        {"type": "CustomerCustomFieldRemoved", "name": "tier"},
        {"type": "CustomerCustomFieldAdded", "name": "vip", "value": True},
        {"type": "CustomerCustomTypeRemoved", "previousTypeId": "t"},
    ]


def test_the_course_of_an_order_is_told(sandbox: RunningSandbox) -> None:
    delivery = {"id": "d1", "createdAt": "2026-11-01T10:00:00.000Z", "items": [], "parcels": []}
    parcel = {"id": "p1", "createdAt": "2026-11-01T10:00:00.000Z"}
    returned = {"items": [], "returnTrackingId": "R1"}
    change(sandbox, "orders/o1", {"orderState": "Confirmed", "paymentState": "Paid"})
    change(sandbox, "orders/o1", {"shipmentState": "Shipped", "shippingInfo": {"deliveries": [delivery]}})
    change(sandbox, "orders/o1", {"shippingInfo": {"deliveries": [{**delivery, "parcels": [parcel]}]}})
    change(sandbox, "orders/o1", {"returnInfo": [returned]})
    change(sandbox, "orders/o1", {"returnInfo": []})
    assert told(sandbox, "o1") == [
        {"type": "OrderStateChanged", "orderState": "Confirmed", "oldOrderState": "Open"},
        {"type": "OrderPaymentStateChanged", "paymentState": "Paid"},
        {"type": "OrderShipmentStateChanged", "shipmentState": "Shipped"},
        {"type": "DeliveryAdded", "delivery": delivery},
        {"type": "ParcelAddedToDelivery", "delivery": {**delivery, "parcels": [parcel]}, "parcel": parcel},
        {"type": "ReturnInfoAdded", "returnInfo": returned},
        {"type": "ReturnInfoSet", "returnInfo": []},
    ]


def test_orders_are_created_imported_or_come_from_a_schedule(sandbox: RunningSandbox) -> None:
    recurring = {"typeId": "recurring-order", "id": "r"}
    cart = {"typeId": "cart", "id": "x"}
    for identifier, members in (
        ("n1", {"cart": cart}),
        ("n2", {}),
        ("n3", {"cart": cart, "recurringOrder": recurring}),
    ):
        sandbox.control("POST", "/commercetools/orders", {"id": identifier, **members})
    types = [told(sandbox, identifier)[0]["type"] for identifier in ("n1", "n2", "n3")]
    assert types == ["OrderCreated", "OrderImported", "OrderCreatedFromRecurringOrder"]
    assert read_all(sandbox.shop_client(), 'resource(id = "n1")')[0]["sequenceNumber"] == 1


def test_what_is_made_by_hand_in_odd_shapes_is_stored_and_has_no_message(sandbox: RunningSandbox) -> None:
    odd = {"addresses": "none", "custom": [1], "email": None}
    change(sandbox, "customers/c1", odd)
    assert sandbox.snapshot("commercetools", "customers")["customers"][0]["addresses"] == "none"
    change(sandbox, "orders/o1", {"shippingInfo": 3, "returnInfo": {"a": 1}, "paymentInfo": []})
    for path in RESOURCE_TYPES:
        if path not in {MESSAGES, "product-projections"}:
            made = sandbox.control("POST", f"/commercetools/{path}", {"masterData": 1, "current": [], "store": "x"})
            sandbox.control("PUT", f"/commercetools/{path}/{made['id']}", {"key": "k", "slug": 5, "lineItems": 7})
            sandbox.control("DELETE", f"/commercetools/{path}/{made['id']}?dataErasure=true")
    assert told(sandbox, "c1") == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "email": st.sampled_from(["a@shop.example", "b@shop.example"]),
                "firstName": st.sampled_from(["Ada", "Bo"]) | st.none(),
                "custom": st.none()
                | st.fixed_dictionaries(
                    {
                        "type": st.sampled_from([{"typeId": "type", "id": "t"}, {"typeId": "type", "id": "u"}]),
                        "fields": st.dictionaries(st.sampled_from("ab"), st.integers(0, 2)),
                    }
                ),
            },
        ),
        max_size=6,
    )
)
def test_applied_in_their_order_the_messages_give_what_the_customer_has_become(changes: list[Row]) -> None:
    store = Store(Clock(), {"customers": {"c": {**CUSTOMER, "id": "c", **HEAD}}})
    project = Project({"messages": {"enabled": True}}, CommercetoolsSettings())
    MessageLog(store, Clock(), project, {})
    for patch in changes:
        row = store.get("customers", "c") or {}
        store.update("customers", merged(row, patch))
    told = sorted(store.all(MESSAGES), key=lambda row: row["sequenceNumber"])
    seen: Row = {"email": CUSTOMER["email"]}
    for message in told:
        apply(seen, message)
    row = store.get("customers", "c") or {}
    assert seen == {name: row[name] for name in ("email", "firstName", "custom") if name in row}
    assert [message["sequenceNumber"] for message in told] == list(range(9, 9 + len(told)))


def apply(customer: Row, message: Row) -> None:
    """Do to a customer what a message says was done."""
    fields = customer.get("custom", {}).get("fields", {})
    if message["type"] == "CustomerEmailChanged":
        assert message["oldEmail"] == customer["email"]
        customer["email"] = message["email"]
    elif message["type"] == "CustomerFirstNameSet":
        customer.pop("firstName", None)
        customer.update({name: message[name] for name in ("firstName",) if name in message})
    elif message["type"] == "CustomerCustomTypeSet":
        customer["custom"] = message["customFields"]
    elif message["type"] == "CustomerCustomTypeRemoved":
        del customer["custom"]
    elif message["type"] == "CustomerCustomFieldRemoved":
        del fields[message["name"]]
    else:
        assert message["type"] in {"CustomerCustomFieldAdded", "CustomerCustomFieldChanged"}
        assert (message["name"] in fields) == (message["type"] == "CustomerCustomFieldChanged")
        fields[message["name"]] = message["value"]


def test_messages_are_found_by_type_and_by_kind_of_resource(sandbox: RunningSandbox) -> None:
    change(sandbox, "customers/c1", {"email": "other@shop.example"})
    change(sandbox, "orders/o1", {"orderState": "Cancelled"})
    sandbox.control("DELETE", "/commercetools/customers/c1")
    client = sandbox.shop_client()
    wanted = 'type in ("CustomerDeleted", "OrderDeleted")'
    assert [row["type"] for row in client.results("/messages", where=wanted)] == ["CustomerDeleted"]
    of_orders = client.results("/messages", where='resource(typeId = "order")')
    assert [row["type"] for row in of_orders] == ["OrderStateChanged"]
    one = of_orders[0]
    assert client.get(f"/messages/{one['id']}").json() == one


def test_an_erased_customers_messages_no_longer_carry_personal_data(sandbox: RunningSandbox) -> None:
    change(sandbox, "customers/c1", {"email": "secret@shop.example", "firstName": "Ada"})
    sandbox.control("DELETE", "/commercetools/customers/c1?dataErasure=true")
    messages = read_all(sandbox.shop_client())
    assert {row["type"] for row in messages} == {"CustomerEmailChanged", "CustomerFirstNameSet", "CustomerDeleted"}
    base = {"id", "version", "createdAt", "lastModifiedAt", "sequenceNumber", "resource", "resourceVersion", "type"}
    assert all(row.keys() == base for row in messages)


def test_a_customer_deleted_in_the_ordinary_way_leaves_the_email(sandbox: RunningSandbox) -> None:
    sandbox.control("DELETE", "/commercetools/customers/c1")
    assert told(sandbox, "c1") == [{"type": "CustomerDeleted", "email": "ada@shop.example"}]
    with pytest.raises(ControlError, match="dataErasure must be true or false"):
        sandbox.control("DELETE", "/commercetools/orders/o1?dataErasure=yes")


def test_messages_are_gone_when_their_days_are_over(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/commercetools/settings", {"messages_delete_days_after_creation": 2})
    assert sandbox.shop_client().get("").json()["messages"] == {"enabled": True, "deleteDaysAfterCreation": 2}
    change(sandbox, "customers/c1", {"email": "other@shop.example"})
    identifier = sandbox.shop_client().ids("/messages")[0]
    sandbox.advance_clock(2 * 24 * 3600 - 60)
    assert sandbox.shop_client().ids("/messages") == [identifier]
    sandbox.advance_clock(120)
    client = sandbox.shop_client()
    assert client.ids("/messages") == []
    assert client.get("/messages").json()["total"] == 0
    assert client.get(f"/messages/{identifier}").status == 404


def test_nothing_is_kept_while_the_feature_is_off_but_numbering_goes_on(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/commercetools/settings", {"messages_enabled": False})
    client = sandbox.shop_client()
    assert client.get("").json()["messages"]["enabled"] is False
    assert client.get("/messages").status == 404
    change(sandbox, "customers/c1", {"email": "unseen@shop.example"})
    sandbox.control("POST", "/commercetools/settings", {"messages_enabled": True})
    change(sandbox, "customers/c1", {"email": "seen@shop.example"})
    (message,) = read_all(client)
    assert (message["email"], message["sequenceNumber"]) == ("seen@shop.example", 10)


def test_messages_too_come_late_when_rows_do(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/commercetools/limits", {"late_rows_seconds": 30})
    change(sandbox, "customers/c1", {"email": "late@shop.example"})
    client = sandbox.shop_client()
    assert client.ids("/messages") == []
    sandbox.advance_clock(31)
    assert len(client.ids("/messages")) == 1


def test_features_may_be_chosen_at_the_start(start_sandbox: Callable[..., RunningSandbox]) -> None:
    settings = CommercetoolsSettings(messages_enabled=False, messages_delete_days_after_creation=7)
    sandbox = start_sandbox(commercetools=settings)
    shown = sandbox.shop_client().get("").json()
    assert shown["messages"] == {"enabled": False, "deleteDaysAfterCreation": 7}
    assert sandbox.control("GET", "/commercetools/settings") == {
        "messages_enabled": False,
        "messages_delete_days_after_creation": 7,
        "product_catalog_model": "Classic",
    }


@pytest.mark.parametrize(
    "wrong", [{"messages_delete_days_after_creation": 91}, {"product_catalog_model": "Other"}, {"messages": True}]
)
def test_settings_that_do_not_fit_are_refused(sandbox: RunningSandbox, wrong: Row) -> None:
    with pytest.raises(ControlError, match="400"):
        sandbox.control("POST", "/commercetools/settings", wrong)


def test_a_reset_forgets_settings_and_messages(sandbox: RunningSandbox) -> None:
    before = sandbox.control("GET", "/commercetools/settings")
    sandbox.control("POST", "/commercetools/settings", {"messages_delete_days_after_creation": 1})
    change(sandbox, "customers/c1", {"email": "other@shop.example"})
    sandbox.control("POST", "/reset?service=commercetools")
    assert sandbox.control("GET", "/commercetools/settings") == before
    assert read_all(sandbox.shop_client()) == []
    change(sandbox, "customers/c1", {"email": "again@shop.example"})
    assert read_all(sandbox.shop_client())[0]["sequenceNumber"] == 9
