from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from mapper_commercetools.engine import create_record_mapper

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
PRODUCT_ID = "c2a5d3f0-3a77-4f9b-8a53-10a6b6a4f001"


def test_a_customer_who_said_yes_with_evidence_becomes_a_subscribed_contact(
    map_one: Callable[..., Any], customer: Record
) -> None:
    assert map_one("dotdigital", "customers", customer) == [
        (
            "contacts",
            {
                "matchIdentifier": "email",
                "identifiers": {"email": "ada.kern@shop.example"},
                "dataFields": {
                    "FIRSTNAME": "Ada",
                    "LASTNAME": "Kern",
                    "FULLNAME": "Ada Kern",
                    "DOB": "1988-07-19T00:00:00.000Z",
                    "CUSTOMER_ID": CUSTOMER_ID,
                    "CUSTOMER_NUMBER": "10042",
                    "CUSTOMER_GROUP": "5c0f7a10-0000-4000-8000-00000000c001",
                    "COMPANY": "Kern Outdoor",
                    "LOCALE": "de-DE",
                    "STORES": "de-web",
                    "STREET": "Lindenweg 4",
                    "POSTCODE": "50667",
                    "CITY": "Köln",
                    "COUNTRY": "DE",
                    "CUSTOMER_SINCE": "2025-03-04T09:15:22.114Z",
                    "NEWSLETTER_SUBSCRIBE": "YES",
                    "LOYALTY_TIER": "gold",
                    "LOYALTY_POINTS": Decimal(120),
                },
                "channelProperties": {
                    "email": {
                        "status": "subscribed",
                        "optInType": "single",
                        "resubscribeOptions": {"resubscribeWithNoChallenge": False},
                    }
                },
                "consentRecords": [
                    {
                        "text": "Yes, send me news",
                        "dateTimeConsented": "2025-03-04T09:16:00.000Z",
                        "url": "https://shop.example/account",
                        "ipAddress": "203.0.113.9",
                        "userAgent": "Mozilla/5.0",
                    }
                ],
                "consentedAt": "2025-03-04T09:16:00.000Z",
            },
        )
    ]


@pytest.mark.parametrize("part", ["At", "Url", "Ip", "UserAgent", "Text"])
def test_a_consent_record_needs_all_of_its_five_parts(map_one: Callable[..., Any], customer: Record, part: str) -> None:
    del customer["custom"]["fields"][f"newsletterConsent{part}"]
    ((_, contact),) = map_one("dotdigital", "customers", customer)
    assert "consentRecords" not in contact
    assert contact["channelProperties"]["email"]["status"] == "subscribed"
    assert ("consentedAt" in contact) == (part != "At")


def test_a_malformed_ip_address_is_no_evidence(map_one: Callable[..., Any], customer: Record) -> None:
    customer["custom"]["fields"]["newsletterConsentIp"] = "203.0.113"
    ((_, contact),) = map_one("dotdigital", "customers", customer)
    assert "consentRecords" not in contact


def test_a_no_unsubscribes_and_unknown_says_nothing(map_one: Callable[..., Any], customer: Record) -> None:
    fields = customer["custom"]["fields"]
    fields["NEWSLETTER_SUBSCRIBE"] = "NO"
    ((_, contact),) = map_one("dotdigital", "customers", customer)
    assert contact["channelProperties"] == {"email": {"status": "unsubscribed"}}
    assert not {"consentRecords", "consentedAt"} & set(contact)
    fields["NEWSLETTER_SUBSCRIBE"] = "yes"
    ((_, contact),) = map_one("dotdigital", "customers", customer)
    assert not {"channelProperties", "consentRecords", "consentedAt"} & set(contact)


def test_a_customer_without_an_address_is_skipped(map_one: Callable[..., Any], customer: Record) -> None:
    customer["email"] = " "
    ((stream, reason),) = map_one("dotdigital", "customers", customer)
    assert (stream, reason) == ("contacts", "skipped: email: missing, and contacts are identified by it")


def test_standard_fields_can_be_renamed_left_out_and_cleared(map_one: Callable[..., Any], customer: Record) -> None:
    bare = {"id": CUSTOMER_ID, "email": "a@shop.example", "firstName": "Ada"}
    names = {"first_name": "GIVEN", "last_name": None}
    ((_, contact),) = map_one("dotdigital", "customers", bare, dotdigital_fields=names, absent_fields="clear")
    fields = contact["dataFields"]
    assert (fields["GIVEN"], "FIRSTNAME" in fields, "LASTNAME" in fields) == ("Ada", False, False)
    assert fields["DOB"] is None
    assert customer


