from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
PRODUCT_ID = "c2a5d3f0-3a77-4f9b-8a53-10a6b6a4f001"


def test_a_customer_becomes_a_user_identified_by_its_id(map_one: Callable[..., Any], customer: Record) -> None:
    assert map_one("iterable", "customers", customer) == [
        (
            "users",
            {
                "userId": CUSTOMER_ID,
                "mergeNestedObjects": True,
                "dataFields": {
                    "email": "ada.kern@shop.example",
                    "firstName": "Ada",
                    "lastName": "Kern",
                    "fullName": "Ada Kern",
                    "dateOfBirth": "1988-07-19 00:00:00 +00:00",
                    "customerId": CUSTOMER_ID,
                    "customerNumber": "10042",
                    "customerGroupId": "5c0f7a10-0000-4000-8000-00000000c001",
                    "company": "Kern Outdoor",
                    "locale": "de-DE",
                    "country": "DE",
                    "stores": ["de-web"],
                    "address": {
                        "street": "Lindenweg 4",
                        "additionalStreet": None,
                        "postalCode": "50667",
                        "city": "Köln",
                        "region": None,
                        "country": "DE",
                    },
                    "createdAt": "2025-03-04 09:15:22 +00:00",
                    "newsletterOptIn": True,
                    "newsletterConsentAt": "2025-03-04 09:16:00 +00:00",
                    "loyaltyTier": "gold",
                    "loyaltyPoints": Decimal("120.0"),
                },
                "consentFields": ["newsletterOptIn"],
            },
        )
    ]


def test_an_email_based_project_identifies_by_the_normalised_address(
    map_one: Callable[..., Any], customer: Record
) -> None:
    customer["email"] = " Ada.KERN@shop.example "
    config = {"identity": {"project_type": "email"}}
    ((_, user),) = map_one("iterable", "customers", customer, **config)
    assert (user["email"], "email" in user["dataFields"]) == ("ada.kern@shop.example", False)
    assert user["userId"] == customer["id"]
    del customer["email"]
    ((stream, reason),) = map_one("iterable", "customers", customer, **config)
    assert stream == "users"
    assert reason == "skipped: email: missing, and an email-based project identifies users by it"


def test_consent_that_is_unknown_is_absent_and_a_no_is_false(map_one: Callable[..., Any], customer: Record) -> None:
    customer["custom"]["fields"]["NEWSLETTER_SUBSCRIBE"] = "NO"
    ((_, user),) = map_one("iterable", "customers", customer)
    assert user["dataFields"]["newsletterOptIn"] is False
    del customer["custom"]["fields"]["NEWSLETTER_SUBSCRIBE"]
    ((_, user),) = map_one("iterable", "customers", customer)
    assert not {"newsletterOptIn", "newsletterConsentAt"} & set(user["dataFields"])


def test_absent_fields_are_left_alone_or_cleared_but_never_consent(
    map_one: Callable[..., Any], customer: Record
) -> None:
    bare = {name: customer[name] for name in ("id", "email", "createdAt")}
    ((_, kept),) = map_one("iterable", "customers", bare)
    ((_, cleared),) = map_one("iterable", "customers", bare, absent_fields="clear")
    assert set(kept["dataFields"]) == {"email", "customerId", "createdAt"}
    nulls = {name for name, value in cleared["dataFields"].items() if value is None}
    assert {"firstName", "dateOfBirth", "address", "stores"} <= nulls
    assert not {"newsletterOptIn", "newsletterConsentAt", "email"} & nulls


