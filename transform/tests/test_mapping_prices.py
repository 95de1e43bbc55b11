from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.prices import PriceRule, choose_price

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
RULE = PriceRule("EUR", None, NOW)


def price(units: int, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    value = {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": 2}
    return {"id": str(units), "value": value, **more}


def chosen(prices: list[dict[str, Any]], currency: str | None = "EUR", country: str | None = None) -> int | None:
    found = choose_price(prices, PriceRule(currency, country, NOW))
    return found.value.units if found else None


def test_another_currency_does_not_count() -> None:
    assert chosen([price(1, "USD"), price(2, "EUR")]) == 2
    assert chosen([price(1, "USD")]) is None


def test_without_a_currency_the_first_suitable_price_counts() -> None:
    assert chosen([price(1, "USD"), price(2, "EUR")], currency=None) == 1


def test_the_wanted_country_comes_before_no_country_and_another_never_counts() -> None:
    prices = [price(1), price(2, country="DE"), price(3, country="FR")]
    assert chosen(prices, country="DE") == 2
    assert chosen(prices, country="AT") == 1
    assert chosen([price(3, country="FR")], country="DE") is None


def test_without_a_wanted_country_a_price_for_no_country_comes_first() -> None:
    assert chosen([price(1, country="DE"), price(2)]) == 2
    assert chosen([price(1, country="DE"), price(2, country="FR")]) == 1


@pytest.mark.parametrize("scope", ["customerGroup", "channel", "recurrencePolicy"])
def test_scoped_prices_do_not_count(scope: str) -> None:
    assert chosen([{**price(1), scope: {"typeId": "x", "id": "1"}}, price(2)]) == 2


@pytest.mark.parametrize("scope", ["customerGroup", "channel"])
def test_a_price_for_the_wanted_scope_comes_first_by_id_or_expanded_key(scope: str) -> None:
    scoped = {**price(1), scope: {"typeId": "x", "id": "uuid-1", "obj": {"key": "outlet"}}}
    other = {**price(3), scope: {"typeId": "x", "id": "uuid-2"}}
    for name, units in (("uuid-1", 1), ("outlet", 1), ("uuid-2", 3), ("uuid-3", 2)):
        rule = replace(RULE, channel=name) if scope == "channel" else replace(RULE, customer_group=name)
        found = choose_price([price(2), scoped, other], rule)
        assert found is not None
        assert found.value.units == units


GROUP, CHANNEL = {"customerGroup": {"id": "g"}}, {"channel": {"id": "c"}}
COUNTRY, VALIDITY = {"country": "DE"}, {"validFrom": "2026-01-01T00:00:00Z"}
FROM_MOST_SPECIFIC: list[dict[str, Any]] = [
    {**GROUP, **CHANNEL, **COUNTRY, **VALIDITY},
    {**GROUP, **CHANNEL, **COUNTRY},
    {**GROUP, **CHANNEL},
    {**GROUP, **COUNTRY},
    GROUP,
    {**CHANNEL, **COUNTRY},
    CHANNEL,
    {**COUNTRY, **VALIDITY},
    COUNTRY,
    VALIDITY,
    {},
]


def test_customer_group_comes_before_channel_before_country_before_validity() -> None:
    rule = replace(RULE, country="DE", customer_group="g", channel="c")
    for first in range(len(FROM_MOST_SPECIFIC)):
        rest = [price(units, **FROM_MOST_SPECIFIC[units]) for units in range(first, len(FROM_MOST_SPECIFIC))]
        for prices in (rest, rest[::-1]):
            found = choose_price(prices, rule)
            assert found is not None
            assert found.value.units == first


SCOPES = st.fixed_dictionaries(
    {"currency": st.sampled_from(["EUR", "USD"])},
    optional={
        "country": st.sampled_from(["DE", "FR"]),
        "channel": st.sampled_from(["c", "x"]).map(lambda id_: {"typeId": "channel", "id": id_}),
        "customerGroup": st.sampled_from(["g", "x"]).map(lambda id_: {"typeId": "customer-group", "id": id_}),
        "recurrencePolicy": st.just({"typeId": "recurrence-policy", "id": "r"}),
        "validFrom": st.sampled_from(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
        "validUntil": st.sampled_from(["2026-02-01T00:00:00Z", "2027-02-01T00:00:00Z"]),
    },
)
RULES = st.builds(
    PriceRule,
    currency=st.just("EUR"),
    country=st.sampled_from([None, "DE"]),
    at=st.just(NOW),
    channel=st.sampled_from([None, "c"]),
    customer_group=st.sampled_from([None, "g"]),
)


@given(st.lists(SCOPES, max_size=6), RULES)
def test_the_chosen_price_is_one_that_this_shopper_can_have(scopes: list[dict[str, Any]], rule: PriceRule) -> None:
    prices = [price(units, **scope) for units, scope in enumerate(scopes)]

    def allowed(one: dict[str, Any]) -> bool:
        return (
            one["value"]["currencyCode"] == "EUR"
            and "recurrencePolicy" not in one
            and ("country" not in one or rule.country in {None, one["country"]})
            and ("channel" not in one or one["channel"]["id"] == rule.channel)
            and ("customerGroup" not in one or one["customerGroup"]["id"] == rule.customer_group)
            and one.get("validFrom", "2026") < "2027"
            and one.get("validUntil", "2027") > "2026-03"
        )

    open_to_shopper = [one["value"]["centAmount"] for one in prices if allowed(one)]
    found = choose_price(prices, rule)
    assert (found is None) == (not open_to_shopper)
    if found is not None:
        assert found.value.units in open_to_shopper
        alone = prices[found.value.units]
        for other in prices:
            if allowed(other) and other is not alone:
                both = [choose_price(pair, rule) for pair in ([alone, other], [other, alone])]
                assert any(one is not None and one.value == found.value for one in both), "another one beats it"


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 20),
    st.none() | st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 20)),
)
def test_high_precision_prices_and_discounts_are_exact(
    units: int, digits: int, discounted: tuple[int, int] | None
) -> None:
    def precise(units: int, digits: int) -> dict[str, Any]:
        return {
            "type": "highPrecision",
            "currencyCode": "EUR",
            "centAmount": 1,
            "preciseAmount": units,
            "fractionDigits": digits,
        }

    one: dict[str, Any] = {"value": precise(units, digits)}
    if discounted is not None:
        one["discounted"] = {"value": precise(*discounted)}
    found = choose_price([one], RULE)
    assert found is not None
    assert (found.value.units, found.value.digits) == (units, digits)
    assert (found.discounted and (found.discounted.units, found.discounted.digits)) == discounted


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "counts"),
    [
        ("2026-11-21T12:00:00.000Z", None, True),
        ("2026-11-21T12:00:00.001Z", None, False),
        (None, "2026-11-21T12:00:00.001Z", True),
        (None, "2026-11-21T12:00:00.000Z", False),
        ("2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z", True),
    ],
)
def test_a_price_counts_within_its_validity_and_then_comes_first(
    valid_from: str | None,
    valid_until: str | None,
    counts: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    prices = [price(1), price(2, validFrom=valid_from, validUntil=valid_until)]
    assert chosen(prices) == (2 if counts else 1)


def test_a_product_discount_is_kept_beside_the_price() -> None:
    found = choose_price([price(9000, discounted={"value": price(7500)["value"]})], PriceRule("EUR", None, NOW))
    assert found is not None
    assert (found.value.units, found.discounted and found.discounted.units) == (9000, 7500)


def test_a_malformed_price_is_rejected() -> None:
    with pytest.raises(RejectRecordError, match=r"^prices.value: "):
        choose_price([{"value": {"currencyCode": "EUR"}}], PriceRule("EUR", None, NOW))
    assert choose_price([{"id": "no value"}], PriceRule(None, None, NOW)) is None