def test_a_customers_order_yields_a_bare_contact_then_the_order(map_one: Callable[..., Any], order: Record) -> None:
    (contact_stream, contact), (order_stream, record) = map_one("dotdigital", "orders", order)
    assert (contact_stream, order_stream) == ("contacts", "orders")
    assert contact == {"matchIdentifier": "email", "identifiers": {"email": "ada.kern@shop.example"}}
    assert record["key"] == "DE-2026-004217"
    assert record["contactIdentity"] == {"identifier": "email", "value": "ada.kern@shop.example"}
    assert record["json"] == {
        "id": "DE-2026-004217",
        "order_total": Decimal("95.90"),
        "order_subtotal": Decimal("172.00"),
        "currency": "EUR",
        "purchase_date": "2026-10-20T11:02:33.901Z",
        "order_status": "Completed",
        "payment_status": "Paid",
        "shipment_status": "Delivered",
        "products": [
            {
                "product_id": PRODUCT_ID,
                "parent_id": "",
                "name": "Trailschuh Fels",
                "sku": "FELS-42-GRN",
                "qty": 2,
                "price": Decimal("81.00"),
            },
            {
                "product_id": "c2a5d3f0-3a77-4f9b-8a53-10a6b6a4f002",
                "parent_id": "",
                "name": "Socken",
                "sku": "SOCK-M",
                "qty": 1,
                "price": Decimal("10.00"),
            },
        ],
        "discount_amount": Decimal("18.00"),
        "delivery_total": Decimal("4.90"),
        "tax_amount": Decimal("28.25"),
        "refunded_amount": Decimal("81.00"),
        "delivery_method": "Standard",
        "store_name": "de-web",
        "country": "DE",
        "locale": "de-DE",
        "modified_date": "2026-11-05T08:12:47.006Z",
        "billing_address": {
            "billing_address_1": "Werkstr. 11a",
            "billing_city": "Köln",
            "billing_country": "DE",
            "billing_postcode": "51063",
        },
        "delivery_address": {
            "delivery_address_1": "Lindenweg 4",
            "delivery_city": "Köln",
            "delivery_country": "DE",
            "delivery_postcode": "50667",
        },
        "custom": {"campaign": "autumn"},
    }


def test_without_refunds_the_total_is_the_platforms(map_one: Callable[..., Any], order: Record) -> None:
    order["returnInfo"] = []
    _, (_, record) = map_one("dotdigital", "orders", order)
    assert str(record["json"]["order_total"]) == "176.90"
    assert "refunded_amount" not in record["json"]


def test_a_guests_order_brings_the_contact_with_a_name_and_no_consent(
    map_one: Callable[..., Any], order: Record
) -> None:
    del order["customerId"]
    (_, contact), (_, record) = map_one("dotdigital", "orders", order)
    assert contact == {
        "matchIdentifier": "email",
        "identifiers": {"email": "ada.kern@shop.example"},
        "dataFields": {"FIRSTNAME": "Ada", "LASTNAME": "Kern", "FULLNAME": "Ada Kern"},
    }
    assert record["contactIdentity"]["value"] == contact["identifiers"]["email"]


def test_an_order_without_an_address_is_skipped(map_one: Callable[..., Any], order: Record) -> None:
    del order["customerEmail"]
    assert map_one("dotdigital", "orders", order) == [
        ("orders", "skipped: customerEmail: missing, and an order belongs to a contact with an e-mail address")
    ]


@pytest.mark.parametrize(
    ("state", "config", "status"),
    [
        ("Open", {}, "Pending"),
        ("Confirmed", {}, "Paid"),
        ("Complete", {}, "Completed"),
        ("Cancelled", {}, "Cancelled"),
        ("Frozen", {}, "Frozen"),
        ("Complete", {"order_status": {"Complete": "Shipped"}}, "Shipped"),
        ("Open", {"order_status": {"Complete": "Shipped"}}, "Pending"),
    ],
)
def test_the_order_status_is_mapped_and_can_be_overridden(
    map_one: Callable[..., Any], order: Record, state: str, config: Record, status: str
) -> None:
    order["orderState"] = state
    _, (_, record) = map_one("dotdigital", "orders", order, **config)
    assert record["json"]["order_status"] == status


