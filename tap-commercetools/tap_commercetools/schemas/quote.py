"""The quote requests, staged quotes and quotes streams: prices negotiated between buyer and seller."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, resource, text, timestamp
from tap_commercetools.schemas.purchase import PURCHASE
from tap_commercetools.schemas.shared import ACTORS, custom_fields, key_reference, reference

_KEY_CUSTOMER_AND_STATE: dict[str, Schema] = {
    "key": text("The project's own identifier."),
    "customer": reference("The buyer."),
    "state": reference("The workflow state."),
}

QUOTE_REQUEST: Schema = resource(
    {
        **PURCHASE,
        **_KEY_CUSTOMER_AND_STATE,
        "quoteRequestState": text("Submitted, Accepted, Closed, Rejected or Cancelled so far."),
        "comment": text("What the buyer asks for, in words."),
        "cart": reference("The cart it was made from."),
    }
)

STAGED_QUOTE: Schema = resource(
    {
        **ACTORS,
        **_KEY_CUSTOMER_AND_STATE,
        "stagedQuoteState": text("InProgress, Sent or Closed so far."),
        "quoteRequest": reference("The quote request it answers."),
        "quotationCart": reference("The cart the seller works on."),
        "validTo": timestamp("When the offer ends."),
        "sellerComment": text("The seller's words."),
        "purchaseOrderNumber": text("The buyer's own number."),
        "businessUnit": key_reference("The business unit that buys."),
        "store": key_reference("The store it is bought in."),
        "custom": custom_fields("Custom fields of the staged quote."),
    }
)

QUOTE: Schema = resource(
    {
        **PURCHASE,
        **_KEY_CUSTOMER_AND_STATE,
        "quoteState": text("Pending, Declined, DeclinedForRenegotiation, Accepted, Withdrawn ... so far."),
        "quoteRequest": reference("The quote request it answers."),
        "stagedQuote": reference("The staged quote it was made from."),
        "validTo": timestamp("When the offer ends."),
        "sellerComment": text("The seller's words."),
        "buyerComment": text("The buyer's words on renegotiation."),
    }
)
