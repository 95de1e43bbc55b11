"""The orders stream."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    list_of,
    open_record,
    record,
    resource,
    text,
    timestamp,
    whole_number,
)
from tap_commercetools.schemas.line_item import CUSTOM_LINE_ITEM, LINE_ITEM, included_discounts
from tap_commercetools.schemas.shared import (
    ACTORS,
    address,
    custom_fields,
    key_reference,
    money,
    reference,
    taxed_price,
)
from tap_commercetools.schemas.shipping import SHIPPING, SHIPPING_INFO, SHIPPING_RATE_INPUT

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
        **ACTORS,
        "orderNumber": text("Number shown to people."),
        "purchaseOrderNumber": text("The buyer's own number."),
        "customerId": text("Id of the customer; absent for guests."),
        "customerEmail": text("Email address the order was placed with."),
        "anonymousId": text("The anonymous session that ordered."),
        "customerGroup": reference("The customer's group at the time."),
        "businessUnit": key_reference("The business unit that ordered."),
        "store": key_reference("The store it was ordered in."),
        "lineItems": list_of("The products bought.", LINE_ITEM),
        "customLineItems": list_of("Amounts that are no products.", CUSTOM_LINE_ITEM),
        "totalPrice": money("Total of lines and shipping after discounts."),
        "taxedPrice": taxed_price("The total with taxes."),
        "taxedShippingPrice": taxed_price("Shipping with taxes."),
        "discountOnTotalPrice": record(
            "Discounts on the total rather than on a line.",
            {
                "discountedAmount": money("By how much the total is reduced."),
                "includedDiscounts": included_discounts("What reduced it."),
                "discountedNetAmount": money("Reduction without tax."),
                "discountedGrossAmount": money("Reduction with tax."),
            },
        ),
        "priceRoundingMode": text("How prices were rounded."),
        "taxMode": text("Who works out the tax."),
        "taxRoundingMode": text("How tax was rounded."),
        "taxCalculationMode": text("Whether tax was worked out per line or per unit."),
        "inventoryMode": text("How stock is counted."),
        "billingAddress": address("Where the invoice goes."),
        "shippingAddress": address("Where the goods go."),
        "shippingMode": text("Single or Multiple."),
        "shippingKey": text("Key of the shipping method, in Single mode."),
        "shippingInfo": SHIPPING_INFO,
        "shippingRateInput": SHIPPING_RATE_INPUT,
        "shippingCustomFields": custom_fields("Custom fields of shipping, in Single mode."),
        "shipping": list_of("The ways of shipping, in Multiple mode.", SHIPPING),
        "itemShippingAddresses": list_of("Addresses that lines are sent to.", address("One address.")),
        "discountCodes": list_of(
            "Discount codes entered.",
            record("One code.", {"discountCode": reference("The code."), "state": text("Whether it applies.")}),
        ),
        "directDiscounts": list_of(
            "Discounts given to this order only.",
            record(
                "One discount.",
                {
                    "id": text("The discount's id."),
                    "value": open_record("What it takes off; differs by kind."),
                    "target": open_record("What it applies to; differs by kind."),
                },
            ),
        ),
        "refusedGifts": list_of("Gifts the buyer did not want.", reference("The cart discount.")),
        "paymentInfo": record("How it is paid.", {"payments": list_of("The payments.", reference("One payment."))}),
        "country": text("Country that prices and taxes were chosen for."),
        "locale": text("Language of the order."),
        "origin": text("How the order came about."),
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
        "discountTypeCombination": open_record("How discounts of different kinds were combined."),
        "lastMessageSequenceNumber": whole_number("Deprecated by the platform."),
        "custom": custom_fields("Custom fields of the order."),
        "completedAt": timestamp("True date of an imported order."),
    }
)
