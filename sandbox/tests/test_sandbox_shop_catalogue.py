from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from commerce_sandbox.shop.prices import paid_price

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTORY_END = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
END = "2026-11-20T12:00:00.000Z"

PATH_OF_TYPE = {
    "inventory-entry": "inventory",
    "category": "categories",
    "tax-category": "tax-categories",
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(history_end=HISTORY_END))


def _variants(product: dict[str, Any], data: str = "current") -> list[dict[str, Any]]:
    return [product["masterData"][data]["masterVariant"], *product["masterData"][data]["variants"]]


@pytest.fixture(scope="module")
def variants(shop: Shop) -> list[dict[str, Any]]:
    return [variant for product in shop.resources["products"].values() for variant in _variants(product)]


def test_products_have_one_to_six_variants_numbered_from_one(shop: Shop) -> None:
    counts = set()
    for product in shop.resources["products"].values():
        numbers = [variant["id"] for variant in _variants(product)]
        assert numbers == list(range(1, len(numbers) + 1))
        counts.add(len(numbers))
    assert counts == {1, 2, 3, 4, 5, 6}


def test_article_numbers_and_keys_and_slugs_are_unique(shop: Shop, variants: list[dict[str, Any]]) -> None:
    products = shop.resources["products"].values()
    assert len({variant["sku"] for variant in variants}) == len(variants)
    assert len({product["key"] for product in products}) == len(products)
    slugs = [slug for product in products for slug in product["masterData"]["current"]["slug"].items()]
    assert len(set(slugs)) == len(slugs)


def test_published_unpublished_and_never_published_products_are_noted(shop: Shop) -> None:
    published = {row["id"] for row in shop.resources["products"].values() if row["masterData"]["published"]}
    unpublished, never = set(shop.notes["unpublished_product_ids"]), set(shop.notes["never_published_product_ids"])
    assert len(unpublished) == len(never) == 21
    assert published | unpublished | never == set(shop.resources["products"])
    assert not published & (unpublished | never)
    assert not unpublished & never


def test_products_never_published_were_never_sold(shop: Shop) -> None:
    never = set(shop.notes["never_published_product_ids"])
    sold = {line["productId"] for order in shop.resources["orders"].values() for line in order["lineItems"]}
    assert not sold & never
    assert sold & set(shop.notes["unpublished_product_ids"])


def test_nothing_was_sold_before_it_existed(shop: Shop) -> None:
    products = shop.resources["products"]
    for order in shop.resources["orders"].values():
        for line in order["lineItems"]:
            assert products[line["productId"]]["createdAt"] <= order["createdAt"]


def test_drafts_differ_exactly_where_changes_are_staged(shop: Shop) -> None:
    staged = 0
    for product in shop.resources["products"].values():
        master = product["masterData"]
        assert (master["current"] != master["staged"]) == master["hasStagedChanges"]
        staged += master["hasStagedChanges"]
    assert 0 < staged < len(shop.resources["products"])


def test_texts_have_gaps_in_some_languages(shop: Shop) -> None:
    data = [product["masterData"]["current"] for product in shop.resources["products"].values()]
    for locale in ("de", "en", "fr", "ja"):
        assert sum(locale in row["name"] for row in data) > 0, locale
    assert any("fr" not in row["name"] for row in data)
    assert any(set(row["name"]) == {"de"} for row in data)
    assert any(set(row["name"]) - {"ja"} > set(row["slug"]) for row in data)
    assert all(row["slug"] for row in data)
    assert any("description" not in row for row in data)


def test_some_variants_have_no_image(variants: list[dict[str, Any]]) -> None:
    assert {bool(variant["images"]) for variant in variants} == {True, False}


def test_every_kind_of_price_occurs(variants: list[dict[str, Any]]) -> None:
    prices = [price for variant in variants for price in variant["prices"]]
    assert {price["value"]["currencyCode"] for price in prices} == {"EUR", "GBP", "USD", "JPY"}
    assert {price.get("country") for price in prices} == {None, "DE", "AT"}
    for member in ("discounted", "customerGroup", "channel", "tiers", "validFrom", "validUntil"):
        assert any(member in price for price in prices), member
    assert any(price["value"]["type"] == "highPrecision" for price in prices)
    assert any(price.get("validUntil", END) < END for price in prices)
    assert any(price.get("validFrom", END) > END for price in prices)
    assert any(price.get("validFrom", END) < END < price.get("validUntil", END) for price in prices)
    for price in prices:
        if "discounted" in price:
            assert 0 < price["discounted"]["value"]["centAmount"] < price["value"]["centAmount"]


