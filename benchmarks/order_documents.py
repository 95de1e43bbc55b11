"""Made-up orders as bytes: what differs in every order is written anew, the rest is cut from ready-made pieces."""

from __future__ import annotations

import random
from typing import Any

import msgspec

TAILS = 251
"""How many different rests there are; a prime, so that they do not fall in step with pages."""

_SEED = 7
_TAX_RATE = 0.19
_TAX = {"name": "MwSt.", "amount": _TAX_RATE, "includedInPrice": True, "country": "DE"}
_GOODS = (
    ("Wool hat", "Wollmütze"),
    ("Trail running shoe", "Traillaufschuh"),
    ("Hiking guide", "Wanderführer"),
    ("Enamel mug, 0.35 l", "Emaillebecher, 0,35 l"),
    ("Down jacket with hood", "Daunenjacke mit Kapuze"),
    ('Folding saw 7"', 'Klappsäge 7"'),
)
_STREETS = ("Königstraße", "Rue de l'Église", "High Street", "Calle Peña", "Ostra Ågatan")
_CITIES = (("Köln", "DE"), ("Nancy", "FR"), ("Leeds", "GB"), ("Málaga", "ES"), ("Örebro", "SE"))


def order_tails() -> list[bytes]:
    """Return the rests of orders, each as the bytes that follow the members an order has for itself.

    They are orders of one to three lines with the fields a shop's orders have; no two are alike.
    """
    dice = random.Random(_SEED)  # noqa: S311 - not a secret, a repeatable shop
    return [b"," + msgspec.json.encode(_order(dice, number))[1:] for number in range(TAILS)]


def _order(dice: random.Random, number: int) -> dict[str, Any]:
    lines = [_line(dice, number) for _ in range(1 + number % 3)]
    shipping = dice.choice((0, 495, 595))
    total = shipping + sum(line["totalPrice"]["centAmount"] for line in lines)
    address = _address(dice)
    order: dict[str, Any] = {
        "customerId": _identifier(dice),
        "store": {"typeId": "store", "key": dice.choice(("de-web", "fr-web", "outlet"))},
        "lineItems": lines,
        "customLineItems": [],
        "totalPrice": _money(total),
        "taxedPrice": _taxed(total),
        "shippingInfo": {
            "shippingMethodName": "Standard",
            "price": _money(shipping),
            "taxRate": _TAX,
            "shippingMethodState": "MatchesCart",
            "deliveries": [],
        },
        "shippingAddress": address,
        "billingAddress": {"key": "same", "country": address["country"]},
        "taxMode": "Platform",
        "inventoryMode": "None",
        "taxRoundingMode": "HalfEven",
        "taxCalculationMode": "LineItemLevel",
        "origin": "Customer",
        "country": address["country"],
        "locale": "de-DE",
        "orderState": dice.choice(("Open", "Confirmed", "Complete", "Cancelled")),
        "paymentState": dice.choice(("Pending", "Paid")),
        "shipmentState": dice.choice(("Pending", "Shipped", "Delivered")),
        "syncInfo": [],
        "returnInfo": [],
        "discountCodes": [],
        "refusedGifts": [],
        "paymentInfo": {"payments": [{"typeId": "payment", "id": _identifier(dice)}]},
        "cart": {"typeId": "cart", "id": _identifier(dice)},
    }
    if number % 5 == 0:
        fields = {"giftMessage": "Für dich ♥", "loyaltyPoints": total // 100, "newsletter": number % 2 == 0}
        order["custom"] = {"type": {"typeId": "type", "id": _identifier(dice)}, "fields": fields}
    return order


def _line(dice: random.Random, number: int) -> dict[str, Any]:
    english, german = dice.choice(_GOODS)
    quantity, price = dice.choice((1, 1, 1, 2, 3)), dice.randrange(495, 19_995)
    return {
        "id": _identifier(dice),
        "productId": _identifier(dice),
        "name": {"en": english, "de": german},
        "variant": {
            "id": 1 + number % 4,
            "sku": f"SKU-{dice.randrange(100_000):05d}",
            "attributes": [{"name": "colour", "value": "dark-green"}],
        },
        "price": {"id": _identifier(dice), "value": _money(price)},
        "quantity": quantity,
        "totalPrice": _money(price * quantity),
        "taxRate": _TAX,
        "lineItemMode": "Standard",
        "state": [{"quantity": quantity, "state": {"typeId": "state", "id": _identifier(dice)}}],
    }


def _taxed(gross: int) -> dict[str, Any]:
    net = round(gross / (1 + _TAX_RATE))
    portion = {"rate": _TAX_RATE, "amount": _money(gross - net), "name": "MwSt."}
    return {"totalNet": _money(net), "totalGross": _money(gross), "taxPortions": [portion]}


def _money(cents: int) -> dict[str, Any]:
    return {"type": "centPrecision", "currencyCode": "EUR", "centAmount": cents, "fractionDigits": 2}


def _address(dice: random.Random) -> dict[str, Any]:
    city, country = dice.choice(_CITIES)
    return {
        "firstName": dice.choice(("Zoë", "Jürgen", "Ann", "Łukasz")),
        "lastName": dice.choice(("Müller", "O'Brien", "Nuñez", "Berg")),
        "streetName": dice.choice(_STREETS),
        "streetNumber": str(dice.randrange(1, 200)),
        "postalCode": f"{dice.randrange(100_000):05d}",
        "city": city,
        "country": country,
    }


def _identifier(dice: random.Random) -> str:
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
