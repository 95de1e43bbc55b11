from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.testing import hand_made_shop, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.shop_client import ShopClient


def price(identifier: str, amount: int, currency: str = "EUR", **scope: Any) -> dict[str, Any]:
    value = {"type": "centPrecision", "currencyCode": currency, "centAmount": amount, "fractionDigits": 2}
    return {"id": identifier, "value": value, **scope}


def reference(type_id: str, identifier: str) -> dict[str, str]:
    return {"typeId": type_id, "id": identifier}


PRICES = [
    price("plain", 1000),
    price("de", 900, country="DE"),
    price("de-sale", 800, country="DE", validFrom="2020-01-01T00:00:00.000Z", validUntil="2090-01-01T00:00:00.000Z"),
    price("de-past", 700, country="DE", validUntil="2020-01-01T00:00:00.000Z"),
    price("de-future", 600, country="DE", validFrom="2090-01-01T00:00:00.000Z"),
    price("channel", 500, channel=reference("channel", "ch1")),
    price("group", 400, customerGroup=reference("customer-group", "g1")),
    price("subscription", 300, recurrencePolicy=reference("recurrence-policy", "r1")),
    price("usd", 1100, currency="USD"),
]


def data(name: str) -> dict[str, Any]:
    color = {"name": "color", "value": {"key": "grn", "label": {"de": "Grün", "en": "Green"}}}
    attributes = [{"name": "size", "value": "41"}, color, {"name": "care", "value": {"de": "Hand", "en": "By hand"}}]
    return {
        "name": {"de": f"{name} de", "en": f"{name} en"},
        "slug": {"en": name},
        "categories": [],
        "masterVariant": {"id": 1, "sku": f"{name}-1", "prices": PRICES, "attributes": attributes},
        "variants": [{"id": 2, "sku": f"{name}-2", "prices": [price("only-usd", 5, "USD")], "attributes": []}],
        "attributes": [{"name": "gender", "value": "u"}],
    }


def product(identifier: str, *, published: bool) -> dict[str, Any]:
    master = {"published": published, "hasStagedChanges": True, "current": data("now"), "staged": data("draft")}
    return {"id": identifier, "key": f"k-{identifier}", "priceMode": "Embedded", "masterData": master}


SHOP = hand_made_shop(
    {
        "products": [product("p1", published=True), product("p2", published=False)],
        "product-types": [{"id": "pt1", "name": "shoe", "attributes": [{"name": "size", "type": {"name": "text"}}]}],
    }
)


@pytest.fixture(scope="module")
def client() -> Iterator[ShopClient]:
    with running_sandbox(shop=SHOP) as sandbox:
        yield sandbox.shop_client()


def test_projections_show_published_products_with_their_current_data(client: ShopClient) -> None:
    (projection,) = client.results("/product-projections")
    assert projection["id"] == "p1"
    assert projection["name"]["en"] == "now en"
    assert projection["masterVariant"]["sku"] == "now-1"
    assert projection["published"] is True
    assert projection["hasStagedChanges"] is True
    assert projection["priceMode"] == "Embedded"
    assert "masterData" not in projection
    assert "price" not in projection["masterVariant"]


def test_staged_projections_show_every_product_with_its_draft(client: ShopClient) -> None:
    projections = client.results("/product-projections", staged="true", sort="id asc")
    assert [(row["id"], row["published"]) for row in projections] == [("p1", True), ("p2", False)]
    assert {row["name"]["en"] for row in projections} == {"draft en"}


def test_projections_are_queried_by_their_own_fields(client: ShopClient) -> None:
    assert client.ids("/product-projections", where='slug(en = "now")') == ["p1"]
    assert client.ids("/product-projections", where='slug(en = "draft")') == []
    assert client.ids("/products", where='masterData(staged(slug(en = "draft")))', sort="id asc") == ["p1", "p2"]
    assert client.get("/product-projections", where="masterData is defined").status == 400
    assert client.get("/product-projections").json()["total"] == 1


def test_single_projections_follow_the_same_rules(client: ShopClient) -> None:
    assert client.get("/product-projections/p1").json()["name"]["en"] == "now en"
    assert client.get("/product-projections/key=k-p1", staged="true").json()["name"]["en"] == "draft en"
    assert client.get("/product-projections/p2").status == 404
    assert client.get("/product-projections/p2", staged="true").status == 200


