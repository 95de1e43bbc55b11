from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import datetime, timezone
from typing import Any

import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop

HISTORY_END = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
PLAUSIBLE_EMAIL = re.compile(r"[A-Za-z0-9.+]+@[A-Za-z.]+\.example", re.IGNORECASE)
EVIDENCE = ("newsletterConsentUrl", "newsletterConsentIp", "newsletterConsentUserAgent", "newsletterConsentText")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(history_end=HISTORY_END))


@pytest.fixture(scope="module")
def customers(shop: Shop) -> list[dict[str, Any]]:
    return list(shop.resources["customers"].values())


def _fields(customer: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = customer.get("custom", {}).get("fields", {})
    return fields


def _consent_kind(customer: dict[str, Any]) -> str:
    fields = _fields(customer)
    answer = fields.get("NEWSLETTER_SUBSCRIBE")
    if answer != "YES":
        return str(answer)
    if all(name in fields for name in EVIDENCE):
        return "evidence" if "newsletterConsentAt" in fields else "broken"
    return "time" if "newsletterConsentAt" in fields else "bare"


def test_consent_comes_in_the_agreed_shares(customers: list[dict[str, Any]]) -> None:
    shares = {kind: count / len(customers) for kind, count in Counter(map(_consent_kind, customers)).items()}
    expected = {"evidence": 0.40, "time": 0.10, "bare": 0.05, "NO": 0.15, "None": 0.30}
    assert shares.keys() == expected.keys()
    for kind, share in expected.items():
        assert abs(shares[kind] - share) < 0.05, (kind, shares)


def test_unknown_consent_is_a_missing_field_or_no_custom_fields_at_all(customers: list[dict[str, Any]]) -> None:
    unknown = [customer for customer in customers if _consent_kind(customer) == "None"]
    assert any("custom" not in customer for customer in unknown)
    assert any("custom" in customer for customer in unknown)
    for customer in unknown:
        assert not [name for name in _fields(customer) if name.startswith("newsletter")]


def test_consent_was_given_while_the_account_lived_unless_it_was_imported(
    shop: Shop, customers: list[dict[str, Any]]
) -> None:
    imported = set(shop.notes["bulk_import_customer_ids"])
    for customer in customers:
        moment = _fields(customer).get("newsletterConsentAt")
        if moment is not None and customer["id"] not in imported:
            assert customer["createdAt"] <= moment <= customer["lastModifiedAt"]


def test_exactly_three_customers_have_addresses_no_destination_takes(
    shop: Shop, customers: list[dict[str, Any]]
) -> None:
    refused = [customer for customer in customers if not PLAUSIBLE_EMAIL.fullmatch(customer["email"])]
    assert {customer["id"] for customer in refused} == set(shop.notes["invalid_email_customer_ids"])
    assert {customer["email"] for customer in refused} == {
        "no-at-sign.example",
        "two@@shop.example",
        "blank in@shop.example",
    }


def test_customers_with_unusable_addresses_never_ordered_nor_left_a_cart(shop: Shop) -> None:
    invalid = set(shop.notes["invalid_email_customer_ids"])
    for path in ("orders", "carts"):
        assert not [row for row in shop.resources[path].values() if row.get("customerId") in invalid]


def test_every_address_is_on_a_domain_reserved_for_examples(shop: Shop) -> None:
    emails = [row["email"] for row in shop.resources["customers"].values()]
    emails += [row["customerEmail"] for row in shop.resources["orders"].values() if "customerEmail" in row]
    assert all(email.lower().endswith(".example") for email in emails)
    assert any("+" in email for email in emails)
    assert any(email != email.lower() for email in emails)


def test_only_the_noted_customers_of_different_stores_share_an_address(
    shop: Shop, customers: list[dict[str, Any]]
) -> None:
    rows = shop.resources["customers"]
    assert 3 <= len(shop.notes["shared_email_customer_ids"]) <= 12
    for first, second in shop.notes["shared_email_customer_ids"]:
        assert rows[first]["email"] == rows[second]["email"]
        assert rows[first]["stores"] != rows[second]["stores"]
    repeated = [email for email, count in Counter(row["email"].lower() for row in customers).items() if count > 1]
    assert len(repeated) == len(shop.notes["shared_email_customer_ids"])


def test_password_hash_and_required_members_are_always_there(customers: list[dict[str, Any]]) -> None:
    assert all(customer["password"] == "****" for customer in customers)
    for customer in customers:
        ids = {address["id"] for address in customer["addresses"]}
        assert len(ids) == len(customer["addresses"])
        assert set(customer["shippingAddressIds"] + customer["billingAddressIds"]) <= ids
        assert {customer.get("defaultShippingAddressId"), customer.get("defaultBillingAddressId")} - {None} <= ids


def test_optional_members_are_sometimes_there_and_sometimes_not(customers: list[dict[str, Any]]) -> None:
    for member in [
        "locale",
        "lastName",
        "dateOfBirth",
        "externalId",
        "customerNumber",
        "companyName",
        "customerGroup",
        "custom",
        "salutation",
    ]:
        present = sum(member in customer for customer in customers)
        assert 0 < present < len(customers), member
    assert {bool(customer["stores"]) for customer in customers} == {True, False}
    assert {bool(customer["addresses"]) for customer in customers} == {True, False}
    assert {customer["isEmailVerified"] for customer in customers} == {True, False}


@pytest.mark.parametrize(
    "script",
    [
        "LATIN",
        "CJK",
        "HIRAGANA",
        "KATAKANA",
        "ARABIC",
        "HEBREW",
        "CYRILLIC",
        "GREEK",
        "THAI",
        "COMBINING",
        "APOSTROPHE",
    ],
)
def test_names_come_in_every_kind_of_letter(customers: list[dict[str, Any]], script: str) -> None:
    letters = {letter for row in customers for letter in row["firstName"] + row.get("lastName", "")}
    assert any(unicodedata.name(letter, "").startswith(script) for letter in letters)


def test_a_company_has_emoji_in_its_name(customers: list[dict[str, Any]]) -> None:
    assert any("🌿" in customer.get("companyName", "") for customer in customers)


def test_every_custom_field_is_defined_and_used(shop: Shop, customers: list[dict[str, Any]]) -> None:
    definition = next(row for row in shop.resources["types"].values() if row["key"] == "customer-preferences")
    kinds = {field["name"]: field["type"] for field in definition["fieldDefinitions"]}
    used = {name for customer in customers for name in _fields(customer)}
    assert used == set(kinds)
    for customer in customers:
        for name, value in _fields(customer).items():
            if kinds[name]["name"] in ("Enum", "LocalizedEnum"):
                assert value in {entry["key"] for entry in kinds[name]["values"]}


def test_markets_without_a_store_have_customers(shop: Shop) -> None:
    japanese = [
        row
        for row in shop.resources["customers"].values()
        if row["addresses"] and row["addresses"][0]["country"] == "JP"
    ]
    assert japanese
    assert all(row["stores"] == [] for row in japanese)


def test_about_a_quarter_of_the_orders_are_guests(shop: Shop) -> None:
    orders = shop.resources["orders"]
    guests = [row for row in orders.values() if "customerEmail" in row and "customerId" not in row]
    assert abs(len(guests) / len(orders) - 0.25) < 0.03
    assert {row["id"] for row in guests} == set(shop.notes["guest_order_ids"])
    assert all("anonymousId" in row for row in guests)
    assert max(Counter(row["customerEmail"] for row in guests).values()) > 1


def test_a_few_orders_have_neither_address_nor_customer(shop: Shop) -> None:
    nameless = [row for row in shop.resources["orders"].values() if "customerEmail" not in row]
    assert {row["id"] for row in nameless} == set(shop.notes["nameless_order_ids"])
    assert 0 < len(nameless) < 20
    assert not [row for row in nameless if "customerId" in row]


def test_orders_of_customers_carry_their_address_and_currency(shop: Shop) -> None:
    currencies = {"de-web": "EUR", "fr-web": "EUR", "uk-web": "GBP", "us-web": "USD"}
    for order in shop.resources["orders"].values():
        if "customerId" in order:
            customer = shop.resources["customers"][order["customerId"]]
            assert order["customerEmail"] == customer["email"]
            if order["id"] not in shop.notes["bulk_import_order_ids"]:
                assert order["createdAt"] >= customer["createdAt"]
        if "store" in order:
            assert order["totalPrice"]["currencyCode"] == currencies[order["store"]["key"]]