def test_first_product_is_on_sale_in_every_market_even_alone() -> None:
    for seed in range(40):
        shop = generate_shop(ShopPlan(seed=seed, customers=0, orders=0, products=1, history_end=HISTORY_END))
        (product,) = shop.resources["products"].values()
        assert product["masterData"]["published"]
        for variant in _variants(product):
            for currency, country in (("EUR", "DE"), ("EUR", "FR"), ("GBP", "GB"), ("USD", "US"), ("JPY", "JP")):
                assert paid_price(variant["prices"], currency, country, None)


def _price(identifier: str, **members: Any) -> dict[str, Any]:
    return {"id": identifier, "value": {"currencyCode": "EUR"}, **members}


NOON = 1_795_176_000_000  # 2026-11-20T12:00:00Z


@pytest.mark.parametrize(
    ("prices", "moment", "chosen"),
    [
        ([_price("any"), _price("DE", country="DE")], None, "DE"),
        ([_price("AT", country="AT"), _price("any")], None, "any"),
        ([_price("AT", country="AT")], None, None),
        ([_price("group", customerGroup={}), _price("channel", channel={}), _price("any")], None, "any"),
        ([_price("any"), _price("now", validFrom="2026-11-20T12:00:00.000Z")], NOON, "now"),
        ([_price("any"), _price("now", validFrom="2026-11-20T12:00:00.000Z")], None, "any"),
        ([_price("any"), _price("later", validFrom="2026-11-20T12:00:00.001Z")], NOON, "any"),
        ([_price("any"), _price("over", validUntil="2026-11-20T12:00:00.000Z")], NOON, "any"),
        ([_price("any"), _price("still", validUntil="2026-11-20T12:00:00.001Z")], NOON, "still"),
        ([{"id": "pounds", "value": {"currencyCode": "GBP"}}], None, None),
    ],
)
def test_shopper_pays_the_most_specific_valid_price(
    prices: list[dict[str, Any]], moment: int | None, chosen: str | None
) -> None:
    price = paid_price(prices, "EUR", "DE", moment)
    assert (price and price["id"]) == chosen


def test_availability_shows_what_the_stock_entries_say(shop: Shop) -> None:
    by_sku: dict[str, list[dict[str, Any]]] = {}
    for entry in shop.resources["inventory"].values():
        by_sku.setdefault(entry["sku"], []).append(entry)
        assert 0 <= entry["availableQuantity"] <= entry["quantityOnStock"]
    with_channels = 0
    for product in shop.resources["products"].values():
        for variant in _variants(product) + _variants(product, "staged"):
            shown = variant["availability"]
            channels = shown.get("channels", {})
            with_channels += bool(channels)
            for entry in by_sku[variant["sku"]]:
                figures = channels[entry["supplyChannel"]["id"]] if "supplyChannel" in entry else shown
                assert figures["availableQuantity"] == entry["availableQuantity"]
                assert figures["isOnStock"] == (entry["availableQuantity"] > 0)
                assert (figures["id"], figures["version"]) == (entry["id"], entry["version"])
            assert len(by_sku[variant["sku"]]) == 1 + len(channels)
    assert with_channels
    assert {entry["availableQuantity"] > 0 for entry in shop.resources["inventory"].values()} == {True, False}


def test_categories_form_a_tree_of_three_levels(shop: Shop) -> None:
    categories = shop.resources["categories"]
    depths = set()
    for category in categories.values():
        ancestors = [reference["id"] for reference in category["ancestors"]]
        depths.add(len(ancestors))
        if ancestors:
            parent = categories[ancestors[-1]]
            assert category["parent"]["id"] == parent["id"]
            assert [reference["id"] for reference in parent["ancestors"]] == ancestors[:-1]
        else:
            assert "parent" not in category
    assert depths == {0, 1, 2}


def _references(value: object) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, dict):
        if set(value) == {"typeId", "id"}:
            yield "id", value["typeId"], value["id"]
        elif set(value) == {"typeId", "key"}:
            yield "key", value["typeId"], value["key"]
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for member in value:
            yield from _references(member)


