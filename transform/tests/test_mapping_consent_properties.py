"""Consent is never wider than the shop says: whatever customers hold, whatever the settings, in whatever order."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

import pytest
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from hypothesis import given, settings
from hypothesis import strategies as st
from mapper_commercetools.engine import create_record_mapper

Json = Any
Record = dict[str, Any]
Answer = Literal["yes", "no"] | None
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
FIELDS = ("first", "second", "third", "mobile", "time")
VALUES: list[Json] = ["YES", "NO", "yes", "sports", "", True, False, 1, 0]
HISTORY_END = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)

_HELD = st.recursive(
    st.sampled_from([*VALUES, 1.0, 0.0, Decimal(1), None, "+491701234567", "0170", "2026-03-01T12:00:00Z"])
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["first", "key", "obj"]), inner),
    max_leaves=5,
)
_CUSTOM_FIELDS = st.dictionaries(st.sampled_from(FIELDS), _HELD)


@st.composite
def consents(draw: st.DrawFn) -> Record:
    """Return a setting `consent` in which everything is driven by one consent at most."""
    section: Record = {}
    for number, name in enumerate(draw(st.permutations(["email", "sms", "topic", "club"])), 1):
        shuffled = draw(st.permutations(VALUES))
        cut = draw(st.integers(1, len(VALUES) - 1))
        rule: Record = {
            "field": f"custom.fields.{draw(st.sampled_from(FIELDS[:3]))}",
            "kind": draw(st.sampled_from(["value", "set"])),
            "yes_values": shuffled[:cut],
            "no_values": shuffled[cut : cut + draw(st.integers(0, 3))],
            "resubscribe": "always",
            "time": "custom.fields.time",
            "dotdigital": {"preferences": [number], "lists": [number], "data_field": f"CONSENT_{number}"},
            "iterable": {"channels": [number], "message_types": [f"Type {number}"], "field": f"consent{number}"},
        }
        if rule["kind"] == "set":
            rule["absent"] = draw(st.sampled_from(["no", "unknown"]))
        if name == "sms":
            rule["dotdigital"]["channel"], rule["mobile"] = "sms", "custom.fields.mobile"
        section[name] = rule
    return section


def same(value: Json, other: Json) -> bool:
    return type(value) is type(other) and value == other


def answer(rule: Record, fields: Record) -> Answer:
    """Return what a customer says, worked out apart from the mapper."""
    held = fields.get(rule["field"].rsplit(".", 1)[1])
    if rule["kind"] == "set":
        if not isinstance(held, list):
            return None
        members = held
    else:
        members = [held]
    if any(same(member, value) for member in members for value in rule["no_values"]):
        return "no"
    if any(same(member, value) for member in members for value in rule["yes_values"]):
        return "yes"
    return "no" if rule.get("absent") == "no" else None


def customer(fields: Record) -> Record:
    return {"id": CUSTOMER_ID, "email": "ada@shop.example", "custom": {"fields": fields}}


def without_own_fields(section: Record) -> Record:
    """Return settings that send consents only: two of these odd custom fields might get one name."""
    return {"consent": section, "custom_fields": {"customers": {"unlisted": "ignore"}}}


def numbers(section: Record) -> dict[str, int]:
    return {name: rule["dotdigital"]["preferences"][0] for name, rule in section.items()}


def said_to_iterable(section: Record, fields: Record) -> dict[str, tuple[Json, Json, Json]]:
    """Return by consent: the profile field, what becomes of the channel, what becomes of the message type."""
    outcomes = create_record_mapper(without_own_fields(section), "iterable").map_record("customers", customer(fields))
    user, records = outcomes[0].record, [one.record for one in outcomes[1:] if one.record is not None]
    assert user is not None
    actions = {(record["subscriptionGroup"], record["subscriptionGroupId"]): record["action"] for record in records}
    assert len(actions) == len(records)
    return {
        name: (
            user["dataFields"].get(f"consent{number}"),
            actions.get(("messageChannel", number)),
            actions.get(("messageType", f"Type {number}")),
        )
        for name, number in numbers(section).items()
    }


def contact_of(section: Record, fields: Record) -> Record:
    mapper = create_record_mapper(without_own_fields(section), "dotdigital")
    (outcome,) = mapper.map_record("customers", customer(fields))
    assert outcome.record is not None
    return outcome.record


def said_to_dotdigital(section: Record, fields: Record) -> dict[str, tuple[Json, Json, Json, Json]]:
    """Return by consent: the data field, the opt-in to the preference, whether on the list, the channel's status."""
    contact = contact_of(section, fields)
    opted_in = {preference["id"]: preference["isOptedIn"] for preference in contact.get("preferences", [])}
    statuses = {name: channel["status"] for name, channel in contact.get("channelProperties", {}).items()}
    return {
        name: (
            contact["dataFields"].get(f"CONSENT_{number}"),
            opted_in.get(number),
            number in contact.get("lists", []),
            statuses.get(name),
        )
        for name, number in numbers(section).items()
    }


