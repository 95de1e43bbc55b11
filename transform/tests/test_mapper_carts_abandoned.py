"""Abandoned carts: the rule, and what a second tap with a long settle time makes of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.cart_settings import CartSettings
from mapper_commercetools.event_settings import EventSettings
from mapper_commercetools.iterable.carts import map_cart
from mapper_commercetools.outcomes import SkipRecordError
from mapper_commercetools.settings import compile_settings

Record = dict[str, Any]
SETTINGS = compile_settings({})
START = datetime(2026, 11, 20, tzinfo=timezone.utc)
AFTER, SETTLE, OVERLAP, UNTIL = (timedelta(minutes=minutes) for minutes in (60, 65, 5, 240))
SECTION = {"send": "abandonment", "abandoned_after_minutes": 60, "abandoned_until_minutes": 240}


def cart_at(version: int, changed_at: datetime, state: str = "Active", quantity: int = 1) -> Record:
    price = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1000 * quantity, "fractionDigits": 2}
    line = {"id": "li", "productId": "p", "variant": {"id": 1, "sku": "S"}, "quantity": quantity, "totalPrice": price}
    return {
        "id": "cart-1",
        "version": version,
        "createdAt": "2026-11-19T00:00:00.000Z",
        "lastModifiedAt": changed_at.isoformat(),
        "customerId": "c-1",
        "cartState": state,
        "lineItems": [line] if quantity else [],
        "totalPrice": price,
    }


def told(cart: Record, now: datetime, events: Record | None = None) -> Record:
    carts, event_settings = CartSettings.compile(SECTION, "carts"), EventSettings.compile(events, "events")
    (outcome,) = map_cart(cart, SETTINGS, carts, event_settings, now)
    assert outcome.stream == "events"
    assert outcome.record is not None
    return outcome.record


def test_a_cart_left_alone_is_abandoned_at_its_last_change_and_the_age_later() -> None:
    first = told(cart_at(6, START), START + timedelta(minutes=61))
    assert (first["eventName"], first["id"], first["userId"]) == ("cartAbandoned", "ct-cart-cart-1-abandoned-6", "c-1")
    assert first["createdAt"] == int((START + AFTER).timestamp())
    assert first["dataFields"]["items"][0]["id"] == "S"
    assert told(cart_at(6, START), START + timedelta(minutes=200)) == first
    assert told(cart_at(7, START), START + timedelta(minutes=61))["id"] == "ct-cart-cart-1-abandoned-7"


@pytest.mark.parametrize(
    ("cart", "minutes", "reason"),
    [
        (cart_at(6, START), 59, "abandoned_after_minutes"),
        (cart_at(6, START), 241, "abandoned_until_minutes"),
        (cart_at(6, START, "Ordered"), 61, "cartState"),
        (cart_at(6, START, "Merged"), 61, "cartState"),
        (cart_at(6, START, "Frozen"), 61, "cartState"),
        (cart_at(6, START, quantity=0), 61, "empty"),
        ({**cart_at(6, START), "customerId": None}, 61, "nobody's"),
    ],
)
def test_a_cart_that_is_not_abandoned_is_skipped_with_the_reason(cart: Record, minutes: int, reason: str) -> None:
    with pytest.raises(SkipRecordError, match=reason):
        told(cart, START + timedelta(minutes=minutes))


def test_abandonment_before_since_or_without_a_name_is_not_told() -> None:
    now = START + timedelta(minutes=61)
    with pytest.raises(SkipRecordError, match=r"events\.since"):
        told(cart_at(6, START), now, {"since": "2026-11-20T01:00:01Z"})
    with pytest.raises(SkipRecordError, match="cartAbandoned"):
        told(cart_at(6, START), now, {"names": {"cartAbandoned": None}})


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[tuple[datetime, Record]], list[datetime]]:
    """A cart's versions, one after the other, and when the second tap runs."""
    gaps = draw(st.lists(st.integers(1, 200), min_size=1, max_size=6))
    states = draw(
        st.lists(st.sampled_from(["Active"] * 4 + ["Ordered", "empty"]), min_size=len(gaps), max_size=len(gaps))
    )
    moment, versions = START, []
    for number, (gap, state) in enumerate(zip(gaps, states, strict=True), start=1):
        moment += timedelta(minutes=gap)
        cart = cart_at(number, moment, "Active" if state == "empty" else state, quantity=int(state != "empty"))
        versions.append((moment, cart))
    waits = draw(st.lists(st.integers(1, 90), min_size=1, max_size=12))
    runs = [START + timedelta(minutes=sum(waits[: number + 1])) for number in range(len(waits))]
    return versions, runs


def read(versions: list[tuple[datetime, Record]], runs: list[datetime]) -> list[tuple[Record, datetime]]:
    """Read as the tap does: current rows that changed up to run - settle, from the last end - overlap on, each once."""
    rows, seen, last = [], set(), None
    for run in runs:
        current = [(changed_at, cart) for changed_at, cart in versions if changed_at <= run][-1:]
        for changed_at, cart in current:
            fresh = last is None or changed_at >= last - OVERLAP
            if changed_at <= run - SETTLE and fresh and cart["version"] not in seen:
                seen.add(cart["version"])
                rows.append((cart, run))
        last = run - SETTLE
    return rows


def told_id(cart: Record, now: datetime) -> str | None:
    """Return the id of the event, None if there is none for another reason than that it is too early."""
    try:
        return str(told(cart, now)["id"])
    except SkipRecordError as skipped:
        if "abandoned_after_minutes" in str(skipped):
            raise
        return None


@given(lives(), st.integers(0, 240))
def test_each_version_left_alone_is_told_once_and_no_other(
    life: tuple[list[tuple[datetime, Record]], list[datetime]], started_before: int
) -> None:
    """The mapper's clock may be minutes behind the instant at which the tap reads; nothing is lost by that."""
    versions, runs = life
    lag = timedelta(seconds=started_before)
    ids = [told_id(cart, run - lag) for cart, run in read(versions, runs)]
    ends = [changed_at for changed_at, _ in versions[1:]] + [datetime.max.replace(tzinfo=timezone.utc)]
    expected = []
    for (changed_at, cart), gone_at in zip(versions, ends, strict=True):
        seen_at = next((run for run in runs if changed_at + SETTLE <= run < gone_at), None)
        is_full_and_active = cart["cartState"] == "Active" and bool(cart["lineItems"])
        if is_full_and_active and seen_at is not None and seen_at - lag <= changed_at + UNTIL:
            expected.append(f"ct-cart-cart-1-abandoned-{cart['version']}")
    assert [name for name in ids if name] == expected
