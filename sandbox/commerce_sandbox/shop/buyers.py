"""Who buys: a registered customer, a guest, or somebody at the till who leaves no name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.addresses import draw_address
from commerce_sandbox.shop.documents import reference, store_reference
from commerce_sandbox.shop.emails import draw_email
from commerce_sandbox.shop.markets import GERMAN, Market, market_of
from commerce_sandbox.shop.moments import read
from commerce_sandbox.shop.names import draw_name

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.model import Document


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who fills a cart.

    Attributes:
        market: Where the goods go; country is one of its countries.
        country: ISO 3166-1 alpha-2.
        since: No cart of this buyer is older, in milliseconds since the epoch.
        email: Address given, None at the till.
        customer_id: Set for registered customers only.
        anonymous_id: Set for guests only.
        group: Reference to the customer group.
        store: Key of the store, None outside of stores.
        locale: Language and country, where known.
        address: Where to ship, None at the till.
        billing_address: Where to send the bill, None at the till.
    """

    market: Market
    country: str
    since: int
    email: str | None = None
    customer_id: str | None = None
    anonymous_id: str | None = None
    group: Document | None = None
    store: str | None = None
    locale: str | None = None
    address: Document | None = None
    billing_address: Document | None = None

    def members(self) -> Document:
        """Return the members by which carts and orders name their buyer and market."""
        members: Document = {"country": self.country}
        if self.customer_id is not None:
            members["customerId"] = self.customer_id
        if self.email is not None:
            members["customerEmail"] = self.email
        if self.anonymous_id is not None:
            members["anonymousId"] = self.anonymous_id
        if self.group is not None:
            members["customerGroup"] = self.group
        if self.store is not None:
            members["store"] = store_reference(self.store)
        if self.locale is not None:
            members["locale"] = self.locale
        return members

    def payer(self) -> Document:
        """Return the members by which a payment names who pays."""
        if self.customer_id is not None:
            return {"customer": reference("customer", self.customer_id)}
        return {"anonymousId": self.anonymous_id} if self.anonymous_id is not None else {}

    def actor(self) -> Document:
        """Return who the platform notes as the author of a cart or order."""
        return {"clientId": "webshop"} | self.payer()


def registered(dice: Dice, customer: Document) -> Buyer:
    """Return a customer as a buyer; without an address book one address is made up at the checkout."""
    stores = customer.get("stores")
    store = stores[0]["key"] if stores else None
    addresses = customer.get("addresses")
    market = market_of(store, addresses[0]["country"] if addresses else None)
    address = addresses[0] if addresses else None
    if address is None or address["country"] not in market.countries:
        address = draw_address(dice, market.key, customer.get("firstName"), customer.get("lastName"))
    return Buyer(
        market=market,
        country=address["country"],
        since=read(customer["createdAt"]),
        email=customer["email"],
        customer_id=customer["id"],
        group=customer.get("customerGroup"),
        store=store,
        locale=customer.get("locale"),
        address=address,
        billing_address=addresses[-1] if addresses else address,
    )


def guest(dice: Dice, market: Market, number: int, since: int, email: str | None = None) -> Buyer:
    """Return somebody who orders without an account; the number makes the address unique unless one is given."""
    first_name, last_name = draw_name(dice, market.key)
    address = draw_address(dice, market.key, first_name, last_name)
    country = address["country"]
    return Buyer(
        market=market,
        country=country,
        since=since,
        email=email or draw_email(dice, first_name, last_name, number),
        anonymous_id=dice.identifier(),
        store=None if dice.chance(0.1) else market.store,
        locale=market.locale_of(country) if dice.chance(0.8) else None,
        address=address,
        billing_address=address,
    )


def passer_by(since: int) -> Buyer:
    """Return somebody at the till of the German shop: no name, no address, nothing to ship."""
    return Buyer(market=GERMAN, country="DE", since=since, store=GERMAN.store)
