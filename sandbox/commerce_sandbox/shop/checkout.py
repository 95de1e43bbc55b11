"""A priced basket with shipping and tax: the members that carts and orders have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.addresses import on_order
from commerce_sandbox.shop.basket import BasketLine, add_gift, apply_discount, draw_basket
from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.discounts import FIVE_OFF, FREE_SHIPPING, SUMMER, WELCOME, CartDiscount
from commerce_sandbox.shop.documents import fixed_reference
from commerce_sandbox.shop.markets import TAX_RATES, TaxRate
from commerce_sandbox.shop.moments import MINUTE, written
from commerce_sandbox.shop.money import cent_money
from commerce_sandbox.shop.project import INITIAL_LINE_STATE
from commerce_sandbox.shop.taxation import TaxSum
from commerce_sandbox.shop.taxes_and_shipping import (
    FREE_ABOVE,
    SHIPPING_METHODS,
    SHIPPING_PRICES,
    TAX_RATE_DOCUMENTS,
    shipping_rate,
)

if TYPE_CHECKING:
    from commerce_sandbox.shop.assortment import Assortment
    from commerce_sandbox.shop.buyers import Buyer
    from commerce_sandbox.shop.model import Document

_METHODS = Choices.of({"standard": 80, "express": 15, "pickup": 5})
_CODES: Choices[CartDiscount | None] = Choices.of({None: 76, WELCOME: 9, SUMMER: 4, FIVE_OFF: 7, FREE_SHIPPING: 4})
_EXTRAS: Choices[str | None] = Choices.of({None: 88, "gift-wrap": 7, "voucher": 4, "everything-free": 1})
_SURCHARGE = {"EUR": 390, "GBP": 350, "USD": 425, "JPY": 500}
_VOUCHER = {"EUR": 1000, "GBP": 900, "USD": 1000, "JPY": 1500}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A basket ready to become a cart or an order.

    Attributes:
        members: The members that carts and orders share, from ``lineItems`` to the totals.
        due: What is to be paid, tax included, in minor units.
    """

    members: Document
    due: int


def check_out(dice: Dice, assortment: Assortment, buyer: Buyer, moment: int) -> Checkout:
    """Fill a basket in the buyer's country at a moment and price it."""
    currency = buyer.market.currency
    lines = draw_basket(dice, assortment.offers[buyer.country])
    add_gift(lines, assortment.gifts.get(buyer.country), currency)
    discount = dice.draw(_CODES)
    matched = discount is not None and (discount is FREE_SHIPPING or apply_discount(lines, discount, currency))
    taxes = TaxSum(currency)
    goods = sum(line.total for line in lines)
    extra = dice.draw(_EXTRAS)
    if extra == "everything-free" and not buyer.market.tax_included:
        extra = None  # the tax would still be due
    line_items = [_line_item(dice, line, buyer.country, moment, taxes) for line in lines]
    custom_lines = [_custom_line(dice, extra, goods, buyer, taxes)] if extra is not None else []
    members: Document = {
        "lineItems": line_items,
        "customLineItems": custom_lines,
        "discountCodes": [_code_info(discount, matched=matched)] if discount is not None else [],
        **usual_members(),
    }
    total = goods + sum(line["totalPrice"]["centAmount"] for line in custom_lines)
    if buyer.address is not None:
        method = "pickup" if extra == "everything-free" else dice.draw(_METHODS)
        free = discount is FREE_SHIPPING
        shipping, charged = _shipping_info(method, goods, buyer, taxes, discount if free else None)
        members["shippingInfo"] = shipping
        members["taxedShippingPrice"] = shipping["taxedPrice"]
        total += charged
        members["shippingAddress"] = on_order(buyer.address, buyer.email if dice.chance(0.3) else None)
    if buyer.billing_address is not None and not dice.chance(0.03):
        members["billingAddress"] = on_order(buyer.billing_address, None)
    members["totalPrice"] = cent_money(currency, total)
    members["taxedPrice"] = taxes.document()
    return Checkout(members | buyer.members(), taxes.gross)


