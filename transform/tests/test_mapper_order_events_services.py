"""Events and carts against the vendors' API descriptions and the emulated service."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from commerce_sandbox.iterable.testing import InProcessIterable
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from commerce_sandbox.vendor_specifications import DOTDIGITAL_INSIGHT, ITERABLE, folder_beside, operation
from mapper_commercetools.cart_settings import CartSettings
from mapper_commercetools.dotdigital import cart_insight
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.event_settings import EventSettings
from mapper_commercetools.iterable import carts
from mapper_commercetools.iterable.event_fields import events_stream
from mapper_commercetools.iterable.events import map_order_events
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError
from mapper_commercetools.settings import compile_settings

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
END = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
CONFIG = {"product_url": "https://shop.example/{locale}/p/{slug}"}
SETTINGS = compile_settings(CONFIG)
EVENTS = EventSettings.compile({"names": {"cartUpdated": "cartUpdated"}}, "events")
CARTS = CartSettings.compile({"guests": "take", "url": "https://shop.example/cart/{id}"}, "carts")
SPECIFICATIONS = folder_beside(__file__)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(seed=5, customers=60, orders=250, products=30, history_end=END))


def mapped(shop: Shop, stream: str, mapping: Callable[[Record], list[MappedRecord]]) -> dict[str, list[Record]]:
    records: dict[str, list[Record]] = {}
    encoder = msgspec.json.Encoder(decimal_format="number")
    for record in shop.resources[stream].values():
        try:
            outcomes = mapping(record)
        except SkipRecordError:
            continue
        for outcome in outcomes:
            if outcome.record is None:
                continue
            records.setdefault(outcome.stream, []).append(msgspec.json.decode(encoder.encode(outcome.record)))
    return records


@pytest.fixture(scope="module")
def order_events(shop: Shop) -> list[Record]:
    return mapped(shop, "orders", lambda order: map_order_events(order, SETTINGS, EVENTS))["events"]


@pytest.fixture(scope="module")
def of_carts(shop: Shop) -> dict[str, list[Record]]:
    return mapped(shop, "carts", lambda cart: carts.map_cart(cart, SETTINGS, CARTS, EVENTS, END))


@pytest.fixture(scope="module")
def insight(shop: Shop) -> list[Record]:
    return mapped(shop, "carts", lambda cart: cart_insight.map_cart(cart, SETTINGS, CARTS))["cart_insight"]


def fitting(stream: MappedStream, records: list[Record]) -> list[str]:
    validator = jsonschema_rs.validator_for(stream.schema, validate_formats=True)
    return [error.message for record in records for error in validator.iter_errors(record)]


def body_of(cart: Record) -> Record:
    """Return what the loader sends of a cart: what it needs itself stays behind."""
    return {name: value for name, value in cart.items() if name not in {"cartId", "cartVersion"}}


def test_every_record_fits_its_own_schema(
    order_events: list[Record], of_carts: dict[str, list[Record]], insight: list[Record]
) -> None:
    assert len(order_events) > 500
    assert len(of_carts["carts"]) == len(of_carts["events"]) > 10
    assert len(insight) > 20
    assert fitting(events_stream(SETTINGS), order_events + of_carts["events"]) == []
    assert fitting(carts.carts_stream(), of_carts["carts"]) == []
    assert fitting(cart_insight.cart_insight_stream(SETTINGS), insight) == []


def faults(name: str, method: str, path: str, body: Record) -> list[str]:
    if SPECIFICATIONS is None:
        # The vendors' files have no open licence, so the project lacks them; who has them runs these.
        pytest.skip("the vendors' files are not beside the repository")
    described = operation(SPECIFICATIONS, (name,), method, path)
    assert described is not None
    assert described.body is not None
    return [error.message for error in jsonschema_rs.Draft4Validator(described.body).iter_errors(body)]


def test_records_fit_the_vendors_requests(
    order_events: list[Record], of_carts: dict[str, list[Record]], insight: list[Record]
) -> None:
    assert faults(ITERABLE, "POST", "/api/events/trackBulk", {"events": order_events + of_carts["events"]}) == []
    for cart in of_carts["carts"]:
        assert faults(ITERABLE, "POST", "/api/commerce/updateCart", body_of(cart)) == []
    collection = {"collectionName": "CartInsight", "collectionScope": "contact", "collectionType": "cartInsight"}
    assert faults(DOTDIGITAL_INSIGHT, "PUT", "/insightData/v3/import", {**collection, "records": insight}) == []
    wrong = {**order_events[0], "createdAt": "today"}
    assert faults(ITERABLE, "POST", "/api/events/trackBulk", {"events": [wrong]})


def test_iterable_takes_all_events_and_told_twice_they_are_there_once(
    shop: Shop, order_events: list[Record], of_carts: dict[str, list[Record]]
) -> None:
    """Field types are fixed by the first value: one event of another type would have the whole batch refused."""
    iterable, mapper = InProcessIterable(), create_record_mapper(CONFIG, "iterable", at=END)
    for purchase in mapped(shop, "orders", lambda order: list(mapper.map_record("orders", order)))["purchases"]:
        assert iterable.post("commerce/trackPurchase", purchase).status == 200
    for cart in of_carts["carts"]:
        assert iterable.post("commerce/updateCart", body_of(cart)).status == 200
    events = order_events + of_carts["events"]
    for batch in (events, list(reversed(events))):
        reply = iterable.post("events/trackBulk", {"events": batch})
        assert (reply.status, reply.json["successCount"], reply.json["failCount"]) == (200, len(events), 0)
    assert iterable.service.counts()["events"] == len(events) + len(of_carts["carts"])
