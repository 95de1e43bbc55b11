"""What somebody has bought so far, as the stream `customer_order_summaries` tells it, for both destinations.

The tap works each summary out anew from all orders of one buyer, so a record replaces what the last one said: what is
null is cleared at the destination, and only members that are not in the record at all (deselected) stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mapper_commercetools.dotdigital.field_names import fault_of_name
from mapper_commercetools.localization import localized_text
from mapper_commercetools.money import Money, read_money
from mapper_commercetools.outcomes import RejectRecordError, SkipRecordError
from mapper_commercetools.people import read_email
from mapper_commercetools.source_values import Record, nested_list, reference_keys, required_id, text, whole_number
from mapper_commercetools.timestamps import required_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mapper_commercetools.settings import StoreRule

ByAddress = Literal["skip", "send"]

DOTDIGITAL_SUMMARY_FIELD_DEFAULTS = {
    "lifetime_value": "LIFETIME_VALUE",
    "average_order_value": "AVG_ORDER_VALUE",
    "value_currency": "VALUE_CURRENCY",
    "value_by_currency": "VALUE_BY_CURRENCY",
    "order_count": "ORDER_COUNT",
    "cancelled_order_count": "CANCELLED_ORDERS",
    "first_purchase_at": "FIRST_PURCHASE",
    "last_purchase_at": "LAST_PURCHASE",
    "category_affinity": "TOP_CATEGORIES",
}
"""Field of a summary → Dotdigital data field."""

ORDER_SUMMARIES_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "What customers have bought so far, as fields of their profiles, from the stream "
    "`customer_order_summaries`. Left out, that stream is not mapped; `{}` takes the defaults",
    "additionalProperties": False,
    "properties": {
        "currency": {
            "type": ["string", "null"],
            "pattern": "^[A-Z]{3}$",
            "format": "currency (ISO 4217)",
            "description": "Currency of lifetime value and average order value (ISO 4217); those in any other are only "
            "in the list by currency. Without it the setting `currency`, without both that of the buyer's orders if "
            "they are all in one",
        },
        "by_address": {
            "enum": ["skip", "send", None],
            "default": "skip",
            "description": "People whom nothing but an address identifies: guests, and in email-based Iterable "
            "projects everybody. `send` only where `orders` and `customers` are loaded as well, which make the same "
            "people, since Iterable subscribes an unknown address; and where guests are hardly ever customers too, "
            "since the summaries of both would overwrite each other",
        },
        "dotdigital_fields": {
            "type": ["object", "null"],
            "description": "Dotdigital: data field names; null leaves a field out",
            "additionalProperties": False,
            "properties": {
                key: {"type": ["string", "null"], "default": name, "description": f"Name of the field for {key}"}
                for key, name in DOTDIGITAL_SUMMARY_FIELD_DEFAULTS.items()
            },
        },
    },
}
"""JSON Schema of the setting `order_summaries`."""


@dataclass(frozen=True, slots=True)
class OrderSummaryRules:
    """How summaries become fields.

    Attributes:
        currency: Currency of the single amounts, ISO 4217; None takes the only one a buyer has.
        by_address: Whether people travel whom nothing but an address identifies.
        dotdigital_fields: Field of a summary → data field.
    """

    currency: str | None
    by_address: ByAddress
    dotdigital_fields: dict[str, str]

    def check_address_alone(self) -> None:
        """Raise SkipRecordError if people whom only an address identifies do not travel."""
        if self.by_address == "skip":
            message = (
                "customerEmail: nothing but the address identifies the buyer; see setting order_summaries.by_address"
            )
            raise SkipRecordError(message)


def compile_order_summary_rules(
    section: Mapping[str, Any], path: str, *, currency: str | None, taken_data_fields: frozenset[str]
) -> OrderSummaryRules:
    """Compile the setting `order_summaries`, which fits its schema.

    Args:
        section: The setting; empty for the defaults.
        path: The setting's path, for error texts, for example `mapper.config.order_summaries`.
        currency: The setting `currency`.
        taken_data_fields: Dotdigital data fields of standard fields, in capitals.

    Raises:
        ValueError: If a data field's name is refused by Dotdigital or given twice.
    """
    names: dict[str, str] = {}
    taken = set(taken_data_fields)
    for key, name in {**DOTDIGITAL_SUMMARY_FIELD_DEFAULTS, **(section.get("dotdigital_fields") or {})}.items():
        if name is None:
            continue
        if fault := fault_of_name(name, frozenset(taken)):
            message = f"{path}.dotdigital_fields.{key}: {fault}; choose another name"
            raise ValueError(message)
        names[key] = name
        taken.add(name.upper())
    return OrderSummaryRules(section.get("currency") or currency, section.get("by_address") or "skip", names)


@dataclass(frozen=True, slots=True)
class CurrencyValue:
    """What a buyer's orders in one currency are worth.

    Attributes:
        currency: ISO 4217 code.
        orders: Orders that are not cancelled.
        lifetime_value: Totals with tax and shipping, less refunds.
        average_order_value: Value by order; None if it is not told.
    """

    currency: str
    orders: int
    lifetime_value: Money
    average_order_value: Money | None


@dataclass(frozen=True, slots=True)
class TopCategory:
    """A category of which much was bought: id, and its name, else its key, else its id."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A summary.

    Attributes:
        customer_id: UUID of the customer; None for a guest.
        email: A guest's address, or a customer's present one if the record tells it; trimmed and lower-cased.
        order_count: Orders that are not cancelled.
        cancelled_order_count: Cancelled orders.
        first_purchase_at: When the first order was placed.
        last_purchase_at: When the last order was placed.
        values: By currency, in the order of the record.
        categories: Most units first.
        told: Names of the members that the record has, be they null.
    """

    customer_id: str | None
    email: str | None
    order_count: int | None
    cancelled_order_count: int | None
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    values: tuple[CurrencyValue, ...]
    categories: tuple[TopCategory, ...]
    told: frozenset[str]

    def value_in(self, currency: str | None) -> CurrencyValue | None:
        """Return what the orders in a currency are worth; without one, if there is only one."""
        if currency is None:
            return self.values[0] if len(self.values) == 1 else None
        return next((value for value in self.values if value.currency == currency), None)


def read_order_summary(record: Record, locales: tuple[str, ...]) -> OrderSummary:
    """Read a record of the stream `customer_order_summaries`.

    Args:
        record: The record.
        locales: Locales to try for names of categories.

    Raises:
        RejectRecordError: If its id is not one of a summary, or an amount or a date is malformed.
    """
    kind, _, value = required_id(record).partition("/")
    if kind not in {"customer", "guest"} or not value.strip():
        message = "id: neither customer/ and an id nor guest/ and an address"
        raise RejectRecordError(message)
    is_guest = kind == "guest"
    return OrderSummary(
        customer_id=None if is_guest else value,
        email=value.strip().lower() if is_guest else read_email(record, "customerEmail"),
        order_count=whole_number(record, "orderCount"),
        cancelled_order_count=whole_number(record, "cancelledOrderCount"),
        first_purchase_at=_instant(record, "firstPurchaseAt"),
        last_purchase_at=_instant(record, "lastPurchaseAt"),
        values=tuple(_value(item) for item in nested_list(record, "valueByCurrency")),
        categories=tuple(_categories(record, locales)),
        told=frozenset(record),
    )


def check_store(record: Record, store: StoreRule) -> None:
    """Raise SkipRecordError if a buyer of these stores does not travel.

    Where only some stores travel, a summary that does not tell its stores could be another shop's buyer.
    """
    if store.keys is not None and "stores" not in record:
        message = "stores: the summary does not tell them, and setting store.keys takes only some"
        raise SkipRecordError(message)
    store.check(reference_keys(record, "stores"), "stores")


def _instant(record: Record, name: str) -> datetime | None:
    value = record.get(name)
    return None if value is None else required_instant(value, name)


def _value(item: Record) -> CurrencyValue:
    lifetime_value = read_money(item.get("lifetimeValue"), "valueByCurrency.lifetimeValue")
    if lifetime_value is None:
        message = "valueByCurrency.lifetimeValue: missing"
        raise RejectRecordError(message)
    average = read_money(item.get("averageOrderValue"), "valueByCurrency.averageOrderValue")
    orders = whole_number(item, "orderCount") or 0
    return CurrencyValue(lifetime_value.currency, orders, lifetime_value, average)


def _categories(record: Record, locales: tuple[str, ...]) -> list[TopCategory]:
    categories = []
    for item in nested_list(record, "topCategories"):
        identifier = text(item, "id")
        if identifier:
            name = localized_text(item.get("name"), locales) or text(item, "key") or identifier
            categories.append(TopCategory(identifier, name))
    return categories
