"""What happened to orders and carts, and what is gone, all the way from the shop to the destination."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox
    from pipeline import PipelineResult

ORDER_STREAMS = ("customers", "orders")
Document = dict[str, Any]


def run(pipeline: Pipeline, state: Document | None = None) -> PipelineResult:
    result = pipeline.run(state)
    assert (result.tap_code, result.code) == (0, 0), result.log
    result.assert_adds_up()
    return result


def iterable_pipeline(sandbox: RunningSandbox, folder: Path, *streams: str, **mapping: Any) -> Pipeline:
    folder.mkdir(exist_ok=True)
    return Pipeline(sandbox, "target-iterable", folder, streams=streams, mapping=mapping)


def events_in(sandbox: RunningSandbox) -> list[Document]:
    events: list[Document] = sandbox.snapshot("iterable", "events")["events"]
    return events


def ids(events: list[Document], name: str) -> list[str]:
    return sorted(event["id"] for event in events if event["eventName"] == name)


def test_each_order_is_told_once_however_often_it_is_read(sandbox: RunningSandbox, tmp_path: Path) -> None:
    pipeline = iterable_pipeline(sandbox, tmp_path, *ORDER_STREAMS, events={})
    run(pipeline)
    shop = sandbox.snapshot("commercetools", "orders")["orders"]
    placed = [order["id"] for order in shop if order.get("customerEmail") or order.get("customerId")]
    cancelled = [order["id"] for order in shop if order["orderState"] == "Cancelled" and order["id"] in placed]
    first = events_in(sandbox)
    assert ids(first, "orderPlaced") == sorted(f"ct-order-{order}-placed" for order in placed)
    assert ids(first, "orderCancelled") == sorted(f"ct-order-{order}-cancelled" for order in cancelled)
    run(pipeline)
    assert events_in(sandbox) == first


def test_what_happens_to_an_order_later_is_told_once_and_nothing_else_is(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    pipeline = iterable_pipeline(sandbox, tmp_path, *ORDER_STREAMS, events={})
    state = run(pipeline).state
    before = {event["id"] for event in events_in(sandbox)}
    done = sandbox.control("POST", "/commercetools/changes", {"place_orders": 2, "ship_orders": 1, "refund_orders": 1})
    sandbox.advance_clock(2)
    run(pipeline, state)
    new = [event for event in events_in(sandbox) if event["id"] not in before]
    # A guest without an address cannot be told of anything: the changes choose among all orders.
    assert {event["dataFields"].get("orderId") for event in new} - {None} <= {
        *done["place_orders"],
        *done["ship_orders"],
        *done["refund_orders"],
    }
    assert ids(new, "orderPlaced") == sorted(f"ct-order-{order}-placed" for order in done["place_orders"])
    assert len(ids(new, "orderShipped")) >= 1
    assert len(ids(new, "orderRefunded")) >= 1


def test_the_carts_of_profiles_are_those_of_the_shop(sandbox: RunningSandbox, tmp_path: Path) -> None:
    pipeline = iterable_pipeline(sandbox, tmp_path, "customers", "orders", "carts", carts={})
    run(pipeline)
    carts = sandbox.snapshot("commercetools", "carts")["carts"]
    open_carts = [cart for cart in carts if cart["cartState"] == "Active" and cart.get("customerId")]
    newest = {cart["customerId"]: cart for cart in sorted(open_carts, key=lambda cart: str(cart["lastModifiedAt"]))}
    profiles = {user["userId"]: user for user in sandbox.snapshot("iterable", "users")["users"] if user.get("userId")}
    assert newest
    for customer, cart in newest.items():
        items = profiles[customer]["shoppingCartItems"] or []
        assert {item["dataFields"]["cartId"] for item in items} <= {cart["id"]}
        assert sum(item["quantity"] for item in items) == sum(line["quantity"] for line in cart["lineItems"])
    stored = [event for event in events_in(sandbox) if event["eventName"] == "updateCart"]
    run(pipeline)
    assert [event for event in events_in(sandbox) if event["eventName"] == "updateCart"] == stored


def test_an_abandoned_cart_is_told_once_for_each_version_and_not_before_its_time(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    pipeline = iterable_pipeline(
        sandbox,
        tmp_path,
        "carts",
        carts={"send": "abandonment", "abandoned_after_minutes": 1, "abandoned_until_minutes": 60 * 24 * 365 * 10},
    )
    # A second tap reads late, as docs/events.md says.
    pipeline.tap_settings["settle_seconds"] = 360
    state = run(pipeline).state
    told = {event["id"] for event in events_in(sandbox)}
    shop = sandbox.snapshot("commercetools", "carts")["carts"]
    left = [
        cart
        for cart in shop
        if cart["cartState"] == "Active" and cart["lineItems"] and (cart.get("customerId") or cart.get("customerEmail"))
    ]
    assert told <= {f"ct-cart-{cart['id']}-abandoned-{cart['version']}" for cart in left}
    assert told >= {f"ct-cart-{cart['id']}-abandoned-{cart['version']}" for cart in left if cart.get("customerId")}
    again = run(pipeline, state)
    assert again.read().get("events", 0) == 0
    # Two carts that were left three minutes ago are too young for this tap, and are told later, once.
    changed = sandbox.control("POST", "/commercetools/changes", {"abandon_carts": 2})["abandon_carts"]
    left_at = datetime.now(tz=timezone.utc) - timedelta(minutes=3)
    for cart in changed:
        patch = {"lastModifiedAt": left_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        sandbox.control("PUT", f"/commercetools/carts/{cart}", patch)
    young = run(pipeline, again.state or state)
    assert young.read().get("events", 0) == 0
    sandbox.advance_clock(400)
    run(pipeline, young.state or again.state or state)
    new = [event["id"] for event in events_in(sandbox) if event["id"] not in told]
    assert new
    assert all(any(cart in event for cart in changed) for event in new)


def test_the_owners_of_abandoned_carts_are_enrolled_once_and_only_those_who_said_yes(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    tmp_path.joinpath("people").mkdir()
    run(Pipeline(sandbox, "target-dotdigital", tmp_path / "people", streams=("customers",)))
    tmp_path.joinpath("carts").mkdir()
    rule = {"send": "abandonment", "program": "Abandoned cart", "abandoned_until_minutes": 60 * 24 * 365 * 10}
    pipeline = Pipeline(sandbox, "target-dotdigital", tmp_path / "carts", streams=("carts",), mapping={"carts": rule})
    pipeline.tap_settings["settle_seconds"] = 3900
    first = run(pipeline)
    shop = sandbox.snapshot("commercetools", "carts")["carts"]
    left = {
        cart["customerEmail"].lower()
        for cart in shop
        if cart["cartState"] == "Active" and cart["lineItems"] and cart.get("customerId") and cart.get("customerEmail")
    }
    contacts = sandbox.snapshot("dotdigital", "contacts")["contacts"]
    mailable = {contact["identifiers"]["email"] for contact in contacts if contact["status"] == "subscribed"}
    (members,) = sandbox.snapshot("dotdigital")["program_members"].values()
    assert sorted(members) == sorted(left & mailable)
    assert set(members) < left, "somebody who did not say yes has left a cart as well"
    again = run(pipeline)
    assert again.streams["program_enrolments"]["delivered"] == 0
    assert again.streams["program_enrolments"]["skipped"] == first.streams["program_enrolments"]["read"]


def test_people_who_asked_to_be_erased_are_forgotten_and_stay_so(sandbox: RunningSandbox, tmp_path: Path) -> None:
    pipeline = iterable_pipeline(sandbox, tmp_path, "customers", "orders", "products", "deletions", deletions={})
    state = run(pipeline).state
    before = {user["userId"] for user in sandbox.snapshot("iterable", "users")["users"] if user.get("userId")}
    gone = sandbox.control("POST", "/commercetools/changes", {"erase_customers": 2, "delete_products": 1})
    erased = [customer for customer in gone["erase_customers"] if customer in before]
    assert erased
    sandbox.advance_clock(2)
    result = run(pipeline, state)
    assert result.streams["deleted_users"]["delivered"] == len(gone["erase_customers"])
    now = {user["userId"] for user in sandbox.snapshot("iterable", "users")["users"] if user.get("userId")}
    assert now == before - set(erased)
    (product,) = gone["delete_products"]
    items = sandbox.snapshot("iterable", "catalogs")["catalogs"]["products"]
    assert product not in items
    # All over again, with all their orders: nobody comes back.
    run(pipeline)
    again = {user["userId"] for user in sandbox.snapshot("iterable", "users")["users"] if user.get("userId")}
    assert again.isdisjoint(erased)


def test_what_is_gone_leaves_dotdigital_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    pipeline = Pipeline(
        sandbox,
        "target-dotdigital",
        tmp_path,
        streams=("customers", "orders", "products", "deletions"),
        mapping={"deletions": {"customers": "delete"}},
    )
    state = run(pipeline).state
    addresses = {
        customer["id"]: customer["email"].strip().lower()
        for customer in sandbox.snapshot("commercetools", "customers")["customers"]
    }
    gone = sandbox.control("POST", "/commercetools/changes", {"delete_customers": 1, "delete_products": 1})
    sandbox.advance_clock(2)
    run(pipeline, state)
    others = {
        customer["email"].strip().lower() for customer in sandbox.snapshot("commercetools", "customers")["customers"]
    }
    contacts = {contact["identifiers"]["email"] for contact in sandbox.snapshot("dotdigital")["contacts"]}
    (customer,) = gone["delete_customers"]
    assert addresses[customer] not in contacts or addresses[customer] in others
    (product,) = gone["delete_products"]
    assert product not in sandbox.snapshot("dotdigital")["collections"]["catalog_products"]["records"]
