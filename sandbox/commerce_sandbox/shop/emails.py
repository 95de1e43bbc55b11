"""Mail addresses, all on domains that are reserved for examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.names import ascii_letters

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice

_DOMAINS = ("post.example", "mail.example", "courrier.example", "kundin.shop.example")


def draw_email(dice: Dice, first_name: str | None, last_name: str | None, number: int) -> str:
    """Return an address for a person; the number makes it unique, also in lower case."""
    first = ascii_letters(first_name or "") or "customer"
    last = ascii_letters(last_name or "")
    local = f"{first}.{last}{number}" if last else f"{first}{number}"
    domain = dice.pick(_DOMAINS)
    if dice.chance(0.06):
        return f"{local}+shop@{domain}"
    if dice.chance(0.08):
        return f"{local.title()}@{domain.title()}"
    if dice.chance(0.02):
        return f"{local.upper()}@{domain}"
    return f"{local}@{domain}"
