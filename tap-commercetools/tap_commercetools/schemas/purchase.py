"""What carts, orders, quotes and quote requests have in common, and what carts and orders share beyond that."""

from __future__ import annotations

from tap_commercetools.schemas.discount import CART_DISCOUNT_TARGET, CART_DISCOUNT_VALUE
from tap_commercetools.schemas.field_types import Schema, list_of, record, text
from tap_commercetools.schemas.line_item import CUSTOM_LINE_ITEM, LINE_ITEM, included_discounts
from tap_commercetools.schemas.shared import ACTORS, address, custom_fields, key_reference, money, reference
from tap_commercetools.schemas.shipping import SHIPPING, SHIPPING_INFO, SHIPPING_RATE_INPUT
from tap_commercetools.schemas.tax import taxed_price

PURCHASE: dict[str, Schema] = {
    **ACTORS,
    "purchaseOrderNumber": text("The buyer's own number."),
    "customerGroup": reference("The customer's group at the time."),
    "businessUnit": key_reference("The business unit that buys."),
    "store": key_reference("The store it is bought in."),
    "lineItems": list_of("The products bought.", LINE_ITEM),
    "customLineItems": list_of("Amounts that are no products.", CUSTOM_LINE_ITEM),
    "totalPrice": money("Total of lines and shipping after discounts."),
    "taxedPrice": taxed_price("The total with taxes."),
    "priceRoundingMode": text("How prices were rounded."),
    "taxMode": text("Who works out the tax."),
    "taxRoundingMode": text("How tax was rounded."),
    "taxCalculationMode": text("Whether tax was worked out per line or per unit."),
    "inventoryMode": text("How stock is counted."),
    "billingAddress": address("Where the invoice goes."),
    "shippingAddress": address("Where the goods go."),
    "shippingInfo": SHIPPING_INFO,
    "shippingRateInput": SHIPPING_RATE_INPUT,
    "itemShippingAddresses": list_of("Addresses that lines are sent to.", address("One address.")),
    "directDiscounts": list_of(
        "Discounts given to this purchase only.",
        record(
            "One discount.",
            {"id": text("The discount's id."), "value": CART_DISCOUNT_VALUE, "target": CART_DISCOUNT_TARGET},
        ),
    ),
    "paymentInfo": record("How it is paid.", {"payments": list_of("The payments.", reference("One payment."))}),
    "country": text("Country that prices and taxes were chosen for."),
    "custom": custom_fields("Custom fields of the purchase."),
}

CART_AND_ORDER: dict[str, Schema] = {
    **PURCHASE,
    "customerId": text("Id of the customer; absent for guests."),
    "customerEmail": text("Email address given."),
    "anonymousId": text("The anonymous session that buys."),
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
    "shippingMode": text("Single or Multiple."),
    "shippingKey": text("Key of the shipping method, in Single mode."),
    "shippingCustomFields": custom_fields("Custom fields of shipping, in Single mode."),
    "shipping": list_of("The ways of shipping, in Multiple mode.", SHIPPING),
    "discountCodes": list_of(
        "Discount codes entered.",
        record("One code.", {"discountCode": reference("The code."), "state": text("Whether it applies.")}),
    ),
    "discountTypeCombination": record(
        "How product discounts and cart discounts were combined.",
        {
            "type": text("Stacking or BestDeal so far."),
            "chosenDiscountType": text("BestDeal: which kind of discount was the better deal."),
        },
    ),
    "refusedGifts": list_of("Gifts the buyer did not want.", reference("The cart discount.")),
    "locale": text("Language of the purchase."),
    "origin": text("How the purchase came about."),
}
