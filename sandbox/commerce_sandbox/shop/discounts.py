"""Cart discounts, the codes that switch them on, and product discounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.documents import fixed_reference, head, reference
from commerce_sandbox.shop.moments import DAY, written
from commerce_sandbox.shop.money import FULL_RATE, cent_money, converted

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document


@dataclass(frozen=True, slots=True)
class CartDiscount:
    """What a discount does to a basket.

    Attributes:
        key: Key of the cart discount.
        code: The text a shopper types, None when the discount applies by itself.
        rate: Part taken off each unit (or off shipping), per ten thousand.
        euro_cents: Fixed amount taken off the goods, in euro cents; other currencies follow from it.
        target: ``lineItems`` or ``shipping``.
    """

    key: str
    code: str | None
    rate: int = 0
    euro_cents: int = 0
    target: str = "lineItems"

    @property
    def reference(self) -> Document:
        """The Reference that lines give as the reason of their price."""
        return fixed_reference("cart-discount", self.key)

    @property
    def code_reference(self) -> Document:
        """The Reference to the discount code, for discounts that have one."""
        return fixed_reference("discount-code", self.key)


WELCOME = CartDiscount("welcome", "WELCOME10", rate=1000)
SUMMER = CartDiscount("summer", "SOMMER15", rate=1500)
FIVE_OFF = CartDiscount("five-off", "FIVE", euro_cents=500)
FREE_SHIPPING = CartDiscount("free-shipping", "FREESHIP", rate=FULL_RATE, target="shipping")
GIFT = CartDiscount("gift-with-order", None)

CODE_DISCOUNTS = (WELCOME, SUMMER, FIVE_OFF, FREE_SHIPPING)
GIFT_FROM = {"EUR": 40_000, "GBP": 35_000, "USD": 45_000, "JPY": 65_000}
"""A gift is added to baskets worth this much, in minor units."""

PRODUCT_DISCOUNTS = {"clearance": 2000, "season": 1500, "last-pairs": 3000}
"""Key to the part taken off the shelf price, per ten thousand."""


def cart_discounts(founded: int, gift_product_id: str) -> list[Document]:
    """Return the cart discounts; the gift is the first variant of the product given."""
    documents = []
    for place, discount in enumerate((*CODE_DISCOUNTS, GIFT)):
        document = head(fixed_identifier("cart-discount", discount.key), 3, founded, founded) | {
            "key": discount.key,
            "name": {"en": discount.code or "Gift with large orders"},
            "value": _value(discount, gift_product_id),
            "cartPredicate": "1=1",
            "sortOrder": f"0.{place + 1}",
            "stores": [],
            "isActive": True,
            "requiresDiscountCode": discount.code is not None,
            "references": [],
            "stackingMode": "Stacking",
            "recurringOrderScope": {"type": "AnyOrder"},
        }
        if discount is not GIFT:
            target = {"type": discount.target}
            document["target"] = target | ({"predicate": "1=1"} if discount.target == "lineItems" else {})
        documents.append(document)
    return documents


def _value(discount: CartDiscount, gift_product_id: str) -> Document:
    if discount is GIFT:
        return {"type": "giftLineItem", "product": reference("product", gift_product_id), "variantId": 1}
    if discount.rate:
        return {"type": "relative", "permyriad": discount.rate}
    money = [cent_money(name, converted(discount.euro_cents, name)) for name in ("EUR", "GBP", "USD", "JPY")]
    return {"type": "absolute", "money": money, "applicationMode": "ProportionateDistribution"}


def discount_codes(founded: int, history_end: int) -> list[Document]:
    """Return the codes; the summer one has run out."""
    documents = []
    for discount in CODE_DISCOUNTS:
        document = head(fixed_identifier("discount-code", discount.key), 2, founded, founded) | {
            "key": discount.key,
            "code": discount.code,
            "name": {"en": discount.code},
            "cartDiscounts": [discount.reference],
            "stores": [],
            "isActive": discount is not SUMMER,
            "references": [],
            "groups": [],
        }
        if discount is SUMMER:
            document["validUntil"] = written(history_end - 60 * DAY)
        documents.append(document)
    return documents


def product_discounts(founded: int) -> list[Document]:
    """Return the product discounts that the shelf prices refer to."""
    return [
        head(fixed_identifier("product-discount", key), 5, founded, founded)
        | {
            "key": key,
            "name": {"en": key.replace("-", " ").capitalize()},
            "value": {"type": "relative", "permyriad": rate},
            "predicate": "1=1",
            "sortOrder": f"0.{place + 1}",
            "isActive": True,
            "references": [],
        }
        for place, (key, rate) in enumerate(PRODUCT_DISCOUNTS.items())
    ]
