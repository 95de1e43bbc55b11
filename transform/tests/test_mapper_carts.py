"""Carts as both destinations need them."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.shop import ShopPlan, generate_shop
from mapper_commercetools.cart_settings import CartSettings
from mapper_commercetools.dotdigital import cart_insight
from mapper_commercetools.event_settings import EventSettings
from mapper_commercetools.iterable import carts as iterable_carts
from mapper_commercetools.outcomes import RejectRecordError, SkipRecordError
from mapper_commercetools.settings import compile_settings

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
NOW = datetime(2026, 11, 20, 20, 30, tzinfo=timezone.utc)
CUSTOMER_ID = "0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"
CART_ID = "ca000000-0000-4000-8000-00000000ca02"
SHOP = {"locales": ["de"], "product_url": "https://shop.example/{locale}/p/{slug}"}


def money(units: int, currency: str = "EUR", digits: int = 2) -> Record:
    return {"type": "centPrecision", "currencyCode": currency, "centAmount": units, "fractionDigits": digits}


@pytest.fixture
def cart() -> Record:
    """Two pairs of shoes at 90.00 less 10 %, gift wrapping at 3.00, a voucher of 5.00: 160.00."""
    return {
        "id": CART_ID,
        "version": 6,
        "createdAt": "2026-11-20T19:01:00.000Z",
        "lastModifiedAt": "2026-11-20T19:09:44.120Z",
        "customerId": CUSTOMER_ID,
        "customerEmail": " Ada.Kern@Shop.example",
        "store": {"typeId": "store", "key": "de-web"},
        "cartState": "Active",
        "country": "DE",
        "locale": "de-DE",
        "lineItems": [
            {
                "id": "li-9",
                "productId": "c2a5d3f0-3a77-4f9b-8a53-10a6b6a4f001",
                "name": {"de": "Trailschuh Fels"},
                "productSlug": {"de": "trailschuh-fels"},
                "variant": {"id": 2, "sku": "FELS-42-GRN", "images": [{"url": "https://img.shop.example/fels.jpg"}]},
                "price": {"value": money(9000)},
                "quantity": 2,
                "totalPrice": money(16200),
            }
        ],
        "customLineItems": [
            {"id": "c-1", "slug": "wrap", "name": {"de": "Verpackung"}, "quantity": 1, "totalPrice": money(300)},
            {"id": "c-2", "slug": "voucher", "name": {"de": "Gutschein"}, "quantity": 1, "totalPrice": money(-500)},
        ],
        "totalPrice": money(16000),
    }


def to_iterable(
    cart: Record, *, project_type: str = "hybrid", events: Record | None = None, **section: Any
) -> list[Any]:
    settings = compile_settings({**SHOP, "identity": {"project_type": project_type}})
    carts, event_settings = CartSettings.compile(section, "carts"), EventSettings.compile(events, "events")
    outcomes = iterable_carts.map_cart(cart, settings, carts, event_settings, NOW)
    return [(outcome.stream, outcome.record) for outcome in outcomes]


def to_dotdigital(cart: Record, shop: Record | None = None, **section: Any) -> list[Any]:
    settings, carts = compile_settings({**SHOP, **(shop or {})}), CartSettings.compile(section, "carts")
    return [(outcome.stream, outcome.record) for outcome in cart_insight.map_cart(cart, settings, carts)]


def test_the_profiles_cart_is_the_whole_cart_of_one_version(cart: Record) -> None:
    ((stream, record),) = to_iterable(cart)
    assert stream == "carts"
    items = record.pop("items")
    assert record == {
        "cartId": CART_ID,
        "cartVersion": 6,
        "createdAt": 1795201784,
        "user": {"userId": CUSTOMER_ID, "mergeNestedObjects": True},
    }
    assert [(item["id"], str(item["price"]), item["quantity"], item["dataFields"]["cartId"]) for item in items] == [
        ("FELS-42-GRN", "81.00", 2, CART_ID),
        ("wrap", "3.00", 1, CART_ID),
    ]
    assert items[0]["url"] == "https://shop.example/de/p/trailschuh-fels"
    assert items[0]["dataFields"]["isDiscounted"] is True


def test_an_empty_cart_empties_the_profiles(cart: Record) -> None:
    cart |= {"lineItems": [], "customLineItems": [], "totalPrice": money(0)}
    ((_, record),) = to_iterable(cart)
    assert record["items"] == []


@pytest.mark.parametrize("state", ["Ordered", "Merged"])
def test_a_cart_that_is_done_does_not_touch_the_profiles_newer_one(cart: Record, state: str) -> None:
    cart["cartState"] = state
    with pytest.raises(SkipRecordError, match="cartState"):
        to_iterable(cart)


def test_a_frozen_cart_is_still_its_owners(cart: Record) -> None:
    cart["cartState"] = "Frozen"
    ((_, record),) = to_iterable(cart)
    assert len(record["items"]) == 2


@pytest.mark.parametrize("mapping", [to_iterable, to_dotdigital])
def test_a_cart_of_nobody_stays_and_a_guests_unless_the_setting_takes_it(
    cart: Record, mapping: Callable[..., list[Any]]
) -> None:
    del cart["customerId"]
    with pytest.raises(SkipRecordError, match=r"carts\.guests"):
        mapping(cart)
    assert mapping(cart, guests="take")
    del cart["customerEmail"]
    with pytest.raises(SkipRecordError, match="nobody's"):
        mapping(cart, guests="take")


@pytest.mark.parametrize("project_type", ["hybrid", "userid", "email"])
def test_a_guests_cart_has_one_identifier(cart: Record, project_type: str) -> None:
    del cart["customerId"]
    ((_, record),) = to_iterable(cart, project_type=project_type, guests="take")
    user = record["user"]
    if project_type == "userid":
        assert user["userId"].startswith("guest-")
        assert user["dataFields"] == {"email": "ada.kern@shop.example"}
    else:
        assert user == {"email": "ada.kern@shop.example", "mergeNestedObjects": True}


def test_an_email_based_project_needs_the_address(cart: Record) -> None:
    del cart["customerEmail"]
    with pytest.raises(SkipRecordError, match="email-based"):
        to_iterable(cart, project_type="email")


def test_a_named_cart_updated_event_tells_the_same_version_under_one_id(cart: Record) -> None:
    contents, (stream, event) = to_iterable(cart, events={"names": {"cartUpdated": "cartUpdated"}})
    assert (contents[0], stream) == ("carts", "events")
    assert (event["id"], event["createdAt"]) == (f"ct-cart-{CART_ID}-updated-6", 1795201784)
    assert (event["userId"], event["dataFields"]["total"]) == (CUSTOMER_ID, Decimal("160.00"))
    assert (event["dataFields"]["subtotal"], event["dataFields"]["discountTotal"]) == (
        Decimal("165.00"),
        Decimal("5.00"),
    )


def test_carts_from_before_since_start_no_journeys(cart: Record) -> None:
    with pytest.raises(SkipRecordError, match=r"events\.since"):
        to_iterable(cart, events={"since": "2026-11-21T00:00:00Z"})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"version": None}, "version"),
        ({"lastModifiedAt": "soon"}, "lastModifiedAt"),
        ({"totalPrice": None}, "totalPrice"),
        ({"totalPrice": money(1, "USD")}, "currency"),
        ({"id": None}, "id"),
    ],
)
@pytest.mark.parametrize("mapping", [to_iterable, to_dotdigital])
def test_a_malformed_cart_is_rejected(
    cart: Record, mapping: Callable[..., list[Any]], change: Record, fault: str
) -> None:
    with pytest.raises(RejectRecordError, match=fault):
        mapping({**cart, **change})


def test_cart_insight_follows_its_contact(cart: Record) -> None:
    contact, (stream, record) = to_dotdigital(cart, url="https://shop.example/{locale}/cart?id={id}")
    assert contact == (
        "contacts",
        {"matchIdentifier": "email", "identifiers": {"email": "ada.kern@shop.example"}},
    )
    assert (stream, record["key"]) == ("cart_insight", CART_ID)
    assert record["contactIdentity"] == {"identifier": "email", "value": "ada.kern@shop.example"}
    properties = record["json"]
    lines = properties.pop("lineItems")
    assert properties == {
        "cartId": CART_ID,
        "cartUrl": f"https://shop.example/de-DE/cart?id={CART_ID}",
        "cartPhase": "ORDER_PENDING",
        "currency": "EUR",
        "createdDate": "2026-11-20T19:01:00.000Z",
        "modifiedDate": "2026-11-20T19:09:44.120Z",
        "subTotal": Decimal("165.00"),
        "shipping": Decimal("0.00"),
        "discountAmount": Decimal("5.00"),
        "grandTotal": Decimal("160.00"),
        "store_name": "de-web",
        "locale": "de-DE",
    }
    assert lines[0] == {
        "sku": "FELS-42-GRN",
        "name": "Trailschuh Fels",
        "imageUrl": "https://img.shop.example/fels.jpg",
        "productUrl": "https://shop.example/de/p/trailschuh-fels",
        "unitPrice": Decimal("90.00"),
        "salePrice": Decimal("81.00"),
        "quantity": 2,
        "totalPrice": Decimal("162.00"),
    }
    assert [line["sku"] for line in lines] == ["FELS-42-GRN", "wrap"]


@pytest.mark.parametrize(
    ("state", "phase"),
    [("Active", "ORDER_PENDING"), ("Frozen", "ORDER_CHECKOUT"), ("Ordered", "ORDER_COMPLETE"), (None, "ORDER_PENDING")],
)
def test_the_phase_follows_the_carts_state(cart: Record, state: str | None, phase: str) -> None:
    cart["cartState"] = state
    _, (_, record) = to_dotdigital(cart)
    assert (record["key"], record["json"]["cartPhase"]) == (CART_ID, phase)


def test_phases_can_be_chosen_and_merged_carts_have_none(cart: Record) -> None:
    _, (_, record) = to_dotdigital(cart, phases={"Active": "CUSTOMER_LOGIN"})
    assert record["json"]["cartPhase"] == "CUSTOMER_LOGIN"
    cart["cartState"] = "Merged"
    with pytest.raises(SkipRecordError, match="merged"):
        to_dotdigital(cart)


def test_an_emptied_cart_is_rewritten_without_lines(cart: Record) -> None:
    cart |= {"lineItems": [], "customLineItems": [], "totalPrice": money(0)}
    _, (_, record) = to_dotdigital(cart)
    assert record["json"]["grandTotal"] == 0
    assert "lineItems" not in record["json"]


def test_nothing_about_a_cart_speaks_of_consent(cart: Record) -> None:
    contact, _ = to_dotdigital(cart)
    assert contact[1].keys() == {"matchIdentifier", "identifiers"}


def test_carts_carry_their_market(cart: Record) -> None:
    markets = [{"key": "de", "stores": ["de-web"], "locales": ["de"], "currency": "EUR", "channel": "ch-1"}]
    _, (_, record) = to_dotdigital(cart, {"markets": markets})
    assert (record["json"]["market"], record["json"]["language"], record["json"]["channel"]) == ("de", "de", "ch-1")


def test_the_schemas_name_every_member_that_is_sent(cart: Record) -> None:
    ((_, contents),) = to_iterable(cart)
    assert contents.keys() <= iterable_carts.carts_stream().schema["properties"].keys()
    _, (_, record) = to_dotdigital(cart, url="https://shop.example/{id}")
    schema = cart_insight.cart_insight_stream(compile_settings(SHOP)).schema["properties"]["json"]["properties"]
    assert record["json"].keys() <= schema.keys()
    assert record["json"]["lineItems"][0].keys() <= schema["lineItems"]["items"]["properties"].keys()


def test_the_carts_of_a_whole_shop_all_have_an_outcome_and_add_up() -> None:
    end = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
    shop = generate_shop(ShopPlan(seed=7, customers=60, orders=400, products=30, history_end=end))
    mapped = skipped = 0
    for cart in shop.resources["carts"].values():
        total = Decimal(cart["totalPrice"]["centAmount"]).scaleb(-cart["totalPrice"]["fractionDigits"])
        try:
            _, (_, record) = to_dotdigital(cart)
        except SkipRecordError:
            skipped += 1
            continue
        mapped += 1
        properties = record["json"]
        assert properties["grandTotal"] == total
        assert properties["subTotal"] == sum(line["totalPrice"] for line in properties.get("lineItems", []))
    assert mapped > 20
    assert skipped > 5


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"url": "https://shop.example/{slug}"}, r"^c\.carts\.url: has a variable that is not known"),
        ({"url": "https://shop.example/{id"}, r"^c\.carts\.url: braces"),
        ({"phases": {"Active": "ABANDONED"}}, r"^c\.carts\.phases\.Active: "),
        ({"phases": {"Lost": "ORDER_PENDING"}}, r"^c\.carts\.phases\.Lost: unknown setting"),
        ({"guests": True}, r"^c\.carts\.guests: "),
        ({"abandoned_after_minutes": 0}, r"^c\.carts\.abandoned_after_minutes: "),
        ({"abandoned_after_minutes": 3000}, r"^c\.carts\.abandoned_until_minutes: "),
        ({"send": "both"}, r"^c\.carts\.send: "),
    ],
)
def test_a_wrong_setting_is_named_by_its_path(section: Record, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        compile_settings({"carts": section}, path="c.")
