"""Quote requests, what the seller works out for them, and the quotes that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference
from commerce_sandbox.shop.moments import DAY, read, written
from commerce_sandbox.shop.recurring_orders import orders_with_cart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_TAKEN_OVER = (
    "lineItems",
    "customLineItems",
    "totalPrice",
    "taxedPrice",
    "shippingAddress",
    "billingAddress",
    "inventoryMode",
    "taxMode",
    "priceRoundingMode",
    "taxRoundingMode",
    "taxCalculationMode",
    "country",
    "customerGroup",
    "store",
)
_MOST_REQUESTS = 60
_REQUEST_STATES = ("Submitted", "Accepted", "Accepted", "Closed", "Rejected", "Cancelled")
_STAGED_STATES = ("InProgress", "Sent", "Closed")
_QUOTE_STATES = ("Pending", "Accepted", "Declined", "DeclinedForRenegotiation", "Withdrawn")


def quotes(past: Past, orders: Sequence[Document]) -> dict[str, list[Document]]:
    """Return quote requests, staged quotes and quotes by path, about goods that customers have ordered.

    One order in ten whose cart still exists gives a request, sixty at most; two requests in three get a staged quote,
    and two of three of these a quote.
    """
    suitable = orders_with_cart(orders, past.end)
    chosen = past.dice.sample(suitable, min(_MOST_REQUESTS, -(-len(suitable) // 10)))
    requests, staged_quotes, offers = [], [], []
    for place, order in enumerate(chosen):
        request = _request(past, order)
        requests.append(request)
        if place % 3 != 2:  # noqa: PLR2004 - two of three
            staged = _staged(past, request, order)
            staged_quotes.append(staged)
            if place % 9 % 4 != 3:  # noqa: PLR2004 - about two of three
                offers.append(_quote(past, request, staged))
    return {"quote-requests": requests, "staged-quotes": staged_quotes, "quotes": offers}


def _request(past: Past, order: Document) -> Document:
    return (
        past.head(read(order["createdAt"]))
        | {name: order[name] for name in _TAKEN_OVER if name in order}
        | {
            "quoteRequestState": past.dice.pick(_REQUEST_STATES),
            "comment": "We need these for the whole team.",
            "customer": reference("customer", order["customerId"]),
            "cart": order["cart"],
        }
    )


def _staged(past: Past, request: Document, order: Document) -> Document:
    staged = past.head(read(request["createdAt"])) | {
        "stagedQuoteState": past.dice.pick(_STAGED_STATES),
        "customer": request["customer"],
        "quoteRequest": reference("quote-request", request["id"]),
        "quotationCart": order["cart"],
        "sellerComment": "Ten per cent less from twenty pairs on.",
        "validTo": written(past.end + past.dice.between(-30, 60) * DAY),
    }
    return staged | ({"store": request["store"]} if "store" in request else {})


def _quote(past: Past, request: Document, staged: Document) -> Document:
    quote = past.head(read(staged["createdAt"]))
    return (
        quote
        | {name: request[name] for name in (*_TAKEN_OVER, "customer") if name in request}
        | {
            "key": f"quote-{quote['id'][:8]}",
            "quoteRequest": staged["quoteRequest"],
            "stagedQuote": reference("staged-quote", staged["id"]),
            "quoteState": past.dice.pick(_QUOTE_STATES),
            "sellerComment": staged["sellerComment"],
            "validTo": staged["validTo"],
        }
    )
