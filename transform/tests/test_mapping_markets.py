from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from commerce_sandbox.shop import Shop, ShopPlan, generate_shop
from commerce_sandbox.shop.prices import paid_price
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.markets import compile_markets
from mapper_commercetools.settings import compile_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Record = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
LINK = "https://shop.example/{locale}/p/{slug}"
DE = {
    "key": "de",
    "stores": ["de-web", "de-app"],
    "countries": ["DE", "AT"],
    "locales": ["de-DE", "de", "en"],
    "currency": "EUR",
    "country": "DE",
    "channel": "web",
    "product_url": LINK,
    "default": True,
}
US = {"key": "us", "stores": ["us-web"], "countries": ["US"], "locales": ["en-US"], "currency": "USD", "country": "US"}
JP = {"key": "jp", "countries": ["JP"], "locales": ["ja"], "currency": "JPY"}
MARKETS = [DE, US, JP]
SCHEMA: Record = {"properties": {"id": {}, "lastModifiedAt": {}}}


def money(units: int, currency: str = "EUR") -> Record:
    return {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": 2}


@pytest.mark.parametrize(
    ("stores", "country", "key"),
    [
        (["us-web"], "DE", "us"),
        (["us-web", "de-app"], "US", "de"),
        (["de-app", "us-web"], "US", "de"),
        (["unlisted"], "JP", "jp"),
        ([], "US", "us"),
        ([], "FR", "de"),
        ([], None, "de"),
    ],
)
def test_a_customer_belongs_by_store_then_by_country_then_to_the_default(
    map_one: Callable[..., Any], customer: Record, stores: list[str], country: str | None, key: str
) -> None:
    customer["stores"] = [{"typeId": "store", "key": store} for store in stores]
    for address in customer["addresses"]:
        address["country"] = country
    ((_, user),) = map_one("iterable", "customers", customer, markets=MARKETS)
    ((_, contact),) = map_one("dotdigital", "customers", customer, markets=MARKETS)
    assert user["dataFields"]["market"] == contact["dataFields"]["MARKET"] == key


@pytest.mark.parametrize(
    ("store", "country", "delivered_to", "currency", "key"),
    [
        ("us-web", "DE", "DE", "EUR", "us"),
        ("unlisted", "US", "DE", "EUR", "us"),
        (None, "US", "DE", "EUR", "us"),
        (None, "FR", "JP", "EUR", "jp"),
        (None, None, "AT", "USD", "de"),
        (None, None, None, "USD", "us"),
        (None, "FR", "FR", "CHF", "de"),
    ],
)
def test_an_order_belongs_by_store_country_delivery_currency_then_to_the_default(
    map_one: Callable[..., Any],
    order: Record,
    store: str | None,
    country: str | None,
    delivered_to: str | None,
    currency: str,
    key: str,
) -> None:
    bare = {name: order[name] for name in ("id", "createdAt", "customerEmail")}
    bare |= {"totalPrice": money(100, currency), "country": country, "shippingAddress": {"country": delivered_to}}
    bare["store"] = {"typeId": "store", "key": store} if store else None
    ((_, purchase),) = map_one("iterable", "orders", bare, markets=MARKETS)
    _, (_, record) = map_one("dotdigital", "orders", bare, markets=MARKETS)
    assert purchase["dataFields"]["market"] == record["json"]["market"] == key
    assert purchase["dataFields"]["currency"] == currency, "an order keeps its own currency"


def test_of_two_markets_of_one_country_the_first_in_the_setting_counts(map_one: Callable[..., Any]) -> None:
    customer = {"id": "1", "addresses": [{"country": "DE"}]}
    trade = {"key": "trade", "countries": ["DE"]}
    for markets, key in (([DE, trade], "de"), ([trade, DE], "trade")):
        ((_, user),) = map_one("iterable", "customers", customer, markets=markets)
        assert user["dataFields"]["market"] == key


def test_a_profile_carries_store_market_currency_language_and_channel(
    map_one: Callable[..., Any], customer: Record
) -> None:
    customer["locale"] = "de-CH"
    ((_, user),) = map_one("iterable", "customers", customer, markets=MARKETS)
    ((_, contact),) = map_one("dotdigital", "customers", customer, markets=MARKETS)
    facts = {"store": "de-web", "market": "de", "currency": "EUR", "language": "de", "channel": "web"}
    assert {name: user["dataFields"][name] for name in facts} == facts
    assert {name: contact["dataFields"][name.upper()] for name in facts} == facts
    assert (user["dataFields"]["stores"], contact["dataFields"]["STORES"]) == (["de-web"], "de-web")
    assert (user["dataFields"]["locale"], contact["dataFields"]["LOCALE"]) == ("de-CH", "de-CH")


def test_who_moves_to_another_market_keeps_nothing_of_the_old_one(
    map_one: Callable[..., Any], customer: Record
) -> None:
    customer["stores"] = []
    for address in customer["addresses"]:
        address["country"] = "JP"
    ((_, user),) = map_one("iterable", "customers", customer, markets=MARKETS)
    ((_, contact),) = map_one("dotdigital", "customers", customer, markets=MARKETS)
    assert (user["dataFields"]["channel"], user["dataFields"]["store"]) == (None, None)
    assert (contact["dataFields"]["CHANNEL"], contact["dataFields"]["STORE"]) == (None, None)


def test_a_guest_gets_the_market_of_the_order_and_a_customer_keeps_the_profile(
    map_one: Callable[..., Any], order: Record
) -> None:
    facts = {"store": "de-web", "market": "de", "currency": "EUR", "language": "de-DE", "channel": "web"}
    for project_type in ("hybrid", "userid", "email"):
        identity = {"project_type": project_type}
        ((_, purchase),) = map_one("iterable", "orders", order, markets=MARKETS, identity=identity)
        assert "dataFields" not in purchase["user"]
        guest = {name: value for name, value in order.items() if name != "customerId"}
        ((_, purchase),) = map_one("iterable", "orders", guest, markets=MARKETS, identity=identity)
        assert facts.items() <= purchase["user"]["dataFields"].items()
    (_, contact), _ = map_one("dotdigital", "orders", order, markets=MARKETS)
    assert "dataFields" not in contact
    (_, contact), _ = map_one("dotdigital", "orders", guest, markets=MARKETS)
    assert {name.upper(): value for name, value in facts.items()}.items() <= contact["dataFields"].items()


def test_an_order_has_the_texts_and_the_pages_of_its_market(map_one: Callable[..., Any], order: Record) -> None:
    config = {"markets": [DE, US], "product_url": "https://elsewhere.example/{id}"}
    ((_, purchase),) = map_one("iterable", "orders", order, **config)
    assert purchase["items"][0]["url"] == "https://shop.example/de/p/trailschuh-fels"
    assert (purchase["dataFields"]["language"], purchase["dataFields"]["store"]) == ("de-DE", "de-web")
    order["store"]["key"] = "us-web"
    del order["locale"]
    ((_, purchase),) = map_one("iterable", "orders", order, **config)
    assert purchase["items"][0]["name"] == "Trail shoe Fels"
    assert purchase["items"][0]["url"].startswith("https://elsewhere.example/")
    _, (_, record) = map_one("dotdigital", "orders", order, **config)
    assert (record["json"]["market"], record["json"]["language"], record["json"]["store_name"]) == (
        "us",
        "en-US",
        "us-web",
    )
    assert "channel" not in record["json"]


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de-DE", "de-DE"), ("de", "de"), ("de-CH", "de"), ("en-GB", "en"), ("fr", "de-DE"), (None, "de-DE")],
)
def test_a_person_is_addressed_in_one_of_the_markets_languages(
    map_one: Callable[..., Any], locale: str | None, language: str
) -> None:
    ((_, user),) = map_one("iterable", "customers", {"id": "1", "locale": locale}, markets=[DE])
    assert user["dataFields"]["language"] == language