def test_an_order_becomes_a_purchase_with_exact_amounts(map_one: Callable[..., Any], order: Record) -> None:
    config = {"product_url": "https://shop.example/{locale}/p/{slug}"}
    ((stream, purchase),) = map_one("iterable", "orders", order, **config)
    shoes, socks = purchase["items"]
    fields = purchase["dataFields"]
    assert stream == "purchases"
    assert purchase["id"] == "ct-order-3f1e7f5a-8a41-4c53-b0a5-1f1d6f8e9a10"
    assert purchase["createdAt"] == 1792494153
    assert str(purchase["total"]) == "176.90"
    assert purchase["user"] == {"userId": CUSTOMER_ID, "mergeNestedObjects": True}
    assert (shoes["id"], shoes["name"], str(shoes["price"]), shoes["quantity"]) == (
        "FELS-42-GRN",
        "Trailschuh Fels",
        "81.00",
        2,
    )
    assert shoes["url"] == "https://shop.example/de/p/trailschuh-fels"
    assert shoes["imageUrl"] == "https://img.shop.example/fels-grn.jpg"
    assert (str(socks["price"]), "url" in socks) == ("10.00", False)
    assert sum(item["price"] * item["quantity"] for item in purchase["items"]) + fields["shippingTotal"] == Decimal(
        "176.90"
    )
    amounts = {name: str(fields[name]) for name in fields if name.endswith("Total") or name == "subtotal"}
    assert amounts == {
        "subtotal": "172.00",
        "shippingTotal": "4.90",
        "discountTotal": "18.00",
        "taxTotal": "28.25",
        "grossTotal": "176.90",
        "refundedTotal": "81.00",
    }
    assert (fields["orderNumber"], fields["currency"], fields["store"], fields["itemCount"], fields["campaign"]) == (
        "DE-2026-004217",
        "EUR",
        "de-web",
        3,
        "autumn",
    )


@pytest.mark.parametrize(
    ("project_type", "user"),
    [
        ("hybrid", {"email": "gast@shop.example", "mergeNestedObjects": True}),
        ("email", {"email": "gast@shop.example", "mergeNestedObjects": True}),
        (
            "userid",
            {
                "userId": "guest-c7926de91adad5186f599e0704e40d217be0395a",
                "mergeNestedObjects": True,
                "dataFields": {"email": "gast@shop.example"},
            },
        ),
    ],
)
def test_a_guest_is_identified_as_the_project_type_allows(
    map_one: Callable[..., Any], order: Record, project_type: str, user: Record
) -> None:
    del order["customerId"]
    order["customerEmail"] = "Gast@Shop.example"
    ((_, purchase),) = map_one("iterable", "orders", order, identity={"project_type": project_type})
    assert purchase["user"] == user
    assert purchase["dataFields"]["isGuest"] is True


def test_an_order_of_nobody_is_skipped_with_a_reason(map_one: Callable[..., Any], order: Record) -> None:
    del order["customerId"], order["customerEmail"]
    ((stream, reason),) = map_one("iterable", "orders", order)
    assert (stream, reason) == (
        "purchases",
        "skipped: customerEmail: missing, and the order names no customer that could identify the buyer",
    )


def test_an_imported_order_has_its_true_date_and_a_cancelled_one_stays(
    map_one: Callable[..., Any], order: Record
) -> None:
    order.update(completedAt="2020-01-01T00:00:00Z", orderState="Cancelled")
    ((_, purchase),) = map_one("iterable", "orders", order)
    assert (purchase["createdAt"], purchase["dataFields"]["orderState"]) == (1577836800, "Cancelled")


def test_a_free_order_in_yen_keeps_doubles(map_one: Callable[..., Any], order: Record) -> None:
    zero = {"type": "centPrecision", "currencyCode": "JPY", "centAmount": 0, "fractionDigits": 0}
    free = {name: order[name] for name in ("id", "createdAt", "customerId")}
    free["totalPrice"] = zero
    free["lineItems"] = [{"quantity": 3, "totalPrice": zero, "productId": PRODUCT_ID, "variant": {"id": 7}}]
    ((_, purchase),) = map_one("iterable", "orders", free)
    assert str(purchase["total"]) == "0.0"
    (item,) = purchase["items"]
    assert (item["id"], item["name"], str(item["price"])) == (f"{PRODUCT_ID}-7", PRODUCT_ID, "0.0")


def test_a_voucher_line_is_a_discount_and_a_fee_line_an_item(map_one: Callable[..., Any], order: Record) -> None:
    def custom_line(slug: str, units: int) -> Record:
        money = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": units, "fractionDigits": 2}
        return {"id": slug, "slug": slug, "name": {"en": slug}, "quantity": 1, "money": money, "totalPrice": money}

    order["customLineItems"] = [custom_line("gift-wrap", 300), custom_line("voucher", -500)]
    ((_, purchase),) = map_one("iterable", "orders", order)
    assert [item["id"] for item in purchase["items"]] == ["FELS-42-GRN", "SOCK-M", "gift-wrap"]
    assert purchase["items"][2]["dataFields"]["isCustom"] is True
    assert str(purchase["dataFields"]["discountTotal"]) == "23.00"


