"""The mapped records against the vendors' own OpenAPI files, where these are beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
Record = dict[str, Any]
FOLDER = Path("shared/reference/specs")


def _specification(name: str) -> Record:
    for parent in Path(__file__).resolve().parents:
        path = parent / FOLDER / name
        if path.is_file():
            specification: Record = json.loads(path.read_text(encoding="utf-8"))
            return specification
    pytest.skip(f"{name} is not beside the repository")


def _read_back(record: Record) -> Json:
    return msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(record))


def _faults(specification: Record, reference: str, document: Json) -> list[str]:
    schema = {**specification, "$ref": reference}
    return [error.message for error in jsonschema_rs.Draft4Validator(schema).iter_errors(document)]


def test_users_and_purchases_fit_the_vendors_definitions(
    map_one: Callable[..., Any], customer: Record, order: Record
) -> None:
    contract = _specification("iterable-swagger-1.8.json")
    ((_, user),) = map_one("iterable", "customers", customer)
    ((_, purchase),) = map_one("iterable", "orders", order, product_url="https://shop.example/{slug}")
    assert _faults(contract, "#/definitions/BulkUpdateUsersRequest", {"users": [_read_back(user)]}) == []
    assert _faults(contract, "#/definitions/TrackPurchaseRequest", _read_back(purchase)) == []
    known = contract["definitions"]
    assert set(user) <= set(known["OptionalApiUser"]["properties"])
    assert set(purchase) <= set(known["TrackPurchaseRequest"]["properties"])
    for item in purchase["items"]:
        assert set(item) <= set(known["CommerceItem"]["properties"])


def test_contacts_fit_the_vendors_import_body(map_one: Callable[..., Any], customer: Record, order: Record) -> None:
    specification = _specification("dotdigital-contacts-v3.json")
    for name, schema in specification["components"]["schemas"].items():
        if name.endswith("channelProperties_email"):
            schema.pop("additionalProperties", None)  # it excludes resubscribeOptions, which another branch adds
    consent = specification["components"]["schemas"]["consentRecord"]["properties"]["ipAddress"]
    consent["anyOf"] = consent.pop("oneOf")  # two formats of text that only an asserted format tells apart
    contacts = [map_one("dotdigital", "customers", customer)[0][1], map_one("dotdigital", "orders", order)[0][1]]
    for contact in contacts:
        contact.pop("consentedAt", None)  # for the loader, not for the API
    assert "consentRecords" in contacts[0]
    body = {"mergeOption": "overwrite", "contacts": [_read_back(contact) for contact in contacts]}
    assert _faults(specification, "#/components/schemas/v3_import_body", body) == []


def test_insight_records_fit_the_vendors_import_body(
    map_one: Callable[..., Any], order: Record, product: Record
) -> None:
    specification = _specification("dotdigital-insight-data-v3.json")
    # Its first branch knows contactIdentity alone and forbids the rest of the record.
    specification["components"]["schemas"]["upsertInsightRecord"]["allOf"][0].pop("additionalProperties")
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
        assert _faults(specification, "#/components/schemas/v3_import_body", body) == []


def test_the_vendors_definitions_would_notice_a_wrong_record(map_one: Callable[..., Any], order: Record) -> None:
    contract = _specification("iterable-swagger-1.8.json")
    ((_, purchase),) = map_one("iterable", "orders", order)
    wrong = _read_back(purchase)
    wrong["items"][0]["quantity"] = "two"
    del wrong["total"]
    assert len(_faults(contract, "#/definitions/TrackPurchaseRequest", wrong)) == 2
