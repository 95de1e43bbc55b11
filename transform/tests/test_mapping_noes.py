"""What a customer says no to is carried out, whatever else in the record cannot be read or mapped."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NoReturn

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools import consent as consent_module
from mapper_commercetools.consent_settings import compile_consents
from mapper_commercetools.dotdigital import contacts
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.iterable import users
from mapper_commercetools.list_rules import ListRule
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_commercetools.outcomes import MappedRecord

Record = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}
CONSENT: Record = {
    "email": {
        "dotdigital": {"channel": "email", "data_field": "NEWS"},
        "iterable": {"channels": ["Marketing Email"], "field": "news"},
    },
    "sms": {
        "field": "custom.fields.smsOptIn",
        "yes_values": [True],
        "no_values": [False],
        "mobile": "custom.fields.mobile",
        "dotdigital": {"channel": "sms", "data_field": "SMS"},
        "iterable": {"message_types": [41], "field": "smsOptIn"},
    },
    "sports": {
        "field": "custom.fields.newsletters",
        "kind": "set",
        "yes_values": ["sports"],
        "absent": "no",
        "resubscribe": "always",
        "dotdigital": {"preferences": [11, "Topics>Sports"], "lists": [7]},
        "iterable": {"lists": [7]},
    },
}
ANSWERS: Record = {"NEWSLETTER_SUBSCRIBE": "NO", "smsOptIn": True, "mobile": "+491701234567", "newsletters": ["news"]}
IN_DOTDIGITAL: Record = {
    "dataFields": {"NEWS": False},
    "consentFields": ["NEWS"],
    "channelProperties": {"email": {"status": "unsubscribed"}},
    "preferences": [{"id": 11, "isOptedIn": False}, {"name": "Topics>Sports", "isOptedIn": False}],
}
ADA: Record = {"matchIdentifier": "email", "identifiers": {"email": "ada@shop.example"}}
UNREADABLE: Record = {
    "a listed field that cannot be read": {"birthday": {"en": ""}},
    "two names that become one": {"loyalty_tier": "gold", "loyaltyTier": "silver"},
    "a number that is none": {"points": "many"},
}
FIELD_RULES: Record = {"customers": {"fields": {"birthday": {}, "points": {"type": "number"}}}}


def customer(fields: Record | None = None, **members: Any) -> Record:
    return {
        "id": CUSTOMER_ID,
        "email": "Ada@shop.example",
        "custom": {"fields": {**ANSWERS, **(fields or {})}},
        **members,
    }


def outcomes(destination: str, record: Record, stream: str = "customers", **config: Any) -> list[MappedRecord]:
    config = {"consent": CONSENT, "custom_fields": FIELD_RULES, **config}
    return list(create_record_mapper(config, destination, at=NOW).map_record(stream, record))


def of(stream: str, found: list[MappedRecord]) -> list[tuple[str, Any]]:
    return [(outcome.outcome, outcome.record) for outcome in found if outcome.stream == stream]


def broken(*_: object) -> NoReturn:
    value = "ada@shop.example"
    raise KeyError(value)


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_contact_that_is_rejected_still_says_its_noes_and_nothing_else(fault: str) -> None:
    (outcome,) = outcomes("dotdigital", customer(UNREADABLE[fault]))
    assert (outcome.outcome, outcome.record) == ("rejected", {**ADA, **IN_DOTDIGITAL})
    assert outcome.reason is not None
    assert outcome.reason.startswith("custom.fields")


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_user_that_is_rejected_still_says_its_noes_and_nothing_else(fault: str) -> None:
    found = outcomes("iterable", customer(UNREADABLE[fault]))
    no = {
        "userId": CUSTOMER_ID,
        "mergeNestedObjects": True,
        "dataFields": {"news": False},
        "consentFields": ["news"],
    }
    assert of("users", found) == [("rejected", no)]
    assert [outcome.outcome for outcome in found[1:]] == ["mapped"] * 3


def test_an_exception_that_no_rule_foresees_rejects_the_customer_and_not_the_noes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contacts, "read_custom_fields", broken)
    monkeypatch.setattr(users, "read_custom_fields", broken)
    for destination in ("dotdigital", "iterable"):
        first = outcomes(destination, customer())[0]
        assert (first.outcome, first.reason) == ("rejected", "unexpected KeyError while it was mapped")
        assert first.record is not None
        assert first.record["dataFields"] in ({"NEWS": False}, {"news": False})


def test_one_consent_whose_evidence_cannot_be_read_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {**CONSENT, "sms": {**CONSENT["sms"], "time": "custom.fields.smsAt"}}
    monkeypatch.setattr(
        consent_module, "read_instant", lambda value: broken() if value == "now" else read_instant(value)
    )
    (contact,) = outcomes("dotdigital", customer({"smsAt": "now"}), consent=config)
    assert (contact.outcome, contact.record) == ("rejected", {**ADA, **IN_DOTDIGITAL})
    ada = {"userId": CUSTOMER_ID, "email": "ada@shop.example"}
    mapped = [
        (outcome.outcome, outcome.record and outcome.record["subscriptionGroupId"])
        for outcome in outcomes("iterable", customer({"smsAt": "now"}), consent=config)
        if outcome.stream == "subscriptions"
    ]
    assert mapped == [("mapped", "Marketing Email"), ("rejected", None), ("mapped", 7)]
    no = outcomes("iterable", customer({"smsAt": "now", "smsOptIn": False}), consent=config)[2]
    assert (no.outcome, no.record) == (
        "rejected",
        {
            **ada,
            "subscriptionGroup": "messageType",
            "subscriptionGroupId": 41,
            "action": "unsubscribe",
            "resubscribe": "newer",
        },
    )


def test_a_list_whose_condition_fails_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    unmet = ListRule.unmet
    monkeypatch.setattr(ListRule, "unmet", lambda rule, *rest: broken() if rule.name == "A" else unmet(rule, *rest))
    lists = [{"list": "A"}, {"list": "B", "when": {"store": ["us"]}, "remove": True}]
    found = of("list_memberships", outcomes("iterable", customer(), lists=lists))
    assert found == [("rejected", None), ("mapped", {"userId": CUSTOMER_ID, "list": "B", "action": "remove"})]


@pytest.mark.parametrize("identifier", [None, {}, 12, " "])
def test_the_address_is_enough_for_a_no_where_the_id_cannot_be_read(identifier: object) -> None:
    record = customer(id=identifier)
    (contact,) = outcomes("dotdigital", record)
    assert (contact.outcome, contact.reason, contact.record) == ("rejected", "id: missing", {**ADA, **IN_DOTDIGITAL})
    for project_type in ("hybrid", "email"):
        found = outcomes("iterable", record, identity={"project_type": project_type})
        assert found[0].record is not None
        assert (found[0].record["email"], found[0].record["dataFields"]) == ("ada@shop.example", {"news": False})
        told = [outcome.record for outcome in found if outcome.stream == "subscriptions"]
        by_address = [
            one["subscriptionGroupId"]
            for one in told
            if one and one["email"] == "ada@shop.example" and one["action"] == "unsubscribe"
        ]
        assert by_address == ["Marketing Email", 7]
        assert not any("userId" in one for one in [found[0].record, *told] if one)
    assert {one.record is None for one in outcomes("iterable", record, identity={"project_type": "userid"})} == {True}


@pytest.mark.parametrize("email", [None, [], "  "])
def test_who_says_no_and_cannot_be_told_is_rejected_so_that_somebody_sees_it(email: object) -> None:
    (contact,) = outcomes("dotdigital", customer(email=email))
    assert (contact.outcome, contact.record) == ("rejected", None)
    assert contact.reason == "email: missing, and contacts are identified by it"
    found = outcomes("iterable", customer(email=email), identity={"project_type": "email"})
    assert {(one.outcome, one.record is None) for one in found} == {("rejected", True)}
    agreed = customer({"NEWSLETTER_SUBSCRIBE": "YES", "newsletters": ["sports"]}, email=email)
    assert [one.outcome for one in outcomes("dotdigital", agreed)] == ["skipped"]


def test_a_contact_without_an_address_is_reached_by_the_identifier_that_holds_the_customer_s_id() -> None:
    config: Record = {"deletions": {"dotdigital_identifier": "ct-id"}}
    (contact,) = outcomes("dotdigital", customer(email=None), **config)
    assert contact.record == {"matchIdentifier": "ct-id", "identifiers": {"ct-id": CUSTOMER_ID}, **IN_DOTDIGITAL}
    mapper = create_record_mapper({"consent": CONSENT, **config}, "dotdigital", at=NOW)
    (stream,) = mapper.map_schema("customers", SCHEMA, ["id"]) or ()
    assert jsonschema_rs.validator_for(stream.schema).is_valid(contact.record)


def test_an_email_based_project_is_told_the_id_by_which_it_finds_a_former_address() -> None:
    fields = UNREADABLE["a number that is none"]
    found = outcomes("iterable", customer(fields), identity={"project_type": "email"})
    assert found[0].record is not None
    assert (found[0].record["email"], found[0].record["userId"]) == ("ada@shop.example", CUSTOMER_ID)


@pytest.mark.parametrize("destination", ["dotdigital", "iterable"])
def test_a_yes_and_an_unknown_answer_wait_until_the_customer_can_be_mapped(destination: str) -> None:
    answers = {"NEWSLETTER_SUBSCRIBE": "YES", "smsOptIn": "perhaps", "newsletters": ["sports"], "points": "many"}
    first = outcomes(destination, customer(answers))[0]
    assert (first.outcome, first.record) == ("rejected", None)


@pytest.mark.parametrize("destination", ["dotdigital", "iterable"])
def test_a_customer_of_a_store_that_does_not_travel_says_nothing(destination: str) -> None:
    record = customer({"points": "many"}, stores=[{"typeId": "store", "key": "us"}])
    found = outcomes(destination, record, store={"keys": ["de"]})
    assert {(one.outcome, one.record is None) for one in found} == {("skipped", True)}
    found = outcomes(destination, {**record, "id": None}, store={"keys": ["de"]})
    assert {one.record is None for one in found} == {True}


GONE: Record = {"resourceTypeId": "customer", "change": "deleted", "email": "Ada@shop.example", "emailIsFree": True}


@pytest.mark.parametrize("action", ["unsubscribe", "delete", "forget"])
def test_a_deletion_without_an_id_is_carried_out_by_the_address_that_nobody_else_has(action: str) -> None:
    for project_type in ("hybrid", "email"):
        config = {"deletions": {"customers": action}, "identity": {"project_type": project_type}}
        (user,) = outcomes("iterable", {"id": {}, **GONE}, "deletions", **config)
        assert (user.stream, user.outcome, user.reason) == ("deleted_users", "rejected", "id: missing")
        assert user.record == {"email": "ada@shop.example", "action": action}
    (contact,) = outcomes(
        "dotdigital", GONE, "deletions", deletions={"customers": action, "dotdigital_identifier": "ct-id"}
    )
    assert contact.outcome == "rejected"
    unsubscribed = {**ADA, "channelProperties": {"email": {"status": "unsubscribed"}}}
    wanted: Record = {
        "unsubscribe": ("contacts", unsubscribed),
        "delete": ("deleted_contacts", {"email": "ada@shop.example"}),
        "forget": ("deleted_contacts", {"email": "ada@shop.example", "forget": True}),
    }
    assert (contact.stream, contact.record) == wanted[action]


@pytest.mark.parametrize("destination", ["dotdigital", "iterable"])
@pytest.mark.parametrize(
    "members", [{"emailIsFree": False}, {"change": "moved"}, {"resourceTypeId": "product"}, {"email": None}]
)
def test_a_deletion_without_an_id_reaches_nobody_else(destination: str, members: Record) -> None:
    found = outcomes(destination, {**GONE, **members}, "deletions", deletions={"customers": "delete"})
    assert [(one.outcome, one.record) for one in found] == [("rejected", None)]
    found = outcomes(destination, GONE, "deletions", deletions={})
    assert [(one.outcome, one.record) for one in found] == [("rejected", None)]


def test_an_unsubscribed_contact_that_only_its_customer_s_id_names_fits_the_schema() -> None:
    config = {"deletions": {"customers": "unsubscribe", "dotdigital_identifier": "ct-id"}}
    mapper = create_record_mapper(config, "dotdigital", at=NOW)
    streams = mapper.map_schema("deletions", {"properties": {"id": {}, "deletedAt": {}}}, ["id"]) or ()
    (outcome,) = mapper.map_record("deletions", {"id": CUSTOMER_ID, **GONE})
    assert (outcome.stream, outcome.outcome) == ("contacts", "mapped")
    schema = next(stream.schema for stream in streams if stream.stream == "contacts")
    assert jsonschema_rs.validator_for(schema).is_valid(outcome.record)


@pytest.mark.parametrize(("destination", "stream"), [("iterable", "users"), ("dotdigital", "contacts")])
def test_a_record_names_its_fields_that_say_a_consent(
    destination: str, stream: str, map_one: Callable[..., list[tuple[str, Any]]]
) -> None:
    ((found, record), *_) = map_one(destination, "customers", customer(), consent=CONSENT)
    assert found == stream
    names = record["consentFields"]
    assert names == (["news", "smsOptIn"] if stream == "users" else ["NEWS", "SMS"])
    assert [record["dataFields"][name] for name in names] == [False, True]
    silent = {"NEWSLETTER_SUBSCRIBE": None, "smsOptIn": None, "newsletters": None}
    ((_, record), *_) = map_one(destination, "customers", customer(silent), consent=CONSENT)
    assert "consentFields" not in record


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from(["NO", "YES"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
RULES = compile_consents(CONSENT, "consent", frozenset())


@given(ANY, ANY, ANY, ANY)
def test_a_no_is_read_whatever_stands_beside_it(email: object, sms: object, newsletters: object, rest: object) -> None:
    fields = {"NEWSLETTER_SUBSCRIBE": email, "smsOptIn": sms, "newsletters": newsletters, "mobile": rest}
    record = {"addresses": rest, "stores": rest, "custom": {"type": rest, "fields": fields}}
    said = [rule.name for rule in consent_module.withheld(record, RULES)]
    wanted = {
        "email": email == "NO" or email is False,
        "sms": sms is False,
        "sports": isinstance(newsletters, list) and "sports" not in newsletters,
    }
    assert said == [name for name, no in wanted.items() if no]
