"""A whole believable shop through both mappings: sums, counts, identities."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from mapper_commercetools.engine import create_record_mapper

if TYPE_CHECKING:
    from mapper_commercetools.outcomes import MappedRecord

Json = Any
Record = dict[str, Any]
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}
CONFIG = {"locales": ["en"], "currency": "EUR", "product_url": "https://shop.example/{locale}/p/{slug}"}
STREAMS = ("customers", "orders", "products")
HISTORY_END = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(seed=11, customers=150, orders=400, products=60, history_end=HISTORY_END))


def mapped_shop(shop: Shop, destination: str, **config: Any) -> dict[str, list[tuple[Record, list[MappedRecord]]]]:
    mapper = create_record_mapper({**CONFIG, **config}, destination, at=HISTORY_END)
    return {
        stream: [(record, list(mapper.map_record(stream, record))) for record in shop.resources[stream].values()]
        for stream in STREAMS
    }


def exact(money: Record) -> Fraction:
    return Fraction(money["centAmount"], 10 ** money["fractionDigits"])


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize("item", ["product", "variant"])
def test_every_record_has_an_outcome_and_none_is_rejected(shop: Shop, destination: str, item: str) -> None:
    outcomes: Counter[str] = Counter()
    for stream, pairs in mapped_shop(shop, destination, catalog={"item": item}).items():
        for _, results in pairs:
            assert results
            outcomes.update(f"{stream} {result.outcome}" for result in results)
            assert not any(result.outcome == "rejected" for result in results)
    nameless = len(shop.notes["nameless_order_ids"])
    assert outcomes["orders skipped"] == nameless > 0
    assert outcomes["customers skipped"] == outcomes["products skipped"] == 0


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_every_mapped_record_fits_its_schema_as_json(shop: Shop, destination: str) -> None:
    mapper = create_record_mapper(CONFIG, destination, at=HISTORY_END)
    encoder = msgspec.json.Encoder(decimal_format="number")
    for stream in STREAMS:
        validators = {
            mapped.stream: jsonschema_rs.validator_for(mapped.schema, validate_formats=True)
            for mapped in mapper.map_schema(stream, SCHEMA, ["id"]) or ()
        }
        for record in shop.resources[stream].values():
            for outcome in mapper.map_record(stream, record):
                if outcome.record is not None:
                    validators[outcome.stream].validate(msgspec.json.decode(encoder.encode(outcome.record)))


def test_purchases_add_up_to_the_orders_to_the_cent(shop: Shop) -> None:
    for order, (purchase, *_) in mapped_shop(shop, "iterable")["orders"]:
        if purchase.record is None:
            continue
        fields = purchase.record["dataFields"]
        lines = sum((item["dataFields"]["lineTotal"] for item in purchase.record["items"]), Decimal(0))
        vouchers = sum(min(exact(line["totalPrice"]), Fraction(0)) for line in order.get("customLineItems", ()))
        assert Fraction(purchase.record["total"]) == exact(order["totalPrice"])
        assert lines == fields["subtotal"]
        on_total = order.get("discountOnTotalPrice")
        taken_off = exact(on_total["discountedAmount"]) if on_total else Fraction(0)
        parts = Fraction(lines) + Fraction(fields["shippingTotal"]) + vouchers - taken_off
        assert parts == exact(order["totalPrice"])
        for item in purchase.record["items"]:
            error = abs(Fraction(item["price"]) * item["quantity"] - Fraction(item["dataFields"]["lineTotal"]))
            digits = order["totalPrice"]["fractionDigits"]
            assert error <= Fraction(item["quantity"], 2 * 10**digits), "more than rounding of one unit's price"


def test_dotdigital_totals_are_the_orders_less_refunds(shop: Shop) -> None:
    refunded = 0
    for order, results in mapped_shop(shop, "dotdigital")["orders"]:
        record = results[-1].record
        if record is None:
            continue
        refund = Fraction(record["json"].get("refunded_amount", 0))
        assert 0 <= refund <= exact(order["totalPrice"])
        assert Fraction(record["json"]["order_total"]) == exact(order["totalPrice"]) - refund
        returned = [item for info in order.get("returnInfo", ()) for item in info["items"]]
        assert bool(refund) <= any(item["paymentState"] == "Refunded" for item in returned)
        refunded += bool(refund)
    assert refunded > 0


def test_every_order_follows_a_contact_of_its_address(shop: Shop) -> None:
    for order, results in mapped_shop(shop, "dotdigital")["orders"]:
        if results[-1].record is None:
            continue
        contact, record = (result.record for result in results)
        assert contact is not None
        assert record is not None
        assert contact["identifiers"]["email"] == record["contactIdentity"]["value"]
        assert contact["identifiers"]["email"] == order["customerEmail"].strip().lower()
        assert "channelProperties" not in contact


def test_nobody_is_subscribed_without_a_yes(shop: Shop) -> None:
    answers: Counter[str] = Counter()
    for destination in ("iterable", "dotdigital"):
        for customer, (result,) in mapped_shop(shop, destination)["customers"]:
            fields = customer.get("custom", {}).get("fields", {})
            said = {"YES": True, "NO": False}.get(fields.get("NEWSLETTER_SUBSCRIBE"))
            assert result.record is not None
            if destination == "iterable":
                assert result.record["dataFields"].get("newsletterOptIn") is said
            else:
                status = result.record.get("channelProperties", {}).get("email", {}).get("status")
                assert status == {True: "subscribed", False: "unsubscribed", None: None}[said]
                evidence = ("At", "Url", "Ip", "UserAgent", "Text")
                complete = all(f"newsletterConsent{part}" in fields for part in evidence)
                assert ("consentRecords" in result.record) == bool(said and complete)
            answers[str(said)] += 1
    assert min(answers.values()) > 20
    assert set(answers) == {"True", "False", "None"}


def test_keys_and_ids_are_unique_and_safe(shop: Shop) -> None:
    order_keys = [
        results[-1].record["key"] for _, results in mapped_shop(shop, "dotdigital")["orders"] if results[-1].record
    ]
    assert len(order_keys) == len(set(order_keys))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,255}", key) for key in order_keys)
    items = mapped_shop(shop, "iterable", catalog={"item": "variant"})["products"]
    item_ids = [result.record["itemId"] for _, results in items for result in results if result.record]
    assert len(item_ids) == len(set(item_ids)) > len(items)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{1,255}", item_id) for item_id in item_ids)


def test_no_insight_record_has_nulls_empty_containers_or_unsafe_names(shop: Shop) -> None:
    for stream in ("orders", "products"):
        for _, results in mapped_shop(shop, "dotdigital")[stream]:
            record = results[-1].record
            if record is not None:
                _check_insight(record["json"])


def _check_insight(value: Json, *, inside_list: bool = False) -> None:
    assert value is not None
    if isinstance(value, dict):
        assert value
        for name, member in value.items():
            assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
            _check_insight(member)
    elif isinstance(value, list):
        assert value
        assert not inside_list, "a list directly inside a list"
        for item in value:
            _check_insight(item, inside_list=True)
    elif isinstance(value, Decimal):
        assert -value.as_tuple().exponent <= 2  # type: ignore[operator]  # amounts are finite


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_every_field_has_one_type_throughout(shop: Shop, destination: str) -> None:
    kinds: dict[tuple[str, str], set[str]] = defaultdict(set)
    encoder = msgspec.json.Encoder(decimal_format="number")
    for pairs in mapped_shop(shop, destination).values():
        for _, results in pairs:
            for result in results:
                if result.record is not None:
                    _collect(result.stream, "", msgspec.json.decode(encoder.encode(result.record)), kinds, destination)
    assert {place: kind for place, kind in kinds.items() if len(kind) > 1} == {}


def _collect(stream: str, path: str, value: Json, kinds: dict[tuple[str, str], set[str]], destination: str) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            _collect(stream, f"{path}.{name}", member, kinds, destination)
    elif isinstance(value, list):
        for item in value:
            _collect(stream, f"{path}[]", item, kinds, destination)
    elif value is not None:
        kind = type(value).__name__
        # Dotdigital has one type of number; Iterable fixes long or double by the first value.
        kinds[stream, path].add("number" if kind in {"int", "float"} and destination == "dotdigital" else kind)
