"""The orders stream."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, list_of, record, resource, text, timestamp, whole_number
from tap_commercetools.schemas.purchase import CART_AND_ORDER
from tap_commercetools.schemas.shared import custom_fields, reference

_RETURN_ITEM: Schema = record(
    "Units of one line that come back; carries no amount of money.",
    {
        "id": text("The item's id."),
        "key": text("The item's key."),
        "type": text("LineItemReturnItem or CustomLineItemReturnItem."),
        "lineItemId": text("Id of the line item."),
        "customLineItemId": text("Id of the custom line item."),
        "quantity": whole_number("How many come back."),
        "comment": text("Why, in words."),
        "shipmentState": text("Where the goods are."),
        "paymentState": text("Whether the money was given back."),
        "custom": custom_fields("Custom fields of the item."),
        "createdAt": timestamp("When the item was recorded."),
        "lastModifiedAt": timestamp("When the item last changed."),
    },
)

ORDER: Schema = resource(
    {
        **CART_AND_ORDER,
        "orderNumber": text("Number shown to people."),
        "cart": reference("The cart it was made from."),
        "quote": reference("The quote it was made from."),
        "recurringOrder": reference("The recurring order it belongs to."),
        "orderState": text("Open, Confirmed, Complete or Cancelled so far."),
        "shipmentState": text("How far shipping is."),
        "paymentState": text("How far payment is."),
        "state": reference("The workflow state."),
        "syncInfo": list_of(
            "Which outside systems have the order.",
            record(
                "One system.",
                {
                    "channel": reference("The channel it was sent through."),
                    "externalId": text("Its identifier there."),
                    "syncedAt": timestamp("When it was sent."),
                },
            ),
        ),
        "returnInfo": list_of(
            "What comes back.",
            record(
                "One return.",
                {
                    "items": list_of("What is in it.", _RETURN_ITEM),
                    "returnTrackingId": text("Number of the return shipment."),
                    "returnDate": timestamp("When it was returned."),
                },
            ),
        ),
        "lastMessageSequenceNumber": whole_number("Deprecated by the platform."),
        "completedAt": timestamp("True date of an imported order."),
    }
)
