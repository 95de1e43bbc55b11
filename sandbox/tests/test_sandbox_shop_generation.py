from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from commerce_sandbox.clock import Clock
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTORY_END = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

DIGEST_OF_A_SMALL_SHOP = "03263997bcd9da433290883e5f4539195109264f295a3f92652faca306d9c3b8"
"""What a plan gives is the same on every Python version and machine; change this only with the generator."""

AROUND_THE_TRADE = (
    "standalone-prices",
    "shopping-lists",
    "reviews",
    "associate-roles",
    "business-units",
    "product-selections",
    "product-selections/products",
    "product-tailoring",
    "quote-requests",
    "staged-quotes",
    "quotes",
    "recurrence-policies",
    "recurring-orders",
    "orders/edits",
    "custom-objects",
    "attribute-groups",
    "discount-groups",
    "payment-methods",
)
DIGEST_AROUND_THE_TRADE = "5e07bb2efa44abf07b4fa9ceded3e752c62280c1e28211cf86cc36ed3bf70dcd"
"""The same for the resources of these paths, which came later and change nothing of the others."""

PRINT_DIGEST = """
import hashlib, json
from datetime import datetime, timezone
from commerce_sandbox.shop import ShopPlan, generate_shop
shop = generate_shop(ShopPlan(seed=7, customers=60, orders=150, products=40,
    history_end=datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)))
text = json.dumps([shop.project, shop.resources, shop.notes])
print(hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(history_end=HISTORY_END))


def _text(shop: Shop) -> str:
    return json.dumps([shop.project, shop.resources, shop.notes])


def _small(seed: int = 7) -> Shop:
    return generate_shop(ShopPlan(seed=seed, customers=60, orders=150, products=40, history_end=HISTORY_END))


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def test_same_plan_gives_the_same_bytes_on_every_python() -> None:
    shop = _small()
    around = {path: shop.resources.pop(path) for path in AROUND_THE_TRADE}
    assert _digest([shop.project, shop.resources, shop.notes]) == DIGEST_OF_A_SMALL_SHOP
    assert _digest(around) == DIGEST_AROUND_THE_TRADE


def test_same_plan_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_another_seed_gives_another_shop() -> None:
    one, other = _small(seed=1), _small(seed=2)
    assert not set(one.resources["customers"]) & set(other.resources["customers"])
    assert not set(one.resources["orders"]) & set(other.resources["orders"])


def test_generation_does_not_touch_the_random_numbers_of_its_caller() -> None:
    import random  # noqa: PLC0415 - only this test looks at the shared generator

    random.seed(3)
    before = random.getstate()
    _small()
    assert random.getstate() == before


def test_sizes_are_as_planned(shop: Shop) -> None:
    assert len(shop.resources["customers"]) == 1000
    assert len(shop.resources["orders"]) == 3000
    assert len(shop.resources["products"]) == 300


def test_every_path_of_the_contract_has_rows_under_their_own_ids(shop: Shop) -> None:
    paths = (
        "customers orders products carts categories inventory payments types product-types customer-groups stores "
        "channels states discount-codes cart-discounts product-discounts tax-categories zones shipping-methods"
    )
    for path in paths.split():
        assert shop.resources[path], path
        for identifier, resource in shop.resources[path].items():
            assert resource["id"] == identifier
            assert UUID.fullmatch(identifier), (path, identifier)


def _timestamps(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _timestamps(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _timestamps(member, name)
    elif isinstance(value, str) and TIMESTAMP.fullmatch(value):
        yield name, value


def test_nothing_happens_after_the_history_ends(shop: Shop) -> None:
    end = "2026-11-20T12:00:00.000Z"
    planned_ahead = {"validFrom", "validUntil", "validTo", "nextOrderAt", "expectedDelivery", "value"}
    for path, rows in shop.resources.items():
        for resource in rows.values():
            late = [name for name, moment in _timestamps(resource) if moment > end and name not in planned_ahead]
            assert not late, (path, resource["id"], late)


def test_further_resources_change_all_through_the_history_and_some_of_them_in_one_millisecond(shop: Shop) -> None:
    for path in ("standalone-prices", "reviews", "shopping-lists"):
        moments = Counter(row["lastModifiedAt"] for row in shop.resources[path].values())
        assert moments.most_common(1)[0][1] > 1, path
        assert {moment[:4] for moment in moments} >= {"2025", "2026"}, path


def test_nothing_is_modified_before_it_is_created(shop: Shop) -> None:
    for rows in shop.resources.values():
        for resource in rows.values():
            assert TIMESTAMP.fullmatch(resource["createdAt"])
            assert TIMESTAMP.fullmatch(resource["lastModifiedAt"])
            assert resource["createdAt"] <= resource["lastModifiedAt"]
            assert resource["version"] >= 1


def test_history_ends_an_hour_before_the_clock_when_the_plan_does_not_say() -> None:
    clock = Clock()
    clock.advance(7 * 24 * 3600)
    shop = generate_shop(ShopPlan(customers=2, orders=2, products=1), clock)
    end = datetime.strptime(shop.notes["history_end"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert end.second == end.microsecond == 0
    assert timedelta(hours=1) <= clock.now() - end < timedelta(hours=1, minutes=2)


def test_history_reaches_back_about_eighteen_months(shop: Shop) -> None:
    bulk = set(shop.notes["bulk_import_order_ids"])
    created = sorted(row["createdAt"] for row in shop.resources["orders"].values() if row["id"] not in bulk)
    assert "2025-05" <= created[0][:7] <= "2025-08"
    assert created[-1] > "2026-11-18"


def test_bulk_import_puts_many_orders_on_one_millisecond(shop: Shop) -> None:
    moments = Counter(row["lastModifiedAt"] for row in shop.resources["orders"].values())
    assert moments.most_common(1) == [(shop.notes["bulk_import_at"], 120)]
    imported = [shop.resources["orders"][identifier] for identifier in shop.notes["bulk_import_order_ids"]]
    assert len(imported) == 120
    assert {row["createdAt"] for row in imported} == {shop.notes["bulk_import_at"]}
    completed = [row["completedAt"] for row in imported if "completedAt" in row]
    assert len(completed) == 60
    assert all(moment < shop.notes["bulk_import_at"] for moment in completed)


def test_project_is_as_contracted(shop: Shop) -> None:
    project = shop.project
    assert project["key"] == "sandbox-shop"
    assert project["languages"] == ["en", "de", "fr"]
    assert project["currencies"] == ["EUR", "GBP", "USD", "JPY"]
    assert project["countries"] == ["DE", "AT", "FR", "GB", "US", "JP"]
    assert project["messages"] == {"enabled": True, "deleteDaysAfterCreation": 15}
    assert project["carts"]["deleteDaysAfterLastModification"] == 90
    assert project["productCatalogModel"] == "Classic"
    assert {row["key"] for row in shop.resources["stores"].values()} == {"de-web", "fr-web", "uk-web", "us-web"}


@pytest.mark.parametrize(("customers", "orders", "products"), [(1, 1, 0), (-1, 1, 1), (1, -1, 1)])
def test_impossible_sizes_are_refused(customers: int, orders: int, products: int) -> None:
    with pytest.raises(ValueError, match="a shop"):
        ShopPlan(customers=customers, orders=orders, products=products)


def test_end_of_history_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="history_end must carry a time zone"):
        ShopPlan(history_end=datetime(2026, 1, 1))  # noqa: DTZ001 - the naive time is what is refused


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**40),
    customers=st.integers(0, 12),
    orders=st.integers(0, 25),
    products=st.integers(1, 15),
)
def test_every_small_plan_gives_a_shop_of_that_size(seed: int, customers: int, orders: int, products: int) -> None:
    plan = ShopPlan(seed=seed, customers=customers, orders=orders, products=products, history_end=HISTORY_END)
    resources = generate_shop(plan).resources
    assert [len(resources[path]) for path in ("customers", "orders", "products")] == [customers, orders, products]


def test_default_shop_is_there_within_seconds() -> None:
    started = time.process_time()
    generate_shop(ShopPlan())
    assert time.process_time() - started < 3
