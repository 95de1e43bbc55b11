from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.prices import PriceRule, choose_price

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


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
