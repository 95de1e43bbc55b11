"""What each consent says at each destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from commerce_sandbox.vendor_specifications import DOTDIGITAL_CONTACTS, ITERABLE, folder_beside, operation
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.preview.previewer import Previewer

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
Answers = dict[str, Any]
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
SPECIFICATIONS = folder_beside(__file__)
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}
SMS: Record = {
    "field": "custom.fields.smsOptIn",
    "yes_values": [True],
    "no_values": [False],
    "mobile": "custom.fields.mobile",
    "dotdigital": {"channel": "sms"},
}
SPORTS: Record = {
    "field": "custom.fields.newsletters",
    "kind": "set",
    "yes_values": ["sports"],
    "absent": "no",
    "resubscribe": "always",
    "dotdigital": {"preferences": [11, 12], "lists": [34551], "data_field": "SPORTS_NEWS"},
}


def customer_saying(**fields: Any) -> Record:
    return {"id": CUSTOMER_ID, "email": "ada@shop.example", "custom": {"fields": fields}}


def contact_of(consent: Record, **fields: Any) -> Record:
    (outcome,) = create_record_mapper({"consent": consent}, "dotdigital").map_record(
        "customers", customer_saying(**fields)
    )
    assert outcome.record is not None, outcome.reason
    return outcome.record


def subscriptions_of(consent: Record, project_type: str = "hybrid", **fields: Any) -> list[Record] | str | None:
    config = {"consent": consent, "identity": {"project_type": project_type}}
    outcomes = create_record_mapper(config, "iterable").map_record("customers", customer_saying(**fields))
    assert outcomes[0].stream == "users"
    told = [outcome for outcome in outcomes if outcome.stream == "subscriptions"]
    records = [outcome.record for outcome in told if outcome.record is not None]
    return records if len(records) == len(told) else told[0].reason


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+491701234567", "491701234567"),
        (" +49 170 123-45.67 ", "491701234567"),
        ("+1 202 555 0123", "12025550123"),
    ],
)
def test_a_yes_to_sms_brings_the_number_and_subscribes_it(written: str, digits: str) -> None:
    contact = contact_of({"sms": SMS}, smsOptIn=True, mobile=written)
    assert contact["identifiers"] == {"email": "ada@shop.example", "mobileNumber": digits}
    assert contact["matchIdentifier"] == "email"
    assert contact["channelProperties"] == {"sms": {"status": "subscribed"}}


@pytest.mark.parametrize(
    "written",
    [
        "491701234567",
        "0170 1234567",
        "0049 170 1234567",
        "+0170123456",
        "+49",
        "+49 (0)170 1234567",
        "+4917012345678901",
        "+49170123456x",
        "+\u0664\u0669\u0661\u0667\u0660\u0661\u0662\u0663",
        "",
        None,
        4917,
    ],
)
def test_a_number_that_may_be_somebody_elses_is_not_written_to(written: object) -> None:
    contact = contact_of({"sms": SMS}, smsOptIn=True, mobile=written)
    assert contact["identifiers"] == {"email": "ada@shop.example"}
    assert "channelProperties" not in contact


def test_a_no_to_sms_unsubscribes_whatever_number_the_contact_has() -> None:
    contact = contact_of({"sms": SMS}, smsOptIn=False, mobile="+491701234567")
    assert contact["channelProperties"] == {"sms": {"status": "unsubscribed"}}
    assert contact["identifiers"] == {"email": "ada@shop.example"}
    assert contact_of({"sms": SMS}, smsOptIn=False)["channelProperties"] == {"sms": {"status": "unsubscribed"}}


def test_an_unknown_answer_brings_no_number() -> None:
    contact = contact_of({"sms": SMS}, smsOptIn="true", mobile="+491701234567")
    assert contact["identifiers"] == {"email": "ada@shop.example"}
    assert "channelProperties" not in contact


def test_a_yes_to_one_channel_says_nothing_about_another() -> None:
    by_mail = contact_of({"sms": SMS}, NEWSLETTER_SUBSCRIBE="YES", mobile="+491701234567")
    by_text = contact_of({"sms": SMS}, smsOptIn=True, mobile="+491701234567")
    assert (set(by_mail["channelProperties"]), set(by_text["channelProperties"])) == ({"email"}, {"sms"})
    both = contact_of({"sms": SMS}, NEWSLETTER_SUBSCRIBE="NO", smsOptIn=True, mobile="+491701234567")
    assert {name: channel["status"] for name, channel in both["channelProperties"].items()} == {
        "email": "unsubscribed",
        "sms": "subscribed",
    }


@pytest.mark.parametrize(
    ("held", "opted_in"),
    [
        (["news", "sports"], True),
        (["news"], False),
        ([], False),
        ("sports", None),
        (None, None),
        ([["sports"]], False),
        ({"sports": True}, None),
    ],
)
def test_a_set_says_yes_by_what_it_holds_and_no_only_when_it_is_there(held: object, opted_in: bool | None) -> None:  # noqa: FBT001
    contact = contact_of({"sports": SPORTS}, newsletters=held)
    if opted_in is None:
        assert not {"preferences", "lists"} & set(contact)
        assert "SPORTS_NEWS" not in contact["dataFields"]
    else:
        assert contact["preferences"] == [{"id": 11, "isOptedIn": opted_in}, {"id": 12, "isOptedIn": opted_in}]
        assert contact["dataFields"]["SPORTS_NEWS"] is opted_in
        assert contact.get("lists") == ([34551] if opted_in else None)
    assert "channelProperties" not in contact


def test_preferences_and_lists_of_dotdigital_go_by_name_too() -> None:
    rule = {**SPORTS, "dotdigital": {"preferences": ["Topics>Sports", 12], "lists": ["Sports fans"]}}
    contact = contact_of({"sports": rule}, newsletters=["sports"])
    assert contact["preferences"] == [{"name": "Topics>Sports", "isOptedIn": True}, {"id": 12, "isOptedIn": True}]
    assert contact["lists"] == ["Sports fans"]


def test_without_absent_a_set_that_lacks_the_value_says_nothing() -> None:
    undecided = {name: value for name, value in SPORTS.items() if name != "absent"}
    assert "preferences" not in contact_of({"sports": undecided}, newsletters=["news"])
    # What an unquoted `no` is in YAML.
    assert contact_of({"sports": {**SPORTS, "absent": False}}, newsletters=["news"])["preferences"]


def test_of_a_set_that_holds_a_yes_and_a_no_the_no_counts() -> None:
    rule = {**SPORTS, "no_values": ["nothing"]}
    assert contact_of({"sports": rule}, newsletters=["sports", "nothing"])["dataFields"]["SPORTS_NEWS"] is False


def test_a_data_field_of_a_consent_takes_the_place_of_the_custom_field() -> None:
    consent = {"email": {"dotdigital": {"data_field": "NEWSLETTER_SUBSCRIBE"}}}
    assert contact_of(consent, NEWSLETTER_SUBSCRIBE="YES")["dataFields"]["NEWSLETTER_SUBSCRIBE"] is True
    assert contact_of(consent, NEWSLETTER_SUBSCRIBE="NO")["dataFields"]["NEWSLETTER_SUBSCRIBE"] is False
    unknown = contact_of(consent, NEWSLETTER_SUBSCRIBE="PERHAPS")["dataFields"]
    assert set(unknown) == {"CUSTOMER_ID"}
    (stream,) = create_record_mapper({"consent": consent}, "dotdigital").map_schema("customers", SCHEMA, ["id"]) or ()
    announced = stream.schema["properties"]["dataFields"]["properties"]
    assert announced["NEWSLETTER_SUBSCRIBE"]["type"] == ["boolean", "null"]


@pytest.mark.parametrize(("rule", "told"), [("never", False), ("newer", True), ("always", True)])
def test_dotdigital_is_told_the_time_that_may_undo_an_opt_out_unless_nothing_may(rule: str, told: bool) -> None:  # noqa: FBT001
    time = "2026-03-01T12:00:00.000Z"
    contact = contact_of({"email": {"resubscribe": rule}}, NEWSLETTER_SUBSCRIBE="YES", newsletterConsentAt=time)
    assert contact.get("consentedAt") == (time if told else None)
    assert contact["channelProperties"]["email"]["status"] == "subscribed"
    assert contact["channelProperties"]["email"]["resubscribeOptions"] == {"resubscribeWithNoChallenge": False}


def evidence(prefix: str, time: str = "2026-03-01T12:00:00.000Z") -> Answers:
    return {
        f"{prefix}At": time,
        f"{prefix}Url": f"https://shop.example/{prefix}",
        f"{prefix}Ip": "203.0.113.9",
        f"{prefix}UserAgent": "Mozilla/5.0",
        f"{prefix}Text": f"Yes to {prefix}",
    }


EVIDENCE_OF_SMS = {
    part: f"custom.fields.sms{name}"
    for part, name in {"time": "At", "url": "Url", "ip": "Ip", "user_agent": "UserAgent", "text": "Text"}.items()
}


def test_each_yes_brings_its_own_evidence_and_a_time_of_sms_is_no_time_of_email() -> None:
    consent = {"sms": {**SMS, **EVIDENCE_OF_SMS}}
    said = {"smsOptIn": True, "mobile": "+491701234567", **evidence("sms")}
    contact = contact_of(consent, **said)
    assert [record["text"] for record in contact["consentRecords"]] == ["Yes to sms"]
    assert "consentedAt" not in contact
    both = contact_of(consent, NEWSLETTER_SUBSCRIBE="YES", **evidence("newsletterConsent"), **said)
    assert [record["text"] for record in both["consentRecords"]] == ["Yes to newsletterConsent", "Yes to sms"]
    refused = contact_of(consent, **{**said, "smsOptIn": False})
    assert "consentRecords" not in refused


def test_evidence_that_several_consents_share_is_stored_once() -> None:
    shared = {part: path.replace("sms", "newsletterConsent") for part, path in EVIDENCE_OF_SMS.items()}
    contact = contact_of(
        {"sms": {**SMS, **shared}},
        NEWSLETTER_SUBSCRIBE="YES",
        smsOptIn=True,
        mobile="+491701234567",
        **evidence("newsletterConsent"),
    )
    assert len(contact["consentRecords"]) == 1


def test_the_evidence_of_every_consent_stays_out_of_the_fields() -> None:
    consent = {"sms": {**SMS, **EVIDENCE_OF_SMS}}
    contact = contact_of(consent, smsOptIn=True, **evidence("sms"))
    assert not any(name.startswith("SMS_") and name != "SMS_OPT_IN" for name in contact["dataFields"])


GROUPS: Record = {
    "email": {
        "iterable": {"channels": ["Marketing Email"], "message_types": [41]},
    },
    "sports": {
        "field": "custom.fields.newsletters",
        "kind": "set",
        "yes_values": ["sports"],
        "absent": "no",
        "resubscribe": "never",
        "iterable": {"message_types": ["Sports news"], "lists": [7], "field": "sportsNewsOptIn"},
    },
}


def test_iterable_gets_a_subscription_for_each_thing_a_known_answer_drives() -> None:
    said: Answers = {
        "NEWSLETTER_SUBSCRIBE": "YES",
        "newsletterConsentAt": "2026-03-01T12:00:00.900Z",
        "newsletters": ["news"],
    }
    ada = {"userId": CUSTOMER_ID, "email": "ada@shop.example"}
    newer = {**ada, "action": "subscribe", "resubscribe": "newer", "consentedAt": 1772366400}
    never = {**ada, "action": "unsubscribe", "resubscribe": "never"}
    assert subscriptions_of(GROUPS, **said) == [
        {"subscriptionGroup": "messageChannel", "subscriptionGroupId": "Marketing Email", **newer},
        {"subscriptionGroup": "messageType", "subscriptionGroupId": 41, **newer},
        {"subscriptionGroup": "messageType", "subscriptionGroupId": "Sports news", **never},
        {"subscriptionGroup": "emailList", "subscriptionGroupId": 7, **never},
    ]


def test_unknown_answers_yield_no_subscription_and_say_so() -> None:
    found = subscriptions_of(GROUPS, NEWSLETTER_SUBSCRIBE="NO")
    assert isinstance(found, list)
    assert [record["subscriptionGroupId"] for record in found] == ["Marketing Email", 41]
    reason = subscriptions_of(GROUPS, NEWSLETTER_SUBSCRIBE="perhaps", newsletters="sports")
    assert reason == "consent: unknown for everything that somebody can subscribe to, so nothing is changed"


@pytest.mark.parametrize(
    ("answer", "time", "told"),
    [
        ("YES", "2026-03-01T12:00:00Z", 1772366400),
        ("YES", "1969-12-31T23:59:59Z", None),
        ("YES", "yesterday", None),
        ("NO", "2026-03-01T12:00:00Z", None),
    ],
)
def test_a_time_is_told_of_a_yes_only_and_only_if_it_can_be_one(answer: str, time: str, told: int | None) -> None:
    found = subscriptions_of(GROUPS, NEWSLETTER_SUBSCRIBE=answer, newsletterConsentAt=time)
    assert isinstance(found, list)
    assert {record.get("consentedAt") for record in found} == {told}


def test_who_is_named_as_in_the_stream_of_users() -> None:
    found = subscriptions_of(GROUPS, "email", NEWSLETTER_SUBSCRIBE="NO")
    assert isinstance(found, list)
    assert {record["email"] for record in found} == {"ada@shop.example"}
    assert not any("userId" in record for record in found)


def test_whoever_does_not_travel_subscribes_to_nothing() -> None:
    mapper = create_record_mapper({"consent": GROUPS, "store": {"keys": ["de"], "without": "skip"}}, "iterable")
    outcomes = mapper.map_record("customers", customer_saying(NEWSLETTER_SUBSCRIBE="YES"))
    assert [(one.stream, one.outcome) for one in outcomes] == [("users", "skipped"), ("subscriptions", "skipped")]


def test_a_no_is_told_even_if_the_profile_is_malformed() -> None:
    fields = {"custom_fields": {"customers": {"fields": {"tier": {"type": "number"}}}}}
    mapper = create_record_mapper({"consent": GROUPS, **fields}, "iterable")
    outcomes = mapper.map_record("customers", customer_saying(NEWSLETTER_SUBSCRIBE="NO", tier="gold"))
    assert [(one.stream, one.outcome) for one in outcomes] == [
        ("users", "rejected"),
        ("subscriptions", "mapped"),
        ("subscriptions", "mapped"),
    ]


def test_profile_fields_say_true_on_a_yes_only_and_are_announced() -> None:
    mapper = create_record_mapper({"consent": GROUPS}, "iterable")
    user = mapper.map_record("customers", customer_saying(NEWSLETTER_SUBSCRIBE="NO", newsletters=["sports"]))[0].record
    assert user is not None
    assert user["dataFields"]["newsletterOptIn"] is False
    assert user["dataFields"]["sportsNewsOptIn"] is True
    users, subscriptions = mapper.map_schema("customers", SCHEMA, ["id"]) or ()
    assert users.schema["properties"]["dataFields"]["properties"]["sportsNewsOptIn"]["type"] == "boolean"
    assert subscriptions.stream == "subscriptions"
    assert subscriptions.key_properties == ("userId", "subscriptionGroup", "subscriptionGroupId")


def test_the_newsletter_field_can_be_renamed_or_left_out() -> None:
    def fields(name: str | None) -> Record:
        mapper = create_record_mapper({"consent": {"email": {"iterable": {"field": name}}}}, "iterable")
        (user,) = mapper.map_record("customers", customer_saying(NEWSLETTER_SUBSCRIBE="YES"))
        assert user.record is not None
        mapped: Record = user.record["dataFields"]
        return mapped

    assert fields("mailOptIn")["mailOptIn"] is True
    assert "newsletterOptIn" not in fields("mailOptIn")
    # Without a field of its own the shop's field travels like any other.
    assert fields(None)["newsletterSubscribe"] == "YES"


def test_consent_that_drives_iterable_only_leaves_dotdigital_alone() -> None:
    contact = contact_of(GROUPS, newsletters=["sports"])
    assert set(contact) == {"matchIdentifier", "identifiers", "dataFields"}


def test_e_mail_can_be_switched_off_and_another_consent_take_its_channel() -> None:
    consent = {
        "email": {"dotdigital": {"channel": "none"}},
        "club": {"field": "custom.fields.club", "yes_values": ["joined"], "dotdigital": {"channel": "email"}},
    }
    assert "channelProperties" not in contact_of(consent, NEWSLETTER_SUBSCRIBE="YES")
    assert contact_of(consent, club="joined")["channelProperties"]["email"]["status"] == "subscribed"


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_everything_mapped_fits_its_announced_schema(destination: str) -> None:
    consent = {**GROUPS, "sms": SMS, "sports": {**GROUPS["sports"], **SPORTS}}
    mapper = create_record_mapper({"consent": consent}, destination)
    streams = {stream.stream: stream.schema for stream in mapper.map_schema("customers", SCHEMA, ["id"]) or ()}
    said = {"smsOptIn": True, "mobile": "+491701234567", "newsletters": ["sports"], "NEWSLETTER_SUBSCRIBE": "YES"}
    for outcome in mapper.map_record("customers", customer_saying(**said, **evidence("newsletterConsent"))):
        validator = jsonschema_rs.validator_for(streams[outcome.stream], validate_formats=True)
        assert [error.message for error in validator.iter_errors(outcome.record)] == []


def faults(name: str, method: str, path: str, body: Any) -> list[str]:  # noqa: ANN401  any JSON document
    if SPECIFICATIONS is None:
        # The vendors' files have no open licence, so the project lacks them; who has them runs these.
        pytest.skip("the vendors' files are not beside the repository")
    described = operation(SPECIFICATIONS, (name,), method, path)
    assert described is not None
    assert described.body is not None
    return [error.message for error in jsonschema_rs.Draft4Validator(described.body).iter_errors(body)]


@pytest.mark.parametrize("newsletters", [["sports"], []])
def test_a_contact_fits_the_vendors_import_body(newsletters: list[str]) -> None:
    said = {"smsOptIn": bool(newsletters), "mobile": "+491701234567", "newsletters": newsletters}
    contact = contact_of({"sms": SMS, "sports": SPORTS}, **said)
    assert {"preferences", "channelProperties"} <= set(contact)
    body = msgspec.json.decode(msgspec.json.encode({"mergeOption": "overwrite", "contacts": [contact]}))
    assert faults(DOTDIGITAL_CONTACTS, "PUT", "/contacts/v3/import", body) == []
    contact["preferences"] = [{"id": "Sale", "isOptedIn": True}]
    assert faults(DOTDIGITAL_CONTACTS, "PUT", "/contacts/v3/import", {**body, "contacts": [contact]})


def test_a_subscription_names_a_call_that_the_vendor_describes() -> None:
    found = subscriptions_of(GROUPS, NEWSLETTER_SUBSCRIBE="YES", newsletters=["sports"])
    assert isinstance(found, list)
    for record in found:
        path = f"/api/subscriptions/{record['subscriptionGroup']}/41"
        assert faults(ITERABLE, "PUT", path, {"usersByUserId": [record["userId"]]}) == []


def why(**fields: Any) -> tuple[str, ...]:
    config = {"consent": {"sms": SMS, "sports": SPORTS}}
    return Previewer(config, "dotdigital").preview("customers", customer_saying(**fields)).why


UNKNOWN = "consent: unknown, because {} is absent or holds {} of {}.yes_values and no_values exactly, so nothing is said about it"  # noqa: E501


def test_the_preview_tells_for_each_consent_which_rule_applied() -> None:
    email, sms, sports = why(newsletters=["sports"], smsOptIn=True, mobile="+491701234567")
    assert email == UNKNOWN.format("custom.fields.NEWSLETTER_SUBSCRIBE", "none", "consent.email")
    assert sms == "consent: yes, because custom.fields.smsOptIn holds one of consent.sms.yes_values"
    assert sports == "consent: yes, because custom.fields.newsletters holds one of consent.sports.yes_values"
    _, sms, sports = why(newsletters="sports", smsOptIn="true")
    assert sms == UNKNOWN.format("custom.fields.smsOptIn", "none", "consent.sms")
    assert sports == UNKNOWN.format("custom.fields.newsletters", "no set with any", "consent.sports")


def test_the_preview_tells_a_number_that_cannot_be_used_and_a_no_by_absence() -> None:
    _, sms, sports = why(newsletters=[], smsOptIn=True, mobile="0170 1234567")
    assert sms.endswith("; custom.fields.mobile is no number with + and the country's code, so SMS stays as it is")
    assert sports.endswith("holds none of consent.sports.yes_values and no_values, and consent.sports.absent is no")


def test_subscriptions_follow_their_user(map_one: Callable[..., list[tuple[str, Any]]], customer: Record) -> None:
    streams = [stream for stream, _ in map_one("iterable", "customers", customer, consent=GROUPS)]
    assert streams == ["users", "subscriptions", "subscriptions"]
