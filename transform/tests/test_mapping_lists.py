"""Which lists a customer belongs in, and what each destination is told."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from commerce_sandbox.vendor_specifications import ITERABLE, folder_beside, operation
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.preview.previewer import Previewer

Record = dict[str, Any]
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}
SPECIFICATIONS = folder_beside(__file__)
MARKETS = [
    {"key": "de", "stores": ["de-web", "de-app"], "countries": ["DE"], "default": True},
    {"key": "us", "stores": ["us-web"], "countries": ["US"]},
]


def customer(*stores: str, country: str = "DE", **fields: Any) -> Record:
    return {
        "id": CUSTOMER_ID,
        "email": "ada@shop.example",
        "stores": [{"typeId": "store", "key": store} for store in stores],
        "addresses": [{"country": country}],
        "custom": {"fields": fields},
    }


def told(destination: str, record: Record, *rules: Record, **config: Any) -> Any:  # noqa: ANN401  records or a reason
    """Return the memberships for Iterable, the ids of lists for Dotdigital; a reason if there are none."""
    mapper = create_record_mapper({"lists": list(rules), "markets": MARKETS, **config}, destination)
    outcomes = mapper.map_record("customers", record)
    if destination == "dotdigital":
        (contact,) = outcomes
        assert contact.record is not None
        return contact.record.get("lists")
    assert outcomes[0].stream == "users"
    memberships = [outcome for outcome in outcomes if outcome.stream == "list_memberships"]
    if memberships[0].record is None:
        return memberships[0].reason
    return [(one.record["list"], one.record["action"]) for one in memberships if one.record is not None]


@pytest.mark.parametrize(
    ("when", "belongs"),
    [
        ({}, True),
        ({"store": ["de-app", "us-web"]}, True),
        ({"store": ["us-web"]}, False),
        ({"market": ["de"]}, True),
        ({"market": ["us"]}, False),
        ({"field": "custom.fields.tier", "values": ["gold", "silver"]}, True),
        ({"field": "custom.fields.tier", "values": ["Gold"]}, False),
        ({"field": "custom.fields.interests", "values": ["trail"]}, True),
        ({"field": "custom.fields.interests", "values": ["camping"]}, False),
        ({"field": "custom.fields.points", "values": [True]}, False),
        ({"field": "isEmailVerified", "values": [True]}, False),
        ({"field": "addresses.country", "values": ["DE"]}, False),
        ({"store": ["de-app"], "market": ["de"], "field": "custom.fields.points", "values": [1]}, True),
        ({"store": ["de-app"], "market": ["us"], "field": "custom.fields.points", "values": [1]}, False),
    ],
)
def test_a_customer_belongs_in_a_list_if_all_its_conditions_hold(when: Record, belongs: bool) -> None:  # noqa: FBT001
    record = customer("de-app", tier="gold", interests=["trail", "climbing"], points=1)
    rule = {"list": 34551, "when": when}
    assert told("dotdigital", record, rule) == ([34551] if belongs else None)
    assert told("iterable", record, rule) == (
        [(34551, "add")] if belongs else "lists: the conditions of none hold, and no rule says remove"
    )


def test_whoever_does_not_belong_is_taken_off_only_if_the_rule_says_so_and_only_in_iterable() -> None:
    rules = ({"list": 1, "when": {"store": ["us-web"]}, "remove": True}, {"list": 2, "when": {"store": ["us-web"]}})
    assert told("iterable", customer("de-web"), *rules) == [(1, "remove")]
    assert told("iterable", customer("us-web"), *rules) == [(1, "add"), (2, "add")]
    assert told("dotdigital", customer("de-web"), *rules) is None


def test_iterable_takes_names_and_identifies_people_as_elsewhere() -> None:
    config = {"lists": [{"list": "Shop customers"}], "identity": {"project_type": "email"}}
    mapper = create_record_mapper(config, "iterable")
    users, memberships = mapper.map_schema("customers", SCHEMA, ["id"]) or ()
    assert (users.key_properties, memberships.key_properties) == (("email",), ("email", "list"))
    _, membership = mapper.map_record("customers", customer())
    assert membership.record == {"email": "ada@shop.example", "list": "Shop customers", "action": "add"}
    assert list(jsonschema_rs.validator_for(memberships.schema).iter_errors(membership.record)) == []


def test_whoever_does_not_travel_is_on_no_list() -> None:
    config = {"lists": [{"list": 1}], "store": {"keys": ["us-web"], "without": "skip"}}
    outcomes = create_record_mapper(config, "iterable").map_record("customers", customer("de-web"))
    assert [(one.stream, one.outcome) for one in outcomes] == [("users", "skipped"), ("list_memberships", "skipped")]


def test_one_of_a_customers_stores_is_enough() -> None:
    rule = {"list": 1, "when": {"store": ["us-web"]}}
    assert told("dotdigital", customer("de-web", "us-web"), rule) == [1]
    assert told("dotdigital", customer(), rule) is None


def test_lists_of_consents_and_of_rules_come_together() -> None:
    consent = {"email": {"dotdigital": {"lists": [7]}, "iterable": {"lists": [7]}}}
    record = customer("de-web", NEWSLETTER_SUBSCRIBE="YES")
    assert told("dotdigital", record, {"list": 8}, consent=consent) == [7, 8]
    no = customer("de-web", NEWSLETTER_SUBSCRIBE="NO")
    assert told("dotdigital", no, {"list": 8}, consent=consent) == [8]


@pytest.mark.parametrize(
    ("lists", "text"),
    [
        ([{"list": 1, "wehn": {}}], r"lists\.0\.wehn: unknown setting; known here are list, when, remove"),
        ([{"when": {}}], r"lists\.0\.list: missing"),
        ([{"list": ""}], r"lists\.0\.list: "),
        ([{"list": 1, "when": {"field": "a"}}], r"lists\.0\.when: field and values belong together"),
        ([{"list": 1, "when": {"values": ["a"]}}], r"lists\.0\.when: field and values belong together"),
        ([{"list": 1, "when": {"market": ["fr"]}}], r"lists\.0\.when\.market\.0: the key of no market"),
        ([{"list": 1, "when": {"store": []}}], r"lists\.0\.when\.store: "),
        ([{"list": 1}, {"list": 1}], r"lists\.1\.list: lists\.0 is about this list already"),
        ([{"list": "VIP"}, {"list": "vip"}], r"lists\.1\.list: lists\.0 is about this list already"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_path(lists: list[Record], text: str) -> None:
    for destination in ("iterable", "dotdigital"):
        with pytest.raises(ValueError, match=rf"^mapper\.config\.{text}"):
            create_record_mapper({"lists": lists, "markets": MARKETS}, destination)


def test_dotdigital_takes_names_too() -> None:
    assert told("dotdigital", customer("de-web"), {"list": "Shop customers"}) == ["Shop customers"]


def test_a_list_has_one_setting() -> None:
    consent = {"email": {"dotdigital": {"lists": [7]}, "iterable": {"lists": ["VIP"]}}}
    for destination, name in (("dotdigital", 7), ("iterable", "vip")):
        with pytest.raises(ValueError, match=r"lists\.0\.list: consent\.email drives this list already"):
            create_record_mapper({"lists": [{"list": name}], "consent": consent}, destination)


def test_the_preview_tells_which_condition_fails() -> None:
    rules = [{"list": 1, "when": {"store": ["de-web"]}}, {"list": 2, "when": {"market": ["us"]}}]
    why = Previewer({"lists": rules, "markets": MARKETS}, "iterable").preview("customers", customer("de-web")).why
    assert why[-2:] == (
        "lists.0: the customer belongs in it",
        "lists.1: the customer does not belong in it, because when.market does not hold",
    )


def test_a_membership_is_a_subscriber_as_the_vendor_describes_it() -> None:
    if SPECIFICATIONS is None:
        # The vendors' files have no open licence, so the project lacks them; who has them runs these.
        pytest.skip("the vendors' files are not beside the repository")
    ((list_id, action),) = told("iterable", customer(), {"list": 61931})
    assert action == "add"
    for path in ("/api/lists/subscribe", "/api/lists/unsubscribe"):
        described = operation(SPECIFICATIONS, (ITERABLE,), "POST", path)
        assert described is not None
        assert described.body is not None
        body = {"listId": list_id, "subscribers": [{"userId": CUSTOMER_ID}]}
        assert list(jsonschema_rs.Draft4Validator(described.body).iter_errors(body)) == []


@given(
    st.lists(st.sampled_from(["de-web", "de-app", "us-web", "fr-web"]), unique=True),
    st.sampled_from(["DE", "US", "FR"]),
    st.permutations([1, 2, 3, 4]),
)
def test_the_order_of_stores_and_of_rules_changes_nobodys_lists(
    stores: list[str], country: str, order: list[int]
) -> None:
    conditions: dict[int, Record] = {1: {"store": ["de-web"]}, 2: {"store": ["us-web", "fr-web"]}}
    conditions |= {3: {"market": ["us"]}, 4: {"market": ["de"], "store": ["de-app"]}}
    rules = [{"list": number, "when": conditions[number], "remove": True} for number in order]
    found = dict(told("iterable", customer(*stores, country=country), *rules))
    backwards = dict(told("iterable", customer(*reversed(stores), country=country), *reversed(rules)))
    assert found == backwards
    assert set(found) == {1, 2, 3, 4}
    added = {number for number, action in found.items() if action == "add"}
    assert set(told("dotdigital", customer(*stores, country=country), *rules) or ()) == added
