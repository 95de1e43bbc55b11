"""Summaries of orders as data fields of Dotdigital contacts: elements of a contact import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.dotdigital.contacts import CONTACTS
from mapper_commercetools.dotdigital.field_values import clipped, money_as_number
from mapper_commercetools.json_schema import nullable
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.money import amount
from mapper_commercetools.order_summaries import check_store, read_order_summary
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.timestamps import iso_text

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.json_schema import JsonSchema
    from mapper_commercetools.order_summaries import OrderSummary, OrderSummaryRules
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

_NUMBERS = frozenset({"lifetime_value", "average_order_value"})
_COUNTS = frozenset({"order_count", "cancelled_order_count"})
_DATES = frozenset({"first_purchase_at", "last_purchase_at"})
_MEMBERS = {
    "lifetime_value": "valueByCurrency",
    "average_order_value": "valueByCurrency",
    "value_currency": "valueByCurrency",
    "value_by_currency": "valueByCurrency",
    "order_count": "orderCount",
    "cancelled_order_count": "cancelledOrderCount",
    "first_purchase_at": "firstPurchaseAt",
    "last_purchase_at": "lastPurchaseAt",
    "category_affinity": "topCategories",
}
"""Field of a summary → member of the record that it comes from."""


def derived_field_schemas(rules: OrderSummaryRules) -> dict[str, JsonSchema]:
    """Return the JSON Schemas of the data fields that summaries fill, by data field name.

    They tell of which type a data field is made that the account lacks.
    """
    return {name: _schema(key) for key, name in rules.dotdigital_fields.items()}


def with_derived_fields(contacts: MappedStream, rules: OrderSummaryRules) -> MappedStream:
    """Return the stream `contacts` with the data fields of summaries among its data fields."""
    properties = contacts.schema["properties"]
    fields = {**properties["dataFields"]["properties"], **derived_field_schemas(rules)}
    data_fields = {**properties["dataFields"], "properties": fields}
    schema = {**contacts.schema, "properties": {**properties, "dataFields": data_fields}}
    return MappedStream(contacts.stream, schema, contacts.key_properties)


def map_order_summary(summary: Record, rules: OrderSummaryRules, settings: MappingSettings) -> list[MappedRecord]:
    """Map a summary to a contact that has nothing but an address and the data fields worked out from orders.

    Dotdigital knows people by their address: a guest's is in the summary, a customer's must be told beside it. Nothing
    is said about the channel, so that the loader leaves an existing contact's as it is and makes a new one unmailable.

    Raises:
        RejectRecordError: If the summary is malformed.
        SkipRecordError: If its store does not travel, or nothing identifies the buyer that the settings allow.
    """
    check_store(summary, settings.store)
    facts = read_order_summary(summary, locale_preference(None, settings.locales))
    if facts.customer_id is None:
        rules.check_address_alone()
    if facts.email is None:
        message = (
            "customerEmail: missing, and contacts are identified by it; the summary of a customer needs the customer's "
            "present address"
        )
        raise SkipRecordError(message)
    data_fields = _data_fields(facts, rules)
    if not data_fields:
        message = "order_summaries.dotdigital_fields: none of the fields that the summary has is to be sent"
        raise SkipRecordError(message)
    return [
        mapped(
            CONTACTS,
            {"matchIdentifier": "email", "identifiers": {"email": facts.email}, "dataFields": data_fields},
        )
    ]


def _data_fields(facts: OrderSummary, rules: OrderSummaryRules) -> dict[str, Any]:
    value = facts.value_in(rules.currency)
    # Who has bought nothing has a lifetime value of zero; who has bought in other currencies only has none in this one.
    nothing = 0 if facts.order_count == 0 else None
    values = {
        "lifetime_value": money_as_number(value.lifetime_value) if value else nothing,
        "average_order_value": money_as_number(value.average_order_value) if value else None,
        "value_currency": value.currency if value else rules.currency,
        "value_by_currency": _list_of_values(facts),
        "order_count": facts.order_count,
        "cancelled_order_count": facts.cancelled_order_count,
        "first_purchase_at": _date(facts.first_purchase_at),
        "last_purchase_at": _date(facts.last_purchase_at),
        "category_affinity": clipped(", ".join(category.name for category in facts.categories)) or None,
    }
    return {name: values[key] for key, name in rules.dotdigital_fields.items() if _MEMBERS[key] in facts.told}


def _list_of_values(facts: OrderSummary) -> str | None:
    """Return `EUR 120.00, USD 30.00`."""
    amounts = [value.lifetime_value for value in facts.values]
    return clipped(", ".join(f"{one.currency} {amount(one.units, one.digits):f}" for one in amounts)) or None


def _date(instant: datetime | None) -> str | None:
    return iso_text(instant) if instant else None


def _schema(key: str) -> JsonSchema:
    description = f"Data field for {key}"
    if key in _NUMBERS:
        return nullable("number", description)
    if key in _COUNTS:
        return nullable("integer", description)
    return nullable("string", description, **({"format": "date-time"} if key in _DATES else {}))
