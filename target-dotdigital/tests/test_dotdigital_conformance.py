"""What was sent, checked against the vendor's own descriptions of requests, where those lie beside the repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.vendor_specifications import DOTDIGITAL, folder_beside, operation
from delivery.testing import record_line, schema_line
from dotdigital_records import evidence
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]


SPECIFICATIONS = folder_beside(__file__)
# The vendors' files have no open licence, so the project lacks them; who has them runs these.
pytestmark = pytest.mark.skipif(SPECIFICATIONS is None, reason="the vendor's descriptions are not beside the project")


def validator(method: str, path: str) -> Draft202012Validator:
    assert SPECIFICATIONS is not None
    described = operation(SPECIFICATIONS, DOTDIGITAL, method, path)
    assert described is not None
    assert described.body is not None
    return Draft202012Validator(described.body)


def test_every_request_fits_the_vendors_description(sandbox: RunningSandbox, loader: Loader) -> None:
    seen = len(sandbox.requests(service="dotdigital"))
    contacts: list[dict[str, Any]] = [
        {"dataFields": {"FIRSTNAME": "Ann", "VIP": True, "POINTS": 1.5, "LASTNAME": None}},
        {"channelProperties": {"email": {"status": "subscribed", "emailType": "html"}}, "consentRecords": [evidence()]},
        {"channelProperties": {"email": {"status": "unsubscribed"}}, "preferences": [{"id": 11, "isOptedIn": True}]},
        {"lists": ["VIP"], "preferences": [{"name": "Sale", "isOptedIn": False}], "dataFields": {"GENDER": "d"}},
    ]
    order = {
        "key": "O-1",
        "contactIdentity": {"identifier": "email", "value": "p0@example.org"},
        "json": {"id": "O-1", "order_total": 59.9, "products": [{"sku": "HAT-9"}]},
    }
    lines = [schema_line("contacts", {})]
    for number, members in enumerate(contacts):
        identifiers = {
            "email": f"p{number}@example.org",
            "mobileNumber": f"44770090000{number}",
            "shop-id": str(number),
        }
        lines.append(record_line("contacts", {"matchIdentifier": "email", "identifiers": identifiers, **members}))
    lines += [schema_line("orders", {}), record_line("orders", order)]
    lines += [schema_line("visits", {"id": {"type": "integer"}}, ["id"]), record_line("visits", {"id": 1})]
    lines += [schema_line("deleted_contacts", {}), record_line("deleted_contacts", {"email": "p2@example.org"})]
    ownership = {"GENDER": "first_write", "POINTS": "destination"}
    result = loader(list="Everybody", field_ownership=ownership, match_by="shop-id").run(lines)
    assert result.code == 0, result.log

    places = (
        ("POST", "/configuration/v3/customIdentifiers"),
        ("PUT", "/contacts/v3/import"),
        ("POST", "/contacts/v3"),
        ("POST", "/contacts/v3/delete"),
        ("PUT", "/insightData/v3/import"),
    )
    checks = {place: validator(*place) for place in places}
    checked = set()
    for call in sandbox.requests(service="dotdigital")[seen:]:
        place = (call["method"], call["path"])
        if place in checks:
            body = call["body"] if isinstance(call["body"], (dict, list)) else json.loads(call["body"])
            faults = [f"{list(error.path)}: {error.message}" for error in checks[place].iter_errors(body)]
            assert not faults, (place, faults)
            checked.add(place)
    assert checked == set(checks)


def test_every_deletion_and_enrolment_fits_the_vendors_description(sandbox: RunningSandbox, loader: Loader) -> None:
    assert SPECIFICATIONS is not None
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "p0@example.org"}}])
    seen = len(sandbox.requests(service="dotdigital"))
    owner = {"contactIdentity": {"identifier": "email", "value": "p0@example.org"}}
    lines = [
        schema_line("orders", {}),
        record_line("orders", {"key": "O-1", **owner, "json": None}),
        schema_line("catalog", {}),
        record_line("catalog", {"key": "p-1", "json": {"id": "p-1"}}),
        record_line("catalog", {"key": "p-2", "json": None}),
        schema_line("program_enrolments", {}),
        record_line("program_enrolments", {"email": "p0@example.org", "program": 1}),
    ]
    result = loader().run(lines)
    assert result.code == 0, result.log
    checked = set()
    for call in sandbox.requests(service="dotdigital")[seen:]:
        described = operation(SPECIFICATIONS, DOTDIGITAL, call["method"], call["path"])
        if described is not None and described.body is not None:
            faults = [error.message for error in Draft202012Validator(described.body).iter_errors(call["body"])]
            assert not faults, (described.template, faults)
            checked.add((call["method"], described.template))
    assert checked == {
        ("DELETE", "/insightData/v3/accounts/{collectionName}/deleteRecords"),
        ("DELETE", "/insightData/v3/contacts/{identifier}/{value}/{collectionName}/deleteRecords"),
        ("POST", "/v2/programs/enrolments"),
        ("PUT", "/insightData/v3/contacts/{identifier}/{value}/{collectionName}/{recordId}"),
        ("PUT", "/insightData/v3/import"),
    }