def test_a_condition_on_attributes_must_name_the_attribute_and_its_value(client: ShopClient) -> None:
    def where(condition: str) -> str:
        return f"masterVariant(attributes({condition}))"

    assert client.ids("/product-projections", where=where('name = "size" and value = "41"')) == ["p1"]
    assert client.ids("/product-projections", where=where('name = "size" and value = "42"')) == []
    assert client.ids("/product-projections", where=where('name = "color" and value(key = "grn")')) == ["p1"]
    refused = client.get("/product-projections", where=where('name = "size"'))
    assert refused.status == 400
    assert "'name' and 'value' together" in refused.json()["message"]


def test_the_attributes_of_a_product_type_are_definitions_and_may_be_asked_for_by_name(client: ShopClient) -> None:
    assert client.ids("/product-types", where='attributes(name = "size")') == ["pt1"]


@pytest.mark.parametrize(
    ("market", "expected"),
    [
        ({}, "plain"),
        ({"priceCountry": "AT"}, "plain"),
        ({"priceCountry": "DE"}, "de-sale"),
        ({"priceCountry": "DE", "priceChannel": "ch1"}, "channel"),
        ({"priceCountry": "DE", "priceChannel": "ch1", "priceCustomerGroup": "g1"}, "group"),
        ({"priceCustomerGroupAssignments": ["g0", "g1"]}, "group"),
        ({"priceRecurrencePolicy": "r1"}, "subscription"),
    ],
)
def test_price_selection_takes_the_most_specific_valid_price(
    client: ShopClient, market: dict[str, object], expected: str
) -> None:
    (projection,) = client.results("/product-projections", priceCurrency="EUR", **market)
    assert projection["masterVariant"]["price"]["id"] == expected
    assert "price" not in projection["variants"][0]


def test_price_selection_works_for_products_too(client: ShopClient) -> None:
    chosen = client.get("/products/p1", priceCurrency="USD").json()["masterData"]
    for part in ("current", "staged"):
        assert chosen[part]["masterVariant"]["price"]["id"] == "usd"
        assert chosen[part]["variants"][0]["price"]["id"] == "only-usd"


def test_narrowing_prices_needs_a_currency(client: ShopClient) -> None:
    refused = client.get("/product-projections", priceCountry="DE")
    assert refused.status == 400
    assert "priceCurrency" in refused.json()["message"]


def test_a_locale_projection_keeps_only_the_languages_named(client: ShopClient) -> None:
    (projection,) = client.results("/product-projections", localeProjection=["de", "fr"])
    assert projection["name"] == {"de": "now de"}
    assert projection["slug"] == {}
    attributes = {row["name"]: row["value"] for row in projection["masterVariant"]["attributes"]}
    assert attributes == {"size": "41", "color": {"key": "grn", "label": {"de": "Grün"}}, "care": {"de": "Hand"}}


def test_an_attribute_filter_keeps_and_drops_by_name(client: ShopClient) -> None:
    def names(*wanted: str) -> tuple[list[str], list[str]]:
        (projection,) = client.results("/product-projections", **{"filter[attributes]": list(wanted)})
        variant = projection["masterVariant"]["attributes"]
        return [row["name"] for row in projection["attributes"]], [row["name"] for row in variant]

    assert names("size", "color") == ([], ["size", "color"])
    assert names("-size") == (["gender"], ["color", "care"])
    assert names("size", "gender", "-size") == (["gender"], [])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"staged": "yes"}, "staged"), ({"storeProjection": "de-web"}, "not emulated"), ({"fuzzy": "true"}, "fuzzy")],
)
def test_what_a_projection_cannot_do_is_refused(
    client: ShopClient, parameters: dict[str, object], message: str
) -> None:
    refused = client.get("/product-projections", **parameters)
    assert refused.status == 400
    assert message in refused.json()["message"]


def test_an_unpublished_product_vanishes_from_published_projections() -> None:
    with running_sandbox(shop=SHOP) as sandbox:
        own = sandbox.shop_client()
        sandbox.control("PUT", "/commercetools/products/p1", {"masterData": {"published": False}})
        assert own.ids("/product-projections") == []
        assert own.get("/products/p1").json()["version"] > 1