def test_fields_of_the_market_can_be_renamed_and_left_out_in_dotdigital(
    map_one: Callable[..., Any], customer: Record
) -> None:
    names = {"market": "SHOP", "channel": None}
    ((_, contact),) = map_one("dotdigital", "customers", customer, markets=MARKETS, dotdigital_fields=names)
    fields = contact["dataFields"]
    assert (fields["SHOP"], "MARKET" in fields, "CHANNEL" in fields) == ("de", False, False)


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_without_markets_their_names_are_free_for_the_shops_own_fields(
    map_one: Callable[..., Any], customer: Record, destination: str
) -> None:
    customer["custom"]["fields"] = {"language": "own", "market": "own"}
    plain, prefixed = ("language", "customLanguage") if destination == "iterable" else ("LANGUAGE", "CT_LANGUAGE")
    ((_, without),) = map_one(destination, "customers", customer)
    assert without["dataFields"][plain] == "own"
    ((_, with_markets),) = map_one(destination, "customers", customer, markets=MARKETS)
    assert with_markets["dataFields"][prefixed] == "own"
    assert with_markets["dataFields"][plain] == "de-DE"


@pytest.mark.parametrize("stream", ["orders", "products"])
def test_with_markets_their_names_are_taken_in_purchases_and_items_too(
    map_one: Callable[..., Any], order: Record, product: Record, stream: str
) -> None:
    order["custom"]["fields"] = {"market": "own"}
    product["masterData"]["current"]["masterVariant"]["attributes"] = [{"name": "market", "value": "own"}]
    record, member = (order, "dataFields") if stream == "orders" else (product, "value")
    config: Record = {"catalog": {"attributes": {"market": {}}}}
    ((_, without),) = map_one("iterable", stream, record, **config)
    assert without[member]["market"] == "own"
    ((_, with_markets),) = map_one("iterable", stream, record, markets=MARKETS, **config)
    assert (with_markets[member]["customMarket"], with_markets[member]["market"]) == ("own", "de")


