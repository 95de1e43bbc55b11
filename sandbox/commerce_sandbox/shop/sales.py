"""What a running shop sells now, to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.assortment import Assortment, assortment_of
from commerce_sandbox.shop.buyers import Buyer, guest, registered
from commerce_sandbox.shop.customers import INVALID_EMAILS
from commerce_sandbox.shop.dice import Dice, fixed_identifier
from commerce_sandbox.shop.discounts import GIFT
from commerce_sandbox.shop.markets import MARKET_SHARES

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.shop_store import ShopStore

_FIRST_NEW_NUMBER = 2_000_000
_NEW_NUMBERS = 100_000_000


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who may come by: the shop's customers, and strangers."""

    customers: list[Document]

    def draw(self, dice: Dice, *, stranger: bool) -> Buyer:
        """Return a customer, or somebody without an account when asked for or when there are no customers."""
        if stranger or not self.customers:
            number = _FIRST_NEW_NUMBER + dice.below(_NEW_NUMBERS)
            return guest(dice, dice.draw(MARKET_SHARES), number, 0)
        return registered(dice, dice.pick(self.customers))


def visitors_of(store: ShopStore) -> Visitors:
    """Return who may come by; the legacy rows with unusable addresses never do."""
    return Visitors([customer for customer in store.all("customers") if customer["email"] not in INVALID_EMAILS])


def published_products(store: ShopStore) -> list[Document]:
    """Return the products on sale."""
    return [product for product in store.all("products") if product["masterData"]["published"]]


def assortment_on_sale(store: ShopStore, products: list[Document], moment: int) -> Assortment:
    """Return what products offer at a moment, in milliseconds since the epoch."""
    discount = store.get("cart-discounts", fixed_identifier("cart-discount", GIFT.key))
    gift_product_id = discount["value"]["product"]["id"] if discount is not None else None
    return assortment_of(products, moment, gift_product_id=gift_product_id)
