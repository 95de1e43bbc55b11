"""Records and an account for which a run makes every call that the loader knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.testing import record_line, schema_line, state_line
from dotdigital_account import call_account
from dotdigital_records import evidence

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

STATE = {"done": True}
WISH = {"email": "p1@example.org", "program": 1}
SETTINGS: dict[str, Any] = {
    "list": "Everybody",
    "field_ownership": {"LASTNAME": "destination"},
    "max_rejects": 1,
    "poll_seconds": 0.3,
}


def contacts() -> list[dict[str, Any]]:
    """Six people: two say yes with evidence, two no, of two nothing is known."""
    records: list[dict[str, Any]] = []
    for number in range(6):
        record: dict[str, Any] = {
            "matchIdentifier": "email",
            "identifiers": {"email": f"p{number}@example.org", "shop-id": str(number)},
            "dataFields": {"POINTS": number, "LASTNAME": "Lee"},
            "lists": ["VIP"],
            "preferences": [{"name": "Sale", "isOptedIn": number % 2 == 0}],
        }
        status = (None, "subscribed", "unsubscribed")[number % 3]
        if status is not None:
            record["channelProperties"] = {"email": {"status": status}}
        if status == "subscribed":
            record["consentRecords"] = [evidence()]
        records.append(record)
    return records


def order(key: str, owner: str, json: dict[str, Any] | None) -> dict[str, Any]:
    return {"key": key, "contactIdentity": {"identifier": "email", "value": owner}, "json": json}


def lines() -> list[str]:
    streams: dict[str, list[dict[str, Any]]] = {
        "contacts": contacts(),
        "orders": [
            order("O-1", "p1@example.org", {"id": "O-1", "order_total": 1}),
            order("O-8", "bo@example.org", None),
            # Bo's until now.
            order("O-9", "p1@example.org", {"id": "O-9", "order_total": 9}),
        ],
        "catalog": [{"key": "p-1", "json": {"id": "p-1"}}, {"key": "p-2", "json": None}],
        "program_enrolments": [WISH],
        "deleted_contacts": [{"email": "gone@example.org"}],
    }
    found: list[str] = []
    for stream, records in streams.items():
        found += [schema_line(stream, {}), *(record_line(stream, record) for record in records)]
    return [*found, state_line(STATE)]


def seed(sandbox: RunningSandbox) -> None:
    """Bo has two orders, one product is there, and somebody is to be deleted."""
    people = [{"identifiers": {"email": f"{name}@example.org"}} for name in ("bo", "gone")]
    sandbox.control("POST", "/dotdigital/contacts", people)
    for name, scope, kind in (("Orders", "contact", "orders"), ("catalog_products", "account", "catalog")):
        path = f"/insightData/v3/collections/{name}"
        call_account(sandbox, "POST", path, collectionScope=scope, collectionType=kind)
    for owner_and_key in ("contacts/email/bo@example.org/Orders/O-8", "contacts/email/bo@example.org/Orders/O-9"):
        json = {"id": owner_and_key[-3:], "order_total": 5}
        call_account(sandbox, "PUT", f"/insightData/v3/{owner_and_key}", json)
    call_account(sandbox, "PUT", "/insightData/v3/account/catalog_products/p-2", {"id": "p-2"})
