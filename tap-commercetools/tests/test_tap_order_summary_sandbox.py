"""Summaries made of a shop that is asked over HTTP."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator
from tap_commercetools.buyer_orders import CustomerOrderSummaries
from tap_commercetools.errors import RequestRefusedError
from tap_commercetools.order_summary import Buyer
from tap_commercetools.schemas.customer_order_summary import CUSTOMER_ORDER_SUMMARY
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from commerce_sandbox.testing import RunningSandbox
    from tap_commercetools.lookup import FetchPage

LOGGER = logging.getLogger(__name__)
NEEDED_SCOPES = ["view_customers", "view_orders", "view_payments", "view_published_products"]

Document = dict[str, Any]


@pytest.fixture
def fetch(configure: Callable[..., dict[str, Any]]) -> FetchPage:
    return TapCommercetools(config=configure()).client.fetch_page


def of_orders(fetch: FetchPage, orders: Iterable[Document]) -> dict[str, Document]:
    found = list(CustomerOrderSummaries(fetch, LOGGER).of_changed_orders(orders))
    indexed = {summary["id"]: summary for summary in found}
    assert len(indexed) == len(found)
    return indexed


def orders_by_buyer(orders: Iterable[Document]) -> dict[str, list[Document]]:
    """Group orders by whose they are; those of nobody are left out."""
    by_buyer: defaultdict[str, list[Document]] = defaultdict(list)
    for order in orders:
        if "customerId" in order:
            by_buyer[f"customer/{order['customerId']}"].append(order)
        elif "customerEmail" in order:
            by_buyer[f"guest/{order['customerEmail']}"].append(order)
    return by_buyer


def most_orders(orders: Iterable[Document]) -> tuple[str, list[Document]]:
    """Return who has ordered most often, and these orders."""
    return max(orders_by_buyer(orders).items(), key=lambda item: len(item[1]))


def expected(shop: dict[str, list[Document]]) -> dict[str, Document]:
    """Work the summaries out from all the shop holds; no payment in it is shared, and nothing charged in excess."""
    payments = {payment["id"]: payment for payment in shop["payments"]}
    products = {product["id"]: product["masterData"]["current"] for product in shop["products"]}
    labels = {category["id"]: {"key": category["key"], "name": category["name"]} for category in shop["categories"]}
    customers = {
        f"customer/{each['id']}": {"customerEmail": each["email"], "stores": each.get("stores", [])}
        for each in shop["customers"]
    }
    return {
        key: {**expected_summary(key, orders, payments, products, labels), **customers.get(key, {})}
        for key, orders in orders_by_buyer(shop["orders"]).items()
    }


def expected_summary(
    key: str,
    orders: list[Document],
    payments: dict[str, Document],
    products: dict[str, Document],
    labels: dict[str, Document],
) -> Document:
    placed = [order for order in orders if order["orderState"] != "Cancelled"]
    changes = [order["lastModifiedAt"] for order in orders]
    totals: defaultdict[str, list[int]] = defaultdict(list)
    refunds: Counter[str] = Counter()
    units: Counter[str] = Counter()
    digits = {}
    for order in orders:
        paying = [payments[each["id"]] for each in order.get("paymentInfo", {}).get("payments", [])]
        changes += [payment["lastModifiedAt"] for payment in paying]
        if order not in placed:
            continue
        total = order["taxedPrice"]["totalGross"] if "taxedPrice" in order else order["totalPrice"]
        currency = total["currencyCode"]
        digits[currency] = total["fractionDigits"]
        totals[currency].append(total["centAmount"])
        given_back = [
            transaction["amount"]["centAmount"]
            for payment in paying
            for transaction in payment["transactions"]
            if (transaction["type"], transaction["state"]) == ("Refund", "Success")
        ]
        assert sum(given_back) <= total["centAmount"]
        refunds[currency] += sum(given_back)
        returned: Counter[str] = Counter()
        for item in (item for info in order.get("returnInfo", []) for item in info["items"]):
            returned[item.get("lineItemId", "")] += 0 if item["shipmentState"] == "Advised" else item["quantity"]
        for line in order["lineItems"]:
            if line.get("lineItemMode") != "GiftLineItem":
                for category in products.get(line["productId"], {"categories": []})["categories"]:
                    units[category["id"]] += line["quantity"] - returned[line["id"]]
    dates = sorted(order.get("completedAt") or order["createdAt"] for order in placed)
    most = sorted((item for item in units.items() if item[1]), key=lambda item: (-item[1], item[0]))[:5]

    def money(currency: str, amount: int) -> Document:
        kind = {"type": "centPrecision", "currencyCode": currency, "fractionDigits": digits[currency]}
        return {**kind, "centAmount": amount}

    return {
        "id": key,
        "customerId": orders[0].get("customerId"),
        "customerEmail": None if "customerId" in orders[0] else orders[0]["customerEmail"],
        "orderCount": len(placed),
        "cancelledOrderCount": len(orders) - len(placed),
        "firstPurchaseAt": dates[0] if dates else None,
        "lastPurchaseAt": dates[-1] if dates else None,
        "stores": [
            {"typeId": "store", "key": key}
            for key in sorted({order["store"]["key"] for order in orders if order.get("store")})
        ],
        "valueByCurrency": [
            {
                "currencyCode": currency,
                "orderCount": len(amounts),
                "lifetimeValue": money(currency, value := sum(amounts) - refunds[currency]),
                "refunded": money(currency, refunds[currency]),
                "averageOrderValue": money(currency, round(Fraction(value, len(amounts)))),
            }
            for currency, amounts in sorted(totals.items())
        ],
        "topCategories": [{"id": identifier, **labels[identifier], "quantity": count} for identifier, count in most],
        "lastModifiedAt": max(changes),
    }


def test_all_summaries_are_what_the_shop_holds(fetch: FetchPage, sandbox: RunningSandbox) -> None:
    shop = sandbox.snapshot("commercetools")
    found = of_orders(fetch, shop["orders"])
    assert found == expected(shop)
    assert sum(bool(each["valueByCurrency"]) for each in found.values()) > 20
    assert any(value["refunded"]["centAmount"] for each in found.values() for value in each["valueByCurrency"])
    for summary in found.values():
        Draft7Validator(CUSTOMER_ORDER_SUMMARY).validate(summary)


def test_one_changed_order_is_enough(fetch: FetchPage, sandbox: RunningSandbox) -> None:
    shop = sandbox.snapshot("commercetools")
    often, orders = most_orders(shop["orders"])
    assert len(orders) > 3
    assert of_orders(fetch, orders[-1:]) == {often: expected(shop)[often]}


def test_a_fresh_runner_says_the_same_as_one_that_has_seen_everything(
    fetch: FetchPage, sandbox: RunningSandbox
) -> None:
    kept = of_orders(fetch, sandbox.snapshot("commercetools", "orders")["orders"])
    seen = versions(sandbox)
    for seed in range(3):
        sandbox.advance_clock(60)
        changes = {"place_orders": 6, "cancel_orders": 2, "refund_orders": 5, "ship_orders": 3, "unpublish_products": 1}
        sandbox.control("POST", f"/commercetools/changes?seed={seed}", changes)
        runner = CustomerOrderSummaries(fetch, LOGGER)
        shop = sandbox.snapshot("commercetools")
        for made in (
            runner.of_changed_orders(changed(shop["orders"], seen)),
            runner.of_changed_payments(changed(shop["payments"], seen)),
        ):
            kept |= {summary["id"]: summary for summary in made}
        seen = versions(sandbox)
    shop = sandbox.snapshot("commercetools")
    assert kept == of_orders(fetch, shop["orders"]) == expected(shop)


def versions(sandbox: RunningSandbox) -> dict[str, int]:
    shop = sandbox.snapshot("commercetools", "orders", "payments")
    return {row["id"]: row["version"] for row in [*shop["orders"], *shop["payments"]]}


def changed(rows: Iterable[Document], seen: dict[str, int]) -> list[Document]:
    return [row for row in rows if seen.get(row["id"]) != row["version"]]


def test_heavy_pages_change_nothing(fetch: FetchPage, sandbox: RunningSandbox) -> None:
    shop = sandbox.snapshot("commercetools")
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 40})
    assert of_orders(fetch, shop["orders"]) == expected(shop)


def test_the_scopes_named_are_enough(configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox) -> None:
    shop = sandbox.snapshot("commercetools")
    limited = TapCommercetools(config=configure(scopes=NEEDED_SCOPES)).client.fetch_page
    published = [product for product in shop["products"] if product["masterData"]["published"]]
    assert of_orders(limited, shop["orders"]) == expected({**shop, "products": published})


@pytest.mark.parametrize("lacking", NEEDED_SCOPES)
def test_a_scope_that_lacks_is_refused(
    configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox, lacking: str
) -> None:
    orders = sandbox.snapshot("commercetools", "orders")["orders"]
    scopes = [scope for scope in NEEDED_SCOPES if scope != lacking]
    limited = TapCommercetools(config=configure(scopes=scopes)).client.fetch_page
    with pytest.raises(RequestRefusedError) as caught:
        of_orders(limited, orders)
    assert caught.value.code == "insufficient_scope"


ODD_ADDRESSES = [
    '"quo\\te"@shop.example',
    "a&b=c+d%20@shop.example",
    "jürgen@bücher.example",
    "') or (id > '@shop.example",
]


def test_odd_mail_addresses_find_their_own_orders_only(fetch: FetchPage, sandbox: RunningSandbox) -> None:
    template = sandbox.snapshot("commercetools", "orders")["orders"][0]
    members = {name: template[name] for name in ("totalPrice", "orderState", "shippingMode", "lineItems")}
    orders = [{**members, "id": f"odd-{n}", "customerEmail": each} for n, each in enumerate(ODD_ADDRESSES)]
    placed = sandbox.control("POST", "/commercetools/orders", orders)
    found = of_orders(fetch, placed)
    assert {key: each["orderCount"] for key, each in found.items()} == {f"guest/{each}": 1 for each in ODD_ADDRESSES}


def test_very_long_mail_addresses_do_not_make_the_request_too_long(fetch: FetchPage, sandbox: RunningSandbox) -> None:
    guests = [Buyer(email=f"{number:03d}{'ü' * 120}@shop.example") for number in range(200)]
    before = len(sandbox.requests(service="commercetools", path="/orders"))
    found = list(CustomerOrderSummaries(fetch, LOGGER).of_buyers(guests))
    assert [summary["orderCount"] for summary in found] == [0] * 200
    assert len(sandbox.requests(service="commercetools", path="/orders")) > before + 1


def test_deleted_orders_are_gone_from_the_summary(fetch: FetchPage, sandbox: RunningSandbox) -> None:
    often, (one, *others) = most_orders(sandbox.snapshot("commercetools", "orders")["orders"])
    sandbox.control("DELETE", f"/commercetools/orders/{one['id']}")
    assert of_orders(fetch, [one]) == {often: expected(sandbox.snapshot("commercetools"))[often]}
    for order in others:
        sandbox.control("DELETE", f"/commercetools/orders/{order['id']}")
    (summary,) = of_orders(fetch, [one]).values()
    assert (summary["id"], summary["orderCount"], summary["lastModifiedAt"]) == (often, 0, None)


def test_no_mail_address_is_logged(fetch: FetchPage, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture) -> None:
    orders = sandbox.snapshot("commercetools", "orders")["orders"]
    sandbox.control("POST", "/commercetools/limits", {"query_timeout_above_limit": 40})
    with caplog.at_level(logging.INFO):
        assert of_orders(fetch, orders)
    assert "asking for" in caplog.text
    assert "@" not in caplog.text