@given(consents(), _CUSTOM_FIELDS)
@settings(max_examples=150, deadline=None)
def test_only_an_explicit_yes_subscribes_a_no_unsubscribes_and_unknown_says_nothing(
    section: Record, fields: Record
) -> None:
    before = copy.deepcopy(fields)
    iterable, dotdigital = said_to_iterable(section, fields), said_to_dotdigital(section, fields)
    contact = contact_of(section, fields)
    for name, rule in section.items():
        said = answer(rule, fields)
        action = {"yes": "subscribe", "no": "unsubscribe", None: None}[said]
        truth = {"yes": True, "no": False, None: None}[said]
        assert iterable[name] == (truth, action, action)
        assert dotdigital[name][:3] == (truth, truth, said == "yes")
        status = {"yes": "subscribed", "no": "unsubscribed", None: None}[said]
        if name == "sms":
            number = contact["identifiers"].get("mobileNumber")
            assert number is None or (said == "yes" and f"+{number}" == fields["mobile"])
            status = None if said == "yes" and number is None else status
        assert dotdigital[name][3] == (status if name in {"email", "sms"} else None)
        if name == "email" and said != "yes":
            assert "consentedAt" not in contact
    assert fields == before, "the source record was changed"


@given(consents(), _CUSTOM_FIELDS, _HELD, st.sampled_from(FIELDS[:3]))
@settings(max_examples=60, deadline=None)
def test_an_answer_to_one_consent_touches_no_other(section: Record, fields: Record, held: Json, changed: str) -> None:
    after = {**fields, changed: held}
    others = [name for name, rule in section.items() if rule["field"] != f"custom.fields.{changed}"]
    for said in (said_to_iterable, said_to_dotdigital):
        assert {name: said(section, fields)[name] for name in others} == {
            name: said(section, after)[name] for name in others
        }


@given(consents(), st.lists(_CUSTOM_FIELDS, max_size=5))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_the_order_of_customers_changes_nothing(destination: str, section: Record, people: list[Record]) -> None:
    mapper = create_record_mapper(without_own_fields(section), destination)
    records = [customer(fields) for fields in people]
    forwards = [mapper.map_record("customers", record) for record in records]
    backwards = [mapper.map_record("customers", record) for record in reversed(records)]
    assert forwards == list(reversed(backwards))


@given(consents(), _CUSTOM_FIELDS)
@settings(max_examples=60, deadline=None)
def test_a_rule_that_never_undoes_an_opt_out_tells_the_loader_so(section: Record, fields: Record) -> None:
    for rule in section.values():
        rule["resubscribe"] = "never"
        del rule["dotdigital"]["preferences"]
    assert "consentedAt" not in contact_of(section, fields)
    mapper = create_record_mapper(without_own_fields(section), "iterable")
    for outcome in mapper.map_record("customers", customer(fields)):
        if outcome.stream == "subscriptions" and outcome.record is not None:
            assert outcome.record["resubscribe"] == "never"


