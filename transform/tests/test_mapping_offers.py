"""Stock from inventory entries and standalone prices, from the stream `product_offers`."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.offers import read_offers
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.preview.previewer import Previewer
from mapper_commercetools.prices import PriceRule, choose_price

Record = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
LEIPZIG, OHIO = "c-leipzig", "c-ohio"


def entry(available: int, channel: str | None = None, sku: str = "FELS-41-GRN", **more: Any) -> Record:
    supplied = {"supplyChannel": {"typeId": "channel", "id": channel}} if channel else {}
    return {"sku": sku, "quantityOnStock": available + 1, "availableQuantity": available, **supplied, **more}


def price(units: int, currency: str = "EUR", sku: str = "FELS-41-GRN", **more: Any) -> Record:
    value = {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": 2}
    return {"id": str(units), "sku": sku, "active": True, "value": value, **more}


def offered(product: Record, *, inventory: list[Record], prices: list[Record] | None = None) -> Record:
    """Return the product as the stream `product_offers` has it; with prices it uses standalone ones."""
    record = {**deepcopy(product), "inventory": inventory, "standalonePrices": prices or []}
    return record | ({} if prices is None else {"priceMode": "Standalone"})


def entries_of(destination: str, record: Record, stream: str = "product_offers", **config: Any) -> list[Record]:
    outcomes = create_record_mapper(config, destination, at=NOW).map_record(stream, record)
    name = "value" if destination == "iterable" else "json"
    return [outcome.record[name] for outcome in outcomes if outcome.record is not None]


# Stock


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
@pytest.mark.parametrize(
    ("inventory", "stock"),
    [
        ([], [None, None]),
        ([entry(0)], [0, None]),
        ([entry(12), entry(5, LEIPZIG), entry(3, OHIO)], [12, None]),
        ([entry(5, LEIPZIG), entry(3, OHIO)], [8, None]),
        ([entry(5, LEIPZIG), entry(2, sku="FELS-42-GRN")], [5, 2]),
        ([entry(5, sku="NOBODYS")], [None, None]),
        ([{"sku": "FELS-41-GRN"}], [None, None]),
    ],
)
def test_stock_is_that_of_the_inventory_entries_not_of_the_copy_in_the_variant(
    product: Record, destination: str, inventory: list[Record], stock: list[int | None]
) -> None:
    record = offered(product, inventory=inventory)
    variants = entries_of(destination, record, catalog={"item": "variant"})
    assert [variant.get("stock") for variant in variants] == stock
    (whole,) = entries_of(destination, record)
    known = [one for one in stock if one is not None]
    assert whole.get("stock") == (sum(known) if known else None)
    if destination == "iterable":
        assert whole.get("inStock") == (sum(known) > 0 if known else None)


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_a_market_counts_the_stock_of_its_own_supply_channels(product: Record, destination: str) -> None:
    markets = [
        {"key": "de", "supply_channels": [LEIPZIG], "default": True},
        {"key": "us", "supply_channels": ["warehouse-ohio"]},
        {"key": "both", "supply_channels": [LEIPZIG, OHIO]},
        {"key": "none", "supply_channels": ["another"]},
        {"key": "any"},
    ]
    ohio = entry(3)
    ohio["supplyChannel"] = {"id": OHIO, "obj": {"key": "warehouse-ohio"}}
    record = offered(product, inventory=[entry(12), entry(5, LEIPZIG), ohio])
    entries = entries_of(destination, record, markets=markets, catalog={"per_market": True})
    assert [one.get("stock") for one in entries] == [5, 3, 8, None, 12]


def test_supply_channels_count_in_the_stream_products_too(product: Record) -> None:
    availability = product["masterData"]["current"]["masterVariant"]["availability"]
    availability["channels"] = {LEIPZIG: {"availableQuantity": 4}}
    for channels, stock in (([LEIPZIG], 4), ([OHIO], None), (None, 12)):
        markets = [{"key": "de", "supply_channels": channels}]
        (item,) = entries_of("iterable", product, "products", markets=markets)
        assert item.get("stock") == stock


def test_without_offers_a_product_is_mapped_as_before(product: Record) -> None:
    for destination in ("iterable", "dotdigital"):
        assert entries_of(destination, product, "products") == entries_of(destination, product, "product_offers")


FIGURES = st.lists(
    st.tuples(st.none() | st.sampled_from([LEIPZIG, OHIO, "c-3"]), st.integers(-5, 50)),
    max_size=4,
    unique_by=lambda figure: figure[0],
)


@given(figures=FIGURES, channels=st.frozensets(st.sampled_from([LEIPZIG, OHIO, "c-9"])))
def test_entries_and_the_copy_in_the_variant_give_the_same_stock(
    figures: list[tuple[str | None, int]], channels: frozenset[str]
) -> None:
    variant: Record = {"sku": "A", "availability": {"channels": {}}}
    for channel, available in figures:
        if channel is None:
            variant["availability"]["availableQuantity"] = available
        else:
            variant["availability"]["channels"][channel] = {"availableQuantity": available}
    inventory = [entry(available, channel, "A") for channel, available in figures]
    told = read_offers({"inventory": inventory}).stock_of(variant, channels)
    copied = read_offers({}).stock_of(variant, channels)
    assert sorted(figure.available for figure in told) == sorted(figure.available for figure in copied)
    held = dict(figures)
    if channels:
        expected = [available for channel, available in figures if channel in channels]
    elif None in held:
        expected = [held[None]]
    else:
        expected = list(held.values())
    assert sorted(figure.available for figure in told) == sorted(expected)


# Prices


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_standalone_prices_are_chosen_by_variant_and_market(product: Record, destination: str) -> None:
    prices = [
        price(9900, "USD"),
        price(9500),
        price(9000, country="DE", discounted={"value": price(7500)["value"]}),
        price(100, country="DE", active=False),
        price(200, validUntil="2026-01-01T00:00:00.000Z", country="DE"),
        price(300, customerGroup={"id": "wholesale"}),
        price(8800, sku="FELS-42-GRN"),
        price(400, sku="NOBODYS"),
    ]
    record = offered(product, inventory=[], prices=prices)
    markets = [
        {"key": "de", "currency": "EUR", "country": "DE", "default": True},
        {"key": "us", "currency": "USD"},
        {"key": "trade", "currency": "EUR", "customer_group": "wholesale"},
    ]
    entries = entries_of(destination, record, markets=markets, catalog={"per_market": True, "item": "variant"})
    told = [(one.get("price"), one.get("specialPrice"), one["currency"]) for one in entries]
    shown = [(float(one[0]) if one[0] else None, float(one[1]) if one[1] else None, one[2]) for one in told]
    assert shown == [
        (90.0, 75.0, "EUR"),
        (88.0, None, "EUR"),
        (99.0, None, "USD"),
        (None, None, "USD"),
        (3.0, None, "EUR"),
        (88.0, None, "EUR"),
    ]


def test_what_is_embedded_counts_only_if_prices_are_embedded(product: Record) -> None:
    settings: Record = {"currency": "EUR", "country": "DE"}
    embedded = offered(product, inventory=[]) | {"standalonePrices": [price(100, country="DE")]}
    (item,) = entries_of("iterable", embedded, **settings)
    assert item["price"] == 90
    (item,) = entries_of("iterable", offered(product, inventory=[], prices=[price(100)]), **settings)
    assert item["price"] == 1
    (item,) = entries_of("iterable", offered(product, inventory=[], prices=[]), **settings)
    assert "price" not in item


def test_an_incomplete_entry_says_whether_its_price_is_untold_or_none_fits(product: Record) -> None:
    config: Record = {
        "currency": "EUR",
        "catalog": {"incomplete": "skip"},
        "product_url": "https://shop.example/{slug}",
    }
    untold = {**product, "priceMode": "Standalone"}
    none_fits = offered(product, inventory=[], prices=[price(1, "USD")])
    for record, reason in (
        (
            untold,
            "mandatory for product blocks and missing: price; priceMode Standalone: the price is not in the product",
        ),
        (none_fits, "mandatory for product blocks and missing: price"),
    ):
        (outcome,) = create_record_mapper(config, "dotdigital", at=NOW).map_record("product_offers", record)
        assert (outcome.outcome, outcome.reason) == ("skipped", reason)


def test_a_malformed_standalone_price_is_rejected_by_its_own_place(product: Record) -> None:
    record = offered(product, inventory=[], prices=[{**price(1), "value": {"currencyCode": "EUR"}}])
    (outcome,) = create_record_mapper({}, "iterable", at=NOW).map_record("product_offers", record)
    assert outcome.outcome == "rejected"
    assert str(outcome.reason).startswith("standalonePrices.value: ")


PRICES = st.lists(
    st.fixed_dictionaries(
        {"units": st.integers(1, 10**6), "currency": st.sampled_from(["EUR", "USD"])},
        optional={
            "country": st.sampled_from(["DE", "FR"]),
            "channel": st.sampled_from([{"id": "c"}, {"id": "x"}]),
            "customerGroup": st.sampled_from([{"id": "g"}, {"id": "x"}]),
            "validFrom": st.sampled_from(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
            "validUntil": st.sampled_from(["2026-02-01T00:00:00Z", "2027-02-01T00:00:00Z"]),
            "recurrencePolicy": st.just({"id": "r"}),
            "active": st.booleans(),
        },
    ),
    max_size=6,
)
RULES = st.builds(
    PriceRule,
    currency=st.sampled_from([None, "EUR"]),
    country=st.sampled_from([None, "DE"]),
    at=st.just(NOW),
    channel=st.sampled_from([None, "c"]),
    customer_group=st.sampled_from([None, "g"]),
)


@given(specified=PRICES, rule=RULES)
def test_the_same_prices_give_the_same_choice_embedded_and_standalone(specified: list[Record], rule: PriceRule) -> None:
    prices = [price(one["units"], sku="A", **{name: one[name] for name in one if name != "units"}) for one in specified]
    embedded = {"sku": "A", "prices": [one for one in prices if one["active"]]}
    standalone = read_offers({"priceMode": "Standalone", "standalonePrices": [*prices, price(1, sku="B")]})
    chosen = choose_price(standalone.prices_of({"sku": "A"}), rule, standalone.place_of_prices)
    assert chosen == choose_price(read_offers({}).prices_of(embedded), rule)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["A", "EUR", "Standalone"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["sku", "active", "value", "supplyChannel", "availableQuantity", "id", "channels"]), inner
        )
    ),
    max_leaves=10,
)


@given(
    inventory=ANYTHING, prices=ANYTHING, availability=ANYTHING, mode=st.sampled_from([None, "Standalone", "Embedded"])
)
def test_whatever_comes_beside_a_product_has_an_outcome(
    inventory: object, prices: object, availability: object, mode: str | None
) -> None:
    current = {"masterVariant": {"id": 1, "sku": "A", "availability": availability, "prices": prices}}
    record: Record = {"id": "p-1", "priceMode": mode, "masterData": {"published": True, "current": current}}
    record |= {"inventory": inventory, "standalonePrices": prices}
    for destination in ("iterable", "dotdigital"):
        (outcome,) = create_record_mapper({}, destination, at=NOW).map_record("product_offers", record)
        assert outcome.outcome in {"mapped", "rejected"}
    try:
        Previewer({}, "iterable", at=NOW).preview("product_offers", record)
    except RejectRecordError:
        pytest.fail("a preview shows a rejection, it does not end in one")


# Preview


def test_the_preview_tells_price_stock_and_category_path(product: Record) -> None:
    record = offered(product, inventory=[entry(5, LEIPZIG), entry(3, OHIO)], prices=[price(9000), price(1, "USD")])
    category = product["masterData"]["current"]["categories"][0]["id"]
    previewer = Previewer({"currency": "EUR", "catalog": {"category_paths": True}}, "iterable", at=NOW)
    for stream in ("categories", "product_offers"):
        previewer.announce(stream, {"properties": {"id": {}, "lastModifiedAt": {}}}, ["id"])
    above = {"id": "root", "name": {"en": "Shoes"}}
    previewer.preview("categories", above)
    previewer.preview("categories", {"id": category, "name": {"en": "Trail"}, "ancestors": [{"id": "root"}]})
    why = previewer.preview("product_offers", record).why
    wanted = "currency EUR, country any, at 2026-11-21T12:00:00+00:00"
    assert why == (
        f"price of variant 1: 90.00 EUR, the most specific of 1 that fit {wanted}, of 2 in all (every country)",
        "stock of variant 1: 8, of 2 supply channels, from the inventory entries",
        f"price of variant 2: none of 0 fits {wanted}",
        "category: Shoes > Trail",
    )
    record["masterData"]["current"]["categories"] = [{"id": "deleted"}]
    assert previewer.preview("product_offers", record).why[-1] == "category: not among the categories that were read"


def test_the_preview_says_that_a_standalone_price_is_not_in_the_stream_products(product: Record) -> None:
    product["priceMode"] = "Standalone"
    why = Previewer({}, "iterable", at=NOW).preview("products", product).why
    assert why[0] == (
        "price of variant 1: standalone, and so not in the record; the tap's stream product_offers tells it"
    )
    assert why[1] == "stock of variant 1: 12, of no supply channel in particular, from the variant itself"


def test_settings_of_stock_are_checked() -> None:
    with pytest.raises(ValueError, match=r"^mapper\.config\.markets\.0\.supply_channels: must have at least 1 members"):
        create_record_mapper({"markets": [{"key": "de", "supply_channels": []}]}, "iterable")
    with pytest.raises(ValueError, match=r"^mapper\.config\.catalog\.category_paths: "):
        create_record_mapper({"catalog": {"category_paths": "yes"}}, "iterable")
    with pytest.raises(ValueError, match=r"^mapper\.config\.custom_fields\.customers\.enum_labels: "):
        create_record_mapper({"custom_fields": {"customers": {"enum_labels": json.dumps("de")}}}, "iterable")