def usual_members() -> Document:
    """Return the members that are alike in every cart and order of this shop."""
    return {
        "refusedGifts": [],
        "origin": "Customer",
        "taxMode": "Platform",
        "priceRoundingMode": "HalfEven",
        "taxRoundingMode": "HalfEven",
        "taxCalculationMode": "LineItemLevel",
        "inventoryMode": "ReserveOnOrder",
        "shippingMode": "Single",
        "shipping": [],
        "itemShippingAddresses": [],
    }


def _line_item(dice: Dice, line: BasketLine, country: str, moment: int, taxes: TaxSum) -> Document:
    rate = TAX_RATES[line.offer.tax_category, country]
    return {
        "id": dice.identifier(),
        **line.offer.product,
        "variant": line.offer.variant,
        "price": line.offer.price,
        "quantity": line.quantity,
        "discountedPricePerQuantity": line.portions,
        "totalPrice": cent_money(taxes.currency, line.total),
        "taxRate": TAX_RATE_DOCUMENTS[rate],
        "taxedPrice": taxes.add(line.total, rate),
        "taxedPricePortions": [],
        "perMethodTaxRate": [],
        "priceMode": "Platform",
        "lineItemMode": "GiftLineItem" if line.gift else "Standard",
        "state": [{"quantity": line.quantity, "state": INITIAL_LINE_STATE}],
        "addedAt": written(moment - dice.between(1, 40 * MINUTE)),
    }


def _custom_line(dice: Dice, extra: str, goods: int, buyer: Buyer, taxes: TaxSum) -> Document:
    untaxed = extra != "gift-wrap" and not buyer.market.tax_included
    rate = TAX_RATES["reduced" if untaxed else "standard", buyer.country]
    currency = taxes.currency
    amount, name = {
        "gift-wrap": (_SURCHARGE[currency], {"en": "Gift wrapping", "de": "Geschenkverpackung"}),
        "voucher": (-min(_VOUCHER[currency], goods), {"en": "Voucher", "de": "Gutschein", "fr": "Bon cadeau"}),
        "everything-free": (-goods, {"en": "Replacement, free of charge", "de": "Ersatz, kostenlos"}),
    }[extra]
    return {
        "id": dice.identifier(),
        "name": name,
        "money": cent_money(currency, amount),
        "slug": extra,
        "quantity": 1,
        "totalPrice": cent_money(currency, amount),
        "discountedPricePerQuantity": [],
        "taxCategory": fixed_reference("tax-category", "standard"),
        "taxRate": TAX_RATE_DOCUMENTS[rate],
        "taxedPrice": taxes.add(amount, rate),
        "taxedPricePortions": [],
        "perMethodTaxRate": [],
        "state": [{"quantity": 1, "state": INITIAL_LINE_STATE}],
        "priceMode": "Standard",
    }


def _code_info(discount: CartDiscount, *, matched: bool) -> Document:
    return {
        "discountCode": discount.code_reference,
        "state": "MatchesCart" if matched else "DoesNotMatchCart",
    }


def _shipping_info(
    method: str, goods: int, buyer: Buyer, taxes: TaxSum, discount: CartDiscount | None
) -> tuple[Document, int]:
    currency = taxes.currency
    rate: TaxRate = TAX_RATES["standard", buyer.country]
    free = method == "standard" and goods >= FREE_ABOVE[currency]
    price = 0 if free else SHIPPING_PRICES[method, currency]
    charged = 0 if discount is not None else price
    info = {
        "shippingMethodName": SHIPPING_METHODS[method],
        "price": cent_money(currency, price),
        "shippingRate": shipping_rate(method, currency),
        "taxedPrice": taxes.add(charged, rate),
        "taxRate": TAX_RATE_DOCUMENTS[rate],
        "taxCategory": fixed_reference("tax-category", "standard"),
        "shippingMethod": fixed_reference("shipping-method", method),
        "shippingMethodState": "MatchesCart",
    }
    if discount is not None:
        info["discountedPrice"] = {
            "value": cent_money(currency, charged),
            "includedDiscounts": [{"discount": discount.reference, "discountedAmount": cent_money(currency, price)}],
        }
    return info, charged
