"""Postal addresses of shoppers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.names import COMPANIES, POPULATIONS

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document


def draw_address(dice: Dice, market: str, first_name: str | None, last_name: str | None) -> Document:
    """Return an address in one of the market's towns, without ``id`` and ``key``."""
    place = dice.pick(POPULATIONS[market].places)
    address: Document = {
        "streetName": dice.pick(place.streets),
        "streetNumber": f"{dice.between(1, 180)}{dice.pick(('', '', '', 'a', ' bis', '-12'))}",
        "postalCode": dice.pick(place.postal_codes),
        "city": place.city,
        "country": place.country,
    }
    if first_name is not None:
        address["firstName"] = first_name
    if last_name is not None:
        address["lastName"] = last_name
    if place.region is not None:
        address["state"] = place.region
    if dice.chance(0.5):
        address["phone"] = f"{place.phone}{dice.code(2)}"
    if dice.chance(0.3):
        address["mobile"] = f"{place.phone}{dice.code(3)}"
    if dice.chance(0.1):
        address["additionalStreetInfo"] = "2. Hof, links"
    if dice.chance(0.07):
        address["company"] = dice.pick(COMPANIES)
    return address


def on_order(address: Document, email: str | None) -> Document:
    """Return an address book entry as it stands on an order: without its key, sometimes with the mail address."""
    copied = {name: value for name, value in address.items() if name != "key"}
    if email is not None:
        copied["email"] = email
    return copied
