"""The goods in a cart: which, how many, and what discounts leave of their price."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.discounts import GIFT, GIFT_FROM, CartDiscount
from commerce_sandbox.shop.money import cent_money, converted, share, spread, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.assortment import Offer
    from commerce_sandbox.shop.model import Document

_LINES = Choices.of({1: 46, 2: 28, 3: 14, 4: 7, 5: 3, 9: 2})
_QUANTITIES = Choices.of({1: 68, 2: 18, 3: 7, 4: 4, 10: 3})
_PACKS = Choices.of({25: 1, 100: 3, 150: 1, 500: 1})


@dataclass(slots=True)
class BasketLine:
    """One article in a basket.

    Attributes:
        offer: What is bought.
        quantity: How many.
        total: What is paid for all of them, in minor units.
        portions: ``discountedPricePerQuantity``, empty when no cart discount applies.
        gift: Whether a cart discount gives it away.
    """

    offer: Offer
    quantity: int
    total: int
    portions: list[Document] = field(default_factory=list)
    gift: bool = False


def draw_basket(dice: Dice, offers: Sequence[Offer]) -> list[BasketLine]:
    """Return one to nine different articles at their prices before cart discounts."""
    lines: list[BasketLine] = []
    for _ in range(dice.draw(_LINES)):
        offer = dice.pick(offers)
        if any(line.offer is offer for line in lines):
            continue
        quantity = dice.draw(_PACKS if offer.by_the_piece else _QUANTITIES)
        lines.append(BasketLine(offer, quantity, times(offer.value_for(quantity), quantity)))
    return lines


def add_gift(lines: list[BasketLine], gift: Offer | None, currency: str) -> None:
    """Add the gift to a basket that is worth enough for it."""
    if gift is None or sum(line.total for line in lines) < GIFT_FROM[currency]:
        return
    unit = times(gift.value_for(1), 1)
    lines.append(BasketLine(gift, 1, 0, [_portion(currency, 1, 0, unit, GIFT)], gift=True))


def apply_discount(lines: list[BasketLine], discount: CartDiscount, currency: str) -> bool:
    """Take a cart discount off the goods.

    Gifts and goods sold by the hundred are left out of it.

    Returns:
        Whether anything became cheaper.
    """
    discounted = [line for line in lines if not line.gift and not line.offer.by_the_piece]
    if discount.target != "lineItems" or not discounted:
        return False
    if discount.rate:
        for line in discounted:
            unit = times(line.offer.value_for(line.quantity), 1)
            off = share(unit, discount.rate)
            line.portions = [_portion(currency, line.quantity, unit - off, off, discount)]
            line.total = (unit - off) * line.quantity
        return True
    whole = min(converted(discount.euro_cents, currency), sum(line.total for line in discounted))
    for line, off in zip(discounted, spread(whole, [line.total for line in discounted]), strict=True):
        _take_off(line, off, discount, currency)
    return True


def _take_off(line: BasketLine, off: int, discount: CartDiscount, currency: str) -> None:
    """Spread an amount over the pieces of a line; some of them carry one minor unit more."""
    unit = times(line.offer.value_for(line.quantity), 1)
    each, more = divmod(off, line.quantity)
    line.portions = [
        _portion(currency, pieces, unit - part, part, discount)
        for pieces, part in ((line.quantity - more, each), (more, each + 1))
        if pieces
    ]
    line.total -= off


def _portion(currency: str, quantity: int, value: int, off: int, discount: CartDiscount) -> Document:
    return {
        "quantity": quantity,
        "discountedPrice": {
            "value": cent_money(currency, value),
            "includedDiscounts": [{"discount": discount.reference, "discountedAmount": cent_money(currency, off)}],
        },
    }
