"""Fields worked out from a buyer's orders, and whom they reach."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.dotdigital import derived_fields as dotdigital
from mapper_commercetools.dotdigital.contacts import contacts_stream
from mapper_commercetools.iterable import derived_fields as iterable
from mapper_commercetools.iterable.users import users_stream
from mapper_commercetools.order_summaries import (
    DOTDIGITAL_SUMMARY_FIELD_DEFAULTS,
    ORDER_SUMMARIES_SCHEMA,
    compile_order_summary_rules,
)
from mapper_commercetools.outcomes import MappedRecord, RejectRecordError, SkipRecordError
from mapper_commercetools.settings import compile_settings

Record = dict[str, Any]
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"


def money(units: int, currency: str = "EUR", digits: int = 2) -> Record:
    return {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": digits}


def value(units: int, orders: int, currency: str = "EUR", digits: int = 2) -> Record:
    return {
        "currencyCode": currency,
        "orderCount": orders,
        "lifetimeValue": money(units, currency, digits),
        "refunded": money(0, currency, digits),
        "averageOrderValue": money(units // max(orders, 1), currency, digits),
    }


def summary(**members: Any) -> Record:
    return {
        "id": f"customer/{CUSTOMER_ID}",
        "customerId": CUSTOMER_ID,
        "customerEmail": None,
        "orderCount": 3,
        "cancelledOrderCount": 1,
        "firstPurchaseAt": "2025-03-04T09:15:22.114Z",
        "lastPurchaseAt": "2026-11-20T08:00:00.000Z",
        "valueByCurrency": [value(41850, 2), value(14000, 1, "JPY", 0)],
        "topCategories": [
            {"id": "c-1", "key": "trail", "name": {"de": "Laufschuhe", "en": "Trail shoes"}, "quantity": 3},
            {"id": "c-2", "key": "socks", "name": None, "quantity": 1},
        ],
        "lastModifiedAt": "2026-11-20T08:00:00.000Z",
        **members,
    }


GUEST = {"id": "guest/Bo@Shop.example", "customerId": None, "customerEmail": "Bo@Shop.example"}


def mapped_by(destination: str, record: Record, *, section: Record | None = None, **config: Any) -> list[MappedRecord]:
    settings = compile_settings(config)
    rules = compile_order_summary_rules(
        section or {},
        "order_summaries",
        currency=config.get("currency"),
        taken_data_fields=settings.taken_data_fields,
    )
    if destination == "iterable":
        return iterable.map_order_summary(record, rules, settings)
    return dotdigital.map_order_summary(record, rules, settings)


def mapped_or_reason(destination: str, record: Record, **options: Any) -> tuple[list[MappedRecord], str]:
    try:
        return mapped_by(destination, record, **options), ""
    except (SkipRecordError, RejectRecordError) as ended:
        return [], str(ended)


def to_iterable(record: Record, **options: Any) -> Record:
    (outcome,) = mapped_by("iterable", record, **options)
    assert outcome.stream == "users"
    assert outcome.record is not None
    return outcome.record


def to_dotdigital(record: Record, **options: Any) -> Record:
    (outcome,) = mapped_by("dotdigital", record, **options)
    assert outcome.stream == "contacts"
    assert outcome.record is not None
    return outcome.record


def test_a_customer_s_summary_becomes_fields_of_the_user_the_customer_is() -> None:
    assert to_iterable(summary(), currency="EUR", locales=["de"]) == {
        "userId": CUSTOMER_ID,
        "mergeNestedObjects": True,
        "dataFields": {
            "lifetimeValue": Decimal("418.50"),
            "averageOrderValue": Decimal("209.25"),
            "lifetimeValueCurrency": "EUR",
            "valueByCurrency": [
                {
                    "currency": "EUR",
                    "lifetimeValue": Decimal("418.50"),
                    "averageOrderValue": Decimal("209.25"),
                    "orderCount": 2,
                },
                {
                    "currency": "JPY",
                    "lifetimeValue": Decimal("14000.0"),
                    "averageOrderValue": Decimal("14000.0"),
                    "orderCount": 1,
                },
            ],
            "orderCount": 3,
            "cancelledOrderCount": 1,
            "firstPurchaseAt": "2025-03-04 09:15:22 +00:00",
            "lastPurchaseAt": "2026-11-20 08:00:00 +00:00",
            "categoryAffinity": ["Laufschuhe", "socks"],
            "categoryAffinityIds": ["c-1", "c-2"],
        },
    }


def test_a_summary_with_the_present_address_becomes_data_fields_of_the_contact() -> None:
    assert to_dotdigital(summary(customerEmail=" Ada.Kern@Shop.example"), currency="EUR", locales=["de"]) == {
        "matchIdentifier": "email",
        "identifiers": {"email": "ada.kern@shop.example"},
        "dataFields": {
            "LIFETIME_VALUE": Decimal("418.50"),
            "AVG_ORDER_VALUE": Decimal("209.25"),
            "VALUE_CURRENCY": "EUR",
            "VALUE_BY_CURRENCY": "EUR 418.50, JPY 14000",
            "ORDER_COUNT": 3,
            "CANCELLED_ORDERS": 1,
            "FIRST_PURCHASE": "2025-03-04T09:15:22.114Z",
            "LAST_PURCHASE": "2026-11-20T08:00:00.000Z",
            "TOP_CATEGORIES": "Laufschuhe, socks",
        },
    }


@pytest.mark.parametrize(
    ("currency", "values", "shown"),
    [
        ("JPY", [value(41850, 2), value(14000, 1, "JPY", 0)], (Decimal("14000.0"), "JPY")),
        ("USD", [value(41850, 2)], (None, "USD")),
        (None, [value(41850, 2)], (Decimal("418.50"), "EUR")),
        (None, [value(41850, 2), value(14000, 1, "JPY", 0)], (None, None)),
    ],
)
def test_amounts_are_of_the_wanted_currency_or_of_the_only_one(
    currency: str | None, values: list[Record], shown: tuple[Decimal | None, str | None]
) -> None:
    fields = to_iterable(summary(valueByCurrency=values), section={"currency": currency})["dataFields"]
    assert (fields["lifetimeValue"], fields["lifetimeValueCurrency"]) == shown
    data_fields = to_dotdigital(
        summary(valueByCurrency=values, customerEmail="a@b.example"), section={"currency": currency}
    )["dataFields"]
    assert (data_fields["LIFETIME_VALUE"], data_fields["VALUE_CURRENCY"]) == shown


def test_the_setting_s_own_currency_comes_before_the_catalogue_s() -> None:
    fields = to_iterable(summary(), section={"currency": "JPY"}, currency="EUR")["dataFields"]
    assert fields["lifetimeValueCurrency"] == "JPY"


def test_somebody_whose_orders_are_all_cancelled_is_worth_nothing_and_nothing_old_stays() -> None:
    nothing = summary(orderCount=0, valueByCurrency=[], topCategories=[], firstPurchaseAt=None, lastPurchaseAt=None)
    assert to_iterable(nothing)["dataFields"] == {
        "lifetimeValue": Decimal("0.00"),
        "averageOrderValue": None,
        "lifetimeValueCurrency": None,
        "valueByCurrency": None,
        "orderCount": 0,
        "cancelledOrderCount": 1,
        "firstPurchaseAt": None,
        "lastPurchaseAt": None,
        "categoryAffinity": None,
        "categoryAffinityIds": None,
    }
    data_fields = to_dotdigital({**nothing, "customerEmail": "a@b.example"})["dataFields"]
    assert set(data_fields) == set(DOTDIGITAL_SUMMARY_FIELD_DEFAULTS.values())
    assert (data_fields["LIFETIME_VALUE"], data_fields["LAST_PURCHASE"]) == (0, None)


def test_members_that_were_not_read_leave_their_fields_alone() -> None:
    partial = {"id": f"customer/{CUSTOMER_ID}", "orderCount": 2, "customerEmail": "a@b.example"}
    assert to_iterable(partial)["dataFields"] == {"orderCount": 2}
    assert to_dotdigital(partial)["dataFields"] == {"ORDER_COUNT": 2}


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_guests_travel_only_where_the_settings_say_so(destination: str) -> None:
    with pytest.raises(SkipRecordError, match=r"order_summaries\.by_address"):
        mapped_by(destination, summary(**GUEST))
    (outcome,) = mapped_by(destination, summary(**GUEST), section={"by_address": "send"})
    record = outcome.record or {}
    assert (record.get("email") or record["identifiers"]["email"]) == "bo@shop.example"


def test_a_guest_of_a_userid_project_is_the_guest_of_its_purchases_without_an_address() -> None:
    record = to_iterable(summary(**GUEST), identity={"project_type": "userid"})
    assert record["userId"].startswith("guest-")
    assert len(record["userId"]) == 46
    assert "bo@shop.example" not in str(record)


def test_customers_of_an_email_based_project_need_an_address_and_leave() -> None:
    project = {"project_type": "email"}
    with pytest.raises(SkipRecordError, match="customerEmail: missing, and an email-based project"):
        mapped_by("iterable", summary(), identity=project, section={"by_address": "send"})
    told = summary(customerEmail="Ada.Kern@shop.example")
    with pytest.raises(SkipRecordError, match=r"order_summaries\.by_address"):
        mapped_by("iterable", told, identity=project)
    assert to_iterable(told, identity=project, section={"by_address": "send"})["email"] == "ada.kern@shop.example"


def test_a_customer_without_an_address_is_no_contact() -> None:
    with pytest.raises(SkipRecordError, match="customerEmail: missing, and contacts are identified by it"):
        mapped_by("dotdigital", summary(), section={"by_address": "send"})


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_where_only_some_stores_travel_a_summary_must_tell_its_own(destination: str) -> None:
    record, store = summary(customerEmail="a@b.example"), {"keys": ["de-web"], "without": "skip"}
    with pytest.raises(SkipRecordError, match="stores: the summary does not tell them"):
        mapped_by(destination, record, store={"keys": ["de-web"]})
    with pytest.raises(SkipRecordError, match="stores: not a store"):
        mapped_by(destination, {**record, "stores": [{"typeId": "store", "key": "fr-web"}]}, store=store)
    taken = mapped_by(destination, {**record, "stores": [{"typeId": "store", "key": "de-web"}]}, store=store)
    assert taken[0].outcome == "mapped"


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"id": None}, "id: missing"),
        ({"id": "visitor/1"}, "id: neither customer/ and an id nor guest/ and an address"),
        ({"id": "guest/ "}, "id: neither customer/ and an id nor guest/ and an address"),
        ({"lastPurchaseAt": "yesterday"}, "lastPurchaseAt: not a timestamp"),
        ({"valueByCurrency": [{"currencyCode": "EUR"}]}, "valueByCurrency.lifetimeValue: missing"),
        (
            {"valueByCurrency": [{"lifetimeValue": {"currencyCode": "EUR", "centAmount": 1.5, "fractionDigits": 2}}]},
            "valueByCurrency.lifetimeValue: money without centAmount",
        ),
    ],
)
def test_a_malformed_summary_is_rejected_by_its_member(destination: str, members: Record, reason: str) -> None:
    with pytest.raises(RejectRecordError, match=f"^{reason}$"):
        mapped_by(destination, summary(**{"customerEmail": "a@b.example", **members}))


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ({"lifetime_value": "A_NAME_THAT_IS_TOO_LONG"}, r"lifetime_value: .* 1 to 20 "),
        ({"lifetime_value": "lastname"}, "lifetime_value: .* taken by a standard field"),
        ({"order_count": "lifetime_value"}, "order_count: .* taken"),
    ],
)
def test_a_data_field_s_name_that_dotdigital_refuses_is_named_by_its_path(names: Record, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^mapper\.config\.order_summaries\.dotdigital_fields\.{text}"):
        compile_order_summary_rules(
            {"dotdigital_fields": names},
            "mapper.config.order_summaries",
            currency=None,
            taken_data_fields=frozenset({"LASTNAME"}),
        )


def test_a_data_field_can_be_renamed_or_left_out() -> None:
    section: Record = {
        "dotdigital_fields": {name: None for name in DOTDIGITAL_SUMMARY_FIELD_DEFAULTS if "count" not in name}
    }
    section["dotdigital_fields"]["order_count"] = "ORDERS"
    record = to_dotdigital(summary(customerEmail="a@b.example"), section=section)
    assert record["dataFields"] == {"ORDERS": 3, "CANCELLED_ORDERS": 1}
    section["dotdigital_fields"].update(order_count=None, cancelled_order_count=None)
    with pytest.raises(SkipRecordError, match=r"order_summaries\.dotdigital_fields: none"):
        mapped_by("dotdigital", summary(customerEmail="a@b.example"), section=section)


def test_the_documented_defaults_are_the_real_ones() -> None:
    properties = ORDER_SUMMARIES_SCHEMA["properties"]
    fields = {name: schema["default"] for name, schema in properties["dotdigital_fields"]["properties"].items()}
    spelt = {"by_address": properties["by_address"]["default"], "dotdigital_fields": fields}
    compiled = [
        compile_order_summary_rules(section, "", currency=None, taken_data_fields=frozenset())
        for section in (spelt, {}, {"currency": None, "by_address": None, "dotdigital_fields": None})
    ]
    assert compiled[0] == compiled[1] == compiled[2]


@pytest.mark.parametrize("project_type", ["hybrid", "userid", "email"])
@pytest.mark.parametrize("by_address", ["skip", "send"])
def test_the_users_stream_has_the_key_that_every_record_has(project_type: str, by_address: str) -> None:
    settings = compile_settings({"identity": {"project_type": project_type}})
    rules = compile_order_summary_rules({"by_address": by_address}, "", currency=None, taken_data_fields=frozenset())
    users = users_stream(settings)
    stream = iterable.with_derived_fields(users, rules, settings)
    assert set(stream.schema["properties"]["dataFields"]["properties"]) >= {"lifetimeValue", "firstName"}
    either = project_type == "hybrid" and by_address == "send"
    assert stream.key_properties == (() if either else users.key_properties)
    for key in stream.key_properties:
        assert key in stream.schema["required"]


def test_the_contacts_stream_tells_the_types_of_the_data_fields() -> None:
    settings = compile_settings({})
    rules = compile_order_summary_rules({}, "", currency=None, taken_data_fields=settings.taken_data_fields)
    stream = dotdigital.with_derived_fields(contacts_stream(settings, {}), rules)
    fields = stream.schema["properties"]["dataFields"]["properties"]
    assert fields["LIFETIME_VALUE"]["type"] == ["number", "null"]
    assert fields["ORDER_COUNT"]["type"] == ["integer", "null"]
    assert fields["LAST_PURCHASE"]["format"] == "date-time"
    assert fields["TOP_CATEGORIES"]["type"] == ["string", "null"]
    assert "FIRSTNAME" in fields


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just("subscribed"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_AMOUNT = st.builds(money, st.integers(0, 10**12), st.sampled_from(["EUR", "USD", "JPY"]), st.integers(0, 3))
_VALUES = st.lists(
    st.fixed_dictionaries(
        {"lifetimeValue": _AMOUNT}, optional={"averageOrderValue": _AMOUNT, "orderCount": st.just(1)}
    ),
    max_size=3,
)
_SUMMARIES = st.builds(
    lambda base, extra: {**extra, **base},
    st.fixed_dictionaries(
        {"id": st.sampled_from([f"customer/{CUSTOMER_ID}", "guest/Bo@Shop.example", "guest/", "x", ""])},
        optional={
            "customerEmail": st.sampled_from(["Ada@Shop.example", None, 7]),
            "orderCount": st.integers(0, 99) | _ANYTHING,
            "valueByCurrency": _VALUES | _ANYTHING,
            "topCategories": _ANYTHING,
            "lastPurchaseAt": st.sampled_from([None, "2026-11-20T08:00:00.000Z", "?"]),
        },
    ),
    st.dictionaries(
        st.sampled_from(["channelProperties", "newsletterOptIn", "consentRecords", "lists", "custom", "subscribed"]),
        _ANYTHING,
    ),
)
_USER_MEMBERS = {"userId", "email", "mergeNestedObjects", "dataFields"}
_CONTACT_MEMBERS = {"matchIdentifier", "identifiers", "dataFields"}


@given(
    record=_SUMMARIES,
    project_type=st.sampled_from(["hybrid", "userid", "email"]),
    by_address=st.sampled_from(["skip", "send"]),
)
def test_whatever_a_summary_holds_it_touches_fields_and_never_a_subscription(
    record: Record, project_type: str, by_address: str
) -> None:
    for destination in ("iterable", "dotdigital"):
        outcomes, reason = mapped_or_reason(
            destination, record, section={"by_address": by_address}, identity={"project_type": project_type}
        )
        assert "shop.example" not in reason.lower()
        if reason:
            continue
        (outcome,) = outcomes
        written = outcome.record or {}
        fields = set(written["dataFields"])
        if destination == "iterable":
            assert set(written) <= _USER_MEMBERS
            assert ("userId" in written) != ("email" in written)
            assert fields <= set(iterable.DERIVED_FIELDS)
            if by_address == "skip":
                assert "email" not in written
        else:
            assert set(written) == _CONTACT_MEMBERS
            assert fields <= set(DOTDIGITAL_SUMMARY_FIELD_DEFAULTS.values())


@given(units=st.integers(0, 2**53), digits=st.integers(0, 3))
def test_amounts_are_exact(units: int, digits: int) -> None:
    record = summary(valueByCurrency=[value(units, 1, "EUR", digits)], customerEmail="a@b.example")
    exact = Decimal(units).scaleb(-digits)
    assert to_iterable(record)["dataFields"]["lifetimeValue"] == exact
    assert to_iterable(record)["dataFields"]["lifetimeValue"].as_tuple().exponent < 0
    if digits <= 2:
        assert to_dotdigital(record)["dataFields"]["LIFETIME_VALUE"] == exact