def test_stores_that_are_not_listed_are_skipped(map_one: Callable[..., Any], order: Record, customer: Record) -> None:
    store = {"keys": ["fr-web"]}
    for stream, record, place in (("orders", order, "store"), ("customers", customer, "stores")):
        ((_, reason),) = map_one("iterable", stream, record, store=store)
        assert reason == f"skipped: {place}: not a store that setting store.keys lists"
    del order["store"]
    assert isinstance(map_one("iterable", "orders", order, store=store)[0][1], dict)
    ((_, reason),) = map_one("iterable", "orders", order, store={**store, "without": "skip"})
    assert reason.startswith("skipped: store:")


def test_a_product_becomes_a_catalog_item(map_one: Callable[..., Any], product: Record) -> None:
    config = {
        "locales": ["de"],
        "currency": "EUR",
        "country": "DE",
        "product_url": "https://shop.example/p/{slug}?v={sku}",
        "catalog": {
            "attributes": {"color": {"type": "string"}, "weightGrams": {"name": "weight"}, "tags": {"type": "list"}}
        },
    }
    ((stream, item),) = map_one("iterable", "products", product, **config)
    assert stream == "catalog_items"
    assert item == {
        "catalogName": "products",
        "itemId": PRODUCT_ID,
        "value": {
            "productId": PRODUCT_ID,
            "productKey": "trail-runner",
            "name": "Trailschuh Fels",
            "description": "Griffig und leicht.",
            "sku": "FELS-41-GRN",
            "price": Decimal("90.00"),
            "specialPrice": Decimal("75.00"),
            "currency": "EUR",
            "url": "https://shop.example/p/trailschuh-fels?v=FELS-41-GRN",
            "imageUrl": "https://img.shop.example/fels-41.jpg",
            "stock": 12,
            "inStock": True,
            "status": "Enabled",
            "categoryIds": ["ca7e0000-0000-4000-8000-0000000ca7e1"],
            "createdAt": "2024-01-09 07:00:00 +00:00",
            "updatedAt": "2026-10-30 14:22:10 +00:00",
            "color": "Grün",
            "weight": Decimal("285.0"),
            "tags": ["Eco", "New"],
        },
    }


def test_a_catalog_of_variants_has_one_item_each(map_one: Callable[..., Any], product: Record) -> None:
    items = [item for _, item in map_one("iterable", "products", product, catalog={"item": "variant", "name": "shoes"})]
    assert [(item["catalogName"], item["itemId"], item["value"]["sku"]) for item in items] == [
        ("shoes", f"{PRODUCT_ID}-1", "FELS-41-GRN"),
        ("shoes", f"{PRODUCT_ID}-2", "FELS-42-GRN"),
    ]
    assert items[1]["value"]["imageUrl"] == "https://img.shop.example/fels-41.jpg"
    assert "stock" not in items[1]["value"]


def test_an_unpublished_product_is_disabled_and_one_without_current_data_skipped(
    map_one: Callable[..., Any], product: Record
) -> None:
    product["masterData"]["published"] = False
    ((_, item),) = map_one("iterable", "products", product)
    assert item["value"]["status"] == "Disabled"
    del product["masterData"]["current"]
    ((_, reason),) = map_one("iterable", "products", product)
    assert reason == "skipped: masterData.current: the product was never published"


def test_a_product_shows_the_variant_that_has_a_price_in_the_market(
    map_one: Callable[..., Any], product: Record
) -> None:
    product["masterData"]["current"]["masterVariant"]["prices"] = []
    ((_, item),) = map_one("iterable", "products", product, currency="EUR", country="DE")
    assert (item["value"]["sku"], str(item["value"]["price"])) == ("FELS-42-GRN", "90.00")


def test_stock_without_a_channelless_figure_adds_up_the_channels(map_one: Callable[..., Any], product: Record) -> None:
    product["masterData"]["current"]["masterVariant"]["availability"] = {
        "channels": {"a": {"availableQuantity": 3}, "b": {"availableQuantity": 4}, "c": {}}
    }
    ((_, item),) = map_one("iterable", "products", product)
    assert item["value"]["stock"] == 7