def test_texts_are_in_the_markets_languages_wherever_they_are(
    map_one: Callable[..., Any], customer: Record, order: Record
) -> None:
    del customer["locale"], order["locale"]
    customer["custom"]["fields"] = order["custom"]["fields"] = {"tier": {"en": "silver", "de": "Silber"}}
    order["lineItems"][0]["name"] = {"en": "shoe", "de": "Schuh"}
    rules = {"fields": {"tier": {"type": "string"}}}
    config: Record = {
        "markets": [{**US, "default": True}, {**DE, "default": False}],
        "custom_fields": {"customers": rules, "orders": rules},
    }
    ((_, user),) = map_one("iterable", "customers", customer, **config)
    ((_, contact),) = map_one("dotdigital", "customers", customer, **config)
    ((_, purchase),) = map_one("iterable", "orders", order, **config)
    _, (_, record) = map_one("dotdigital", "orders", order, **config)
    assert (user["dataFields"]["tier"], contact["dataFields"]["TIER"]) == ("Silber", "Silber")
    assert (purchase["dataFields"]["tier"], record["json"]["custom"]["tier"]) == ("Silber", "Silber")
    assert (purchase["items"][0]["name"], record["json"]["products"][0]["name"]) == ("Schuh", "Schuh")


def prices() -> list[Record]:
    return [
        {"value": money(9000), "country": "DE"},
        {"value": money(8000), "country": "DE", "channel": {"typeId": "channel", "id": "web"}},
        {"value": money(9900, "USD"), "discounted": {"value": money(7500, "USD")}},
    ]


