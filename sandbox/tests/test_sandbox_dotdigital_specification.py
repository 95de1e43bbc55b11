"""The answers, and what is accepted, against the vendor's own descriptions, where these are at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from commerce_sandbox.vendor_specifications import DOTDIGITAL_ACCOUNTS as ACCOUNTS
from commerce_sandbox.vendor_specifications import DOTDIGITAL_CONFIGURATION as CONFIGURATION
from commerce_sandbox.vendor_specifications import DOTDIGITAL_CONTACTS as CONTACTS
from commerce_sandbox.vendor_specifications import DOTDIGITAL_DATA_FIELDS as FIELDS
from commerce_sandbox.vendor_specifications import DOTDIGITAL_EVENTS as EVENTS
from commerce_sandbox.vendor_specifications import DOTDIGITAL_INSIGHT as INSIGHT
from commerce_sandbox.vendor_specifications import DOTDIGITAL_LISTS as LISTS
from commerce_sandbox.vendor_specifications import DOTDIGITAL_PREFERENCES as PREFERENCES
from commerce_sandbox.vendor_specifications import DOTDIGITAL_PROGRAMS as PROGRAMS
from commerce_sandbox.vendor_specifications import Operation, folder_beside, operation
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from commerce_sandbox.in_process import Reply

SPECIFICATIONS = folder_beside(__file__)
# The vendors' files have no open licence, so the project lacks them; who has them runs these.
pytestmark = pytest.mark.skipif(SPECIFICATIONS is None, reason="the vendor's OpenAPI files are not beside the project")

ONE_CONTACT = "/contacts/v3/{identifier}/{value}"
ANN = {"identifier": "email", "value": "ann@example.org"}
CONSENT = {
    "text": "Yes",
    "dateTimeConsented": "2026-02-01T09:30:00Z",
    "url": "https://shop.example/join",
    "ipAddress": "203.0.113.9",
    "userAgent": "Mozilla/5.0",
}


def described(name: str, method: str, template: str) -> Operation:
    assert SPECIFICATIONS is not None
    found = operation(SPECIFICATIONS, (name,), method, template)
    assert found is not None
    assert found.template == template
    return found


def faults(schema: dict[str, Any], content: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(content)]


def check_answer(name: str, method: str, template: str, reply: Reply) -> None:
    answers = described(name, method, template).answers
    assert str(reply.status) in answers, reply.text
    schema = answers[str(reply.status)]
    if schema is None:
        assert reply.text == ""
    else:
        assert faults(schema, reply.json) == []


def check_request(name: str, method: str, template: str, body: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    schema = described(name, method, template).body
    assert schema is not None
    return faults(schema, body)


@pytest.fixture
def dotdigital() -> InProcessDotdigital:
    service = InProcessDotdigital(DotdigitalSettings(custom_identifiers=("customer-id",)))
    seed = {
        "identifiers": {"email": "ann@example.org", "mobileNumber": "447700900123", "customer-id": "c-1"},
        "lists": ["Friends"],
        "data_fields": {"FIRSTNAME": "Ann"},
        "preferences": {"11": True},
    }
    service.control("/contacts", [seed, {"identifiers": {"email": "bo@example.org"}, "status": "hardBounced"}])
    return service


def full_contact(dotdigital: InProcessDotdigital) -> dict[str, Any]:
    return {
        "matchIdentifier": "customer-id",
        "identifiers": {"email": "new@example.org", "customer-id": "c-2"},
        "dataFields": {"FIRSTNAME": "New", "LASTNAME": None},
        "channelProperties": {
            "email": {
                "status": "subscribed",
                "optInType": "single",
                "emailType": "html",
                "resubscribeOptions": {"resubscribeWithNoChallenge": False, "preferredLocale": "de-DE"},
            },
            "sms": {"status": "noSubscription"},
        },
        "lists": [dotdigital.service.snapshot()["list_ids"]["Friends"]],
        "preferences": [{"id": 12, "isOptedIn": True}],
        "consentRecords": [CONSENT],
    }


def test_answers_about_contacts(dotdigital: InProcessDotdigital) -> None:
    check_answer(CONTACTS, "GET", ONE_CONTACT, dotdigital.get("/contacts/v3/email/ann@example.org"))
    check_answer(CONTACTS, "GET", ONE_CONTACT, dotdigital.get("/contacts/v3/email/bo@example.org"))
    check_answer(CONTACTS, "GET", ONE_CONTACT, dotdigital.get("/contacts/v3/email/cy@example.org"))
    check_answer(CONTACTS, "GET", ONE_CONTACT, dotdigital.get("/contacts/v3/email/no-at-sign"))
    check_answer(CONTACTS, "PATCH", ONE_CONTACT, dotdigital.patch("/contacts/v3/email/ann@example.org", {}))
    conflict = dotdigital.patch("/contacts/v3/email/bo@example.org", {"identifiers": {"customer-id": "c-1"}})
    check_answer(CONTACTS, "PATCH", ONE_CONTACT, conflict)
    created = dotdigital.post("/contacts/v3", {"identifiers": {"email": "cy@example.org"}})
    check_answer(CONTACTS, "POST", "/contacts/v3", created)
    everything = "/contacts/v3?include=channelProperties|lists|preferences|consentRecords&data-fields=[[ALL]]&limit=2"
    check_answer(CONTACTS, "GET", "/contacts/v3", dotdigital.get(everything))
    check_answer(CONTACTS, "GET", "/contacts/v3", dotdigital.get("/contacts/v3?limit=0"))
    replacement = {"identifiers": {"email": "cy@example.org"}}
    check_answer(CONTACTS, "PUT", ONE_CONTACT, dotdigital.put("/contacts/v3/email/cy@example.org", replacement))
    check_answer(CONTACTS, "DELETE", ONE_CONTACT, dotdigital.delete("/contacts/v3/email/cy@example.org"))


def test_answers_about_imports_and_deletions_of_contacts(dotdigital: InProcessDotdigital) -> None:
    status = "/contacts/v3/import/{importId}"
    body = {
        "mergeOption": "overwriteIfNotEmpty",
        "contacts": [
            full_contact(dotdigital),
            {"matchIdentifier": "email", "identifiers": {"email": "no-at-sign"}},
            {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}, "consentRecords": []},
        ],
    }
    accepted = dotdigital.put("/contacts/v3/import", body)
    check_answer(CONTACTS, "PUT", "/contacts/v3/import", accepted)
    path = f"/contacts/v3/import/{accepted.json['importId']}"
    check_answer(CONTACTS, "GET", status, dotdigital.get(path))
    dotdigital.clock.advance(1)
    report = dotdigital.get(path)
    assert [len(report.json[part]) for part in ("created", "updated", "failures")] == [1, 1, 2]
    check_answer(CONTACTS, "GET", status, report)
    check_answer(CONTACTS, "GET", status, dotdigital.get("/contacts/v3/import/unknown"))
    references = [{"email": "new@example.org"}, {"contactId": 1}, {"customer-id": "c-7"}]
    deletion = dotdigital.post("/contacts/v3/delete", references)
    check_answer(CONTACTS, "POST", "/contacts/v3/delete", deletion)
    path = f"/contacts/v3/delete/{deletion.json['deleteId']}"
    check_answer(CONTACTS, "GET", "/contacts/v3/delete/{deleteId}", dotdigital.get(path))
    dotdigital.clock.advance(1)
    check_answer(CONTACTS, "GET", "/contacts/v3/delete/{deleteId}", dotdigital.get(path))
    dotdigital.control("/settings", {"max_contact_imports": 0, "max_bulk_deletes": 0})
    check_answer(CONTACTS, "PUT", "/contacts/v3/import", dotdigital.put("/contacts/v3/import", body))
    check_answer(CONTACTS, "POST", "/contacts/v3/delete", dotdigital.post("/contacts/v3/delete", references))


def test_answers_about_insight_data(dotdigital: InProcessDotdigital) -> None:
    good = {"key": "O-1", "contactIdentity": ANN, "json": {"id": "O-1", "total": 5, "lines": [{"sku": "A"}]}}
    bad = {"key": "O-2", "contactIdentity": {**ANN, "value": "nobody@example.org"}, "json": {"id": "O-2"}}
    body = {
        "collectionName": "Orders",
        "collectionScope": "contact",
        "collectionType": "orders",
        "records": [good, bad],
    }
    accepted = dotdigital.put("/insightData/v3/import", body)
    check_answer(INSIGHT, "PUT", "/insightData/v3/import", accepted)
    path = f"/insightData/v3/import/{accepted.json['importId']}"
    check_answer(INSIGHT, "GET", "/insightData/v3/import/{importId}", dotdigital.get(path))
    dotdigital.clock.advance(1)
    report = dotdigital.get(path)
    assert len(report.json["failures"]) == 1
    check_answer(INSIGHT, "GET", "/insightData/v3/import/{importId}", report)
    collections = "/insightData/v3/collections"
    check_answer(INSIGHT, "GET", collections, dotdigital.get(collections))
    named = f"{collections}/{{collectionName}}"
    create = f"{collections}/catalog_gb?collectionScope=account&collectionType=catalog"
    for _ in range(2):
        check_answer(INSIGHT, "POST", named, dotdigital.post(create))
    check_answer(INSIGHT, "GET", f"{named}/schema", dotdigital.get(f"{collections}/Orders/schema"))
    check_answer(INSIGHT, "GET", f"{named}/schema", dotdigital.get(f"{collections}/Missing/schema"))
    check_answer(INSIGHT, "DELETE", f"{named}/empty", dotdigital.delete(f"{collections}/Missing/empty"))
    product = "/insightData/v3/account/{collectionName}/{recordId}"
    for _ in range(2):
        check_answer(INSIGHT, "PUT", product, dotdigital.put("/insightData/v3/account/catalog_gb/p-1", {"name": "Hat"}))
    check_answer(INSIGHT, "GET", product, dotdigital.get("/insightData/v3/account/catalog_gb/p-1"))
    check_answer(INSIGHT, "GET", product, dotdigital.get("/insightData/v3/account/catalog_gb/p-2"))
    products = dotdigital.get("/insightData/v3/account/catalog_gb")
    check_answer(INSIGHT, "GET", "/insightData/v3/account/{collectionName}", products)
    contact = "/insightData/v3/contacts/{identifier}/{value}"
    record = "/insightData/v3/contacts/email/ann@example.org/Orders/O-1"
    check_answer(INSIGHT, "GET", f"{contact}/{{collectionName}}/{{recordId}}", dotdigital.get(record))
    check_answer(INSIGHT, "GET", contact, dotdigital.get("/insightData/v3/contacts/email/ann@example.org"))
    keys = {"keys": ["O-1", "O-9"]}
    deleted = dotdigital.delete("/insightData/v3/contacts/email/ann@example.org/Orders/deleteRecords", keys)
    check_answer(INSIGHT, "DELETE", f"{contact}/{{collectionName}}/deleteRecords", deleted)
    emptied = dotdigital.delete(f"{collections}/Orders/empty")
    check_answer(INSIGHT, "DELETE", f"{named}/empty", emptied)
    job = dotdigital.get(f"/insightData/v3/async/{emptied.json['jobId']}")
    check_answer(INSIGHT, "GET", "/insightData/v3/async/{jobId}", job)


def test_answers_about_the_account(dotdigital: InProcessDotdigital) -> None:
    identifiers = "/configuration/v3/customIdentifiers"
    check_answer(CONFIGURATION, "GET", identifiers, dotdigital.get(identifiers))
    for name in ("loyalty", "loyalty", "x" * 51):
        check_answer(CONFIGURATION, "POST", identifiers, dotdigital.post(identifiers, {"name": name}))
    for name in ("loyalty", "customer-id"):
        removed = dotdigital.delete(f"{identifiers}/{name}")
        check_answer(CONFIGURATION, "DELETE", f"{identifiers}/{{name}}", removed)
    check_answer(ACCOUNTS, "GET", "/v2/account-info", dotdigital.get("/v2/account-info"))
    check_answer(FIELDS, "GET", "/v2/data-fields", dotdigital.get("/v2/data-fields"))
    field = dotdigital.post("/v2/data-fields", {"name": "AGE", "type": "Numeric"})
    check_answer(FIELDS, "POST", "/v2/data-fields", field)
    check_answer(LISTS, "GET", "/v2/address-books", dotdigital.get("/v2/address-books"))
    check_answer(LISTS, "POST", "/v2/address-books", dotdigital.post("/v2/address-books", {"name": "New"}))
    friends = f"/v2/address-books/{dotdigital.service.snapshot()['list_ids']['Friends']}"
    check_answer(LISTS, "GET", "/v2/address-books/{id}", dotdigital.get(friends))
    check_answer(LISTS, "GET", "/v2/address-books/{id}/contacts", dotdigital.get(f"{friends}/contacts"))
    removal = "/v2/address-books/{addressBookId}/contacts/delete"
    check_answer(LISTS, "POST", removal, dotdigital.post(f"{friends}/contacts/delete", [1]))
    check_answer(PREFERENCES, "GET", "/v2/preferences", dotdigital.get("/v2/preferences"))
    since = dotdigital.get("/v2/contacts/suppressed-since/2020-01-01")
    assert len(since.json) == 1
    check_answer(PREFERENCES, "GET", "/v2/contacts/suppressed-since/{date}", since)
    left = dotdigital.post("/v2/contacts/unsubscribe", {"email": "ann@example.org"})
    check_answer(PREFERENCES, "POST", "/v2/contacts/unsubscribe", left)
    back = dotdigital.post("/v2/contacts/resubscribe", {"unsubscribedContact": {"email": "ann@example.org"}})
    check_answer(PREFERENCES, "POST", "/v2/contacts/resubscribe", back)
    check_answer(PROGRAMS, "GET", "/v2/programs", dotdigital.get("/v2/programs"))
    for program_id in (1, 2, 99):
        enrolment = dotdigital.post("/v2/programs/enrolments", {"programId": program_id, "contacts": [9001]})
        check_answer(PROGRAMS, "POST", "/v2/programs/enrolments", enrolment)
    events = [{"contactIdentity": ANN, "type": "Viewed", "id": "e-1", "eventData": {"sku": "A"}}]
    check_answer(EVENTS, "POST", "/events/v3/import", dotdigital.post("/events/v3/import", events))
    check_answer(EVENTS, "POST", "/events/v3/import", dotdigital.post("/events/v3/import", {}))


WRONG_PARTS: list[dict[str, Any]] = [
    {"matchIdentifier": None},
    {"matchIdentifier": 5},
    {"identifiers": None},
    {"identifiers": {"email": "new@example.org", "customer-id": 2}},
    {"identifiers": {"customer-id": None, "email": "new@example.org"}},
    {"dataFields": None},
    {"dataFields": ["FIRSTNAME"]},
    {"lists": []},
    {"lists": ["1"]},
    {"lists": [1.5]},
    {"lists": list(range(101))},
    {"preferences": []},
    {"preferences": [{"id": "12", "isOptedIn": True}]},
    {"preferences": [{"id": 12, "isOptedIn": "yes"}]},
    {"preferences": {}},
    {"channelProperties": {"email": {"status": "pendingOptIn"}}},
    {"channelProperties": {"email": {"optInType": "VerifiedDouble"}}},
    {"channelProperties": {"email": {"emailType": "text"}}},
    {"channelProperties": {"email": {"resubscribeOptions": {"preferredLocale": "de"}}}},
    {"channelProperties": {"email": {"resubscribeOptions": []}}},
    {"channelProperties": {"email": None}},
    {"channelProperties": {"sms": {"status": "bounced"}}},
    {"channelProperties": {"sms": {"number": "1"}}},
    {"channelProperties": {"push": {}}},
    {"channelProperties": None},
    {"consentRecords": []},
    {"consentRecords": [CONSENT] * 6},
    {"consentRecords": [{**CONSENT, "extra": ""}]},
    {"consentRecords": [{**CONSENT, "text": ""}]},
    {"consentRecords": [{"text": "Yes"}]},
    {"consentRecords": None},
]


def test_a_contact_with_every_part_is_valid_and_accepted(dotdigital: InProcessDotdigital) -> None:
    contact = full_contact(dotdigital)
    assert check_request(CONTACTS, "PUT", "/contacts/v3/import", {"contacts": [contact]}) == []
    assert dotdigital.import_contacts(contact)["failures"] == []


def test_a_contact_named_by_its_contact_id_is_valid_and_accepted(dotdigital: InProcessDotdigital) -> None:
    contact_id = dotdigital.get("/contacts/v3/email/ann@example.org").json["contactId"]
    contact = {"matchIdentifier": "contactId", "identifiers": {"contactId": contact_id}}
    assert check_request(CONTACTS, "PUT", "/contacts/v3/import", {"contacts": [contact]}) == []
    assert dotdigital.import_contacts(contact)["failures"] == []


@pytest.mark.parametrize("part", WRONG_PARTS)
def test_no_contact_is_accepted_that_the_vendors_description_refuses(
    dotdigital: InProcessDotdigital, part: dict[str, Any]
) -> None:
    body = {"contacts": [{**full_contact(dotdigital), **part}]}
    assert check_request(CONTACTS, "PUT", "/contacts/v3/import", body) != []
    answer = dotdigital.put("/contacts/v3/import", body)
    if answer.status == 202:
        dotdigital.clock.advance(1)
        path = f"/contacts/v3/import/{answer.json['importId']}"
        assert [dotdigital.get(path).json for _ in range(2)][1]["failures"] != []
    else:
        assert answer.status == 400


@pytest.mark.parametrize(
    "part",
    [
        {"collectionName": "9"},
        {"collectionName": 9},
        {"collectionScope": "Account"},
        {"collectionType": "catalogue"},
        {"records": []},
        {"records": [{"json": {}}]},
        {"records": [{"key": "p-1"}]},
        {"records": [{"key": 1, "json": {}}]},
        {"records": [{"key": "p-1", "json": []}]},
        {"records": [{"key": "p-1", "json": {}, "contactIdentity": {"identifier": "email"}}]},
        {"records": [{"key": "p-1", "json": {}, "contactIdentity": {"identifier": "contactId", "value": 5}}]},
    ],
)
def test_no_insight_record_is_accepted_that_the_vendors_description_refuses(
    dotdigital: InProcessDotdigital, part: dict[str, Any]
) -> None:
    fine = {
        "collectionName": "catalog_gb",
        "collectionScope": "account",
        "collectionType": "catalog",
        "records": [{"key": "p-1", "json": {"name": "Hat"}}],
    }
    assert check_request(INSIGHT, "PUT", "/insightData/v3/import", fine) == []
    assert check_request(INSIGHT, "PUT", "/insightData/v3/import", {**fine, **part}) != []
    answer = dotdigital.put("/insightData/v3/import", {**fine, **part})
    if answer.status == 202:
        dotdigital.clock.advance(1)
        path = f"/insightData/v3/import/{answer.json['importId']}"
        assert [dotdigital.get(path).json for _ in range(2)][1]["summary"]["totalImported"] == 0
    else:
        assert answer.status == 400
