from __future__ import annotations

from typing import Any

import pytest
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from commerce_sandbox.in_process import path_part

CONSENT = {
    "text": "Yes, send me news",
    "dateTimeConsented": "2026-02-01T09:30:00Z",
    "url": "https://shop.example/join",
    "ipAddress": "203.0.113.9",
    "userAgent": "Mozilla/5.0",
}


@pytest.fixture
def dotdigital() -> InProcessDotdigital:
    service = InProcessDotdigital()
    service.post("/configuration/v3/customIdentifiers", {"name": "customer-id"})
    return service


def by_email(email: str, **parts: Any) -> dict[str, Any]:
    return {"matchIdentifier": "email", "identifiers": {"email": email}, **parts}


def channel(**email: Any) -> dict[str, Any]:
    return {"email": email}


def held(dotdigital: InProcessDotdigital, label: str) -> dict[str, Any]:
    """Return what the account holds about one contact."""
    for contact in dotdigital.service.snapshot()["contacts"]:
        if label in contact["identifiers"].values():
            found: dict[str, Any] = contact
            return found
    raise AssertionError(label)


def codes(report: dict[str, Any]) -> list[list[str]]:
    """Return the failure codes of a report, record by record."""
    return [[failure["failureCode"] for failure in record["failures"]] for record in report["failures"]]


def test_an_import_creates_and_updates_and_reports_both(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_contacts(by_email("ann@example.org", dataFields={"FIRSTNAME": "Ann"}))
    report = dotdigital.import_contacts(
        by_email("Ann@Example.org", dataFields={"lastname": "Lee"}), by_email("bo@example.org")
    )
    assert report["status"] == "Finished"
    assert report["summary"] == {
        "newContacts": 1,
        "updatedContacts": 1,
        "globallySuppressed": 0,
        "invalidEntries": 0,
        "duplicateIdentifiers": 0,
    }
    assert [entry["identifiers"]["email"] for entry in report["created"]] == ["bo@example.org"]
    assert report["updated"][0]["contactId"] < report["created"][0]["contactId"]
    assert held(dotdigital, "Ann@Example.org")["dataFields"] == {"FIRSTNAME": "Ann", "LASTNAME": "Lee"}


def test_an_import_is_pending_until_its_time_and_for_the_first_poll(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"import_seconds": 10})
    accepted = dotdigital.put("/contacts/v3/import", {"contacts": [by_email("ann@example.org")]})
    path = f"/contacts/v3/import/{accepted.json['importId']}"
    assert accepted.status == 202
    assert [dotdigital.get(path).json["status"] for _ in range(3)] == ["NotFinished"] * 3
    assert dotdigital.get("/contacts/v3/email/ann@example.org").status == 404
    dotdigital.clock.advance(10)
    assert dotdigital.get(path).json["status"] == "Finished"
    assert dotdigital.get("/contacts/v3/email/ann@example.org").status == 200

    polled_late = dotdigital.put("/contacts/v3/import", {"contacts": [by_email("bo@example.org")]})
    dotdigital.clock.advance(10)
    path = f"/contacts/v3/import/{polled_late.json['importId']}"
    assert [dotdigital.get(path).json["status"] for _ in range(2)] == ["NotFinished", "Finished"]


def test_imports_beyond_those_allowed_at_once_wait_for_a_slot(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"import_seconds": 10, "max_contact_imports": 2})
    body = {"contacts": [by_email("ann@example.org")]}
    statuses = [dotdigital.put("/contacts/v3/import", body).status for _ in range(3)]
    refused = dotdigital.put("/contacts/v3/import", body)
    assert statuses == [202, 202, 429]
    assert refused.json["errorCode"] == "contacts:tooManyActiveImports"
    dotdigital.clock.advance(10)
    assert dotdigital.put("/contacts/v3/import", body).status == 202


