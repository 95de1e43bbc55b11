"""The mapped records against the vendors' own OpenAPI files, where these are beside the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from commerce_sandbox.vendor_specifications import (
    DOTDIGITAL_CONTACTS,
    DOTDIGITAL_INSIGHT,
    ITERABLE,
    folder_beside,
    operation,
    specification,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
Record = dict[str, Any]
SPECIFICATIONS = folder_beside(__file__)
# The vendors' files have no open licence, so the project lacks them; who has them runs these.
pytestmark = pytest.mark.skipif(SPECIFICATIONS is None, reason="the vendors' files are not beside the repository")


def _read_back(record: Record) -> Json:
    return msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(record))


def _faults(name: str, method: str, path: str, body: Json) -> list[str]:
    assert SPECIFICATIONS is not None
    described = operation(SPECIFICATIONS, (name,), method, path)
    assert described is not None
    assert described.body is not None
    return [error.message for error in jsonschema_rs.Draft4Validator(described.body).iter_errors(body)]


def test_users_and_purchases_fit_the_vendors_definitions(
    map_one: Callable[..., Any], customer: Record, order: Record
) -> None:
    assert SPECIFICATIONS is not None
    ((_, user),) = map_one("iterable", "customers", customer)
    ((_, purchase),) = map_one("iterable", "orders", order, product_url="https://shop.example/{slug}")
    user.pop("consentFields")  # for the loader, not for the API
    assert _faults(ITERABLE, "POST", "/api/users/bulkUpdate", {"users": [_read_back(user)]}) == []
    assert _faults(ITERABLE, "POST", "/api/commerce/trackPurchase", _read_back(purchase)) == []
    known = specification(SPECIFICATIONS, ITERABLE)["definitions"]
    assert set(user) <= set(known["OptionalApiUser"]["properties"])
    assert set(purchase) <= set(known["TrackPurchaseRequest"]["properties"])
    for item in purchase["items"]:
        assert set(item) <= set(known["CommerceItem"]["properties"])


def test_contacts_fit_the_vendors_import_body(map_one: Callable[..., Any], customer: Record, order: Record) -> None:
    contacts = [map_one("dotdigital", "customers", customer)[0][1], map_one("dotdigital", "orders", order)[0][1]]
    for contact in contacts:
        contact.pop("consentedAt", None)  # for the loader, not for the API
    assert "consentRecords" in contacts[0]
    body = {"mergeOption": "overwrite", "contacts": [_read_back(contact) for contact in contacts]}
    assert _faults(DOTDIGITAL_CONTACTS, "PUT", "/contacts/v3/import", body) == []


def test_insight_records_fit_the_vendors_import_body(
    map_one: Callable[..., Any], order: Record, product: Record
) -> None:
    _, (_, record) = map_one("dotdigital", "orders", order)
    ((_, entry),) = map_one("dotdigital", "products", product)
    orders = {
        "collectionName": "Orders",
        "collectionScope": "contact",
        "collectionType": "orders",
        "records": [_read_back(record)],
    }
    catalog = {
        "collectionName": entry.pop("collectionName"),
        "collectionScope": "account",
        "collectionType": "catalog",
        "records": [_read_back(entry)],
    }
    for body in (orders, catalog):
        assert _faults(DOTDIGITAL_INSIGHT, "PUT", "/insightData/v3/import", body) == []


def test_records_with_a_market_fit_the_vendors_definitions(
    map_one: Callable[..., Any], customer: Record, order: Record
) -> None:
    markets = [{"key": "de", "stores": ["de-web"], "locales": ["de"]}]
    del order["customerId"]
    ((_, user),) = map_one("iterable", "customers", customer, markets=markets)
    ((_, purchase),) = map_one("iterable", "orders", order, markets=markets)
    (_, guest), (_, record) = map_one("dotdigital", "orders", order, markets=markets)
    assert user["dataFields"]["channel"] is None
    assert purchase["user"]["dataFields"]["market"] == guest["dataFields"]["MARKET"] == record["json"]["market"] == "de"
    assert _faults(ITERABLE, "POST", "/api/users/bulkUpdate", {"users": [_read_back(user)]}) == []
    assert _faults(ITERABLE, "POST", "/api/commerce/trackPurchase", _read_back(purchase)) == []
    contacts = [map_one("dotdigital", "customers", customer, markets=markets)[0][1], guest]
    contacts[0].pop("consentedAt")  # for the loader, not for the API
    body = {"mergeOption": "overwrite", "contacts": [_read_back(contact) for contact in contacts]}
    assert _faults(DOTDIGITAL_CONTACTS, "PUT", "/contacts/v3/import", body) == []


def test_the_vendors_definitions_would_notice_a_wrong_record(map_one: Callable[..., Any], order: Record) -> None:
    ((_, purchase),) = map_one("iterable", "orders", order)
    wrong = _read_back(purchase)
    wrong["items"][0]["quantity"] = "two"
    del wrong["total"]
    assert len(_faults(ITERABLE, "POST", "/api/commerce/trackPurchase", wrong)) == 2
