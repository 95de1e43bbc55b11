"""Registered customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.shop.addresses import draw_address
from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.documents import fixed_reference, head, store_reference
from commerce_sandbox.shop.emails import draw_email
from commerce_sandbox.shop.markets import MARKET_SHARES, Market
from commerce_sandbox.shop.moments import DAY, written, written_date
from commerce_sandbox.shop.names import COMPANIES, POPULATIONS, draw_name
from commerce_sandbox.shop.preferences import CONSENTS, consent_fields, preferences, taste_fields

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document

INVALID_EMAILS = ("no-at-sign.example", "two@@shop.example", "blank in@shop.example")
"""Addresses a legacy import let through; no destination takes them."""

_HISTORY_DAYS = 900
_LEGACY_IMPORT_DAYS = 400
_LEGACY_SHARE = 50
_SHARED_EMAIL_SHARE = 100
_GROUPS: Choices[str | None] = Choices.of({None: 70, "regulars": 10, "wholesale": 10, "staff": 10})


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """The generated customers and where the unusual ones are.

    Attributes:
        customers: All customers.
        invalid_email_ids: Customers with an address that destinations refuse; they never ordered anything.
        shared_email_ids: Pairs of customers of different stores with the same address.
        imported_ids: Customers that came in with one import, all modified on the same millisecond.
    """

    customers: list[Document]
    invalid_email_ids: list[str] = field(default_factory=list)
    shared_email_ids: list[tuple[str, str]] = field(default_factory=list)
    imported_ids: list[str] = field(default_factory=list)


def generate_customers(seed: int, count: int, history_end: int) -> CustomerBase:
    """Return count customers of all markets, registered over the years before the history's end."""
    dice = Dice(seed, "customers")
    customers = [
        draw_customer(dice, place, dice.draw(MARKET_SHARES), (history_end - _HISTORY_DAYS * DAY, history_end))
        for place in range(count)
    ]
    base = CustomerBase(customers)
    order = dice.sample(customers, count)
    legacy = order[: max(len(INVALID_EMAILS), count // _LEGACY_SHARE)]
    _mark_as_imported(base, legacy, history_end - _LEGACY_IMPORT_DAYS * DAY)
    _share_emails(base, order[len(legacy) :], max(1, count // _SHARED_EMAIL_SHARE))
    return base


def draw_customer(dice: Dice, number: int, market: Market, between: tuple[int, int]) -> Document:
    """Return a customer who registered, and perhaps came back to edit the profile, between two moments.

    Args:
        dice: Where chance comes from.
        number: Makes the mail address and customer number unique in the shop.
        market: Where the customer lives.
        between: Earliest and latest moment, in milliseconds since the epoch.
    """
    created = dice.between(*between)
    consented = dice.late_between(created, between[1]) if dice.chance(0.3) else created
    modified = dice.between(consented, between[1]) if dice.chance(0.5) else consented
    first_name, last_name = draw_name(dice, market.key)
    addresses = [
        draw_address(dice, market.key, first_name, last_name) | {"id": f"aDr{place}x{number}"}
        for place in range(1, dice.pick((0, 1, 1, 1, 1, 1, 1, 2, 2, 3)) + 1)
    ]
    customer = head(dice.identifier(), dice.between(1, 40), created, modified) | {
        "email": draw_email(dice, first_name, last_name, number),
        "firstName": first_name,
        "addresses": addresses,
        "shippingAddressIds": [address["id"] for address in addresses[:1]],
        "billingAddressIds": [address["id"] for address in addresses[-1:]],
        "isEmailVerified": dice.chance(0.7),
        "authenticationMode": "Password",
        "password": "****",
        "customerGroupAssignments": [],
        "stores": [store_reference(market.store)] if market.store and not dice.chance(0.08) else [],
        "createdBy": {"clientId": "webshop"},
        "lastModifiedBy": {"clientId": dice.pick(("webshop", "crm-sync", "service-desk"))},
    }
    if last_name is not None:
        customer["lastName"] = last_name
    if addresses:
        customer["defaultShippingAddressId"] = addresses[0]["id"]
        customer["defaultBillingAddressId"] = addresses[-1]["id"]
        addresses[0]["key"] = "home"
    customer |= _details(dice, number, market, created)
    fields = consent_fields(dice, dice.draw(CONSENTS), market.language, consented)
    if fields or dice.chance(0.5):
        customer["custom"] = preferences(fields | taste_fields(dice, market))
    return customer


def _details(dice: Dice, number: int, market: Market, created: int) -> Document:
    details: Document = {}
    if dice.chance(0.6):
        details["customerNumber"] = f"{10_000 + number}"
        details["key"] = f"cust-{10_000 + number}"
    if dice.chance(0.4):
        details["externalId"] = f"crm-{dice.code(6)}"
    if dice.chance(0.5):
        details["dateOfBirth"] = written_date(created - dice.between(18 * 365, 85 * 365) * DAY)
    if dice.chance(0.3):
        details["salutation"] = dice.pick(POPULATIONS[market.key].salutations)
    if dice.chance(0.05):
        details["title"] = "Dr."
    if dice.chance(0.1):
        details["companyName"] = dice.pick(COMPANIES)
        details["vatId"] = f"{market.countries[0]}{dice.code(9)}"
    if dice.chance(0.85):
        details["locale"] = market.locale_of(dice.pick(market.countries)) if dice.chance(0.8) else market.language
    group = dice.draw(_GROUPS)
    if group is not None:
        group_reference = fixed_reference("customer-group", group)
        details["customerGroup"] = group_reference
        details["customerGroupAssignments"] = [{"customerGroup": group_reference}]
    return details


def _mark_as_imported(base: CustomerBase, legacy: list[Document], moment: int) -> None:
    imported = written(moment)
    for place, customer in enumerate(legacy):
        customer["createdAt"] = customer["lastModifiedAt"] = imported
        customer["version"] = 1
        customer["createdBy"] = customer["lastModifiedBy"] = {"clientId": "legacy-import"}
        if "newsletterConsentAt" in customer.get("custom", {}).get("fields", {}):
            customer["custom"]["fields"]["newsletterConsentAt"] = written(moment - 30 * DAY)
        base.imported_ids.append(customer["id"])
        if place < len(INVALID_EMAILS):
            customer["email"] = INVALID_EMAILS[place]
            base.invalid_email_ids.append(customer["id"])


def _share_emails(base: CustomerBase, candidates: list[Document], count: int) -> None:
    """Give pairs of customers of different stores the same address, as the platform allows."""
    shops: dict[str, list[Document]] = {}
    for customer in candidates:
        for store in customer["stores"]:
            shops.setdefault(store["key"], []).append(customer)
    for first, second in zip(shops.get("de-web", []), shops.get("us-web", []), strict=False):
        if len(base.shared_email_ids) == count:
            return
        second["email"] = first["email"]
        base.shared_email_ids.append((first["id"], second["id"]))
