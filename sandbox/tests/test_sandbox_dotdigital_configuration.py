"""Data fields, lists, preferences, programs and events of the account."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from commerce_sandbox.dotdigital.data_fields import DataField, FieldType, FieldValueError, field_value
from commerce_sandbox.dotdigital.iso_time import iso_seconds, parse_iso
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def dotdigital() -> InProcessDotdigital:
    return InProcessDotdigital()


def create_field(dotdigital: InProcessDotdigital, **field: object) -> tuple[int, str]:
    answer = dotdigital.post("/v2/data-fields", field)
    return answer.status, str(answer.json.get("message", ""))


def test_a_new_account_has_the_built_in_fields_in_its_own_language() -> None:
    def names(locale: str) -> list[str]:
        account = InProcessDotdigital(DotdigitalSettings(locale=locale))
        return [field["name"] for field in account.get("/v2/data-fields").json]

    english = ["FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE", "LASTSUBSCRIBED"]
    assert names("en-GB") == names("pt-BR") == english
    assert names("fr-FR")[0] == "PRENOM"
    assert "FIRSTNAME" not in names("de-DE")


def test_a_field_is_created_once_and_shown_in_capitals(dotdigital: InProcessDotdigital) -> None:
    created = dotdigital.post("/v2/data-fields", {"name": "ct_store", "type": "String"})
    assert created.status == 201
    shown = {"name": "CT_STORE", "type": "String", "visibility": "Private", "defaultValue": None}
    assert created.json == shown
    assert shown in dotdigital.get("/v2/data-fields").json
    status, message = create_field(dotdigital, name="Ct_Store", type="Numeric")
    assert (status, "ERROR_NON_UNIQUE_DATAFIELD" in message) == (400, True)
    assert create_field(dotdigital, name="firstname", type="String")[0] == 400


@pytest.mark.parametrize(
    "field",
    [
        {"name": "x" * 21, "type": "String"},
        {"name": "", "type": "String"},
        {"name": "A B", "type": "String"},
        {"name": "ÄGE", "type": "String"},
        {"name": "email", "type": "String"},
        {"name": "CampaignId", "type": "String"},
        {"name": "NOTES", "type": "String"},
        {"name": "AGE", "type": "Number"},
        {"name": "AGE"},
        {"type": "String"},
        {"name": "AGE", "type": "Numeric", "visibility": "Hidden"},
        {"name": "AGE", "type": "Numeric", "defaultValue": 5},
        {"name": "AGE", "type": "Numeric", "defaultValue": "five"},
        {"name": "AGE", "type": "Boolean", "defaultValue": "1"},
        {"name": "AGE", "type": "Date", "defaultValue": "today"},
    ],
)
def test_a_field_that_breaks_a_rule_is_refused(dotdigital: InProcessDotdigital, field: dict[str, object]) -> None:
    status, message = create_field(dotdigital, **field)
    assert (status, "ERROR_DATAFIELD_INVALID" in message) == (400, True)


def test_a_full_account_takes_no_more_fields() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(max_data_fields=7))
    assert create_field(dotdigital, name="ONE", type="String")[0] == 201
    assert "ERROR_DATAFIELD_LIMITEXCEEDED" in create_field(dotdigital, name="TWO", type="String")[1]


def test_a_default_value_is_given_to_new_contacts(dotdigital: InProcessDotdigital) -> None:
    create_field(dotdigital, name="NEWSLETTER", type="Boolean", defaultValue="false")
    create_field(dotdigital, name="SCORE", type="Numeric", defaultValue="2.5")
    contact = dotdigital.patch("/contacts/v3/email/ann@example.org", {"dataFields": {"SCORE": 3}}).json
    assert contact["dataFields"]["NEWSLETTER"] is False
    assert contact["dataFields"]["SCORE"] == 3


def test_a_deleted_field_takes_its_values_with_it(dotdigital: InProcessDotdigital) -> None:
    create_field(dotdigital, name="SCORE", type="Numeric")
    dotdigital.patch("/contacts/v3/email/ann@example.org", {"dataFields": {"SCORE": 3}})
    dotdigital.control("/settings", {"data_field_dependencies": {"score": ["Used in program 1"]}})
    blocked = dotdigital.delete("/v2/data-fields/SCORE").json
    assert blocked == {"result": False, "dependencies": ["Used in program 1"]}
    dotdigital.control("/settings", {"data_field_dependencies": {}})
    assert dotdigital.delete("/v2/data-fields/score").json == {"result": True, "dependencies": None}
    assert dotdigital.service.snapshot()["contacts"][0]["dataFields"] == {}
    assert "ERROR_DATAFIELD_NOTFOUND" in dotdigital.delete("/v2/data-fields/SCORE").json["message"]
    assert dotdigital.delete("/v2/data-fields/FIRSTNAME").status == 400


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("String", "x" * 1_000),
        ("String", ""),
        ("Numeric", 12),
        ("Numeric", -0.000000001),
        ("Numeric", 999_999_999_999_999_999),
        ("Boolean", False),
    ],
)
def test_values_of_the_fields_type_are_stored_as_they_are(type_: FieldType, value: object) -> None:
    assert field_value(DataField("F", type_), value) == value
    assert field_value(DataField("F", type_), None) is None


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("String", "x" * 1_001),
        ("String", 12),
        ("String", True),
        ("String", ["a"]),
        ("Numeric", "12"),
        ("Numeric", True),
        ("Numeric", 10**18),
        ("Numeric", 0.0000000001),
        ("Numeric", float("inf")),
        ("Boolean", "true"),
        ("Boolean", 1),
        ("Date", "01/02/2026"),
        ("Date", "2026-02-30"),
        ("Date", 1_700_000_000),
        ("Date", ""),
    ],
)
def test_values_of_another_type_or_out_of_bounds_are_refused(type_: FieldType, value: object) -> None:
    with pytest.raises(FieldValueError):
        field_value(DataField("F", type_), value)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("1990-04-02", "1990-04-02T00:00:00Z"),
        ("1990-04-02T10:20:30.123Z", "1990-04-02T10:20:30Z"),
        ("1990-04-02T10:20:30+02:00", "1990-04-02T08:20:30Z"),
        ("1990-04-02T10:20", "1990-04-02T10:20:00Z"),
    ],
)
def test_dates_are_stored_in_utc(text: str, stored: str) -> None:
    assert field_value(DataField("F", "Date"), text) == stored


@given(
    st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(1000, 1, 1)).map(  # noqa: DTZ001 - hypothesis wants it naive
        lambda moment: moment.replace(microsecond=0)
    )
)
def test_a_moment_survives_writing_and_reading(moment: datetime) -> None:
    assert parse_iso(iso_seconds(moment)) == moment


@given(st.text())
def test_no_text_breaks_the_reader_of_dates(text: str) -> None:
    moment = parse_iso(text)
    assert moment is None or moment.tzinfo is timezone.utc


def test_lists_are_paged_and_found_by_going_on_until_empty(dotdigital: InProcessDotdigital) -> None:
    for number in range(5):
        dotdigital.post("/v2/address-books", {"name": f"List {number}", "visibility": "Public"})
    names: list[str] = []
    while True:
        page = dotdigital.get(f"/v2/address-books?select=3&skip={len(names)}").json
        if not page:
            break
        names += [item["name"] for item in page]
    assert names == ["Test", "All Contacts", "List 0", "List 1", "List 2", "List 3", "List 4"]
    for query in ("select=0", "select=1001", "skip=-1", "select=many"):
        assert dotdigital.get(f"/v2/address-books?{query}").status == 400, query


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("Shop customers", "ERROR_ADDRESSBOOK_DUPLICATE"),
        ("SHOP CUSTOMERS", "ERROR_ADDRESSBOOK_DUPLICATE"),
        ("Loyal buyers", "ERROR_ADDRESSBOOK_DUPLICATE"),
        ("test", "ERROR_ADDRESSBOOK_NOTWRITABLE"),
        ("All contacts", "ERROR_ADDRESSBOOK_NOTWRITABLE"),
        ("x" * 129, "ERROR_ADDRESSBOOK_INVALID"),
        (" ", "ERROR_ADDRESSBOOK_INVALID"),
    ],
)
def test_a_list_name_that_is_taken_reserved_or_too_long_is_refused(name: str, token: str) -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(segment_names=("Loyal buyers",)))
    created = dotdigital.post("/v2/address-books", {"name": "Shop customers"})
    assert (created.status, created.json["contacts"], created.json["visibility"]) == (200, 0, "Private")
    refused = dotdigital.post("/v2/address-books", {"name": name})
    assert (refused.status, token in refused.json["message"]) == (400, True)


def test_a_full_account_takes_no_more_lists() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(max_lists=3))
    assert dotdigital.post("/v2/address-books", {"name": "One"}).status == 200
    assert "ERROR_ADDRESSBOOK_LIMITEXCEEDED" in dotdigital.post("/v2/address-books", {"name": "Two"}).text


def test_contacts_are_shown_on_their_lists_and_taken_off(dotdigital: InProcessDotdigital) -> None:
    seeds = [{"identifiers": {"email": f"{name}@example.org"}, "lists": ["Friends"]} for name in ("ann", "bo", "cy")]
    ids = dotdigital.control("/contacts", seeds)["contact_ids"]
    list_ids = dotdigital.service.snapshot()["list_ids"]
    friends = f"/v2/address-books/{list_ids['Friends']}"
    everyone = f"/v2/address-books/{list_ids['All Contacts']}"
    assert dotdigital.get(friends).json["contacts"] == dotdigital.get(everyone).json["contacts"] == 3
    shown = dotdigital.get(f"{friends}/contacts?select=2&withFullData=true").json
    assert [contact["email"] for contact in shown] == ["ann@example.org", "bo@example.org"]
    assert (shown[0]["status"], shown[0]["dataFields"]) == ("Subscribed", [])
    assert dotdigital.delete(f"{friends}/contacts/{ids[0]}").status == 204
    assert dotdigital.post(f"{friends}/contacts/delete", [ids[1], 1]).status == 202
    assert dotdigital.service.snapshot()["lists"]["Friends"]["contacts"] == ["cy@example.org"]
    assert dotdigital.delete(f"{everyone}/contacts/{ids[2]}").status == 400
    assert dotdigital.delete(f"{friends}/contacts/1").status == 404
    assert dotdigital.post(f"{friends}/contacts/delete", ["1"]).status == 400
    assert dotdigital.get("/v2/address-books/1/contacts").status == 404
    assert dotdigital.get("/v2/address-books/first/contacts").status == 404
    assert dotdigital.delete(friends).status == 204
    assert dotdigital.service.counts()["contacts"] == 3


def test_preferences_are_a_tree_of_categories(dotdigital: InProcessDotdigital) -> None:
    tree = dotdigital.get("/v2/preferences").json
    assert [(node["id"], node["isPreference"], node["preferenceCount"]) for node in tree] == [
        (10, False, 2),
        (20, True, 0),
    ]
    assert [child["publicName"] for child in tree[0]["preferences"]] == ["Sale", "New arrivals"]
    assert tree[0]["preferences"][0]["categoryId"] == 10


def test_contacts_are_enrolled_in_active_programs_only(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"import_seconds": 30})
    seeds = [
        {"identifiers": {"email": "ann@example.org"}, "lists": ["Friends"]},
        {"identifiers": {"email": "bo@example.org"}, "status": "unsubscribed"},
    ]
    ann, bo = dotdigital.control("/contacts", seeds)["contact_ids"]
    friends = dotdigital.service.snapshot()["list_ids"]["Friends"]
    programs = {program["status"]: program["id"] for program in dotdigital.get("/v2/programs").json}
    path = "/v2/programs/enrolments"
    enrolled = dotdigital.post(path, {"programId": programs["Active"], "contacts": [ann, bo]})
    assert (enrolled.status, enrolled.json["status"]) == (201, "Processing")
    faults = f"{path}/{enrolled.json['id']}/report-faults"
    assert "ERROR_ENROLMENT_IS_PROCESSING" in dotdigital.get(faults).text
    dotdigital.clock.advance(30)
    assert dotdigital.get(f"{path}/{enrolled.json['id']}").json["status"] == "Finished"
    assert dotdigital.get(faults).text.splitlines() == [
        "Id,Email,TelephoneNumber,Reason",
        f"{bo},bo@example.org,,Unsubscribed",
    ]
    again = dotdigital.post(path, {"programId": programs["Active"], "addressBooks": [friends]}).json["id"]
    dotdigital.clock.advance(30)
    assert "AlreadyInProgram" in dotdigital.get(f"{path}/{again}/report-faults").text
    assert dotdigital.service.snapshot()["program_members"] == {"1": ["ann@example.org"]}
    draft = dotdigital.post(path, {"programId": programs["Draft"], "contacts": [ann]})
    assert (draft.status, "ERROR_PROGRAM_NOT_ACTIVE" in draft.text) == (422, True)
    assert dotdigital.post(path, {"programId": 99, "contacts": [ann]}).status == 404
    for contacts, lists, code in [
        (list(range(26)), [], "ERROR_PARAMETER_INVALID"),
        ([], [], "ERROR_ENROLMENT_INVALID"),
        ([ann, 1], [], "ERROR_CONTACT_NOT_FOUND"),
        ([], [1], "ERROR_ADDRESSBOOK_NOT_FOUND"),
        ([], list(range(11)), "ERROR_ADDRESSBOOK_TOOMANY"),
    ]:
        refused = dotdigital.post(path, {"programId": 1, "contacts": contacts, "addressBooks": lists})
        assert (refused.status, code in refused.text) == (400, True)
    assert dotdigital.get(f"{path}/unknown").status == 404
    assert dotdigital.get("/v2/programs/2").json["status"] == "Draft"
    assert dotdigital.get("/v2/programs/9").status == 404


def test_who_has_left_a_program_can_enter_it_again(dotdigital: InProcessDotdigital) -> None:
    (ann,) = dotdigital.control("/contacts", [{"identifiers": {"email": "ann@example.org"}}])["contact_ids"]
    for _ in range(2):
        assert dotdigital.post("/v2/programs/enrolments", {"programId": 1, "contacts": [ann]}).status == 201
        assert dotdigital.service.snapshot()["program_members"] == {"1": ["ann@example.org"]}
        assert dotdigital.control("/programs/1/leave", None) == {"contact_ids": [ann]}
    assert dotdigital.service.snapshot()["program_members"] == {}


def test_enrolments_are_rationed_by_the_hour(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"enrolments_per_hour": 2})
    (ann,) = dotdigital.control("/contacts", [{"identifiers": {"email": "ann@example.org"}}])["contact_ids"]
    answers = [dotdigital.post("/v2/programs/enrolments", {"programId": 1, "contacts": [ann]}) for _ in range(3)]
    assert [answer.status for answer in answers] == [201, 201, 400]
    assert "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED" in answers[-1].text
    dotdigital.clock.advance(3_601)
    assert dotdigital.post("/v2/programs/enrolments", {"programId": 1, "contacts": [ann]}).status == 201


def test_events_are_taken_without_a_word_and_lost_without_their_contact(dotdigital: InProcessDotdigital) -> None:
    dotdigital.patch("/contacts/v3/email/ann@example.org", {})
    event = {
        "contactIdentity": {"identifier": "email", "value": "ann@example.org"},
        "type": "Cart updated",
        "eventData": {"cartId": "c-1"},
    }
    stranger = {**event, "contactIdentity": {"identifier": "email", "value": "nobody@example.org"}}
    answer = dotdigital.post("/events/v3/import", [event, stranger])
    assert (answer.status, answer.text) == (202, "")
    (kept,) = dotdigital.service.snapshot()["events"]
    assert (kept["owner"], kept["eventData"]) == ("ann@example.org", {"cartId": "c-1"})


@pytest.mark.parametrize(
    "change",
    [
        {"contactIdentity": None},
        {"contactIdentity": {"identifier": "email"}},
        {"contactIdentity": {"identifier": "contactId", "value": 5}},
        {"type": ""},
        {"type": "x" * 81},
        {"id": 7},
        {"eventData": []},
    ],
)
def test_malformed_events_are_refused_together(dotdigital: InProcessDotdigital, change: dict[str, object]) -> None:
    event = {"contactIdentity": {"identifier": "email", "value": "ann@example.org"}, "type": "Viewed"}
    answer = dotdigital.post("/events/v3/import", [event, {**event, **change}])
    assert (answer.status, answer.json["errorCode"]) == (400, "events:badJson")
    assert answer.json["details"][0]["item"] == "[1]"


def test_events_come_in_bounded_numbers(dotdigital: InProcessDotdigital) -> None:
    assert dotdigital.post("/events/v3/import", []).status == 400
    assert dotdigital.post("/events/v3/import", [{}] * 5_001).status == 400