def test_the_key_is_the_order_number_made_safe_else_the_id(map_one: Callable[..., Any], order: Record) -> None:
    def key(**config: Any) -> str:
        record: Record = map_one("dotdigital", "orders", order, **config)[1][1]
        return str(record["key"])

    assert key(order_key="id") == order["id"]
    order["orderNumber"] = "A/1"
    assert key() == "A_1-a5b3d27a"
    del order["orderNumber"]
    assert key() == order["id"]


def test_a_variant_catalogue_gives_lines_the_variants_key_and_its_parent(
    map_one: Callable[..., Any], order: Record
) -> None:
    _, (_, record) = map_one("dotdigital", "orders", order, catalog={"item": "variant"})
    line = record["json"]["products"][0]
    assert (line["product_id"], line["parent_id"]) == (f"{PRODUCT_ID}-2", PRODUCT_ID)


def test_a_product_becomes_a_catalogue_record(map_one: Callable[..., Any], product: Record) -> None:
    config = {
        "locales": ["en"],
        "currency": "EUR",
        "country": "DE",
        "product_url": "https://shop.example/{locale}/p/{slug}",
        "catalog": {"name": "de-web", "attributes": {"vegan": {}}},
    }
    assert map_one("dotdigital", "products", product, **config) == [
        (
            "catalog",
            {
                "collectionName": "catalog_de-web",
                "key": PRODUCT_ID,
                "json": {
                    "id": PRODUCT_ID,
                    "type": "Product",
                    "name": "Trail shoe Fels",
                    "shortDescription": "Griffig und leicht.",
                    "price": Decimal("90.00"),
                    "specialPrice": Decimal("75.00"),
                    "currency": "EUR",
                    "sku": "FELS-41-GRN",
                    "stock": 12,
                    "status": "Enabled",
                    "url": "https://shop.example/en/p/trail-shoe-fels",
                    "image_path": "https://img.shop.example/fels-41.jpg",
                    "categories": [{"Id": "ca7e0000-0000-4000-8000-0000000ca7e1"}],
                    "created_date": "2024-01-09T07:00:00.000Z",
                    "attributes": {"vegan": True},
                },
            },
        )
    ]


def test_incomplete_catalogue_records_are_sent_or_skipped(map_one: Callable[..., Any], product: Record) -> None:
    ((_, record),) = map_one("dotdigital", "products", product)
    assert "url" not in record["json"]
    ((_, reason),) = map_one("dotdigital", "products", product, catalog={"incomplete": "skip"})
    assert reason == "skipped: mandatory for product blocks and missing: url"


def test_category_names_travel_when_references_are_expanded(map_one: Callable[..., Any], product: Record) -> None:
    product["masterData"]["current"]["categories"][0]["obj"] = {"name": {"en": "Shoes"}}
    ((_, record),) = map_one("dotdigital", "products", product)
    assert record["json"]["categories"] == [{"Id": "ca7e0000-0000-4000-8000-0000000ca7e1", "Name": "Shoes"}]


def test_the_contacts_schema_types_the_data_fields_a_loader_creates() -> None:
    rules = {"fields": {"interests": {"type": "list"}, "since": {"name": "SINCE", "type": "date"}, "secret": None}}
    mapper = create_record_mapper({"custom_fields": {"customers": rules}}, "dotdigital")
    fields = {"points": {"type": ["null", "integer"]}, "secret": {"type": "string"}, "tags": {"type": "array"}}
    custom = {"properties": {"fields": {"properties": fields}}}
    source = {"properties": {"id": {}, "lastModifiedAt": {}, "custom": custom}}
    (contacts,) = mapper.map_schema("customers", source, ["id"]) or []
    types = contacts.schema["properties"]["dataFields"]["properties"]
    found = {name: (types[name]["type"], types[name].get("format")) for name in types}
    assert found["FIRSTNAME"] == (["string", "null"], None)
    assert found["DOB"] == (["string", "null"], "date-time")
    assert found["POINTS"] == (["number", "null"], None)
    assert found["INTERESTS"] == (["string", "null"], None)
    assert found["SINCE"] == (["string", "null"], "date-time")
    assert not {"SECRET", "TAGS"} & set(found)
    again, orders = mapper.map_schema("orders", source, ["id"]) or []
    assert again == contacts
    assert (orders.stream, orders.key_properties) == ("orders", ("key",))
