"""What happens to customers while a shop runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.addresses import draw_address
from commerce_sandbox.shop.customers import INVALID_EMAILS, draw_customer
from commerce_sandbox.shop.emails import draw_email
from commerce_sandbox.shop.markets import MARKET_SHARES, market_of
from commerce_sandbox.shop.moments import read
from commerce_sandbox.shop.names import draw_name
from commerce_sandbox.shop.preferences import (
    CONSENT_FIELDS,
    NO,
    YES_WITH_EVIDENCE,
    consent_fields,
    preferences,
)
from commerce_sandbox.shop.shop_store import ShopStore, chosen, dice_for, touched
from commerce_sandbox.shop.type_definitions import LOYALTY_TIERS

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice
    from commerce_sandbox.shop.markets import Market
    from commerce_sandbox.shop.model import Document

_FIRST_NEW_NUMBER = 100_000
_NEW_NUMBERS = 100_000_000


def register_customers(store: ShopStore, count: int, seed: int) -> list[str]:
    """Let new people open an account, fill in their profile and answer the newsletter question."""
    dice = dice_for(store, "customers", seed, "register_customers")
    identifiers = []
    for _ in range(count):
        market = dice.draw(MARKET_SHARES)
        number = _FIRST_NEW_NUMBER + dice.below(_NEW_NUMBERS)
        account = draw_customer(dice, number, market, (0, 0))
        opened = store.create("customers", {name: account[name] for name in _NEW_ACCOUNT} | _NO_ADDRESSES)
        moment = read(opened["createdAt"])
        profile = draw_customer(dice, number, market, (moment, moment))
        store.update("customers", profile | {name: account[name] for name in ("id", "email")})
        identifiers.append(opened["id"])
    return identifiers


_NO_ADDRESSES: Document = {"addresses": [], "shippingAddressIds": [], "billingAddressIds": []}
_NEW_ACCOUNT = (
    "id",
    "email",
    "authenticationMode",
    "password",
    "isEmailVerified",
    "customerGroupAssignments",
    "stores",
    "createdBy",
    "lastModifiedBy",
)


def edit_customers(store: ShopStore, count: int, seed: int) -> list[str]:
    """Change a name, an address or the loyalty points of customers."""
    dice = dice_for(store, "customers", seed, "edit_customers")
    customers = chosen(store, dice, "customers", count, _is_reachable)
    for customer in customers:
        edit = dice.pick((_rename, _move, _reward))
        edit(dice, customer)
        store.update("customers", customer)
    return [customer["id"] for customer in customers]


def change_emails(store: ShopStore, count: int, seed: int) -> list[str]:
    """Give customers a new mail address; it is not verified yet."""
    dice = dice_for(store, "customers", seed, "change_emails")
    customers = chosen(store, dice, "customers", count, _is_reachable)
    for customer in customers:
        number = _FIRST_NEW_NUMBER + dice.below(_NEW_NUMBERS)
        customer["email"] = draw_email(dice, customer.get("firstName"), customer.get("lastName"), number)
        customer["isEmailVerified"] = False
        store.update("customers", customer)
    return [customer["id"] for customer in customers]


def opt_in_customers(store: ShopStore, count: int, seed: int) -> list[str]:
    """Let customers who did not want the newsletter, or never said, ask for it, with full evidence."""
    dice = dice_for(store, "customers", seed, "opt_in_customers")
    customers = chosen(store, dice, "customers", count, lambda row: _is_reachable(row) and _consent(row) != "YES")
    return [_answer(store, dice, customer, YES_WITH_EVIDENCE) for customer in customers]


def opt_out_customers(store: ShopStore, count: int, seed: int) -> list[str]:
    """Let customers who wanted the newsletter withdraw."""
    dice = dice_for(store, "customers", seed, "opt_out_customers")
    customers = chosen(store, dice, "customers", count, lambda row: _is_reachable(row) and _consent(row) == "YES")
    return [_answer(store, dice, customer, NO) for customer in customers]


def delete_customers(store: ShopStore, count: int, seed: int) -> list[str]:
    """Delete accounts; orders keep the id of a customer who is gone."""
    dice = dice_for(store, "customers", seed, "delete_customers")
    customers = chosen(store, dice, "customers", count, _is_reachable)
    return [store.delete("customers", customer["id"])["id"] for customer in customers]


def _is_reachable(customer: Document) -> bool:
    """Tell whether a customer is alive to the shop: the legacy rows with unusable addresses never change."""
    return customer["email"] not in INVALID_EMAILS


def _consent(customer: Document) -> str | None:
    answer: str | None = _fields(customer).get("NEWSLETTER_SUBSCRIBE")
    return answer


def _fields(customer: Document) -> Document:
    fields: Document = customer.get("custom", {}).get("fields", {})
    return fields


def _market(customer: Document) -> Market:
    stores, addresses = customer.get("stores"), customer.get("addresses")
    return market_of(stores[0]["key"] if stores else None, addresses[0]["country"] if addresses else None)


def _answer(store: ShopStore, dice: Dice, customer: Document, consent: str) -> str:
    signed_in, moment = touched(store, "customers", customer)
    kept = {name: value for name, value in _fields(signed_in).items() if name not in CONSENT_FIELDS}
    answer = consent_fields(dice, consent, _market(signed_in).language, moment, timed=True)
    store.update("customers", signed_in | {"custom": preferences(kept | answer)})
    identifier: str = signed_in["id"]
    return identifier


def _rename(dice: Dice, customer: Document) -> None:
    first_name, last_name = draw_name(dice, _market(customer).key)
    customer["firstName"] = first_name
    if last_name is None or last_name == customer.get("lastName"):
        last_name = f"{customer.get('lastName', first_name)}-{first_name}"
    customer["lastName"] = last_name


def _move(dice: Dice, customer: Document) -> None:
    addresses = customer.setdefault("addresses", [])
    moved = draw_address(dice, _market(customer).key, customer.get("firstName"), customer.get("lastName"))
    moved["id"] = f"aDr{dice.code(8)}"
    addresses.insert(0, moved)
    customer["defaultShippingAddressId"] = customer["defaultBillingAddressId"] = moved["id"]
    for name in ("shippingAddressIds", "billingAddressIds"):
        customer[name] = [*customer.get(name, []), moved["id"]]


def _reward(dice: Dice, customer: Document) -> None:
    fields = _fields(customer)
    points = fields.get("loyaltyPoints", 0) + dice.between(1, 500)
    customer["custom"] = preferences(fields | {"loyaltyPoints": points, "loyaltyTier": dice.pick(tuple(LOYALTY_TIERS))})
