"""A whole believable shop with its types, categories, stock and standalone prices through both mappings."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from fractions import Fraction
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from mapper_commercetools.engine import CommercetoolsRecordMapper, create_record_mapper

Json = Any
Record = dict[str, Any]
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}
END = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
AS_THE_PLATFORM_WRITES = "2026-11-21T10:00:00.000Z"
DESTINATIONS = ("iterable", "dotdigital")
CONFIG: Record = {
    "locales": ["de", "en"],
    "product_url": "https://shop.example/{locale}/p/{slug}",
    "custom_fields": {"customers": {"enum_labels": True, "fields": {"interests": {"type": "list"}}}},
    "catalog": {
        "per_market": True,
        "item": "variant",
        "category_paths": True,
        "attributes": {
            name: {} for name in ("size", "color", "fit", "tags", "weightGrams", "vegan", "madeOn", "pages")
        },
    },
}
REFERENCES = {"types": "types", "product_types": "product-types", "categories": "categories"}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(seed=23, customers=120, orders=60, products=90, history_end=END))


@pytest.fixture(scope="module")
def offers(shop: Shop) -> list[Record]:
    """The products as the stream `product_offers` has them; every third one sells at standalone prices."""
    stock, prices = (_by_sku(shop, path) for path in ("inventory", "standalone-prices"))
    joined = []
    for place, product in enumerate(shop.resources["products"].values()):
        skus = [variant["sku"] for variant in variants_of(product)]
        mode = "Standalone" if place % 3 == 0 else "Embedded"
        joined.append(
            {
                **product,
                "priceMode": mode,
                "inventory": [one for sku in skus for one in stock[sku]],
                "standalonePrices": [one for sku in skus for one in prices[sku] if mode == "Standalone"],
            }
        )
    return joined


def _by_sku(shop: Shop, path: str) -> defaultdict[str, list[Record]]:
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for row in shop.resources[path].values():
        found[row["sku"]].append(row)
    return found


def variants_of(product: Record) -> list[Record]:
    current = product["masterData"]["current"]
    return [current["masterVariant"], *current["variants"]]


def markets_of(shop: Shop) -> list[Record]:
    channels = {channel["key"]: channel["id"] for channel in shop.resources["channels"].values()}
    return [
        {"key": "de", "currency": "EUR", "country": "DE", "default": True},
        {
            "key": "us",
            "currency": "USD",
            "country": "US",
            "locales": ["en"],
            "supply_channels": [channels["warehouse-ohio"]],
        },
    ]


def mapper_of(shop: Shop, destination: str, *, references: bool = True) -> CommercetoolsRecordMapper:
    """Return a mapper that has read the references as a run does."""
    mapper = create_record_mapper({**CONFIG, "markets": markets_of(shop)}, destination, at=END)
    for stream, path in REFERENCES.items():
        mapper.map_schema(stream, SCHEMA, ["id"])
        for record in shop.resources[path].values() if references else ():
            (outcome,) = mapper.map_record(stream, record)
            assert outcome.outcome == "skipped"
    return mapper


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_every_record_is_mapped_and_fits_what_was_announced(shop: Shop, offers: list[Record], destination: str) -> None:
    mapper = mapper_of(shop, destination)
    encoder = msgspec.json.Encoder(decimal_format="number")
    for stream, records in (("customers", shop.resources["customers"].values()), ("product_offers", offers)):
        validators = {
            mapped.stream: jsonschema_rs.validator_for(mapped.schema, validate_formats=True)
            for mapped in mapper.map_schema(stream, SCHEMA, ["id"]) or ()
        }
        for record in records:
            for outcome in mapper.map_record(stream, record):
                assert outcome.record is not None, outcome.reason
                validators[outcome.stream].validate(msgspec.json.decode(encoder.encode(outcome.record)))


def test_stock_is_what_the_inventory_adds_up_to(shop: Shop, offers: list[Record]) -> None:
    mapper = mapper_of(shop, "iterable")
    ohio = markets_of(shop)[1]["supply_channels"][0]
    stock = _by_sku(shop, "inventory")
    counted: defaultdict[str, int] = defaultdict(int)
    for offer in offers:
        for outcome in mapper.map_record("product_offers", offer):
            assert outcome.record is not None
            value = outcome.record["value"]
            channel = None if value["market"] == "de" else ohio
            rows = [row for row in stock[value["sku"]] if row.get("supplyChannel", {}).get("id") == channel]
            assert value.get("stock") == (sum(row["availableQuantity"] for row in rows) if rows else None)
            counted[value["market"]] += bool(rows)
    assert min(counted["de"], counted["us"]) > 20


def test_standalone_prices_are_those_of_the_article_in_the_market(shop: Shop, offers: list[Record]) -> None:
    mapper = mapper_of(shop, "dotdigital")
    priced = 0
    for offer in offers:
        if offer["priceMode"] != "Standalone":
            continue
        for outcome in mapper.map_record("product_offers", offer):
            assert outcome.record is not None
            entry, market = outcome.record["json"], outcome.record["json"]["market"]
            currency, country = ("EUR", "DE") if market == "de" else ("USD", "US")
            fitting = [
                Fraction(row["value"]["centAmount"], 10 ** row["value"]["fractionDigits"])
                for row in offer["standalonePrices"]
                if row["sku"] == entry["sku"]
                and row["active"]
                and row["value"]["currencyCode"] == currency
                and row.get("country", country) == country
                and not {"customerGroup", "channel"} & row.keys()
                and row.get("validFrom", "") <= AS_THE_PLATFORM_WRITES < row.get("validUntil", "9999")
            ]
            assert ("price" in entry) == bool(fitting)
            assert not fitting or Fraction(entry["price"]) in fitting
            priced += bool(fitting)
    assert priced > 5


def test_paths_are_those_of_the_category_tree(shop: Shop, offers: list[Record]) -> None:
    tree = shop.resources["categories"]
    mapper = mapper_of(shop, "iterable")
    longest = 0
    for offer in offers:
        for outcome in mapper.map_record("product_offers", offer):
            assert outcome.record is not None
            value = outcome.record["value"]
            locale = "de" if value["market"] == "de" else "en"
            expected = []
            for reference in offer["masterData"]["current"]["categories"]:
                category = tree[reference["id"]]
                names = [category["name"][locale]]
                while "parent" in category:
                    category = tree[category["parent"]["id"]]
                    names.insert(0, category["name"][locale])
                expected.append(" > ".join(names))
                longest = max(longest, len(names))
            assert value["categoryPaths"] == expected
            assert value["categories"] == [path.rpartition(" > ")[2] for path in expected]
    assert longest == 3


def test_labels_are_in_the_language_of_each_customer_and_no_key_is_left(shop: Shop) -> None:
    definitions = {
        field["name"]: {value["key"]: value["label"] for value in field["type"]["values"]}
        for definition in shop.resources["types"].values()
        for field in definition["fieldDefinitions"]
        if field["type"]["name"] in {"Enum", "LocalizedEnum"}
    }
    mapper = mapper_of(shop, "dotdigital")
    seen: defaultdict[str, int] = defaultdict(int)
    for customer in shop.resources["customers"].values():
        (outcome, *_) = mapper.map_record("customers", customer)
        assert outcome.record is not None
        fields = outcome.record["dataFields"]
        held = customer.get("custom", {}).get("fields", {})
        if "loyaltyTier" in held:
            assert fields["LOYALTY_TIER"] == definitions["loyaltyTier"][held["loyaltyTier"]]
            seen["tier"] += 1
        if "favouriteColour" in held:
            labels, language = definitions["favouriteColour"][held["favouriteColour"]], customer.get("locale", "de")[:2]
            assert fields["FAVOURITE_COLOUR"] == labels.get(language, labels["de"])
            seen[language] += 1
    assert min(seen["tier"], seen["de"], seen["en"]) > 0


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_fields_have_the_same_types_however_a_run_is_set(shop: Shop, offers: list[Record], destination: str) -> None:
    full = _kinds(mapper_of(shop, destination), {"product_offers": offers}, shop)
    plain = create_record_mapper(
        {name: CONFIG[name] for name in ("locales", "product_url")}
        | {"catalog": {"attributes": CONFIG["catalog"]["attributes"]}},
        destination,
        at=END,
    )
    least = _kinds(plain, {"products": list(shop.resources["products"].values())}, shop)
    assert {place for place, kinds in full.items() if len(kinds) > 1} == set()
    assert {place: kinds for place, kinds in least.items() if kinds != full.get(place, kinds)} == {}
    assert set(least) - set(full) == set()


def _kinds(mapper: CommercetoolsRecordMapper, catalogue: dict[str, list[Record]], shop: Shop) -> dict[str, set[str]]:
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    encoder = msgspec.json.Encoder(decimal_format="number")
    for stream, records in {"customers": list(shop.resources["customers"].values()), **catalogue}.items():
        for record in records:
            for outcome in mapper.map_record(stream, record):
                if outcome.record is not None:
                    _collect(outcome.stream, msgspec.json.decode(encoder.encode(outcome.record)), kinds)
    return kinds


def _collect(place: str, value: Json, kinds: defaultdict[str, set[str]]) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            _collect(f"{place}.{name}", member, kinds)
    elif isinstance(value, list):
        for item in value:
            _collect(f"{place}[]", item, kinds)
    elif value is not None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and place.startswith("catalog.")
        # Dotdigital has one type of number.
        kinds[place].add("number" if number else type(value).__name__)