def test_each_market_has_its_catalogue_with_its_texts_and_prices(map_one: Callable[..., Any], product: Record) -> None:
    product["masterData"]["current"]["masterVariant"]["prices"] = prices()
    product["masterData"]["current"]["variants"] = []
    config = {"markets": MARKETS, "catalog": {"name": "shop", "per_market": True}}
    items = [item for _, item in map_one("iterable", "products", product, **config)]
    shown = [
        (item["catalogName"], value["market"], value["language"], value["name"], value.get("price"), value["currency"])
        for item in items
        for value in (item["value"],)
    ]
    assert [[str(part) for part in one] for one in shown] == [
        ["shop-de", "de", "de-DE", "Trailschuh Fels", "80.00", "EUR"],
        ["shop-us", "us", "en-US", "Trail shoe Fels", "99.00", "USD"],
        ["shop-jp", "jp", "ja", "Trailschuh Fels", "None", "JPY"],
    ]
    assert [(item["value"].get("channel"), item["value"].get("store")) for item in items] == [
        ("web", None),
        (None, "us-web"),
        (None, None),
    ]
    assert [str(item["value"].get("specialPrice")) for item in items] == ["None", "75.00", "None"]
    assert items[0]["value"]["url"] == "https://shop.example/de/p/trailschuh-fels"
    entries = [entry for _, entry in map_one("dotdigital", "products", product, **config)]
    assert [entry["collectionName"] for entry in entries] == ["catalog_shop_de", "catalog_shop_us", "catalog_shop_jp"]
    assert [(entry["json"]["market"], str(entry["json"].get("price"))) for entry in entries] == [
        ("de", "80.00"),
        ("us", "99.00"),
        ("jp", "None"),
    ]


def test_one_catalogue_for_all_has_the_first_markets_prices(map_one: Callable[..., Any], product: Record) -> None:
    product["masterData"]["current"]["masterVariant"]["prices"] = prices()
    for markets, name, price in ((MARKETS, "de", "80.00"), ([US, DE], "us", "99.00")):
        ((_, item),) = map_one("iterable", "products", product, markets=markets)
        value = item["value"]
        assert (item["catalogName"], value["market"], str(value["price"])) == ("products", name, price)


def test_a_market_for_a_customer_group_has_its_prices(map_one: Callable[..., Any], product: Record) -> None:
    trade = {"key": "trade", "currency": "EUR", "customer_group": "5c0f7a10-0000-4000-8000-00000000c001"}
    ((_, item),) = map_one("iterable", "products", product, markets=[trade])
    assert str(item["value"]["price"]) == "87.5025"


@pytest.mark.parametrize("config", [{}, {"markets": MARKETS, "catalog": {"per_market": True}}])
def test_a_product_with_standalone_prices_has_no_price_and_says_why(
    map_one: Callable[..., Any], product: Record, config: Record
) -> None:
    product["priceMode"] = "Standalone"
    for _, item in map_one("iterable", "products", product, **config):
        assert not {"price", "specialPrice"} & set(item["value"])
    catalog = {**config.get("catalog", {}), "incomplete": "skip"}
    for _, reason in map_one("dotdigital", "products", product, **{**config, "catalog": catalog}):
        assert re.fullmatch(
            r"skipped: mandatory .* missing: .*price.*; priceMode Standalone: the price is not .*", reason
        )


def test_what_a_market_leaves_out_comes_from_the_top_level() -> None:
    config = {"locales": ["fr"], "currency": "CHF", "country": "CH", "product_url": LINK, "markets": [{"key": "ch"}]}
    markets = compile_markets(config, "", NOW)
    (market,) = markets.named
    assert (market.locales, market.price.currency, market.price.country) == (("fr",), "CHF", "CH")
    assert market.product_link == markets.default.product_link is not None


