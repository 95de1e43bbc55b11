"""The recurring orders stream: schedules that make orders."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, record, resource, text, timestamp, whole_number
from tap_commercetools.schemas.shared import ACTORS, custom_fields, key_reference, reference

RECURRING_ORDER: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "cart": reference("The cart that orders are made from."),
        "originOrder": reference("The order it began with."),
        "startsAt": timestamp("When it begins to make orders."),
        "resumesAt": timestamp("When a paused one goes on."),
        "expiresAt": timestamp("When it ends."),
        "lastOrderAt": timestamp("When it last made an order."),
        "nextOrderAt": timestamp("When it makes the next order."),
        "recurringOrderState": text("Active, Paused, Expired, Canceled or Failed so far."),
        "schedule": record(
            "How often it makes orders; which fields are there depends on the type.",
            {
                "type": text("standard or dayOfMonth so far."),
                "value": whole_number("standard: how many units lie between two orders."),
                "intervalUnit": text("standard: Days, Weeks or Months."),
                "day": whole_number("dayOfMonth: the day."),
            },
        ),
        "skipConfiguration": record(
            "Orders to leave out; which fields are there depends on the type.",
            {
                "type": text("Counter so far."),
                "totalToSkip": whole_number("How many to leave out."),
                "skipped": whole_number("How many have been left out."),
                "lastSkippedAt": timestamp("When one was last left out."),
            },
        ),
        "store": key_reference("The store."),
        "businessUnit": key_reference("The business unit that buys."),
        "state": reference("The workflow state."),
        "customer": reference("The customer."),
        "customerEmail": text("Email address of the customer."),
        "custom": custom_fields("Custom fields of the recurring order."),
    }
)
