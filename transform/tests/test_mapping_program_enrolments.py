"""Owners of abandoned carts as enrolments into a Dotdigital program."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from mapper_commercetools.engine import create_record_mapper

LEFT_AT = datetime(2026, 11, 20, tzinfo=timezone.utc)
SECTION = {"send": "abandonment", "program": "Abandoned cart", "abandoned_after_minutes": 60}
PRICE = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1000, "fractionDigits": 2}
CART: dict[str, Any] = {
    "id": "cart-1",
    "version": 6,
    "createdAt": "2026-11-19T00:00:00.000Z",
    "lastModifiedAt": LEFT_AT.isoformat(),
    "customerId": "c-1",
    "customerEmail": "Ada@Shop.example",
    "cartState": "Active",
    "lineItems": [{"id": "li", "productId": "p", "variant": {"id": 1}, "quantity": 1, "totalPrice": PRICE}],
    "totalPrice": PRICE,
}


def outcome(minutes: int, section: dict[str, Any] = SECTION, **changes: Any) -> tuple[str, Any]:
    """Return what a cart that was left so long ago yields, and its record or the reason."""
    mapper = create_record_mapper({"carts": section}, "dotdigital", at=LEFT_AT + timedelta(minutes=minutes))
    (only,) = mapper.map_record("carts", {**CART, **changes})
    assert only.stream == "program_enrolments"
    return only.outcome, only.record or only.reason


def test_the_owner_of_a_cart_left_alone_is_enrolled_for_that_version() -> None:
    key = "ct-cart-cart-1-abandoned-6"
    expected = ("mapped", {"program": "Abandoned cart", "email": "ada@shop.example", "key": key})
    assert outcome(61) == outcome(600) == expected
    _, later = outcome(61, version=7)
    assert later["key"] != key


def test_a_program_can_be_named_by_number() -> None:
    _, record = outcome(61, {**SECTION, "program": 17})
    assert record["program"] == "17"


@pytest.mark.parametrize(
    ("minutes", "changes", "reason"),
    [
        (59, {}, "abandoned_after_minutes"),
        (60 * 24 * 3, {}, "abandoned_until_minutes"),
        (61, {"cartState": "Ordered"}, "cartState"),
        (61, {"lineItems": []}, "empty"),
        (61, {"customerId": None}, "guest"),
        (61, {"customerEmail": None}, "customerEmail"),
    ],
)
def test_others_are_skipped_with_the_reason(minutes: int, changes: dict[str, Any], reason: str) -> None:
    kind, text = outcome(minutes, **changes)
    assert kind == "skipped"
    assert reason in text


def test_the_run_announces_nothing_but_enrolments() -> None:
    mapper = create_record_mapper({"carts": SECTION}, "dotdigital")
    schema = {"properties": {"id": {"type": "string"}, "lastModifiedAt": {"type": "string"}}}
    announced = mapper.map_schema("carts", schema, ["id"])
    assert announced is not None
    assert [stream.stream for stream in announced] == ["program_enrolments"]


@pytest.mark.parametrize(
    "section", [{"send": "abandonment"}, {"program": "Abandoned cart"}, {"send": "contents", "program": 3}]
)
def test_a_program_without_abandonment_or_the_other_way_round_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^mapper\.config\.carts\.program: "):
        create_record_mapper({"carts": section}, "dotdigital")
