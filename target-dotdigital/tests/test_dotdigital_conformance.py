"""What was sent, checked against the vendor's own descriptions of requests, where those lie beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line
from jsonschema import Draft4Validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]


def folder_of_specifications() -> Path | None:
    places = (parent.parent / "shared" / "reference" / "specs" for parent in Path(__file__).resolve().parents[:-1])
    return next((place for place in places if place.is_dir()), None)


def validator(document: dict[str, Any], path: str, method: str) -> Draft4Validator:
    schema = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return Draft4Validator({**schema, "components": document["components"]})


@pytest.fixture(scope="module")
def specifications() -> dict[str, dict[str, Any]]:
    folder = folder_of_specifications()
    if folder is None:
        pytest.skip("the vendor's specifications are not here")
    contacts = json.loads((folder / "dotdigital-contacts-v3.json").read_text())
    insight = json.loads((folder / "dotdigital-insight-data-v3.json").read_text())
    # Known faults of the vendor's files: alternatives that exclude each other, or themselves.
    schemas = contacts["components"]["schemas"]
    schemas["consentRecord"]["properties"]["ipAddress"] = {"type": "string"}
    schemas["contactIdentifier"] = {"type": "object", "minProperties": 1}
    schemas["contactIdObject"]["additionalProperties"] = {"type": ["string", "integer"]}
    channels = schemas["channelProperties_channelProperties_email"]
    channels.pop("additionalProperties", None)
    del insight["components"]["schemas"]["upsertInsightRecord"]["allOf"][0]["additionalProperties"]
    return {"contacts": contacts, "insight": insight}


def test_every_request_fits_the_vendors_description(
    sandbox: RunningSandbox, loader: Loader, specifications: dict[str, dict[str, Any]]
) -> None:
    seen = len(sandbox.requests(service="dotdigital"))
    evidence = {
        "text": "Yes",
        "dateTimeConsented": "2026-02-01T09:30:00Z",
        "url": "https://shop.example/join",
        "ipAddress": "203.0.113.9",
        "userAgent": "Mozilla/5.0",
    }
    contacts: list[dict[str, Any]] = [
        {"dataFields": {"FIRSTNAME": "Ann", "VIP": True, "POINTS": 1.5, "LASTNAME": None}},
        {"channelProperties": {"email": {"status": "subscribed", "emailType": "html"}}, "consentRecords": [evidence]},
        {"channelProperties": {"email": {"status": "unsubscribed"}}, "preferences": [{"id": 11, "isOptedIn": True}]},
    ]
    order = {
        "key": "O-1",
        "contactIdentity": {"identifier": "email", "value": "p0@example.org"},
        "json": {"id": "O-1", "order_total": 59.9, "products": [{"sku": "HAT-9"}]},
    }
    lines = [schema_line("contacts", {})]
    for number, members in enumerate(contacts):
        identifiers = {"email": f"p{number}@example.org", "mobileNumber": f"44770090000{number}"}
        lines.append(record_line("contacts", {"matchIdentifier": "email", "identifiers": identifiers, **members}))
    lines += [schema_line("orders", {}), record_line("orders", order)]
    lines += [schema_line("visits", {"id": {"type": "integer"}}, ["id"]), record_line("visits", {"id": 1})]
    lines += [schema_line("deleted_contacts", {}), record_line("deleted_contacts", {"email": "p2@example.org"})]
    result = loader(list="Everybody").run(lines)
    assert result.code == 0, result.log

    checks = {
        ("PUT", "/contacts/v3/import"): validator(specifications["contacts"], "/contacts/v3/import", "put"),
        ("POST", "/contacts/v3"): validator(specifications["contacts"], "/contacts/v3", "post"),
        ("POST", "/contacts/v3/delete"): validator(specifications["contacts"], "/contacts/v3/delete", "post"),
        ("PUT", "/insightData/v3/import"): validator(specifications["insight"], "/insightData/v3/import", "put"),
    }
    checked = set()
    for call in sandbox.requests(service="dotdigital")[seen:]:
        place = (call["method"], call["path"])
        if place in checks:
            body = call["body"] if isinstance(call["body"], (dict, list)) else json.loads(call["body"])
            faults = [f"{list(error.path)}: {error.message}" for error in checks[place].iter_errors(body)]
            assert not faults, (place, faults)
            checked.add(place)
    assert checked == set(checks)