def test_every_reference_leads_somewhere(shop: Shop) -> None:
    keys = {
        type_id: {row["key"] for row in shop.resources[f"{type_id}s"].values()}
        for type_id in ("store", "business-unit", "associate-role")
    }
    seen = set()
    for path, rows in shop.resources.items():
        for resource in rows.values():
            for kind, type_id, identifier in _references(resource):
                seen.add(type_id)
                if kind == "key":
                    assert identifier in keys[type_id]
                    continue
                target = shop.resources[PATH_OF_TYPE.get(type_id, f"{type_id}s")]
                expired = type_id == "cart" and resource["createdAt"] < "2026-08-23"
                assert identifier in target or expired, (path, resource["id"], type_id, identifier)
    assert {"customer", "payment", "cart", "store", "channel", "zone", "cart-discount", "type"} <= seen


def test_recent_orders_have_their_ordered_cart_and_older_carts_are_gone(shop: Shop) -> None:
    carts = shop.resources["carts"]
    orders = {row["cart"]["id"]: row for row in shop.resources["orders"].values() if "cart" in row}
    ordered = [cart for cart in carts.values() if cart["cartState"] == "Ordered"]
    assert len(ordered) > 300
    for cart in ordered:
        order = orders[cart["id"]]
        assert cart["lineItems"] == order["lineItems"]
        assert cart["totalPrice"] == order["totalPrice"]
    assert min(cart["lastModifiedAt"] for cart in carts.values()) > "2026-08-22"
    for order in orders.values():
        assert (order["cart"]["id"] in carts) == (order["createdAt"] > "2026-08-22T12:00:00.000Z")


def test_carts_left_behind_are_of_customers_of_guests_and_of_nobody(shop: Shop) -> None:
    left = [cart for cart in shop.resources["carts"].values() if cart["cartState"] != "Ordered"]
    assert {cart["cartState"] for cart in left} == {"Active", "Merged", "Frozen"}
    active = [cart for cart in left if cart["cartState"] == "Active"]
    assert any("customerId" in cart for cart in active)
    assert any("customerEmail" in cart and "customerId" not in cart for cart in active)
    assert any("customerEmail" not in cart and "anonymousId" in cart for cart in active)
    assert any(not cart["lineItems"] for cart in active)
    assert any("taxedPrice" not in cart for cart in active)
    days = {cart["lastModifiedAt"][:10] for cart in active}
    assert min(days) < "2026-10-01"
    assert max(days) > "2026-11-10"
    for cart in left:
        assert cart["totalLineItemQuantity"] == sum(line["quantity"] for line in cart["lineItems"])


def test_orders_come_in_every_state(shop: Shop) -> None:
    orders = list(shop.resources["orders"].values())
    assert {row["orderState"] for row in orders} == {"Open", "Confirmed", "Complete", "Cancelled"}
    assert {row.get("paymentState") for row in orders} == {
        None,
        "BalanceDue",
        "Failed",
        "Pending",
        "CreditOwed",
        "Paid",
    }
    assert {row.get("shipmentState") for row in orders} == {
        None,
        "Shipped",
        "Delivered",
        "Ready",
        "Pending",
        "Delayed",
        "Partial",
        "Backorder",
        "Canceled",
    }
    items = [item for row in orders for info in row.get("returnInfo", []) for item in info["items"]]
    assert {(item["shipmentState"], item["paymentState"]) for item in items} == {
        ("Advised", "NonRefundable"),
        ("Returned", "Initial"),
        ("BackInStock", "Refunded"),
    }


def test_shipped_orders_have_deliveries_of_their_own_lines(shop: Shop) -> None:
    parcels = 0
    for order in shop.resources["orders"].values():
        deliveries = order.get("shippingInfo", {}).get("deliveries", [])
        lines = {line["id"]: line["quantity"] for line in order["lineItems"]}
        sent = [(item["id"], item["quantity"]) for delivery in deliveries for item in delivery["items"]]
        assert all(lines[identifier] == quantity for identifier, quantity in sent)
        assert len({identifier for identifier, _ in sent}) == len(sent)
        parcels += sum(len(delivery["parcels"]) for delivery in deliveries)
        if order.get("shipmentState") in ("Shipped", "Delivered") and "shippingInfo" in order:
            assert len(sent) == len(lines)
        if order.get("shipmentState") in ("Pending", "Ready", "Backorder", "Canceled"):
            assert not sent
    assert parcels > 2000
