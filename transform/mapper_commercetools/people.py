"""What is common to people in both destinations: who they are and where they live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.source_values import (
    Record,
    nested_list,
    reference_id,
    reference_keys,
    required_id,
    text,
)
from mapper_commercetools.timestamps import read_date, read_instant

if TYPE_CHECKING:
    from datetime import date, datetime

    from mapper_commercetools.markets import Market, Markets

_NO_ADDRESS: Record = {}


@dataclass(frozen=True, slots=True)
class CustomerIdentity:
    """What tells who a customer is and whether it travels; what cannot be read is None.

    Attributes:
        id: The platform's UUID.
        email: Lower-cased and trimmed.
        stores: Keys of the stores the customer is tied to.
    """

    id: str | None
    email: str | None
    stores: list[str]


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer's standard fields; what the record lacks is None.

    Attributes:
        id: The platform's UUID.
        email: Lower-cased and trimmed.
        first_name: Given name.
        last_name: Family name.
        full_name: Both, with a blank between.
        date_of_birth: Date of birth.
        customer_number: The shop's own number.
        customer_group_id: UUID of the customer group.
        company: Company name.
        locale: Preferred language.
        stores: Keys of the stores the customer is tied to.
        address: Default shipping address, else default billing address, else the first one.
        created_at: When the customer was made.
    """

    id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    full_name: str | None
    date_of_birth: date | None
    customer_number: str | None
    customer_group_id: str | None
    company: str | None
    locale: str | None
    stores: list[str]
    address: Record
    created_at: datetime | None


def read_identity(customer: Record) -> CustomerIdentity:
    """Read who a customer is, whatever else is in the record."""
    return CustomerIdentity(text(customer, "id"), read_email(customer, "email"), reference_keys(customer, "stores"))


def read_customer(customer: Record) -> CustomerFacts:
    """Read a customer.

    Raises:
        RejectRecordError: If it has no id.
    """
    first_name, last_name = text(customer, "firstName"), text(customer, "lastName")
    return CustomerFacts(
        id=required_id(customer),
        email=read_email(customer, "email"),
        first_name=first_name,
        last_name=last_name,
        full_name=full_name(first_name, last_name),
        date_of_birth=read_date(customer.get("dateOfBirth")),
        customer_number=text(customer, "customerNumber"),
        customer_group_id=reference_id(customer, "customerGroup"),
        company=text(customer, "companyName"),
        locale=text(customer, "locale"),
        stores=reference_keys(customer, "stores"),
        address=_home_address(customer),
        created_at=read_instant(customer.get("createdAt")),
    )


def market_of_customer(customer: CustomerFacts, markets: Markets) -> Market:
    """Return a customer's market: by the stores, else by the country of the home address."""
    return markets.of(customer.stores, (text(customer.address, "country"),))


def read_email(record: Record, name: str) -> str | None:
    """Return an e-mail address as both destinations compare them: trimmed and lower-cased. Not checked for form."""
    email = text(record, name)
    return email.strip().lower() if email else None


def full_name(first_name: str | None, last_name: str | None) -> str | None:
    """Return the names joined by a blank."""
    return " ".join(name for name in (first_name, last_name) if name) or None


def street_of(address: Record) -> str | None:
    """Return street and house number of an address, joined by a blank."""
    parts = (text(address, "streetName"), text(address, "streetNumber"))
    return " ".join(part for part in parts if part) or None


def region_of(address: Record) -> str | None:
    """Return an address's region, else its state."""
    return text(address, "region") or text(address, "state")


def _home_address(customer: Record) -> Record:
    addresses = nested_list(customer, "addresses")
    by_id = {text(address, "id"): address for address in addresses}
    for name in ("defaultShippingAddressId", "defaultBillingAddressId"):
        chosen = text(customer, name)
        if chosen is not None and chosen in by_id:
            return by_id[chosen]
    return addresses[0] if addresses else _NO_ADDRESS