def test_the_default_is_the_marked_market_else_the_top_level_else_the_only_one(map_one: Callable[..., Any]) -> None:
    somebody = {"id": "1", "locale": "en-GB"}

    def fields(**config: Any) -> Record:
        ((_, user),) = map_one("iterable", "customers", somebody, **config)
        profile: Record = user["dataFields"]
        return profile

    plain = [{**DE, "default": False}, US]
    assert fields(markets=[US, DE], currency="GBP")["market"] == "de"
    assert fields(markets=plain[:1])["market"] == "de"
    elsewhere = fields(markets=plain, currency="GBP", locales=["en-GB"])
    assert (elsewhere["market"], elsewhere["currency"], elsewhere["language"]) == (None, "GBP", "en-GB")


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"markets": []}, r"markets: "),
        ({"markets": [{}]}, r"markets\.0\.key: missing"),
        ({"markets": [{"key": "de", "store": "x"}]}, r"markets\.0\.store: unknown setting; known here are key, stores"),
        ({"markets": [{"key": "de_DE"}]}, r"markets\.0\.key: must have the form"),
        ({"markets": [DE, {**US, "key": "DE"}]}, r"markets\.1\.key: markets\.0 has this key already"),
        ({"markets": [{**DE, "currency": "eur"}]}, r"markets\.0\.currency: must have the form"),
        ({"markets": [{**DE, "country": "DEU"}]}, r"markets\.0\.country: must have the form"),
        ({"markets": [{**DE, "countries": ["Germany"]}]}, r"markets\.0\.countries\.0: must have the form"),
        ({"markets": [{**DE, "locales": ["de", "de_DE"]}]}, r"markets\.0\.locales\.1: must have the form"),
        (
            {"markets": [US, {**DE, "product_url": "https://x/{sluq}"}]},
            r"markets\.1\.product_url: has a variable that is not known",
        ),
        (
            {"markets": [DE, {**US, "stores": ["us-web", "de-app"]}]},
            r"markets\.1\.stores\.\d: markets\.0 has this store already",
        ),
        ({"markets": [{**DE, "stores": ["a", "a"]}]}, r"markets\.0\.stores\.1: markets\.0 has this store already"),
        ({"markets": [US, JP]}, r"markets: none is the default; set `default: true`"),
        ({"markets": [US, JP], "locales": ["en"]}, r"markets: none is the default; set `default: true`"),
        ({"markets": [DE, {**US, "default": True}]}, r"markets\.1\.default: markets\.0 is the default already"),
        ({"catalog": {"per_market": True}}, r"catalog\.per_market: there are no markets"),
        (
            {"markets": [{"key": "a" * 20}], "catalog": {"name": "b" * 240, "per_market": True}},
            r"markets\.0\.key: too long after catalog\.name",
        ),
    ],
)
@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_a_wrong_market_is_named_by_its_path(destination: str, config: Record, text: str) -> None:
    with pytest.raises(ValueError, match=r"^mapper\.config\." + text):
        create_record_mapper(config, destination)


def test_a_data_field_of_the_market_cannot_take_another_fields_name() -> None:
    names = {"dotdigital_fields": {"stores": "STORE"}}
    assert compile_settings(names).dotdigital_fields["stores"] == "STORE"
    with pytest.raises(ValueError, match=r"^dotdigital_fields\.store: another standard field has this name"):
        compile_settings({**names, "markets": MARKETS})


STORES = st.sampled_from(["de-web", "de-app", "us-web", "unlisted"])


@given(st.lists(STORES, unique=True), st.none() | st.sampled_from(["DE", "US", "FR"]), st.randoms())
def test_the_market_and_the_store_do_not_depend_on_the_order_of_a_records_stores(
    stores: list[str], country: str | None, dice: Random
) -> None:
    markets = compile_markets({"markets": MARKETS}, "", NOW)
    shuffled = [*stores]
    dice.shuffle(shuffled)
    market = markets.of(stores, (country,))
    assert markets.of(shuffled, (country,)) is market
    if set(stores) & set(market.stores):
        assert market.facts(stores, None) == market.facts(shuffled, None)


@given(st.none() | st.sampled_from(["de", "de-AT", "en-US", "ja", "fr-CA"]), st.sampled_from(range(len(MARKETS))))
def test_the_language_is_always_one_of_the_markets(locale: str | None, index: int) -> None:
    market = compile_markets({"markets": MARKETS}, "", NOW).named[index]
    language = market.facts((), locale)["language"]
    assert language in market.locales
    if any(other.partition("-")[0] == str(locale).partition("-")[0] for other in market.locales):
        assert str(language).partition("-")[0] == str(locale).partition("-")[0]