def test_an_import_can_be_made_to_end_badly(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/next-imports", {"kind": "contacts", "status": "RejectedByWatchdog"})
    assert dotdigital.import_contacts(by_email("ann@example.org"))["status"] == "RejectedByWatchdog"
    assert dotdigital.service.counts()["contacts"] == 0
    assert dotdigital.import_contacts(by_email("ann@example.org"))["status"] == "Finished"


def test_the_contracts_number_of_contacts_ends_an_import(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"contact_limit": 1})
    dotdigital.import_contacts(by_email("ann@example.org"))
    report = dotdigital.import_contacts(by_email("ann@example.org"), by_email("bo@example.org"))
    assert report["status"] == "ExceedsAllowedContactLimit"
    assert dotdigital.import_contacts(by_email("ann@example.org"))["status"] == "Finished"
    assert dotdigital.post("/contacts/v3", {"identifiers": {"email": "bo@example.org"}}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"contacts": []},
        {"contacts": {}},
        {"contacts": [by_email("ann@example.org")], "mergeOption": "overwrite-if-empty"},
        {"contacts": [{"identifiers": {"email": "ann@example.org"}}]},
        {"contacts": [{"matchIdentifier": "email"}]},
        {"contacts": ["ann@example.org"]},
    ],
)
def test_a_request_that_lacks_what_is_required_is_refused_as_a_whole(
    dotdigital: InProcessDotdigital, body: object
) -> None:
    answer = dotdigital.put("/contacts/v3/import", body)
    assert answer.status == 400
    assert answer.json["errorCode"] == "contacts:badJson"


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (by_email("no-at-sign"), "invalidEmail"),
        (by_email("two@@example.org"), "invalidEmail"),
        (by_email("dot..dot@example.org"), "invalidEmail"),
        (by_email("ann@localhost"), "invalidDomain"),
        ({"matchIdentifier": "mobileNumber", "identifiers": {"mobileNumber": "07700 900123"}}, "invalidPhoneNumber"),
        ({"matchIdentifier": "contactId", "identifiers": {"contactId": 1}}, "invalidContactId"),
        ({"matchIdentifier": "contactId", "identifiers": {"contactId": "9001"}}, "invalidContactId"),
        ({"matchIdentifier": "email", "identifiers": {}}, "noValidIdentifiers"),
        ({"matchIdentifier": "email", "identifiers": {"email": None}}, "noValidIdentifiers"),
        ({"matchIdentifier": "customer-id", "identifiers": {"customer-id": "c-1"}}, "noValidIdentifiers"),
        ({"matchIdentifier": "email", "identifiers": {"customer-id": "c-1"}}, "invalidMatchIdentifier"),
        ({"matchIdentifier": "loyalty", "identifiers": {"email": "ann@example.org"}}, "invalidMatchIdentifier"),
        (
            by_email("ann@example.org") | {"identifiers": {"email": "ann@example.org", "loyalty": "1"}},
            "invalidMatchIdentifier",
        ),
        ({"matchIdentifier": "email", "identifiers": {"email": 7}}, "apiSchemaViolation"),
        (by_email("ann@example.org", dataFields={"UNKNOWN": "x"}), "invalidContact"),
        (by_email("ann@example.org", dataFields=[]), "apiSchemaViolation"),
        (by_email("ann@example.org", lists=[]), "apiSchemaViolation"),
        (by_email("ann@example.org", lists=["34551"]), "apiSchemaViolation"),
        (by_email("ann@example.org", lists=list(range(101))), "apiSchemaViolation"),
        (by_email("ann@example.org", preferences=[{"id": 11}]), "apiSchemaViolation"),
        (by_email("ann@example.org", channelProperties=channel(status="hardBounced")), "invalidContactStatus"),
        (by_email("ann@example.org", channelProperties=channel(status="Subscribed")), "invalidContactStatus"),
        (by_email("ann@example.org", channelProperties=channel(optInType="Single")), "apiSchemaViolation"),
        (by_email("ann@example.org", channelProperties=channel(emailType="Html")), "apiSchemaViolation"),
        (by_email("ann@example.org", channelProperties=channel(language="en")), "apiSchemaViolation"),
        (by_email("ann@example.org", channelProperties={"fax": {}}), "apiSchemaViolation"),
        (by_email("ann@example.org", channelProperties={"sms": {"status": "pending"}}), "invalidContactStatus"),
        (
            by_email(
                "ann@example.org", channelProperties=channel(resubscribeOptions={"resubscribeWithNoChallenge": 1})
            ),
            "apiSchemaViolation",
        ),
        (
            by_email("ann@example.org", channelProperties=channel(resubscribeOptions={"preferredLocale": ["de"]})),
            "apiSchemaViolation",
        ),
    ],
)
def test_a_record_that_breaks_a_rule_fails_alone_with_its_code(
    dotdigital: InProcessDotdigital, contact: dict[str, Any], code: str
) -> None:
    report = dotdigital.import_contacts(contact, by_email("fine@example.org"))
    assert codes(report) == [[code]]
    assert report["failures"][0]["identifiers"] == contact["identifiers"]
    assert report["summary"]["invalidEntries"] == 1
    assert [contact["identifiers"] for contact in dotdigital.service.snapshot()["contacts"]] == [
        {"email": "fine@example.org"}
    ]


