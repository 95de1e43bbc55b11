"""Price selection: the one price of a variant that a market would use.

commercetools: among the prices of the currency that are valid now, the one with the most specific scope, customer
group before channel before country; of two with the same scope the one with a validity range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.errors import refuse_input
from commerce_sandbox.commercetools.instants import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.commercetools.query import Parameters
    from commerce_sandbox.commercetools.store import Document

_CURRENCY = "priceCurrency"
_NARROWING = (
    "priceCountry",
    "priceChannel",
    "priceCustomerGroup",
    "priceCustomerGroupAssignments",
    "priceRecurrencePolicy",
)

PRICE_PARAMETERS = (_CURRENCY, *_NARROWING)
"""Query parameters of price selection."""


@dataclass(frozen=True, slots=True)
class PriceSelection:
    """The market for which prices are selected.

    Attributes:
        currency: ISO 4217 code.
        country: ISO 3166-1 alpha-2 code, or None.
        channel: Id of a channel, or None.
        customer_groups: Ids of customer groups.
        recurrence_policy: Id of a recurrence policy, or None.
        now: The moment, in microseconds since the epoch.
    """

    currency: str
    country: str | None
    channel: str | None
    customer_groups: frozenset[str]
    recurrence_policy: str | None
    now: int

    def add_to(self, variant: Document) -> None:
        """Give a variant its selected ``price``, if one of its prices suits."""
        suitable = [price for price in variant.get("prices", ()) if self._suits(price)]
        if suitable:
            variant["price"] = max(suitable, key=_specificity)

    def _suits(self, price: Document) -> bool:
        valid_from, valid_until = instant(price.get("validFrom")), instant(price.get("validUntil"))
        return (
            price["value"]["currencyCode"] == self.currency
            and price.get("country") in {None, self.country}
            and _target(price, "channel") in {None, self.channel}
            and _target(price, "customerGroup") in {None, *self.customer_groups}
            and _target(price, "recurrencePolicy") == self.recurrence_policy
            and (valid_from is None or valid_from <= self.now)
            and (valid_until is None or self.now < valid_until)
        )


def read_price_selection(parameters: Parameters, now: int) -> PriceSelection | None:
    """Read the parameters of price selection; None if it is not asked for.

    Args:
        parameters: The request's query parameters.
        now: The present, in microseconds since the epoch.

    Raises:
        ApiError: 400 if one of them stands without ``priceCurrency``.
    """
    currency = parameters.get(_CURRENCY, [None])[-1]
    if currency is None:
        for name in _NARROWING:
            if name in parameters:
                message = f"The query parameter '{name}' needs '{_CURRENCY}' too."
                refuse_input(message)
        return None
    return PriceSelection(
        currency=currency,
        country=parameters.get("priceCountry", [None])[-1],
        channel=parameters.get("priceChannel", [None])[-1],
        customer_groups=frozenset(
            parameters.get("priceCustomerGroup", [])[-1:] + parameters.get("priceCustomerGroupAssignments", [])
        ),
        recurrence_policy=parameters.get("priceRecurrencePolicy", [None])[-1],
        now=now,
    )


def variants_of(product_data: Document) -> Iterator[Document]:
    """Yield the variants of a product's data, the master first."""
    if isinstance(product_data.get("masterVariant"), dict):
        yield product_data["masterVariant"]
    yield from product_data.get("variants", ())


def _target(price: Document, member: str) -> str | None:
    reference = price.get(member)
    return reference.get("id") if isinstance(reference, dict) else None


def _specificity(price: Document) -> tuple[bool, ...]:
    return (
        "customerGroup" in price,
        "channel" in price,
        "country" in price,
        "validFrom" in price or "validUntil" in price,
    )