HISTORY_END = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
SANDBOX_MARKETS: list[Record] = [
    {"key": "de", "stores": ["de-web"], "countries": ["DE"], "locales": ["de"], "currency": "EUR", "country": "DE"},
    {"key": "at", "countries": ["AT"], "locales": ["de-AT"], "currency": "EUR", "country": "AT"},
    {"key": "us", "stores": ["us-web"], "countries": ["US"], "currency": "USD", "country": "US", "default": True},
]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate_shop(ShopPlan(seed=5, customers=60, orders=120, products=60, history_end=HISTORY_END))


def test_every_market_shows_the_price_the_shop_charges_there(shop: Shop) -> None:
    config = {"markets": SANDBOX_MARKETS, "catalog": {"per_market": True, "item": "variant"}}
    mapper = create_record_mapper(config, "iterable", at=HISTORY_END)
    moment = int(HISTORY_END.timestamp() * 1000)
    priced: Counter[str] = Counter()
    for product in shop.resources["products"].values():
        current = product["masterData"]["current"]
        variants = {variant["id"]: variant for variant in (current["masterVariant"], *current["variants"])}
        for outcome in mapper.map_record("products", product):
            assert outcome.record is not None
            value = outcome.record["value"]
            market = next(market for market in SANDBOX_MARKETS if market["key"] == value["market"])
            charged = paid_price(variants[value["variantId"]]["prices"], market["currency"], market["country"], moment)
            assert ("price" in value) == (charged is not None)
            if charged is not None:
                units = charged["value"].get("preciseAmount", charged["value"]["centAmount"])
                assert value["price"].scaleb(charged["value"]["fractionDigits"]) == units
                assert ("specialPrice" in value) == ("discounted" in charged)
                priced[value["market"]] += 1
    assert set(priced) == {"de", "at", "us"}


@pytest.mark.parametrize("destination", ["iterable", "dotdigital"])
def test_every_record_of_a_shop_with_markets_carries_its_market_and_fits_its_schema(
    shop: Shop, destination: str
) -> None:
    mapper = create_record_mapper(
        {"markets": SANDBOX_MARKETS, "catalog": {"per_market": True}}, destination, at=HISTORY_END
    )
    encoder = msgspec.json.Encoder(decimal_format="number")
    seen: Counter[tuple[str, str]] = Counter()
    for stream in ("customers", "orders", "products"):
        validators = {
            mapped.stream: jsonschema_rs.validator_for(mapped.schema, validate_formats=True)
            for mapped in mapper.map_schema(stream, SCHEMA, ["id"]) or ()
        }
        for record in shop.resources[stream].values():
            for outcome in mapper.map_record(stream, record):
                if outcome.record is None:
                    assert outcome.outcome == "skipped"
                    continue
                validators[outcome.stream].validate(msgspec.json.decode(encoder.encode(outcome.record)))
                members = outcome.record.get("dataFields") or outcome.record.get("value") or outcome.record.get("json")
                if members is not None:
                    seen[outcome.stream, members.get("market") or members["MARKET"]] += 1
    assert {market for _, market in seen} == {"de", "at", "us"}
    assert len({stream for stream, _ in seen}) == len(("people", "orders", "products"))


def test_names_of_catalogues_fit_what_the_services_allow(map_one: Callable[..., Any], product: Record) -> None:
    config = {"markets": MARKETS, "catalog": {"name": "a-B", "per_market": True}}
    for _, item in map_one("iterable", "products", product, **config):
        assert re.fullmatch(r"[A-Za-z0-9-]{1,255}", item["catalogName"])
    for _, entry in map_one("dotdigital", "products", product, **config):
        assert re.fullmatch(r"catalog_[-A-Za-z0-9_]{1,247}", entry["collectionName"])