def test_codes_may_begin_with_a_capital() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(failure_code_spelling="pascal"))
    assert codes(dotdigital.import_contacts(by_email("no-at-sign"))) == [["InvalidEmail"]]


def test_an_identifier_repeated_in_the_import_fails_from_the_second_time_on(dotdigital: InProcessDotdigital) -> None:
    report = dotdigital.import_contacts(
        by_email("ann@example.org", dataFields={"FIRSTNAME": "First"}),
        by_email("ANN@example.org", dataFields={"FIRSTNAME": "Second"}),
    )
    assert codes(report) == [["duplicate"]]
    assert report["summary"]["duplicateIdentifiers"] == 1
    assert held(dotdigital, "ann@example.org")["dataFields"] == {"FIRSTNAME": "First"}


def test_an_identifier_of_another_contact_fails_and_changes_nothing(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_contacts(
        {"matchIdentifier": "customer-id", "identifiers": {"customer-id": "c-1", "email": "ann@example.org"}},
        by_email("bo@example.org"),
    )
    report = dotdigital.import_contacts(
        {
            "matchIdentifier": "customer-id",
            "identifiers": {"customer-id": "c-1", "email": "bo@example.org"},
            "dataFields": {"FIRSTNAME": "Ann"},
        }
    )
    assert codes(report) == [["duplicateIdentifier"]]
    assert held(dotdigital, "ann@example.org")["dataFields"] == {}
    answer = dotdigital.patch("/contacts/v3/customer-id/c-1", {"identifiers": {"email": "bo@example.org"}})
    assert (answer.status, answer.json["errorCode"]) == (409, "contacts:idAlreadyExists")


def test_a_changed_address_moves_when_matched_on_something_else_and_splits_when_not(
    dotdigital: InProcessDotdigital,
) -> None:
    both = {"customer-id": "c-1", "email": "old@example.org"}
    dotdigital.import_contacts({"matchIdentifier": "customer-id", "identifiers": both})
    dotdigital.import_contacts({"matchIdentifier": "customer-id", "identifiers": {**both, "email": "new@example.org"}})
    assert dotdigital.get("/contacts/v3/email/old@example.org").status == 404
    assert held(dotdigital, "new@example.org")["identifiers"]["customer-id"] == "c-1"
    dotdigital.import_contacts(by_email("old@example.org"))
    assert dotdigital.service.counts()["contacts"] == 2


def test_matching_on_the_contact_id_can_set_a_new_address(dotdigital: InProcessDotdigital) -> None:
    contact_id = dotdigital.import_contacts(by_email("old@example.org"))["created"][0]["contactId"]
    report = dotdigital.import_contacts(
        {"matchIdentifier": "contactId", "identifiers": {"contactId": contact_id, "email": "new@example.org"}}
    )
    assert report["updated"][0]["contactId"] == contact_id
    assert dotdigital.get(f"/contacts/v3/contactId/{contact_id}").json["identifiers"]["email"] == "new@example.org"


@pytest.mark.parametrize(
    ("merge", "query", "expected"),
    [
        ("overwrite", "overwrite", {"FIRSTNAME": "New", "POSTCODE": "AB1"}),
        ("overwriteIfNotEmpty", "overwrite-if-not-empty", {"FIRSTNAME": "New", "LASTNAME": "Old", "POSTCODE": "AB1"}),
        ("overwriteIfEmpty", "overwrite-if-empty", {"FIRSTNAME": "Old", "LASTNAME": "Old", "POSTCODE": "AB1"}),
    ],
)
def test_values_merge_as_asked_null_clears_and_absence_leaves(
    dotdigital: InProcessDotdigital, merge: str, query: str, expected: dict[str, str]
) -> None:
    before = {"FIRSTNAME": "Old", "LASTNAME": "Old"}
    after = {"FIRSTNAME": "New", "LASTNAME": None, "POSTCODE": "AB1"}
    dotdigital.import_contacts(by_email("ann@example.org", dataFields=before))
    dotdigital.import_contacts(by_email("ann@example.org", dataFields=after), by_email("bo@example.org"), merge=merge)
    dotdigital.import_contacts(by_email("ann@example.org"))
    assert held(dotdigital, "ann@example.org")["dataFields"] == expected
    dotdigital.patch("/contacts/v3/email/cy@example.org", {"dataFields": before})
    dotdigital.patch(f"/contacts/v3/email/cy@example.org?merge-option={query}", {"dataFields": after})
    assert held(dotdigital, "cy@example.org")["dataFields"] == expected


def test_lists_only_add_and_unknown_ones_are_told_while_the_contact_is_written(dotdigital: InProcessDotdigital) -> None:
    one = dotdigital.post("/v2/address-books", {"name": "One"}).json["id"]
    two = dotdigital.post("/v2/address-books", {"name": "Two"}).json["id"]
    dotdigital.import_contacts(by_email("ann@example.org", lists=[one]))
    report = dotdigital.import_contacts(by_email("ann@example.org", lists=[two, 1], dataFields={"FIRSTNAME": "Ann"}))
    assert codes(report) == [["invalidAddressBookIds"]]
    assert report["failures"][0]["contactId"] == report["updated"][0]["contactId"]
    assert report["summary"]["invalidEntries"] == 0
    assert held(dotdigital, "ann@example.org")["lists"] == ["One", "Two"]
    assert held(dotdigital, "ann@example.org")["dataFields"] == {"FIRSTNAME": "Ann"}


def test_preferences_are_set_by_id_and_categories_cannot_be_chosen(dotdigital: InProcessDotdigital) -> None:
    chosen = [{"id": 11, "isOptedIn": True}, {"id": 20, "isOptedIn": False}, {"id": 10, "isOptedIn": True}]
    report = dotdigital.import_contacts(by_email("ann@example.org", preferences=chosen))
    assert codes(report) == [["preferencesNotApplied"]]
    assert held(dotdigital, "ann@example.org")["preferences"] == {"Sale": True, "Post": False}
    shown = dotdigital.get("/contacts/v3/email/ann@example.org").json["preferences"]
    assert shown[0] == {"id": 11, "isOptedIn": True, "publicName": "Sale", "privateName": "Sale"}


def test_consent_records_are_appended_every_time(dotdigital: InProcessDotdigital) -> None:
    for _ in range(2):
        dotdigital.import_contacts(by_email("ann@example.org", consentRecords=[CONSENT]))
    assert held(dotdigital, "ann@example.org")["consentRecords"] == [CONSENT, CONSENT]
    shown = dotdigital.get("/contacts/v3/email/ann@example.org").json["consentRecords"]
    assert "dateTimeCreated" in shown[0]


@pytest.mark.parametrize(
    "consents",
    [
        [],
        [CONSENT] * 6,
        [{**CONSENT, "channel": "email"}],
        [{name: value for name, value in CONSENT.items() if name != "url"}],
        [{**CONSENT, "text": ""}],
        [{**CONSENT, "dateTimeConsented": "yesterday"}],
        [{**CONSENT, "url": "shop.example"}],
        [{**CONSENT, "ipAddress": "localhost"}],
    ],
)
def test_a_malformed_consent_is_lost_while_the_contact_is_written(
    dotdigital: InProcessDotdigital, consents: list[dict[str, str]]
) -> None:
    report = dotdigital.import_contacts(by_email("ann@example.org", consentRecords=consents))
    assert codes(report) == [["consentRecordsNotApplied"]]
    assert report["summary"]["newContacts"] == 1
    assert report["failures"][0]["contactId"] == report["created"][0]["contactId"]
    assert held(dotdigital, "ann@example.org")["consentRecords"] == []
    answer = dotdigital.patch("/contacts/v3/email/bo@example.org", {"consentRecords": consents})
    assert answer.status == 400
    assert dotdigital.get("/contacts/v3/email/bo@example.org").status == 404


def test_barred_addresses_fail_with_their_own_codes(dotdigital: InProcessDotdigital) -> None:
    barred = {
        "globally_suppressed_emails": ["gone@example.org"],
        "suppressed_domains": ["spam.example"],
        "blocked_local_parts": ["abuse"],
    }
    dotdigital.control("/settings", barred)
    addresses = ("Gone@example.org", "any@spam.example", "abuse@example.org")
    report = dotdigital.import_contacts(*(by_email(address) for address in addresses))
    assert codes(report) == [["globallySuppressed"], ["suppressedByDomain"], ["blocker"]]
    assert report["summary"]["globallySuppressed"] == 3
    assert dotdigital.service.counts()["contacts"] == 0


def test_create_makes_only_contacts_that_do_not_exist(dotdigital: InProcessDotdigital) -> None:
    guest = {
        "identifiers": {"email": "guest@example.org"},
        "channelProperties": channel(status="unsubscribed", optInType="unknown", emailType="plainText"),
    }
    created = dotdigital.post("/contacts/v3", guest)
    assert created.status == 201
    assert created.json["channelProperties"]["email"] == {
        "emailType": "PlainText",
        "optInType": "Unknown",
        "status": "unsubscribed",
    }
    again = dotdigital.post("/contacts/v3", guest)
    assert (again.status, again.json["errorCode"]) == (409, "contacts:idAlreadyExists")
    options = {**guest, "channelProperties": channel(resubscribeOptions={})}
    assert dotdigital.post("/contacts/v3", options).status == 400
    assert dotdigital.post("/contacts/v3", {"identifiers": {}}).status == 400


def test_patch_creates_with_the_identifier_of_the_path_and_updates_what_is_there(
    dotdigital: InProcessDotdigital,
) -> None:
    path = f"/contacts/v3/email/{path_part('ann+shop@example.org')}"
    created = dotdigital.patch(path, {"dataFields": {"FIRSTNAME": "Ann"}})
    updated = dotdigital.patch(path, {"dataFields": {"LASTNAME": "Lee"}})
    assert (created.status, updated.status) == (201, 200)
    assert created.json["contactId"] == updated.json["contactId"]
    assert updated.json["dataFields"]["FIRSTNAME"] == "Ann"
    assert dotdigital.patch(f"{path}?merge-option=overwriteIfEmpty", {}).status == 400
    assert dotdigital.patch("/contacts/v3/contactId/1", {}).status == 400
    assert dotdigital.patch("/contacts/v3/loyalty/1", {}).status == 400
    assert dotdigital.patch(path, {"lists": [1]}).status == 400
    assert dotdigital.patch(path, {"identifiers": {"contactId": 5}}).status == 400


def test_put_blanks_what_is_absent(dotdigital: InProcessDotdigital) -> None:
    list_id = dotdigital.post("/v2/address-books", {"name": "One"}).json["id"]
    dotdigital.import_contacts(
        {
            "matchIdentifier": "email",
            "identifiers": {"email": "ann@example.org", "customer-id": "c-1"},
            "dataFields": {"FIRSTNAME": "Ann", "LASTNAME": "Lee"},
            "lists": [list_id],
            "channelProperties": channel(status="unsubscribed"),
        }
    )
    replacement = {"identifiers": {"email": "ann@example.org"}, "dataFields": {"LASTNAME": "Low"}}
    assert dotdigital.put("/contacts/v3/email/ann@example.org", replacement).status == 200
    contact = held(dotdigital, "ann@example.org")
    assert contact["identifiers"] == {"email": "ann@example.org"}
    assert (contact["dataFields"], contact["lists"]) == ({"LASTNAME": "Low"}, [])
    assert contact["status"] == "unsubscribed"
    assert dotdigital.get("/contacts/v3/customer-id/c-1").status == 404
    assert dotdigital.put("/contacts/v3/email/bo@example.org", replacement).status == 404
    assert dotdigital.put("/contacts/v3/email/ann@example.org", {"identifiers": {}}).status == 400


def test_contacts_are_listed_in_pages_with_what_was_asked_for(dotdigital: InProcessDotdigital) -> None:
    people = [by_email(f"p{number}@example.org", dataFields={"FIRSTNAME": "P"}) for number in range(5)]
    dotdigital.import_contacts(*people)
    path: str | None = "/contacts/v3?limit=2&include=channelProperties&data-fields=firstname"
    pages = []
    while path:
        answer = dotdigital.get(path).json
        pages.append(answer["_items"])
        following = answer["_links"].get("next")
        path = following["link"].partition("/dotdigital")[2] if following else None
    assert [len(page) for page in pages] == [2, 2, 1]
    first = pages[0][0]
    assert first["dataFields"] == {"FIRSTNAME": "P"}
    assert first["channelProperties"]["email"]["status"] == "subscribed"
    assert "lists" not in first
    identifiers_only = dotdigital.get("/contacts/v3").json["_items"][0]
    assert "dataFields" not in identifiers_only


def test_contacts_are_listed_by_time_and_by_list(dotdigital: InProcessDotdigital) -> None:
    list_id = dotdigital.post("/v2/address-books", {"name": "One"}).json["id"]
    dotdigital.import_contacts(by_email("ann@example.org"), by_email("bo@example.org", lists=[list_id]))
    between = dotdigital.clock.advance(10).strftime("%Y-%m-%dT%H:%M:%SZ")
    dotdigital.import_contacts(by_email("ann@example.org"))

    def listed(query: str) -> list[str]:
        return [item["identifiers"]["email"] for item in dotdigital.get(f"/contacts/v3?{query}").json["_items"]]

    assert listed(f"~modified=gte::{between}") == ["ann@example.org"]
    assert listed(f"~created=gte::{between}") == []
    assert listed(f"~listId={list_id}") == ["bo@example.org"]
    for query in (f"~modified={between}", "limit=0", "limit=5001", "include=dataFields", "marker=!", "~listId=1"):
        answer = dotdigital.get(f"/contacts/v3?{query}")
        assert (answer.status, answer.json["errorCode"]) == (400, "contacts:invalidFilter"), query


def test_a_deleted_contact_leaves_its_lists_and_comes_back_from_the_bin(dotdigital: InProcessDotdigital) -> None:
    list_id = dotdigital.post("/v2/address-books", {"name": "One"}).json["id"]
    person = by_email("ann@example.org", lists=[list_id], dataFields={"FIRSTNAME": "Ann"})
    contact_id = dotdigital.import_contacts(person)["created"][0]["contactId"]
    assert dotdigital.delete("/contacts/v3/email/ann@example.org").json == {"contactId": contact_id}
    assert dotdigital.get("/contacts/v3/email/ann@example.org").status == 404
    assert dotdigital.delete("/contacts/v3/email/ann@example.org").status == 404
    assert dotdigital.service.snapshot()["recycle_bin"] == ["ann@example.org"]
    back = dotdigital.patch("/contacts/v3/email/ann@example.org", {})
    assert (back.status, back.json["contactId"]) == (200, contact_id)
    assert back.json["dataFields"]["FIRSTNAME"] == "Ann"
    assert back.json["lists"] == []
    history = dotdigital.service.snapshot()["status_history"]["ann@example.org"]
    assert (history[-1]["from"], history[-1]["to"], history[-1]["stated"]) == ("deleted", "subscribed", False)


def test_an_import_undeletes_and_after_thirty_days_nothing_is_left(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_contacts(by_email("ann@example.org", dataFields={"FIRSTNAME": "Ann"}))
    dotdigital.delete("/contacts/v3/email/ann@example.org")
    assert dotdigital.import_contacts(by_email("ann@example.org"))["summary"]["updatedContacts"] == 1
    dotdigital.delete("/contacts/v3/email/ann@example.org")
    dotdigital.clock.advance(31 * 86_400)
    assert dotdigital.import_contacts(by_email("ann@example.org"))["summary"]["newContacts"] == 1
    assert held(dotdigital, "ann@example.org")["dataFields"] == {}


def test_bulk_deletion_reports_each_reference(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_contacts(by_email("ann@example.org"), by_email("bo@example.org"))
    contact_id = dotdigital.service.snapshot()["contact_ids"]["bo@example.org"]
    references = [
        {"email": "ann@example.org"},
        {"contactId": contact_id},
        {"customer-id": "c-9"},
        {"email": "no-at-sign"},
        {"loyalty": "1"},
    ]
    accepted = dotdigital.post("/contacts/v3/delete", references)
    path = f"/contacts/v3/delete/{accepted.json['deleteId']}"
    assert (accepted.status, dotdigital.get(path).json["status"]) == (202, "NotStarted")
    dotdigital.clock.advance(1)
    report = dotdigital.get(path).json
    assert report["status"] == "Finished"
    assert report["summary"] == {
        "requestedContacts": 5,
        "deletedContacts": 2,
        "unknownContacts": 1,
        "invalidEntries": 2,
    }
    assert report["deleted"] == references[:2]
    assert codes(report) == [["contactNotFound"], ["invalidEmail"], ["invalidMatchIdentifier"]]
    assert dotdigital.service.counts()["contacts"] == 0
    assert dotdigital.post("/contacts/v3/delete", []).json["errorCode"] == "contacts:noContactsSpecified"
    assert dotdigital.post("/contacts/v3/delete", [{"email": "a@example.org"}] * 5_001).status == 400
    assert dotdigital.get("/contacts/v3/delete/unknown").status == 404


def test_bulk_deletions_beyond_those_allowed_at_once_wait(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"max_bulk_deletes": 1, "import_seconds": 10})
    body = [{"email": "ann@example.org"}]
    assert dotdigital.post("/contacts/v3/delete", body).status == 202
    refused = dotdigital.post("/contacts/v3/delete", body)
    assert (refused.status, refused.json["errorCode"]) == (429, "contacts:tooManyBulkDeleteJobs")


def test_custom_identifiers_are_kept_by_name(dotdigital: InProcessDotdigital) -> None:
    path = "/configuration/v3/customIdentifiers"
    assert [item["name"] for item in dotdigital.get(path).json] == ["customer-id"]
    assert dotdigital.post(path, {"name": "x" * 51}).json["errorCode"] == "customIdentifiers:nameTooLong"
    assert dotdigital.post(path, {"name": "a b"}).status == 400
    again = dotdigital.post(path, {"name": "Customer-ID"})
    assert (again.status, again.json["errorCode"]) == (409, "customIdentifiers:nameAlreadyExists")
    assert dotdigital.post(path, {"name": "email"}).status == 409
    dotdigital.patch("/contacts/v3/email/ann@example.org", {"identifiers": {"customer-id": "c-1"}})
    assert dotdigital.delete(f"{path}/customer-id").json["errorCode"] == "customIdentifiers:inUse"
    dotdigital.control("/settings", {"max_custom_identifiers": 2})
    assert [dotdigital.post(path, {"name": name}).status for name in ("loyalty", "erp")] == [201, 412]
    assert dotdigital.delete(f"{path}/loyalty").status == 204
    assert dotdigital.delete(f"{path}/loyalty").json["errorCode"] == "customIdentifiers:notExist"