SHOP_CONSENT: Record = {
    "email": {"iterable": {"channels": [101]}},
    "trail": {
        "field": "custom.fields.interests",
        "kind": "set",
        "yes_values": ["trail"],
        "absent": "no",
        "resubscribe": "always",
        "dotdigital": {"preferences": [11], "data_field": "TRAIL_NEWS"},
        "iterable": {"message_types": [88], "field": "trailNews"},
    },
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(seed=23, customers=200, orders=20, products=10, history_end=HISTORY_END))


def answers_of(person: Record) -> tuple[bool | None, bool | None]:
    fields = person.get("custom", {}).get("fields", {})
    interests = fields.get("interests")
    return {"YES": True, "NO": False}.get(fields.get("NEWSLETTER_SUBSCRIBE", "")), (
        None if interests is None else "trail" in interests
    )


def test_a_whole_shop_in_iterable_is_subscribed_as_its_customers_say(shop: Shop) -> None:
    project = InProcessIterable(IterableSettings(rate_limits=False, incremental_subscriptions=True))
    mapper = create_record_mapper({"consent": SHOP_CONSENT}, "iterable", at=HISTORY_END)
    counts: Counter[str] = Counter()
    for person in shop.resources["customers"].values():
        newsletter, trail = answers_of(person)
        user, *subscriptions = (one.record for one in mapper.map_record("customers", person) if one.outcome == "mapped")
        assert user is not None
        identified = {"userId": user["userId"]}
        assert project.post("users/bulkUpdate", {"users": [identified]}).status == 200
        for record in subscriptions:
            assert record is not None
            path = f"subscriptions/{record['subscriptionGroup']}/{record['subscriptionGroupId']}"
            reply = project.put(f"{path}?action={record['action']}", {"usersByUserId": [record["userId"]]})
            assert reply.status in {200, 202}, reply.text
        project.clock.advance(60)
        profile = project.get(f"users/byUserId/{user['userId']}").json["user"]["dataFields"]
        assert (101 in profile.get("unsubscribedChannelIds", [])) is (newsletter is False)
        assert (88 in profile.get("subscribedMessageTypeIds", [])) is (trail is True)
        counts.update([f"newsletter {newsletter}", f"trail {trail}"])
    assert min(counts.values()) > 5
    assert len(counts) == 6


def test_a_whole_shop_in_dotdigital_is_opted_in_as_its_customers_say(shop: Shop) -> None:
    account = InProcessDotdigital()
    field = {"name": "TRAIL_NEWS", "type": "Boolean", "visibility": "Private"}
    assert account.post("/v2/data-fields", field).status == 201
    fields = {"customers": {"unlisted": "ignore"}}
    config = {"consent": SHOP_CONSENT, "custom_fields": fields}
    mapper = create_record_mapper(config, "dotdigital", at=HISTORY_END)
    contacts: dict[str, tuple[Record, tuple[bool | None, bool | None]]] = {}
    for person in shop.resources["customers"].values():
        (outcome,) = mapper.map_record("customers", person)
        if outcome.record is None or (answer := answers_of(person))[0] is None:
            continue  # The loader makes those of whom nothing is known first, unmailable.
        contact = {name: member for name, member in outcome.record.items() if name != "consentedAt"}
        told = {name: value for name, value in contact["dataFields"].items() if name == "TRAIL_NEWS"}
        contacts[contact["identifiers"]["email"]] = ({**contact, "dataFields": told}, answer)
    report = account.import_contacts(*(contact for contact, _ in contacts.values()))
    malformed = {failure["identifiers"]["email"] for failure in report["failures"]}
    assert {fault["failureCode"] for failure in report["failures"] for fault in failure["failures"]} <= {"invalidEmail"}
    assert report["summary"]["newContacts"] == len(contacts) - len(malformed) > 50
    for email, (_, (newsletter, trail)) in contacts.items():
        if email in malformed:
            continue
        held = account.get(f"/contacts/v3/email/{quote(email, safe='')}").json
        assert held["channelProperties"]["email"]["status"] == ("subscribed" if newsletter else "unsubscribed")
        assert held["dataFields"].get("TRAIL_NEWS") is trail
        opted_in = {preference["id"]: preference["isOptedIn"] for preference in held.get("preferences", [])}
        assert opted_in.get(11) is trail
