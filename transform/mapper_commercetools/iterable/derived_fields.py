"""Summaries of orders as fields of Iterable users: elements of `users/bulkUpdate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.iterable.field_values import as_double, money_as_double
from mapper_commercetools.iterable.users import USERS, buyer
from mapper_commercetools.json_schema import array_of, nullable, open_object, required
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.order_summaries import CurrencyValue, OrderSummary, check_store, read_order_summary
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.timestamps import iterable_text

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.json_schema import JsonSchema
    from mapper_commercetools.order_summaries import OrderSummaryRules
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

_ZERO = as_double(0, 2)


def _nullable_array(items: JsonSchema, description: str) -> JsonSchema:
    return {**array_of(items, description), "type": ["array", "null"]}


DERIVED_FIELDS: dict[str, JsonSchema] = {
    "lifetimeValue": nullable("number", "What the orders are worth with tax and shipping, less refunds"),
    "averageOrderValue": nullable("number", "That by order"),
    "lifetimeValueCurrency": nullable("string", "ISO 4217 code of these two"),
    "valueByCurrency": _nullable_array(
        open_object(
            {
                "currency": required("string", "ISO 4217"),
                "lifetimeValue": required("number", "As above, in this currency"),
                "averageOrderValue": required("number", "As above, in this currency"),
                "orderCount": required("integer", "Orders in this currency that are not cancelled"),
            },
            "One currency",
        ),
        "The same for each currency the person has bought in",
    ),
    "orderCount": nullable("integer", "Orders that are not cancelled"),
    "cancelledOrderCount": nullable("integer", "Cancelled orders"),
    "firstPurchaseAt": nullable("string", "When the first order was placed, `yyyy-MM-dd HH:mm:ss +00:00`"),
    "lastPurchaseAt": nullable("string", "When the last order was placed, `yyyy-MM-dd HH:mm:ss +00:00`"),
    "categoryAffinity": _nullable_array(required("string", "Name"), "Categories of which most was bought, most first"),
    "categoryAffinityIds": _nullable_array(required("string", "Id"), "Their commercetools ids"),
}
"""JSON Schemas of the profile fields that summaries fill."""


def with_derived_fields(users: MappedStream, rules: OrderSummaryRules, settings: MappingSettings) -> MappedStream:
    """Return the stream `users` with the fields of summaries among its profile fields.

    In a hybrid project guests, if they travel, are identified by their address: then no property is in every record,
    and the stream has no key properties.
    """
    properties = users.schema["properties"]
    fields = {**properties["dataFields"]["properties"], **DERIVED_FIELDS}
    extended = {**properties, "dataFields": {**properties["dataFields"], "properties": fields}}
    if settings.project_type != "hybrid" or rules.by_address == "skip":
        return MappedStream(users.stream, {**users.schema, "properties": extended}, users.key_properties)
    identifiers = {name: nullable("string", "What identifies the person, one of two") for name in ("userId", "email")}
    schema = {**users.schema, "properties": {**extended, **identifiers}, "required": ["dataFields"]}
    return MappedStream(users.stream, schema, ())


def map_order_summary(summary: Record, rules: OrderSummaryRules, settings: MappingSettings) -> list[MappedRecord]:
    """Map a summary to a user that has nothing but an identifier and the fields worked out from orders.

    The person is identified as the purchases of the same buyer identify it. No address travels as a field, and nothing
    is said about consent.

    Raises:
        RejectRecordError: If the summary is malformed.
        SkipRecordError: If its store does not travel, or nothing identifies the buyer that the settings allow.
    """
    check_store(summary, settings.store)
    facts = read_order_summary(summary, locale_preference(None, settings.locales))
    identifier = _identifier(facts, settings)
    if "email" in identifier:
        rules.check_address_alone()
    fields = _fields(facts, rules.currency)
    return [mapped(USERS, {**identifier, "mergeNestedObjects": True, "dataFields": fields})]


def _identifier(facts: OrderSummary, settings: MappingSettings) -> dict[str, str]:
    if settings.project_type == "email" and facts.email is None:
        message = (
            "customerEmail: missing, and an email-based project identifies users by it; the summary of a customer "
            "needs the customer's present address"
        )
        raise SkipRecordError(message)
    # The rule is that of purchases, for guests too; their address, which it adds to a guest's userId, stays away here.
    person = buyer(facts, settings.project_type)
    return {name: person[name] for name in ("userId", "email") if name in person}


def _fields(facts: OrderSummary, currency: str | None) -> dict[str, Any]:
    """Return the fields of the members that the summary has; the fields of those that are null are null."""
    value = facts.value_in(currency)
    code = value.currency if value else currency
    # Who has bought nothing has a lifetime value of zero; who has bought in other currencies only has none in this one.
    nothing = _ZERO if facts.order_count == 0 else None
    by_member: dict[str, dict[str, Any]] = {
        "valueByCurrency": {
            "lifetimeValue": money_as_double(value.lifetime_value) if value else nothing,
            "averageOrderValue": money_as_double(value.average_order_value) if value else None,
            "lifetimeValueCurrency": code,
            "valueByCurrency": [_value(one) for one in facts.values] or None,
        },
        "orderCount": {"orderCount": facts.order_count},
        "cancelledOrderCount": {"cancelledOrderCount": facts.cancelled_order_count},
        "firstPurchaseAt": {"firstPurchaseAt": _date(facts.first_purchase_at)},
        "lastPurchaseAt": {"lastPurchaseAt": _date(facts.last_purchase_at)},
        "topCategories": {
            "categoryAffinity": [category.name for category in facts.categories] or None,
            "categoryAffinityIds": [category.id for category in facts.categories] or None,
        },
    }
    return {
        name: field for member, fields in by_member.items() if member in facts.told for name, field in fields.items()
    }


def _value(value: CurrencyValue) -> dict[str, Any]:
    fields = {
        "currency": value.currency,
        "lifetimeValue": money_as_double(value.lifetime_value),
        "averageOrderValue": money_as_double(value.average_order_value),
        "orderCount": value.orders,
    }
    return {name: field for name, field in fields.items() if field is not None}


def _date(instant: datetime | None) -> str | None:
    return iterable_text(instant) if instant else None
